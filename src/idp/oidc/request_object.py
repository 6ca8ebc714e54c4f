"""The claims of a request object (RFC 9101, OpenID Connect Core 6) once its signature is proved: by whom it is, for
whom and when, and the parameters in it that take the place of all others.

Pure. A JWT that its client has signed for another purpose must not pass for a request, so what it says of itself is
judged before what it asks for is read.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from idp.kit.clock import SECOND
from idp.oidc.errors import OAuthError
from idp.oidc.request import PARAMETERS
from idp.web.forms import Form

# RFC 9101 10.8; libraries that are older than it write JWT or nothing
TYPS: frozenset[str | None] = frozenset({"oauth-authz-req+jwt", "jwt", None})

_LEEWAY = 60  # seconds by which a client's clock may be ahead
_LONGEST = 3_600  # seconds
_NESTED = ("request", "request_uri")  # RFC 9101 4
_ALWAYS_JSON = frozenset({"claims", "registration", "authorization_details"})


class Expected(NamedTuple):
    """`strict`: who, for whom and until when have to be said; otherwise they are judged where they are."""

    client_id: str
    issuer: str
    strict: bool
    now_us: int


def parameters(claims: Mapping[str, Any], expected: Expected) -> Form:
    """Raises `OAuthError("invalid_request_object")`."""
    _judge_parties(claims, expected)
    _judge_times(claims, strict=expected.strict, now=expected.now_us / SECOND)
    for name in _NESTED:
        if name in claims:
            raise invalid(f"A request object does not hold {name}.")
    asked = {**claims, "client_id": expected.client_id}
    return Form(
        tuple(field for name in sorted(PARAMETERS & asked.keys()) for field in _fields(name, asked[name]))
    ).given()


def invalid(said: str) -> OAuthError:
    return OAuthError("invalid_request_object", said)


def _judge_parties(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("client_id", expected.client_id) != expected.client_id:  # RFC 9101 5
        raise invalid("client_id is not that of the request.")
    if claims.get("iss", expected.client_id) != expected.client_id:
        raise invalid("iss is not the client.")
    if claims.get("sub") == expected.client_id:  # RFC 9101 10.8: an assertion of the client
        raise invalid("A request object is not an assertion.")
    audience = claims.get("aud", expected.issuer)
    if expected.issuer not in (audience if isinstance(audience, list) else [audience]):
        raise invalid("aud is not this issuer.")
    if expected.strict and (missing := {"client_id", "iss", "aud", "exp"} - claims.keys()):
        raise invalid(f"{min(missing)} is missing.")


def _judge_times(claims: Mapping[str, Any], *, strict: bool, now: float) -> None:
    begins, ends, made = (_instant(claims, name) for name in ("nbf", "exp", "iat"))
    if ends is not None and ends <= now:
        raise invalid("The request object has expired.")
    if any(at is not None and at > now + _LEEWAY for at in (begins, made)):
        raise invalid("The request object is of the future.")
    if not strict:
        return
    since = begins if begins is not None else made
    if since is not None and since < now - _LONGEST:
        raise invalid("The request object is more than an hour old.")
    if ends is not None and ends > (now + _LEEWAY if since is None else since) + _LONGEST:
        raise invalid("The request object lives for more than an hour.")


def _instant(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise invalid(f"{name} is no number of seconds.")
    return value


def _fields(name: str, value: object) -> Iterator[tuple[str, str]]:
    """A claim as the parameter would have been in a query: arrays of strings repeat it, objects are their JSON."""
    if name in _ALWAYS_JSON and isinstance(value, (dict, list)):
        yield name, json.dumps(value, ensure_ascii=False)
    elif name == "resource" and isinstance(value, list):
        for each in value:
            yield name, _text(name, each)
    elif name == "max_age" and isinstance(value, int) and not isinstance(value, bool):
        yield name, str(value)
    else:
        yield name, _text(name, value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise invalid(f"{name} is no string.")
    return value
