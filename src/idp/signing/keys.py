"""Key objects and their signatures."""

import binascii
import json
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256, sha512
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from idp.kit import compact

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


class Alg(StrEnum):
    """RFC 7518 3.1 and RFC 8037 3.1; what we sign with. Ed25519 is the one curve of `EdDSA` here."""

    ES256 = "ES256"
    RS256 = "RS256"
    PS256 = "PS256"
    EDDSA = "EdDSA"


def left_half(alg: str, value: str, *, taken: bytes | None = None) -> str:
    """`at_hash` and its kin (OpenID Connect Core 3.1.3.6): by the hash that the signature itself is made with, which
    for Ed25519 is SHA-512 (RFC 8032 5.1). `taken` is the SHA-256 of the value, where somebody has it already."""
    digest = sha512(value.encode()).digest() if alg == Alg.EDDSA else taken or sha256(value.encode()).digest()
    return b64(digest[: len(digest) // 2]).decode()


class Use(StrEnum):
    ID_TOKEN = "id_token"  # noqa: S105 - the name of a use
    ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a use
    REQUEST_OBJECT = "request_object"  # to be encrypted to: its keys, on the curve of ES256, never sign
    CERTIFICATE = "certificate"  # the platform's, for what it certifies
    SAML = "saml"

    @property
    def in_certificates(self) -> bool:
        """Whether its keys are published in certificates of their own, and not in a set of keys (RFC 7517 5)."""
        return self is Use.SAML

    @property
    def signs(self) -> bool:
        return self is not Use.REQUEST_OBJECT


class Status(StrEnum):
    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    REVOKED = "revoked"


class PublicKey(NamedTuple):
    kid: str
    use: Use
    alg: Alg
    status: Status
    jwk: dict[str, Any]


class SigningKey:
    """A private key ready to sign; `sign` joins a JWS (RFC 7515 7.1) whose header was prepared once for each `typ`."""

    def __init__(self, public: PublicKey, private: Private) -> None:
        self.public = public
        self._signature = _signature(public.alg, private)
        self._headers: dict[str, bytes] = {}

    def sign(self, claims: dict[str, Any], *, typ: str) -> str:
        header = self._headers.get(typ) or self._header(typ)
        message = header + b"." + b64(compact.encode(claims))
        return (message + b"." + b64(self._signature(message))).decode()

    def _header(self, typ: str) -> bytes:
        header = {"alg": str(self.public.alg), "kid": self.public.kid, "typ": typ}
        made = self._headers[typ] = b64(compact.encode(header))
        return made


def _signature(alg: Alg, private: Private) -> Callable[[bytes], bytes]:
    if isinstance(private, rsa.RSAPrivateKey):
        return _rsa(alg, private)
    return private.sign if isinstance(private, ed25519.Ed25519PrivateKey) else _es256(private)


def _rsa(alg: Alg, private: rsa.RSAPrivateKey) -> Callable[[bytes], bytes]:
    digest = SHA256()
    if alg is Alg.PS256:  # RFC 7518 3.5: the salt is as long as the hash
        salted = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return lambda message: private.sign(message, salted, digest)
    scheme = padding.PKCS1v15()
    return lambda message: private.sign(message, scheme, digest)


def _es256(private: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    scheme = ec.ECDSA(SHA256())

    def signature(message: bytes) -> bytes:
        der = private.sign(message, scheme)
        second = 4 + der[3]  # RFC 3279 2.2.3: two integers in a sequence, each of a length that fits one octet
        return _fixed(der[4:second]) + _fixed(der[second + 2 :])

    return signature


def _fixed(integer: bytes) -> bytes:
    """RFC 7518 3.4: 32 octets, without the zero that DER puts before a high bit."""
    return integer[-32:].rjust(32, b"\0")


def b64(data: bytes) -> bytes:
    """RFC 7515 2: url-safe, without padding."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").replace(b"+", b"-").replace(b"/", b"_")


def generate_private(alg: Alg) -> Private:
    if alg is Alg.ES256:
        return ec.generate_private_key(ec.SECP256R1())
    if alg is Alg.EDDSA:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(65537, 2048)


def to_pkcs8(private: Private) -> bytes:
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def from_pkcs8(der: bytes) -> Private:
    """Our own keys were checked when they were made; checking an RSA key again costs 30 ms."""
    key = serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, (ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, rsa.RSAPrivateKey))
    return key


def public_jwk(private: Private) -> dict[str, str]:
    """RFC 7517 with the thumbprint of RFC 7638 as `kid`; `alg` and `use` are added by whoever publishes it."""
    members = _members(private.public_key())
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    return {**members, "kid": b64(sha256(canonical).digest()).decode()}


def _members(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey) -> dict[str, str]:
    """Those that make the key, and no other (RFC 7638 3.2, RFC 8037 2)."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": b64(key.public_bytes_raw()).decode()}
    numbers = key.public_numbers()
    if isinstance(numbers, ec.EllipticCurvePublicNumbers):
        return {"crv": "P-256", "kty": "EC", "x": _number(numbers.x, 32), "y": _number(numbers.y, 32)}
    size = (numbers.n.bit_length() + 7) // 8
    return {"e": _number(numbers.e, 3), "kty": "RSA", "n": _number(numbers.n, size)}


def _number(value: int, size: int) -> str:
    return b64(value.to_bytes(size)).decode()
