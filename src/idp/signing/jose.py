"""Everything signed that comes from outside, checked in one place: allow-listed algorithms, our keys only."""

import base64
import json
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from idp.signing.keys import PublicKey

_LONGEST = 32 * 1024


class Unverified(ValueError):
    """Not a JWT, not signed by one of these keys, or not of the expected type."""


def verify(token: str, keys: Iterable[PublicKey], *, typ: str) -> dict[str, Any]:
    """The claims of a compact JWS signed by one of `keys`, found by its `kid` and nothing else in its header.

    Says nothing about `exp`, `iss` or `aud`: what they must be is the caller's to know. Raises `Unverified`.
    """
    header = parts(token).header
    key = next((key for key in keys if key.kid == header.get("kid")), None)
    if key is None or header.get("alg") != key.alg or header.get("typ") != typ or "crit" in header:
        raise Unverified("not signed by a known key for this use")
    from idp.signing import checking

    try:
        signed = checking.payload(token, key)
    except ValueError as error:
        raise Unverified(str(error)) from error
    return strict_object(signed)


def unverified_claims(token: str) -> dict[str, Any]:
    """What a token says of itself, for finding the row or key that can tell whether it is true."""
    return parts(token).claims


def key_id(token: str) -> object:
    """Which key a JWT of ours says it was signed by; only of one that is known to be ours."""
    return _key_id(token.partition(".")[0])


@lru_cache(maxsize=4096)  # ours have one header for each key and type
def _key_id(header: str) -> object:
    return strict_object(from_base64url(header)).get("kid")


class Parts(NamedTuple):
    """A compact JWS taken apart (RFC 7515 7.1), by nothing verified; `message` is what was signed."""

    header: dict[str, Any]
    claims: dict[str, Any]
    message: bytes
    signature: bytes


def parts(token: str) -> Parts:
    """The signature too must have one spelling, or a token could be shown again as another one. Raises `Unverified`."""
    if len(token) > _LONGEST or not token.isascii() or token.count(".") != 2:
        raise Unverified("not a compact JWS")
    header, payload, signature = map(from_base64url, token.split("."))
    return Parts(strict_object(header), strict_object(payload), token.rpartition(".")[0].encode(), signature)


def from_base64url(part: str) -> bytes:
    """Raises `Unverified`."""
    try:
        decoded = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Unverified("not base64url") from error
    # one spelling for each value: trailing bits must be zero (RFC 4648 3.5)
    if base64.urlsafe_b64encode(decoded).rstrip(b"=") != part.encode():
        raise Unverified("not canonical base64url")
    return decoded


def strict_object(text: bytes) -> dict[str, Any]:
    """Raises `Unverified`."""
    try:
        value = json.loads(text.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no character
    except (ValueError, RecursionError) as error:
        raise Unverified("not strict JSON") from error
    if not isinstance(value, dict):
        raise Unverified("not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name is given twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number that anybody can keep")
    return number
