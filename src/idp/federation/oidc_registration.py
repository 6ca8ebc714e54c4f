"""Client metadata (RFC 7591 2, OpenID Connect Registration 2) from outside: judged strictly, filled with the defaults.

Every fault is named at once, with its place, what was found and what was expected. A member that no feature stands
behind is refused: a client must not believe that it is protected by something that nobody does.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from idp.federation import (
    authentication_wishes,
    claim_mapping,
    client_binding,
    client_keys,
    client_requests,
    encrypted_answers,
    logout_channels,
    signed_answers,
    subjects,
    token_exchange,
)
from idp.federation import oidc_vocabulary as words
from idp.federation.client_binding import TokenBinding
from idp.federation.client_keys import ClientKeys
from idp.federation.oidc_client import OidcClient
from idp.federation.oidc_vocabulary import (
    AccessTokenFormat,
    ApplicationType,
    AuthMethod,
    Grant,
    ResponseType,
    SecurityProfile,
    SigningAlg,
)
from idp.federation.redirect_uris import LONGEST, Fault, RedirectUris, fault_of, web_page_fault
from idp.federation.token_exchange import ExchangeRules
from idp.kit.fields import Fields

NAMES = frozenset(
    {
        "access_token_format",
        "access_token_lifetime",
        "access_token_signed_response_alg",
        "application_type",
        "client_name",
        "client_secret",
        "client_uri",
        "contacts",
        "grant_types",
        "id_token_signed_response_alg",
        "initiate_login_uri",
        "introspection",
        "logo_uri",
        "policy_uri",
        "post_logout_redirect_uris",
        "redirect_uris",
        "resources",
        "response_types",
        "scope",
        "security_profile",
        "software_id",
        "software_version",
        "token_endpoint_auth_method",
        "tos_uri",
    }
    | client_binding.NAMES
    | authentication_wishes.NAMES
    | client_keys.NAMES
    | claim_mapping.NAMES
    | client_requests.NAMES
    | logout_channels.NAMES
    | encrypted_answers.NAMES
    | signed_answers.NAMES
    | subjects.NAMES
    | token_exchange.NAMES
)

_STANDARD_SCOPES = frozenset({"openid", "profile", "email", "address", "phone"})
IDENTITY_SCOPES = _STANDARD_SCOPES | {"offline_access"}
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")  # RFC 6749 3.3
_ANSWERED_IN_A_BROWSER = frozenset({Grant.AUTHORIZATION_CODE, Grant.IMPLICIT})
_SIGNING_IN = frozenset({Grant.AUTHORIZATION_CODE, Grant.DEVICE_CODE})
_MOST_URIS = 100
_E_MAIL = re.compile(r"[^\s@<>\x00-\x1f]{1,64}@[^\s@<>\x00-\x1f]{1,255}")
ABSOLUTE_URI = re.compile(r"[a-z][a-z0-9+.-]*:(?:[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_SECRET = re.compile(r"[\x20-\x7e]+")  # RFC 6749 A.2
SHORTEST_SECRET = 22  # the fewest characters of base64url that carry 128 bits (RFC 6749 10.10)
_SHORTEST_MAC_KEY = 32
_LONGEST_SECRET = 512
_FEWEST_DIFFERENT = 8


class Registration(NamedTuple):
    """`contacts` are people's addresses and are kept sealed; `secret` is one that was brought along, to be hashed."""

    client: OidcClient
    contacts: tuple[str, ...]
    secret: str | None


class _Flow(NamedTuple):
    application: ApplicationType
    auth_method: AuthMethod
    grants: frozenset[Grant]
    response_types: frozenset[ResponseType]


def read(document: Mapping[str, object], *, production: bool, at: str = "/oidc") -> Registration:
    """`at` is where the document stands in the body, for pointers. Raises `Invalid` with every fault."""
    fields = Fields(document, at=at)
    registration = read_from(fields, production=production)
    fields.finish()
    return registration


def read_from(fields: Fields, *, production: bool) -> Registration:
    """Worth something only if the fields stayed clean."""
    fields.only(NAMES, words.UNBUILT_NAMES)
    profile = fields.choice("security_profile", SecurityProfile, words.UNBUILT_PROFILES, default=SecurityProfile.MODERN)
    flow = _flow(fields)
    redirects = _sign_in_redirects(fields, flow, production=production)
    _judge_implicit(fields, flow, profile)
    keys = client_keys.read(fields, flow.auth_method, production=production)
    client = OidcClient(
        application_type=flow.application,
        redirects=redirects,
        post_logout_redirects=_redirects(fields, "post_logout_redirect_uris", flow.application, production=production),
        auth_method=flow.auth_method,
        grants=flow.grants,
        response_types=flow.response_types,
        scopes=_scopes(fields, flow.grants),
        security_profile=profile,
        id_token_alg=_alg(fields, "id_token_signed_response_alg", default=SigningAlg.RS256),
        access_token_format=fields.choice(
            "access_token_format", AccessTokenFormat, frozenset(), default=AccessTokenFormat.JWT
        ),
        access_token_alg=_alg(fields, "access_token_signed_response_alg", default=SigningAlg.ES256),
        access_token_lifetime=fields.number("access_token_lifetime", default=300, lowest=60, highest=3_600),
        introspection=_introspection(fields, flow.auth_method),
        resources=_resources(fields, "resources"),
        requests=client_requests.read(fields, production=production),
        binding=_binding(fields, flow),
        authentication=authentication_wishes.read(fields),
        logout=logout_channels.read(fields, redirects, production=production),
        keys=keys,
        subjects=subjects.read(fields, redirects, production=production),
        exchange=_exchange(fields, flow),
        **_answers(fields, keys),
        **_described(fields, production=production),
    )
    return Registration(client, _contacts(fields), _secret(fields, flow.auth_method))


