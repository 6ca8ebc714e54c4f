"""What others have signed for us to read: by a key that they registered, by a secret that we share, or, in a proof of
possession, by the key that comes along."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from idp.signing.foreign_keys import BadKey, ForeignAlg, ForeignKey, Public, read_key
from idp.signing.jose import Parts, Unverified, parts

SHARED_ALG = "HS256"


class UnknownKey(Unverified):
    """No key of the set could have signed it: perhaps the set is no longer that of now."""


class Seen(NamedTuple):
    """A JWT before it is believed."""

    token: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


class Possessed(NamedTuple):
    """`thumbprint` of the key that signed (RFC 7638)."""

    claims: Mapping[str, Any]
    thumbprint: str


def look(token: str) -> Seen:
    """Raises `Unverified`."""
    read = parts(token)
    return Seen(token, read.header, read.claims)


def verify_foreign(
    token: str, keys: Iterable[ForeignKey], *, algs: Iterable[str], typs: frozenset[str | None]
) -> dict[str, Any]:
    """The claims, signed by one of `keys`: the one with the header's `kid`, or where that is missing any that fits.
    Nothing else in the header leads to a key. `typs` in lower case; None among them where the header may leave it out.

    Raises `Unverified`; `UnknownKey` where another set could make a difference.
    """
    read = parts(token)
    alg = _alg(read, algs, typs)
    kid = read.header.get("kid")
    fitting = [key for key in keys if alg in key.algs and (kid is None or key.kid == kid)]
    for key in fitting:
        if key.public is not None and _is_signed(read, alg, key.public):
            return read.claims
    if kid is not None and fitting:
        raise Unverified("the signature is not of the key that it names")
    raise UnknownKey("not signed by a known key")


def verify_shared(token: str, secret: bytes, *, typs: frozenset[str | None]) -> dict[str, Any]:
    """Raises `Unverified`."""
    read = parts(token)
    _alg(read, (SHARED_ALG,), typs)
    if not hmac.compare_digest(hmac.digest(secret, read.message, sha256), read.signature):
        raise Unverified("not signed by the secret")
    return read.claims


def verify_possessed(token: str, *, algs: Iterable[str], typs: frozenset[str | None]) -> Possessed:
    """By the key in the header, which says who signed and nothing about who that is. Raises `Unverified`."""
    read = parts(token)
    alg = _alg(read, algs, typs)
    try:
        key = read_key(read.header.get("jwk"))
    except BadKey as bad:
        raise Unverified(str(bad)) from bad
    if alg not in key.algs or key.public is None or not _is_signed(read, alg, key.public):
        raise Unverified("not signed by the key that comes along")
    return Possessed(read.claims, key.thumbprint)


def _alg(read: Parts, algs: Iterable[str], typs: frozenset[str | None]) -> str:
    header = read.header
    alg, typ, kid = header.get("alg"), header.get("typ"), header.get("kid")
    if not isinstance(alg, str) or alg not in algs:
        raise Unverified("an algorithm that is not for this")
    if typ is not None and not isinstance(typ, str):
        raise Unverified("typ is no string")
    if (typ.lower().removeprefix("application/") if typ is not None else None) not in typs:  # RFC 8725 3.11
        raise Unverified("a JWT of another kind")
    if kid is not None and not isinstance(kid, str):
        raise Unverified("kid is no string")
    if "crit" in header or "b64" in header:  # RFC 7515 4.1.11, RFC 7797
        raise Unverified("an extension that is not understood")
    return alg


def _is_signed(read: Parts, alg: str, public: Public) -> bool:
    try:
        _VERIFIERS[alg](public, read.signature, read.message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _rs256(public: Public, signature: bytes, message: bytes) -> None:
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, message, padding.PKCS1v15(), SHA256())


def _ps256(public: Public, signature: bytes, message: bytes) -> None:
    assert isinstance(public, rsa.RSAPublicKey)
    # RFC 7518 3.5: the salt is as long as the digest
    public.verify(signature, message, padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH), SHA256())


def _es256(public: Public, signature: bytes, message: bytes) -> None:
    assert isinstance(public, ec.EllipticCurvePublicKey)
    if len(signature) != 64:  # RFC 7518 3.4
        raise InvalidSignature
    both = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    public.verify(both, message, ec.ECDSA(SHA256()))


def _eddsa(public: Public, signature: bytes, message: bytes) -> None:
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(signature, message)


_VERIFIERS: Mapping[str, Callable[[Public, bytes, bytes], None]] = {
    ForeignAlg.RS256: _rs256,
    ForeignAlg.PS256: _ps256,
    ForeignAlg.ES256: _es256,
    ForeignAlg.EDDSA: _eddsa,
    ForeignAlg.ED25519: _eddsa,
}
