"""The authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1), read from its parameters in a fixed order.

First who asks and where the answer may go: until both are certain, a mistake is shown on a page of ours and nothing is
redirected anywhere. Then an ordered table of checks, whose failures go to the client. The parameters themselves are
kept while a person signs in, and are read again with the same checks when the request goes on.
"""

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final, NamedTuple

from idp.federation import OidcClient, ResponseType, Service
from idp.kit.errors import Failure
from idp.oidc import requested_claims, targets
from idp.oidc.acr import NOTHING_ASKED, AskedAcr, asked_acr
from idp.oidc.errors import OAuthError, PageError
from idp.oidc.model import Scope
from idp.oidc.modes import BY_TYPE, ResponseMode, mode_of, response_type_of
from idp.oidc.requested_claims import RequestedClaims
from idp.tenants import Switches
from idp.web.forms import Form

_SHOWN_AS_PAGE: Final = ("client_id", "redirect_uri", "response_mode", "state")
_MAY_REPEAT: Final = frozenset({"resource"})
PARAMETERS: Final = frozenset(
    {
        "acr_values",
        "claims",
        "claims_locales",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "display",
        "dpop_jkt",
        "id_token_hint",
        "login_hint",
        "max_age",
        "nonce",
        "prompt",
        "redirect_uri",
        "registration",
        "request",
        "request_uri",
        "resource",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "ui_locales",
    }
)
_STATE: Final = re.compile(r"[\x20-\x7e]{0,4096}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NO_WORDS: Final[frozenset[str]] = frozenset()
_LONGEST: Final = {"nonce": 1_024, "scope": 2_048, "login_hint": 320, "ui_locales": 200}


class Prompt(StrEnum):
    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


_PROMPTS: Final = frozenset(Prompt)


class Signed(NamedTuple):
    """Whom a signed answer is for; how it is signed, and encrypted, is what that service has registered."""

    service: Service

    @property
    def client(self) -> OidcClient:
        assert self.service.oidc is not None
        return self.service.oidc


class Return(NamedTuple):
    """Where the answer may go, once that is certain, and how it gets there."""

    redirect_uri: str
    state: str | None
    mode: ResponseMode = ResponseMode.QUERY
    signed_for: Signed | None = None


class AuthorizationRequest(NamedTuple):
    """Checked, all of it. `max_age` is in seconds; `scopes` are those that the service is registered for."""

    client_id: str
    back: Return
    response_type: ResponseType
    scopes: frozenset[str]
    nonce: str | None
    challenge: str | None
    jkt: str | None
    prompts: frozenset[Prompt]
    max_age: int | None
    login_hint: str
    ui_locales: str
    id_token_hint: str | None
    claims: RequestedClaims
    resources: tuple[str, ...]
    acr: AskedAcr = NOTHING_ASKED
    pushed: str | None = None  # the id under which it waits, if it was pushed

    @property
    def redirect_uri(self) -> str:
        return self.back.redirect_uri

    @property
    def disclosed(self) -> frozenset[str]:
        """The scopes that a person consents to: a claim that is asked for by name counts as its scope."""
        return self.scopes | self.claims.scopes if self.claims.userinfo or self.claims.id_token else self.scopes

    @property
    def silent(self) -> bool:
        return Prompt.NONE in self.prompts


class RedirectError(Failure):
    """The client is told, at the address that is certain to be its own."""

    def __init__(self, back: Return, code: str, public: str) -> None:
        super().__init__(code, public)
        self.back = back


class Asking:
    """A request before it is believed, and the two who may set rules for it. Every parameter is in `form`, wherever it
    came from; `scopes` are those that the client is registered for, `claims` are read by the check of their name."""

    def __init__(self, form: Form, client: OidcClient, switches: Switches) -> None:
        self.form = form
        self.client = client
        self.switches = switches
        self.response_type = response_type_of(form)
        self.scopes = _words(form, "scope") & client.scopes
        self.claims = requested_claims.NOTHING


def client_of(form: Form) -> str:
    """Raises `PageError`."""
    client_id = form.get("client_id")
    if not client_id or "client_id" in form.repeated:
        raise PageError("invalid_request", detail="client_id must be given once")
    return client_id


def way_back(form: Form, service: Service | None) -> Return:
    """Raises `PageError`: nobody is redirected to an address that is not this client's (RFC 9700 4.1.3)."""
    if service is None or service.oidc is None:
        raise PageError("unknown_service")
    for name in _SHOWN_AS_PAGE:
        if name in form.repeated:
            raise PageError("invalid_request", detail=f"{name} is given more than once")
    uri, state = form.get("redirect_uri"), form.get("state")
    if not uri or not service.oidc.redirects.admits(uri):
        raise PageError("invalid_redirect_uri")
    if state is not None and not _STATE.fullmatch(state):
        raise PageError("invalid_request", detail="state must be up to 4096 printable ASCII characters")
    mode = mode_of(form)
    return Return(uri, state, mode, Signed(service) if mode.is_signed else None)


def parse(form: Form, service: Service, back: Return, *, switches: Switches) -> AuthorizationRequest:
    """Raises `RedirectError`, the first that holds."""
    assert service.oidc is not None
    asked = Asking(form, service.oidc, switches)
    try:
        for check in CHECKS:
            check(asked)
    except OAuthError as fault:
        raise RedirectError(back, fault.code, fault.public) from fault
    max_age, wishes = form.get("max_age"), service.oidc.authentication
    return AuthorizationRequest(
        service.client_id,
        back,
        asked.response_type or ResponseType.CODE,
        asked.scopes,
        form.get("nonce"),
        form.get("code_challenge") or None,
        form.get("dpop_jkt") or None,
        frozenset(map(Prompt, _words(form, "prompt"))),
        int(max_age) if max_age else wishes.default_max_age,
        form.get("login_hint") or "",
        form.get("ui_locales") or "",
        form.get("id_token_hint"),
        asked.claims,
        form.all("resource") if "resource" in form else (),
        asked_acr(asked.claims.acr, form, service.oidc),
    )


def _not_repeated(asked: Asking) -> None:
    if repeated := (asked.form.repeated & PARAMETERS) - _MAY_REPEAT:
        raise OAuthError("invalid_request", f"{min(repeated)} is given more than once.")


def _no_registration(asked: Asking) -> None:
    if asked.form.get("registration") is not None:  # Core 7.2.1
        raise OAuthError("registration_not_supported", "The parameter registration is not supported.")


def _response_type(asked: Asking) -> None:
    if not asked.form.get("response_type"):
        raise OAuthError("invalid_request", "response_type is missing.")
    kind = asked.response_type
    if kind is None or not is_offered(kind, asked.switches):
        offered = ", ".join(each for each in ResponseType if is_offered(each, asked.switches))
        found = _quoted(asked.form, "response_type")
        raise OAuthError("unsupported_response_type", f"response_type {found} is not supported here: {offered} are.")
    if kind not in asked.client.response_types:
        raise OAuthError("unauthorized_client", "The client is not registered for this response type.")


def is_offered(kind: ResponseType, switches: Switches) -> bool:
    """By the tenant: what brings tokens into a browser's address is off until it is switched on."""
    if kind is ResponseType.CODE:
        return True
    return switches.hybrid if kind.gives_code else switches.implicit


def _response_mode(asked: Asking) -> None:
    wanted = asked.form.get("response_mode")
    if wanted and wanted not in {BY_TYPE, mode_of(asked.form)}:
        known = ", ".join((*ResponseMode, BY_TYPE))
        found = _quoted(asked.form, "response_mode")
        raise OAuthError("invalid_request", f"The answer cannot be given in response_mode {found}; known are {known}.")


def _nonce(asked: Asking) -> None:
    kind = asked.response_type
    if kind is None or not kind.gives_id_token:
        return
    if Scope.OPENID not in asked.scopes:
        raise OAuthError("invalid_scope", "An ID token needs the scope openid.")
    if not asked.form.get("nonce"):  # OpenID Connect Core 3.2.2.1, 3.3.2.11: nothing else binds it to the request
        raise OAuthError("invalid_request", "nonce is missing.")


def _lengths(asked: Asking) -> None:
    for name, most in _LONGEST.items():
        if len(asked.form.get(name) or "") > most:
            raise OAuthError("invalid_request", f"{name} is longer than {most} characters.")


def _scope(asked: Asking) -> None:
    if not asked.scopes:
        raise OAuthError("invalid_scope", "scope names nothing that the client is registered for.")


def _pkce(asked: Asking) -> None:
    challenge, method = asked.form.get("code_challenge"), asked.form.get("code_challenge_method")
    if not challenge:
        if method:
            raise OAuthError("invalid_request", "code_challenge_method stands without code_challenge.")
        if asked.client.pkce_required and (asked.response_type or ResponseType.CODE).gives_code:
            raise OAuthError("invalid_request", "code_challenge is missing (RFC 7636).")
        return
    if method != "S256":  # RFC 7636 4.3: a missing method means plain, which is not accepted
        raise OAuthError("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge must be the base64url of a SHA-256.")


def _dpop_jkt(asked: Asking) -> None:
    jkt = asked.form.get("dpop_jkt")
    if jkt and not _CHALLENGE.fullmatch(jkt):  # RFC 9449 10: a thumbprint by SHA-256 as well
        raise OAuthError("invalid_request", "dpop_jkt must be the base64url of a SHA-256.")


def _prompt(asked: Asking) -> None:
    prompts = _words(asked.form, "prompt")
    if not prompts <= _PROMPTS:
        known, found = ", ".join(Prompt), _quoted(asked.form, "prompt")
        raise OAuthError("invalid_request", f"prompt {found} names something unknown; known are {known}.")
    if Prompt.NONE in prompts and len(prompts) > 1:
        raise OAuthError("invalid_request", "prompt none stands alone.")


def _max_age(asked: Asking) -> None:
    text = asked.form.get("max_age")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise OAuthError("invalid_request", "max_age must be a number of seconds.")


def _claims(asked: Asking) -> None:
    """Raises `OAuthError`."""
    asked.claims = requested_claims.parse(asked.form.get("claims"), asked.client)


def _resource(asked: Asking) -> None:
    if "resource" in asked.form:
        targets.check(asked.form.all("resource"))


CHECKS: Final[tuple[Callable[[Asking], None], ...]] = (
    _not_repeated,
    _no_registration,
    _response_type,
    _response_mode,
    _lengths,
    _scope,
    _nonce,
    _pkce,
    _dpop_jkt,
    _prompt,
    _max_age,
    _claims,
    _resource,
)


def _quoted(form: Form, name: str) -> str:
    """As it was found, as far as somebody looks who wonders what is wrong with it."""
    return f"'{(form.get(name) or '')[:60]}'"


def _words(form: Form, name: str) -> frozenset[str]:
    text = form.get(name)
    return frozenset(text.split(" ")) - {""} if text else _NO_WORDS
