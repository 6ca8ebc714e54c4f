"""Key objects and their signatures."""

import binascii
import json
from collections.abc import Callable
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from idp.kit import compact

Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Alg(StrEnum):
    """RFC 7518 3.1; what we sign with."""

    ES256 = "ES256"
    RS256 = "RS256"


class Use(StrEnum):
    ID_TOKEN = "id_token"  # noqa: S105 - the name of a use
    ACCESS_TOKEN = "access_token"  # noqa: S105 - the name of a use
    CERTIFICATE = "certificate"  # the platform's, for what it certifies


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
    jwk: dict[str, str]


class SigningKey:
    """A private key ready to sign; `sign` joins a JWS (RFC 7515 7.1) whose header was prepared once for each `typ`."""

    def __init__(self, public: PublicKey, private: Private) -> None:
        self.public = public
        self._signature = _rs256(private) if isinstance(private, rsa.RSAPrivateKey) else _es256(private)
        self._headers: dict[str, bytes] = {}

    def sign(self, claims: dict[str, Any], *, typ: str) -> str:
        header = self._headers.get(typ) or self._header(typ)
        message = header + b"." + b64(compact.encode(claims))
        return (message + b"." + b64(self._signature(message))).decode()

    def _header(self, typ: str) -> bytes:
        header = {"alg": str(self.public.alg), "kid": self.public.kid, "typ": typ}
        made = self._headers[typ] = b64(compact.encode(header))
        return made


def _rs256(private: rsa.RSAPrivateKey) -> Callable[[bytes], bytes]:
    scheme, digest = padding.PKCS1v15(), SHA256()
    return lambda message: private.sign(message, scheme, digest)


def _es256(private: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    scheme = ec.ECDSA(SHA256())

    def signature(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, scheme))
        return r.to_bytes(32) + s.to_bytes(32)  # RFC 7518 3.4

    return signature


def left_half(alg: str, value: str) -> str:  # noqa: ARG001 - every algorithm of ours hashes with SHA-256
    """`at_hash` and its kin (OpenID Connect Core 3.1.3.6): by the hash that the signature itself is made with."""
    return b64(sha256(value.encode()).digest()[:16]).decode()


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def b64(data: bytes) -> bytes:
    """RFC 7515 2: url-safe, without padding."""
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE, b"=")


def generate_private(alg: Alg) -> Private:
    if alg is Alg.ES256:
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65537, 2048)


def to_pkcs8(private: Private) -> bytes:
    return private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def from_pkcs8(der: bytes) -> Private:
    """Our own keys were checked when they were made; checking an RSA key again costs 30 ms."""
    key = serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey))
    return key


def public_jwk(private: Private) -> dict[str, str]:
    """RFC 7517 with the thumbprint of RFC 7638 as `kid`; `alg` and `use` are added by whoever publishes it."""
    numbers = private.public_key().public_numbers()
    if isinstance(numbers, ec.EllipticCurvePublicNumbers):
        jwk = {"crv": "P-256", "kty": "EC", "x": _number(numbers.x, 32), "y": _number(numbers.y, 32)}
    else:
        size = (numbers.n.bit_length() + 7) // 8
        jwk = {"e": _number(numbers.e, 3), "kty": "RSA", "n": _number(numbers.n, size)}
    canonical = json.dumps(jwk, separators=(",", ":"), sort_keys=True).encode()
    return {**jwk, "kid": b64(sha256(canonical).digest()).decode()}


def _number(value: int, size: int) -> str:
    return b64(value.to_bytes(size)).decode()