_PAGES = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")


def _answers(fields: Fields, keys: ClientKeys) -> dict[str, Any]:
    """What the client is told, and in which form."""
    return {
        "claims": claim_mapping.read(fields),
        "signed": signed_answers.read(fields),
        "encrypted": encrypted_answers.read(fields, keys),
    }


def _described(fields: Fields, *, production: bool) -> dict[str, Any]:
    """What people see of it, and what its makers call it."""
    texts = {name: fields.text(name) for name in ("client_name", "software_id", "software_version")}
    return {**texts, **{name: _page(fields, name, production=production) for name in _PAGES}}


def _flow(fields: Fields) -> _Flow:
    application = fields.choice("application_type", ApplicationType, frozenset(), default=ApplicationType.WEB)
    method = fields.choice(
        "token_endpoint_auth_method", AuthMethod, words.UNBUILT_AUTH_METHODS, default=AuthMethod.BASIC
    )
    grants = fields.choices("grant_types", Grant, words.UNBUILT_GRANTS)
    if grants is None:
        grants = frozenset({Grant.AUTHORIZATION_CODE})
    with_code = Grant.AUTHORIZATION_CODE in grants
    types = fields.choices("response_types", ResponseType, words.UNBUILT_RESPONSE_TYPES, spelt=words.response_type)
    if types is None:
        types = frozenset({ResponseType.CODE}) if with_code else frozenset()
    flow = _Flow(application, method, grants, types)
    if fields.clean("grant_types"):
        _judge_grants(fields, flow)
        if fields.clean("response_types"):
            _judge_response_types(fields, flow)
    return flow


def _judge_response_types(fields: Fields, flow: _Flow) -> None:
    """RFC 7591 2.1: each type has its grants, and each of these grants a type that it is there for."""
    needed = frozenset().union(*(kind.needs for kind in flow.response_types))
    if needed != flow.grants & _ANSWERED_IN_A_BROWSER:
        detail = "Response types and the grants authorization_code and implicit do not go together (RFC 7591 2.1)."
        found = sorted(kind.value for kind in flow.response_types)
        fits = [kind.value for kind in ResponseType if kind.needs <= flow.grants]
        fields.refuse("response_types", "inconsistent", detail, found=", ".join(found), expected=fits)


def _judge_grants(fields: Fields, flow: _Flow) -> None:
    if not flow.grants:
        fields.refuse("grant_types", "required", "At least one grant is needed.", expected=[g.value for g in Grant])
    elif Grant.REFRESH_TOKEN in flow.grants and flow.grants.isdisjoint(_SIGNING_IN):
        detail = "A refresh token comes of a sign-in: it needs authorization_code, or the grant for devices."
        fields.refuse("grant_types", "inconsistent", detail, expected=["authorization_code", "refresh_token"])
    elif flow.auth_method is AuthMethod.NONE and Grant.CLIENT_CREDENTIALS in flow.grants:  # RFC 6749 4.4
        detail = "The client_credentials grant needs a client that authenticates."
        expected = [AuthMethod.BASIC.value, AuthMethod.POST.value]
        fields.refuse("token_endpoint_auth_method", "inconsistent", detail, found="none", expected=expected)


def _judge_implicit(fields: Fields, flow: _Flow, profile: SecurityProfile) -> None:
    """RFC 9700 2.1.2: whoever wants nothing but today's rules gets no token where browsers keep a history."""
    if Grant.IMPLICIT in flow.grants and profile is not SecurityProfile.OIDC and fields.clean("security_profile"):
        detail = "The grant implicit is for clients of the profile oidc."
        fields.refuse("grant_types", "inconsistent", detail, found="implicit", expected={"security_profile": "oidc"})


def _sign_in_redirects(fields: Fields, flow: _Flow, *, production: bool) -> RedirectUris:
    redirects = _redirects(fields, "redirect_uris", flow.application, production=production)
    if flow.grants & _ANSWERED_IN_A_BROWSER and not redirects.registered and fields.clean("redirect_uris"):
        # an empty list is neither "any address" nor "the first one that comes"
        detail = "Whoever is to get an answer in a browser needs a redirect URI."
        fields.refuse("redirect_uris", "required", detail, expected="array")
    return redirects


