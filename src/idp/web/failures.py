"""What the hallway itself says when a request ends before a door could answer it."""

import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus

from idp.kit.errors import (
    Conflict,
    Failure,
    Invalid,
    NotFound,
    Refused,
    Stale,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from idp.web.asgi import Header, Scope

Answer = tuple[list[Header], bytes]
RenderFailure = Callable[[Scope, int, str], Answer | None]
"""Makes a page of (scope, status, reference), or returns None to leave it at plain text."""

_PROBLEM: Header = (b"content-type", b"application/problem+json")
_TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")


_STATUS: Mapping[type[Failure], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Refused: 403,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    TooMany: 429,
    Unavailable: 503,
}


class Refusal(Exception):
    """A request ends here with this status; `code` and `public` are for the client to see."""

    def __init__(self, status: int, code: str, public: str, *, headers: Iterable[Header] = ()) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.public = public
        self.headers = tuple(headers)


class Disconnected(Exception):
    """The client went away, or was sent away, before its request was complete."""


def too_large(limit: int) -> Refusal:
    # What is left of the body is not read, so the connection cannot carry another request.
    return Refusal(413, "too_large", f"At most {limit} bytes are taken here.", headers=[(b"connection", b"close")])


def status_of(failure: Failure) -> int:
    return next((status for meaning, status in _STATUS.items() if isinstance(failure, meaning)), 500)


def render(scope: Scope, refusal: Refusal, reference: str, page: RenderFailure | None) -> Answer:
    """Problem details (RFC 9457) below `/api/`, elsewhere a page where one can be made, else plain text."""
    path = scope.get("path", "")
    if path.startswith("/api/"):
        return _problem(refusal, reference)
    if page is not None and (made := page(scope, refusal.status, reference)) is not None:
        return made
    text = f"{refusal.status} {_title(refusal.status)}\n{refusal.public}\nReference: {reference}\n"
    return [_TEXT], text.encode()


def _problem(refusal: Refusal, reference: str) -> Answer:
    """What is not there is told in one and the same body, whoever asks and why; `X-Request-ID` tells them apart."""
    problem: dict[str, object] = {
        "type": "about:blank",
        "title": _title(refusal.status),
        "status": refusal.status,
        "detail": refusal.public,
        "code": refusal.code,
    }
    if refusal.status != 404:
        problem["reference"] = reference
    return [_PROBLEM], json.dumps(problem, ensure_ascii=False, separators=(",", ":")).encode()


def _title(status: int) -> str:
    return HTTPStatus(status).phrase
