"""Failures as problem details (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from idp.admin.answers import NotModified
from idp.admin.rights import InsufficientScope
from idp.kit import errors
from idp.kit.errors import Failure
from idp.sessions import InsufficientAuthentication
from idp.web.bearers import NotBorne

MEDIA_TYPE = "application/problem+json"

_STATUS: dict[type[Failure], int] = {
    errors.Invalid: 422,
    errors.Unauthenticated: 401,
    errors.Refused: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Stale: 412,
    errors.TooMany: 429,
    errors.Unavailable: 503,
    NotModified: 304,
}
_MALFORMED = frozenset({"malformed_json", "malformed_form", "invalid_cursor"})


class UnsupportedMediaType(Failure):
    def __init__(self, expected: str) -> None:
        super().__init__("unsupported_media_type", f"The body must be {expected}.")


class NotAcceptable(Failure):
    def __init__(self, offered: Sequence[str]) -> None:
        super().__init__("not_acceptable", f"It can be had as {', '.join(offered)}.", offered=list(offered))


def status_of(failure: Failure) -> int:
    if failure.code in _MALFORMED:
        return 400
    if isinstance(failure, UnsupportedMediaType):
        return 415
    if isinstance(failure, NotAcceptable):
        return 406
    return next((status for kind, status in _STATUS.items() if isinstance(failure, kind)), 500)


async def render(request: Request, failure: Exception, *, base_url: str) -> Response:
    assert isinstance(failure, Failure)
    if isinstance(failure, NotModified):
        return Response(status_code=304, headers={"ETag": failure.etag, **_quotas(request)})
    status = status_of(failure)
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": failure.public,
        "code": failure.code,
        **({} if status == 404 else {"reference": request.scope["state"]["reference"]}),
        **failure.members,
    }
    if failure.errors:
        problem["errors"] = [error.to_json() for error in failure.errors]
    content = json.dumps(problem, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {**_headers(failure, base_url), **_quotas(request)}
    return Response(content, status, headers, media_type=MEDIA_TYPE)


def _quotas(request: Request) -> Mapping[str, str]:
    told: Mapping[str, str] = getattr(request.state, "quotas", {})
    return told


def _lacking(failure: Failure) -> dict[str, str]:
    """RFC 6750 3.1, RFC 9470 3. Nothing of whoever has shown nothing."""
    if isinstance(failure, InsufficientAuthentication):
        return {"error": failure.code, "error_description": failure.public, **failure.demand.parameters}
    if isinstance(failure, InsufficientScope):
        return {"error": "insufficient_scope", "scope": str(failure.permission)}
    if not isinstance(failure, NotBorne):
        return {}
    return {"error": failure.error} | ({} if failure.algs is None else {"algs": failure.algs})


def _challenge(failure: Failure, base_url: str) -> dict[str, str]:
    """RFC 6750 3, RFC 9449 7.1, RFC 9728 5.1."""
    said = {**_lacking(failure), "resource_metadata": f"{base_url}/.well-known/oauth-protected-resource/api/v1"}
    scheme = "DPoP" if isinstance(failure, NotBorne) and failure.algs is not None else "Bearer"
    headers = {"WWW-Authenticate": f"{scheme} " + ", ".join(f'{name}="{value}"' for name, value in said.items())}
    nonce = failure.nonce if isinstance(failure, NotBorne) else None
    return headers if nonce is None else {**headers, "DPoP-Nonce": nonce}


def _headers(failure: Failure, base_url: str) -> dict[str, str]:
    if isinstance(failure, errors.Unauthenticated | InsufficientScope):
        return _challenge(failure, base_url)
    if isinstance(failure, errors.TooMany | errors.Unavailable):
        return {"Retry-After": str(failure.retry_after)}
    return {}