def _redirects(fields: Fields, name: str, application: ApplicationType, *, production: bool) -> RedirectUris:
    items = fields.texts(name, most=_MOST_URIS, longest=LONGEST) or {}
    for index, uri in items.items():
        _refuse_uri(fields, f"{name}/{index}", uri, fault_of(uri, application, production=production))
    return RedirectUris.of(dict.fromkeys(items.values()), application)


def _page(fields: Fields, name: str, *, production: bool) -> str | None:
    uri = fields.text(name, longest=LONGEST)
    if uri is not None:
        _refuse_uri(fields, name, uri, web_page_fault(uri, production=production))
    return uri


def _refuse_uri(fields: Fields, path: str, uri: str, fault: Fault | None) -> None:
    if fault:
        fields.refuse(path, fault.code, fault.detail, found=uri, expected=fault.expected)


def _scopes(fields: Fields, grants: frozenset[Grant]) -> frozenset[str]:
    if fields.given("scope") is None:
        if grants.isdisjoint(_ANSWERED_IN_A_BROWSER | _SIGNING_IN):
            return frozenset()
        return _STANDARD_SCOPES | ({"offline_access"} if Grant.REFRESH_TOKEN in grants else frozenset())
    scope = fields.given("scope")
    if scope == "":
        return frozenset()
    scope = fields.text("scope", longest=4_096)
    if scope is not None and not _SCOPE.fullmatch(scope):
        detail = "Scopes are separated by single spaces and have neither quotes nor backslashes."
        fields.refuse("scope", "invalid_scope", detail, found=scope, expected="openid profile email")
    return frozenset((scope or "").split())


def _alg(fields: Fields, name: str, *, default: SigningAlg) -> SigningAlg:
    return fields.choice(name, SigningAlg, words.UNBUILT_ALGS, default=default)


def _binding(fields: Fields, flow: _Flow) -> TokenBinding:
    binding = client_binding.read(fields)
    if binding.dpop and any(kind.gives_token for kind in flow.response_types):
        detail = "A token that comes through a browser cannot be bound to a key."
        fields.refuse("dpop_bound_access_tokens", "inconsistent", detail, found=True)
    return binding


def _introspection(fields: Fields, method: AuthMethod) -> bool:
    asked = fields.flag("introspection", default=False)
    if asked and method is AuthMethod.NONE:  # RFC 7662 2.1: whoever asks must authenticate
        fields.refuse("introspection", "inconsistent", "Only a client that authenticates may introspect.", found=True)
    return asked


def _exchange(fields: Fields, flow: _Flow) -> ExchangeRules:
    targets = _resources(fields, "token_exchange_targets")
    return token_exchange.read(fields, targets, flow.grants, flow.auth_method)


def _resources(fields: Fields, name: str) -> frozenset[str]:
    items = fields.texts(name, most=_MOST_URIS, longest=LONGEST) or {}
    for index, uri in items.items():
        if not ABSOLUTE_URI.fullmatch(uri):  # RFC 8707 2
            detail = "A resource is an absolute URI without a fragment."
            fields.refuse(f"{name}/{index}", "invalid_uri", detail, found=uri, expected="https://api.example/")
    return frozenset(items.values())


def _contacts(fields: Fields) -> tuple[str, ...]:
    items = fields.texts("contacts", most=10, longest=320) or {}
    for index, address in items.items():
        if not _E_MAIL.fullmatch(address):
            detail = "A contact is an e-mail address."
            fields.refuse(f"contacts/{index}", "invalid_email", detail, found=address, expected="name@example.com")
    return tuple(dict.fromkeys(items.values()))


def _secret(fields: Fields, method: AuthMethod) -> str | None:
    """One that was brought along is stored as SHA-256 like our own, so it must not be guessable from that.

    What was found is never repeated.
    """
    secret = fields.given("client_secret")
    if secret is None:
        return None
    if not isinstance(secret, str):
        fields.refuse("client_secret", "invalid_type", "client_secret must be a string.", expected="string")
    elif not method.has_secret:
        fields.refuse("client_secret", "inconsistent", "A client of this authentication method has no secret.")
    elif method is AuthMethod.SECRET_JWT and len(secret) < _SHORTEST_MAC_KEY:  # RFC 7518 3.2
        detail = f"A secret that signs has at least {_SHORTEST_MAC_KEY} characters."
        fields.refuse("client_secret", "invalid_length", detail, expected=f"{_SHORTEST_MAC_KEY} characters or more")
    elif not SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
        detail = f"A secret has {SHORTEST_SECRET} to {_LONGEST_SECRET} characters."
        fields.refuse("client_secret", "invalid_length", detail, expected=f"{SHORTEST_SECRET} characters or more")
    elif not _SECRET.fullmatch(secret):
        detail = "A secret consists of printable ASCII characters."
        fields.refuse("client_secret", "invalid_text", detail, expected="ASCII %x20-7E")
    elif len(set(secret)) < _FEWEST_DIFFERENT:
        fields.refuse("client_secret", "too_weak", "This secret can be guessed.", expected="a random secret")
    else:
        return secret
    return None
