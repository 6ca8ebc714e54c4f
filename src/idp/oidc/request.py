"""The authorization request (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1), read from its parameters in a fixed order.

First who asks and where the answer may go: until both are certain, a mistake is shown on a page of ours and nothing is
redirected anywhere. Then an ordered table of checks, whose failures go to the client. The parameters themselves are
kept while a person signs in, and are read again with the same checks when the request goes on.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from idp.federation import Grant, OidcClient, Service
from idp.kit.errors import Failure
from idp.oidc.errors import OAuthError, PageError
from idp.web.forms import Form

_SHOWN_AS_PAGE = ("client_id", "redirect_uri", "response_mode", "state")
_MAY_REPEAT = frozenset({"resource"})
PARAMETERS = frozenset(
    {
        "acr_values",
        "claims",
        "claims_locales",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "display",
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
_STATE = re.compile(r"[\x20-\x7e]{0,4096}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST = {"nonce": 1_024, "scope": 2_048, "login_hint": 320, "ui_locales": 200}


class Prompt(StrEnum):
    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """Checked, all of it. `max_age` is in seconds; `scopes` are those that the service is registered for."""

    client_id: str
    redirect_uri: str
    state: str | None
    scopes: frozenset[str]
    nonce: str | None
    challenge: str | None
    prompts: frozenset[Prompt]
    max_age: int | None
    login_hint: str
    ui_locales: str
    id_token_hint: str | None
    pushed: str | None = None  # the id under which it waits, if it was pushed

    @property
    def silent(self) -> bool:
        return Prompt.NONE in self.prompts

    @property
    def back(self) -> "Return":
        return Return(self.redirect_uri, self.state)


@dataclass(frozen=True, slots=True)
class Return:
    """Where the answer may go, once that is certain."""

    redirect_uri: str
    state: str | None


class RedirectError(Failure):
    """The client is told, at the address that is certain to be its own."""

    def __init__(self, back: Return, code: str, public: str) -> None:
        super().__init__(code, public)
        self.back = back


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
    return Return(uri, state)


def parse(form: Form, service: Service, back: Return) -> AuthorizationRequest:
    """Raises `RedirectError`, the first that holds."""
    assert service.oidc is not None
    try:
        for check in CHECKS:
            check(form, service.oidc)
    except OAuthError as fault:
        raise RedirectError(back, fault.code, fault.public) from fault
    max_age = form.get("max_age")
    return AuthorizationRequest(
        client_id=service.client_id,
        redirect_uri=back.redirect_uri,
        state=back.state,
        scopes=_words(form, "scope") & service.oidc.scopes,
        nonce=form.get("nonce"),
        challenge=form.get("code_challenge") or None,
        prompts=frozenset(map(Prompt, _words(form, "prompt"))),
        max_age=int(max_age) if max_age else None,
        login_hint=form.get("login_hint") or "",
        ui_locales=form.get("ui_locales") or "",
        id_token_hint=form.get("id_token_hint"),
    )


def _not_repeated(form: Form, client: OidcClient) -> None:  # noqa: ARG001 - every check has this shape
    if repeated := (form.repeated & PARAMETERS) - _MAY_REPEAT:
        raise OAuthError("invalid_request", f"{min(repeated)} is given more than once.")


def _no_registration(form: Form, client: OidcClient) -> None:  # noqa: ARG001
    if form.get("registration") is not None:  # Core 7.2.1
        raise OAuthError("registration_not_supported", "The parameter registration is not supported.")


def _response_type(form: Form, client: OidcClient) -> None:
    wanted = form.get("response_type")
    if not wanted:
        raise OAuthError("invalid_request", "response_type is missing.")
    if wanted != "code":
        raise OAuthError("unsupported_response_type", "Only the response type code is supported.")
    if Grant.AUTHORIZATION_CODE not in client.grants:
        raise OAuthError("unauthorized_client", "The client is not registered for authorization codes.")


def _response_mode(form: Form, client: OidcClient) -> None:  # noqa: ARG001
    if form.get("response_mode") not in {None, "", "query"}:
        raise OAuthError("invalid_request", "Only the response mode query is supported.")


def _lengths(form: Form, client: OidcClient) -> None:  # noqa: ARG001
    for name, most in _LONGEST.items():
        if len(form.get(name) or "") > most:
            raise OAuthError("invalid_request", f"{name} is longer than {most} characters.")


def _scope(form: Form, client: OidcClient) -> None:
    if not _words(form, "scope") & client.scopes:
        raise OAuthError("invalid_scope", "scope names nothing that the client is registered for.")


def _pkce(form: Form, client: OidcClient) -> None:
    challenge, method = form.get("code_challenge"), form.get("code_challenge_method")
    if not challenge:
        if method:
            raise OAuthError("invalid_request", "code_challenge_method stands without code_challenge.")
        if client.pkce_required:
            raise OAuthError("invalid_request", "code_challenge is missing (RFC 7636).")
        return
    if method != "S256":  # RFC 7636 4.3: a missing method means plain, which is not accepted
        raise OAuthError("invalid_request", "code_challenge_method must be S256.")
    if not _CHALLENGE.fullmatch(challenge):
        raise OAuthError("invalid_request", "code_challenge must be the base64url of a SHA-256.")


def _prompt(form: Form, client: OidcClient) -> None:  # noqa: ARG001
    prompts = _words(form, "prompt")
    if not prompts <= frozenset(Prompt):
        raise OAuthError("invalid_request", "prompt names something unknown.")
    if Prompt.NONE in prompts and len(prompts) > 1:
        raise OAuthError("invalid_request", "prompt none stands alone.")


def _max_age(form: Form, client: OidcClient) -> None:  # noqa: ARG001
    text = form.get("max_age")
    if text and not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise OAuthError("invalid_request", "max_age must be a number of seconds.")


def _resource(form: Form, client: OidcClient) -> None:  # noqa: ARG001
    if "resource" in form:
        raise OAuthError("invalid_target", "The resource is not registered.")


CHECKS: tuple[Callable[[Form, OidcClient], None], ...] = (
    _not_repeated,
    _no_registration,
    _response_type,
    _response_mode,
    _lengths,
    _scope,
    _pkce,
    _prompt,
    _max_age,
    _resource,
)


def _words(form: Form, name: str) -> frozenset[str]:
    return frozenset((form.get(name) or "").split(" ")) - {""}
