"""What is known of an OpenID Connect client, as the hot path reads it: sets to look into, nothing to parse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.federation.authentication_wishes import AuthenticationWishes
from idp.federation.claim_mapping import NO_CLAIMS, ClaimMapping
from idp.federation.client_binding import CARRIED, TokenBinding
from idp.federation.client_keys import NO_KEYS, ClientKeys
from idp.federation.client_requests import RequestRules
from idp.federation.encrypted_answers import READABLE, EncryptedAnswers
from idp.federation.logout_channels import LogoutChannels
from idp.federation.oidc_vocabulary import (
    AccessTokenFormat,
    ApplicationType,
    AuthMethod,
    Grant,
    ResponseType,
    SecurityProfile,
    SigningAlg,
)
from idp.federation.redirect_uris import RedirectUris
from idp.federation.security_profiles import RULES, Rules
from idp.federation.signed_answers import UNSIGNED, SignedAnswers
from idp.federation.subjects import PUBLIC, SubjectRules
from idp.federation.token_exchange import NO_EXCHANGE, ExchangeRules
from idp.signing import Alg, Use

_SIGNING_IN: Final = frozenset({Grant.AUTHORIZATION_CODE, Grant.IMPLICIT, Grant.DEVICE_CODE})
_SCOPE_ORDER: Final = ("openid", "profile", "email", "address", "phone", "offline_access")


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """The registered metadata. Secrets and contacts are kept elsewhere: this may be cached and shown."""

    application_type: ApplicationType
    redirects: RedirectUris
    post_logout_redirects: RedirectUris
    auth_method: AuthMethod
    grants: frozenset[Grant]
    response_types: frozenset[ResponseType]
    scopes: frozenset[str]
    security_profile: SecurityProfile
    id_token_alg: SigningAlg
    access_token_format: AccessTokenFormat
    access_token_alg: SigningAlg
    access_token_lifetime: int  # seconds
    introspection: bool  # may introspect tokens whose `aud` names one of its resources
    resources: frozenset[str]  # absolute URIs of the APIs it stands for (RFC 8707)
    requests: RequestRules
    authentication: AuthenticationWishes
    keys: ClientKeys = NO_KEYS
    binding: TokenBinding = CARRIED
    logout: LogoutChannels
    claims: ClaimMapping = NO_CLAIMS
    signed: SignedAnswers = UNSIGNED
    subjects: SubjectRules = PUBLIC
    encrypted: EncryptedAnswers = READABLE
    exchange: ExchangeRules = NO_EXCHANGE
    client_name: str | None = None
    client_uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    initiate_login_uri: str | None = None  # Core 4
    software_id: str | None = None
    software_version: str | None = None

    @property
    def is_public(self) -> bool:
        return self.auth_method is AuthMethod.NONE

    @property
    def signs_people_in(self) -> bool:
        """False for an API, which people reach by way of other services alone."""
        return bool(self.grants & _SIGNING_IN or self.redirects.registered)

    @property
    def rules(self) -> Rules:
        return RULES[self.security_profile]

    @property
    def sender_constrained(self) -> bool:
        """No token for whoever merely carries it."""
        return self.binding.dpop or self.rules.sender_constrained

    @property
    def signing_keys(self) -> frozenset[tuple[Use, Alg]]:
        """Those by which what it is given is signed."""
        answers = {self.id_token_alg, self.signed.userinfo, self.signed.authorization, self.signed.introspection}
        own = {(Use.ID_TOKEN, Alg(alg)) for alg in answers if alg is not None}
        is_opaque = self.access_token_format is AccessTokenFormat.OPAQUE
        return frozenset(own if is_opaque else own | {(Use.ACCESS_TOKEN, Alg(self.access_token_alg))})

    @property
    def pkce_required(self) -> bool:
        """Only a confidential client of an old library does without (RFC 9700 2.1.1), on https or loopback."""
        return self.rules.pkce_always or self.is_public or self.redirects.private_use

    def to_json(self) -> dict[str, Any]:
        """The names of RFC 7591 and of our own beside them; `from_json` takes it back."""
        shown = {name: getattr(self, name) for name in _SHOWN if getattr(self, name) is not None}
        return {
            **shown,
            **self.keys.to_json(),
            **self.binding.to_json(),
            "application_type": self.application_type.value,
            "redirect_uris": list(self.redirects.registered),
            "post_logout_redirect_uris": list(self.post_logout_redirects.registered),
            "token_endpoint_auth_method": self.auth_method.value,
            "grant_types": sorted(grant.value for grant in self.grants),
            "response_types": sorted(kind.value for kind in self.response_types),
            "scope": " ".join(sorted(self.scopes, key=_scope_place)),
            **self.subjects.to_json(),
            "id_token_signed_response_alg": self.id_token_alg.value,
            "security_profile": self.security_profile.value,
            "access_token_format": self.access_token_format.value,
            "access_token_signed_response_alg": self.access_token_alg.value,
            "access_token_lifetime": self.access_token_lifetime,
            "introspection": self.introspection,
            "resources": sorted(self.resources),
            **self.requests.to_json(),
            **self.logout.to_json(),
            **self.authentication.to_json(),
            **self.claims.to_json(),
            **self.signed.to_json(),
            **self.encrypted.to_json(),
            **self.exchange.to_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "OidcClient":
        """Of what `to_json` gave; not for documents from outside."""
        application = ApplicationType(document["application_type"])
        return cls(
            application_type=application,
            redirects=RedirectUris.of(document["redirect_uris"], application),
            post_logout_redirects=RedirectUris.of(document["post_logout_redirect_uris"], application),
            auth_method=AuthMethod(document["token_endpoint_auth_method"]),
            grants=frozenset(map(Grant, document["grant_types"])),
            response_types=frozenset(map(ResponseType, document["response_types"])),
            scopes=frozenset(document["scope"].split()),
            security_profile=SecurityProfile(document["security_profile"]),
            id_token_alg=SigningAlg(document["id_token_signed_response_alg"]),
            access_token_format=AccessTokenFormat(document["access_token_format"]),
            access_token_alg=SigningAlg(document["access_token_signed_response_alg"]),
            access_token_lifetime=document["access_token_lifetime"],
            introspection=document["introspection"],
            resources=frozenset(document["resources"]),
            requests=RequestRules.from_json(document),
            authentication=AuthenticationWishes.from_json(document),
            keys=ClientKeys.from_json(document),
            binding=TokenBinding.from_json(document),
            logout=LogoutChannels.from_json(document),
            claims=ClaimMapping.from_json(document),
            signed=SignedAnswers.from_json(document),
            subjects=SubjectRules.from_json(document),
            encrypted=EncryptedAnswers.from_json(document),
            exchange=ExchangeRules.from_json(document),
            **{name: document.get(name) for name in _SHOWN},
        )


_SHOWN: Final = (
    "client_name",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "initiate_login_uri",
    "software_id",
    "software_version",
)


def _scope_place(scope: str) -> tuple[int, str]:
    return (_SCOPE_ORDER.index(scope) if scope in _SCOPE_ORDER else len(_SCOPE_ORDER), scope)
