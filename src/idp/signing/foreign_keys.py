"""Public keys of others (RFC 7517), judged before anything is believed by them and made into objects once."""

import json
from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from idp.signing.jose import Unverified, from_base64url
from idp.signing.keys import b64

Public = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

MOST_KEYS = 20
LARGEST_SET = 64 * 1024
_LONGEST_KID = 256
_RSA_BITS = range(2_048, 8_193)  # beyond, one signature of theirs costs us what a hundred others do
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "r", "t"})
_CURVES: Mapping[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_ENCRYPTING = frozenset(
    {"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW"}
)  # RFC 7518 4.1, without RSA1_5 (RFC 8725 3.2)
# Points of small order, under which one signature fits many messages, with the sign bit taken off.
_SMALL_ORDER = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)


class ForeignAlg(StrEnum):
    """By which others may sign for us to verify."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"
    ED25519 = "Ed25519"  # RFC 9864


class BadKey(ValueError):
    """`code` is stable; the message is a sentence without anything of the key in it."""

    def __init__(self, code: str, message: str, *, position: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.position = position


class ForeignKey(NamedTuple):
    """`algs` by which it verifies; none for a key that is there to encrypt to."""

    kid: str | None
    algs: frozenset[str]
    public: Public | None
    thumbprint: str  # RFC 7638
    encrypts: bool = False  # whether it may be encrypted to


_OF_RSA = frozenset({ForeignAlg.RS256.value, ForeignAlg.PS256.value})
_OF_P256 = frozenset({ForeignAlg.ES256.value})
_OF_ED25519 = frozenset({ForeignAlg.EDDSA.value, ForeignAlg.ED25519.value})


def read_key_set(document: object, *, lenient: bool = False) -> tuple[ForeignKey, ...]:
    """RFC 7517 5. `lenient` leaves out what we have no use for, as a set that is published for many asks for; what no
    honest set holds (private or symmetric keys, one name twice) is refused either way. Raises `BadKey`."""
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise BadKey("invalid_jwks", "A key set is an object with an array of keys.")
    if len(listed) > MOST_KEYS:
        raise BadKey("too_many", f"A key set has at most {MOST_KEYS} keys.")
    found = []
    for position, jwk in enumerate(listed):
        try:
            found.append(read_key(jwk))
        except BadKey as bad:
            if not (lenient and bad.code in {"unusable_key", "weak_key", "invalid_key"}):
                raise BadKey(bad.code, str(bad), position=position) from bad
    named = [key.kid for key in found if key.kid is not None]
    if len(named) != len(set(named)):
        raise BadKey("duplicate_kid", "Two keys of the set have the same kid.")
    return tuple(found)


def read_key(jwk: object) -> ForeignKey:
    """Raises `BadKey`."""
    if not isinstance(jwk, dict):
        raise BadKey("invalid_key", "A key is an object.")
    if jwk.get("kty") == "oct" or "k" in jwk:
        raise BadKey("symmetric_key", "A symmetric key is no public key.")
    if not _PRIVATE.isdisjoint(jwk):
        raise BadKey("private_key", "This is a private key: from now on it is known to others.")
    if any(not isinstance(jwk.get(name, ""), str) for name in ("kty", "crv", "use", "alg")):
        raise BadKey("invalid_key", "kty, crv, use and alg are strings.")
    kid = jwk.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= _LONGEST_KID):
        raise BadKey("invalid_key", f"kid is a string of up to {_LONGEST_KID} characters.")
    try:
        public, algs, canonical = _READERS[str(jwk.get("kty"))](jwk)
    except KeyError:
        raise BadKey("unusable_key", "This kind of key is not supported.") from None
    except BadKey:
        raise
    except ValueError:  # not base64url, or not a point of its curve
        raise BadKey("invalid_key", "The key's numbers are no key.") from None
    thumbprint = b64(sha256(json.dumps(canonical, separators=(",", ":"), sort_keys=True).encode()).digest()).decode()
    encrypts = jwk.get("use") != "sig" and (jwk.get("alg") is None or jwk["alg"] in _ENCRYPTING)
    return ForeignKey(kid, _usable(jwk, algs), public, thumbprint, encrypts)


def _usable(jwk: Mapping[str, Any], algs: frozenset[str]) -> frozenset[str]:
    """What the key itself lets it be used for. Raises `BadKey` where that is nothing that we do."""
    use, alg, operations = jwk.get("use"), jwk.get("alg"), jwk.get("key_ops")
    if use == "enc" or (isinstance(operations, list) and "verify" not in operations):
        if alg is None or alg in _ENCRYPTING:
            return frozenset()
    elif use in {None, "sig"}:
        if alg is None and algs:
            return algs
        if alg in algs:
            return frozenset({alg})
        if use is None and alg in _ENCRYPTING:
            return frozenset()
    raise BadKey("unusable_key", "The use and algorithm of this key are not supported.")


def _rsa(jwk: Mapping[str, Any]) -> tuple[Public, frozenset[str], dict[str, str]]:
    if any(_bytes(jwk, name).startswith(b"\0") for name in ("n", "e")):  # RFC 7518 6.3.1: one spelling
        raise BadKey("invalid_key", "The numbers of an RSA key begin with zeros.")
    n, e = _number(jwk, "n"), _number(jwk, "e")
    if n.bit_length() not in _RSA_BITS:
        raise BadKey("weak_key", f"An RSA key has {_RSA_BITS.start} to {_RSA_BITS.stop - 1} bits.")
    if n % 2 == 0 or e % 2 == 0 or not 3 <= e < 2**33:
        raise BadKey("weak_key", "The exponent or the modulus of this RSA key protects nothing.")
    return rsa.RSAPublicNumbers(e, n).public_key(), _OF_RSA, {"e": jwk["e"], "kty": "RSA", "n": jwk["n"]}


def _ec(jwk: Mapping[str, Any]) -> tuple[Public, frozenset[str], dict[str, str]]:
    crv = jwk.get("crv")
    curve = _CURVES.get(crv) if isinstance(crv, str) else None
    if curve is None:
        raise BadKey("weak_key", "The curve of this key is not supported.")
    size = (curve.key_size + 7) // 8
    if any(len(_bytes(jwk, name)) != size for name in ("x", "y")):  # RFC 7518 6.2.1.2
        raise BadKey("invalid_key", "The coordinates have not the length of their curve.")
    public = ec.EllipticCurvePublicNumbers(_number(jwk, "x"), _number(jwk, "y"), curve).public_key()
    canonical = {"crv": str(crv), "kty": "EC", "x": jwk["x"], "y": jwk["y"]}
    return public, _OF_P256 if crv == "P-256" else frozenset(), canonical


def _okp(jwk: Mapping[str, Any]) -> tuple[Public | None, frozenset[str], dict[str, str]]:
    crv, x = jwk.get("crv"), _bytes(jwk, "x")
    canonical = {"crv": str(crv), "kty": "OKP", "x": jwk["x"]}
    if crv not in {"Ed25519", "X25519"} or len(x) != 32:
        raise BadKey("unusable_key", "The curve of this key is not supported.")
    if bytes([*x[:31], x[31] & 0x7F]) in _SMALL_ORDER:
        raise BadKey("weak_key", "This point protects nothing.")
    if crv == "X25519":
        return None, frozenset(), canonical
    return ed25519.Ed25519PublicKey.from_public_bytes(x), _OF_ED25519, canonical


_READERS = {"RSA": _rsa, "EC": _ec, "OKP": _okp}


def _number(jwk: Mapping[str, Any], name: str) -> int:
    return int.from_bytes(_bytes(jwk, name))


def _bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value or len(value) > 2_048 or not value.isascii():
        raise BadKey("invalid_key", f"The member {name} is missing or no base64url.")
    try:
        return from_base64url(value)
    except Unverified as error:
        raise BadKey("invalid_key", f"The member {name} is no base64url.") from error
