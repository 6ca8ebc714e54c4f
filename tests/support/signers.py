"""Clients that sign: keys of their own, and any JWT they might make of them, right or wrong."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | bytes
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int, size: int | None = None) -> str:
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8))


def segment(value: object) -> str:
    return b64(value if isinstance(value, bytes) else json.dumps(value).encode())


@dataclass
class Signer:
    """`alg` decides the kind of key; a symmetric one is a client's secret."""

    alg: str = "ES256"
    kid: str | None = "k1"
    private: Private = field(default=b"")

    def __post_init__(self) -> None:
        if self.private == b"":
            self.private = _generate(self.alg)

    @property
    def jwk(self) -> dict[str, Any]:
        """Public, with `kid` if there is one."""
        made = _public(self.private)
        return made if self.kid is None else {**made, "kid": self.kid}

    @property
    def jkt(self) -> str:
        canonical = json.dumps(_public(self.private), separators=(",", ":"), sort_keys=True)
        return b64(hashlib.sha256(canonical.encode()).digest())

    def signature(self, message: bytes) -> bytes:
        return _sign(self.private, self.alg, message)

    def jwt(self, claims: object, **header: Any) -> str:
        """A member of the header that is None is left out."""
        named = {"alg": self.alg, "kid": self.kid, **header}
        head = segment({name: value for name, value in named.items() if value is not None})
        message = f"{head}.{segment(claims)}"
        return f"{message}.{b64(self.signature(message.encode()))}"


def key_set(*signers: Signer) -> dict[str, Any]:
    return {"keys": [signer.jwk for signer in signers]}


def without(claims: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Changed; what is None is left out."""
    return {name: value for name, value in {**claims, **changes}.items() if value is not None}


def _generate(alg: str) -> Private:
    if alg in {"RS256", "PS256"}:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1()) if alg == "ES256" else ed25519.Ed25519PrivateKey.generate()


def _public(private: Private) -> dict[str, Any]:
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    if isinstance(private, ec.EllipticCurvePrivateKey):
        point = private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": number(point.x, 32), "y": number(point.y, 32)}
    assert isinstance(private, ed25519.Ed25519PrivateKey)
    return {"kty": "OKP", "crv": "Ed25519", "x": b64(private.public_key().public_bytes_raw())}


def _sign(private: Private, alg: str, message: bytes) -> bytes:
    if isinstance(private, bytes):
        return hmac.digest(private, message, "sha256")
    if isinstance(private, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return private.sign(message, pss if alg == "PS256" else padding.PKCS1v15(), hashes.SHA256())
    if isinstance(private, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)
    return private.sign(message)
