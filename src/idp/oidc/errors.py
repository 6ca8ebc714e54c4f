"""Failures in the grammar of OAuth 2.0 (RFC 6749 4.1.2.1, 5.2), and who gets them: the client or the page."""

from collections.abc import Iterable
from typing import NoReturn

from idp.kit.errors import Failure, Refused, TooMany, Unavailable
from idp.web.asgi import Header, Send, json_response

NO_STORE: tuple[Header, ...] = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))


class OAuthError(Failure):
    """`code` of the specification's own list; `public` is its `error_description`."""

    def __init__(self, code: str, public: str = "", *, status: int = 400, headers: Iterable[Header] = ()) -> None:
        super().__init__(code, public)
        self.status = status
        self.headers = tuple(headers)


class PageError(Failure):
    """The request is not to be trusted with a redirect: an error page of our own (RFC 6749 4.1.2.1)."""

    def __init__(self, code: str, *, status: int = 400, detail: str = "") -> None:
        super().__init__(code, detail=detail)
        self.status = status


def invalid_client(detail: str = "") -> NoReturn:
    """One answer whatever was wrong (RFC 6749 5.2)."""
    raise OAuthError(
        "invalid_client",
        "Client authentication failed.",
        status=401,
        headers=[(b"www-authenticate", b'Basic realm="token", charset="UTF-8"')],
    ) from (ValueError(detail) if detail else None)


def as_oauth(failure: Failure) -> OAuthError:
    """The gate's no is `invalid_grant` with its reason as the description; what cannot be done now says when."""
    if isinstance(failure, OAuthError):
        return failure
    if isinstance(failure, (Unavailable, TooMany)):
        wait = (b"retry-after", str(failure.retry_after).encode())
        status = 503 if isinstance(failure, Unavailable) else 429
        return OAuthError("temporarily_unavailable", failure.public, status=status, headers=[wait])
    if isinstance(failure, Refused):
        return OAuthError("invalid_grant", failure.public if failure.code == "invalid_grant" else failure.code)
    return OAuthError("invalid_request", failure.public)


async def send_error(send: Send, error: OAuthError) -> None:
    body = {"error": error.code, "error_description": describable(error.public)}
    await json_response(send, error.status, body, (*NO_STORE, *error.headers))


def describable(text: str) -> str:
    """RFC 6749 allows %x20-21 / %x23-5B / %x5D-7E."""
    return "".join(c if " " <= c <= "~" and c not in '"\\' else "?" for c in text)
