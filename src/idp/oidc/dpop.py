"""Proofs of possession (RFC 9449): whoever asks for a token, or uses one, shows that a key is theirs.

A proof is for one request, at one place, for about now, with a nonce of ours in it, and counts once. What is verified
here is only the proof; that it is the right key is said where a token or code names one.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from idp import signing
from idp.kit.clock import SECOND
from idp.kit.ids import TenantId
from idp.oidc import replays
from idp.oidc.errors import OAuthError
from idp.oidc.replays import Kind, Once
from idp.signing import ForeignAlg, Unverified, b64
from idp.web.asgi import Header, Scope
from idp.web.house import House

ALGS = (ForeignAlg.ES256.value, ForeignAlg.PS256.value, ForeignAlg.EDDSA.value, ForeignAlg.ED25519.value)
JKT = re.compile(r"[A-Za-z0-9_-]{43}")

_TYPS: frozenset[str | None] = frozenset({"dpop+jwt"})
_SKEW = 60  # seconds to either side
_ROTATION = 120  # seconds after which there is a new nonce; the one before it is taken as well
_LONGEST = 8 * 1024
_LONGEST_JTI = 256
_DEFAULT_PORTS = {"https": 443, "http": 80}


class Proof(NamedTuple):
    """`jkt` is the thumbprint of the key; `once` is used up by what is done; `nonce` is the one for the next proof."""

    jkt: str
    once: Once
    nonce: str

    @property
    def header(self) -> Header:
        return b"dpop-nonce", self.nonce.encode()


def prove(house: House, tenant: TenantId, scope: Scope, *, uri: str, token: str | None = None) -> Proof:
    """The proof in the field DPoP of a request to `uri`; with `token`, of its holder (7).

    Raises `OAuthError`, status 400: `use_dpop_nonce` with a nonce to use, or `invalid_dpop_proof`.
    """
    shown: bytes = scope["state"]["headers"].get(b"dpop", b"")
    if not shown or len(shown) > _LONGEST:
        raise _wrong("A DPoP proof is needed.")
    try:
        possessed = signing.verify_possessed(shown.decode("latin-1"), algs=ALGS, typs=_TYPS)
    except Unverified as error:
        raise _wrong("The DPoP proof is not valid.") from error
    claims, now = possessed.claims, house.units.clock.now_us() // SECOND
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int) or abs(now - issued) > _SKEW:
        raise _wrong("The DPoP proof is not of now.")
    if claims.get("htm") != scope["method"] or not _same_place(claims.get("htu"), uri):
        raise _wrong("The DPoP proof is for another request.")
    if token is not None and claims.get("ath") != b64(sha256(token.encode()).digest()).decode():
        raise _wrong("The DPoP proof is for another token.")
    once = _once(claims, possessed.thumbprint, issued)
    window = now // _ROTATION
    fresh = _nonce(house, tenant, window)
    # one window ahead too: the clocks of two workers need not turn at once
    if claims.get("nonce") not in (fresh, _nonce(house, tenant, window - 1), _nonce(house, tenant, window + 1)):
        raise OAuthError(
            "use_dpop_nonce", "The DPoP proof needs this nonce.", headers=[(b"dpop-nonce", fresh.encode())]
        )
    return Proof(possessed.thumbprint, once, fresh)


def _once(claims: Mapping[str, Any], jkt: str, issued: int) -> Once:
    name = claims.get("jti")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_JTI:
        raise _wrong("The DPoP proof has no jti.")
    return replays.once(Kind.DPOP, jkt, name, expires_at=(issued + 2 * _SKEW) * SECOND)


def _nonce(house: House, tenant: TenantId, window: int) -> str:
    """8: nobody can say beforehand what it will be, and no worker has to remember it."""
    return b64(house.units.keys.box(tenant).mac("dpop nonce", str(window).encode())).decode()


def _same_place(htu: object, uri: str) -> bool:
    """4.3: without query and fragment, after the normalisations of RFC 3986 6.2.2 and 6.2.3 that clients do."""
    return isinstance(htu, str) and htu.isascii() and len(htu) <= 2_048 and _place(htu) == _place(uri)


def _place(uri: str) -> tuple[str, str | None, int | None, str] | None:
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.username is not None or any(c <= " " for c in uri):
        return None
    return parts.scheme, parts.hostname, port or _DEFAULT_PORTS.get(parts.scheme), parts.path or "/"


def _wrong(public: str) -> OAuthError:
    return OAuthError("invalid_dpop_proof", public)
