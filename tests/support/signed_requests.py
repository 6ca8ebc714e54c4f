"""What a client signs for the provider to read, rightly or not."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.support.filling import BASE_URL
from tests.support.party import Party
from tests.support.provider import Provider

from idp import federation

TYP = "oauth-authz-req+jwt"


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int, size: int) -> str:
    return b64(value.to_bytes(size))


@dataclass(frozen=True)
class Key:
    """One key pair. `alg` is how it signs unless it is told otherwise."""

    alg: str
    kid: str
    private: Any

    @classmethod
    def make(cls, alg: str, kid: str = "k") -> "Key":
        if alg == "ES256":
            return cls(alg, kid, ec.generate_private_key(ec.SECP256R1()))
        if alg == "EdDSA":
            return cls(alg, kid, ed25519.Ed25519PrivateKey.generate())
        return cls(alg, kid, rsa.generate_private_key(65_537, 2_048))

    def jwk(self, **more: str) -> dict[str, str]:
        public = self.private.public_key()
        if self.alg == "ES256":
            at = public.public_numbers()
            numbers = {"kty": "EC", "crv": "P-256", "x": _number(at.x, 32), "y": _number(at.y, 32)}
        elif self.alg == "EdDSA":
            numbers = {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes_raw())}
        else:
            at = public.public_numbers()
            numbers = {"kty": "RSA", "n": _number(at.n, 256), "e": "AQAB"}
        return {**numbers, "kid": self.kid, "use": "sig", **more}

    def private_pem(self) -> str:
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made: str = self.private.private_bytes(*form).decode()
        return made

    def private_jwk(self) -> dict[str, str]:
        """Of an ES256 key, for a library that signs by itself."""
        return {**self.jwk(), "d": _number(self.private.private_numbers().private_value, 32)}

    def sign(self, claims: object, *, secret: bytes = b"", **header: Any) -> str:
        """A header member that is None is left out."""
        full = {"alg": self.alg, "kid": self.kid, "typ": TYP, **header}
        head = {name: value for name, value in full.items() if value is not None}
        message = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
        return f"{message}.{b64(self._signature(str(full['alg']), message.encode(), secret))}"

    def _signature(self, alg: str, message: bytes, secret: bytes) -> bytes:
        match alg:
            case "RS256":
                return bytes(self.private.sign(message, padding.PKCS1v15(), SHA256()))
            case "PS256":
                salted = padding.PSS(padding.MGF1(SHA256()), padding.PSS.DIGEST_LENGTH)
                return bytes(self.private.sign(message, salted, SHA256()))
            case "ES256":
                r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(SHA256())))
                return r.to_bytes(32) + s.to_bytes(32)
            case "EdDSA":
                return bytes(self.private.sign(message))
            case "HS256":
                return hmac.digest(secret, message, sha256)
        return b""  # none


_NO_RULES = {
    "request_object_signing_alg": None,
    "request_uris": None,
    "require_pushed_authorization_requests": None,
    "require_signed_request_object": None,
}


def give_keys(provider: Provider, name: str, *keys: Key, **metadata: Any) -> None:
    """These, and no other rules for its requests than these."""
    patch = {"oidc": {**_NO_RULES, "jwks": {"keys": [key.jwk() for key in keys]}, **metadata}}
    with provider.open() as unit:
        federation.change(unit, provider.service_id(name), patch, production=False)


def claims_of(provider: Provider, party: Party, **changes: Any) -> dict[str, Any]:
    """A whole request object of this moment; a claim that is None is left out."""
    now = provider.clock.now_us() // 1_000_000
    about = {
        "iss": party.client_id,
        "aud": f"{BASE_URL}/t/{party.slug}",
        "iat": now,
        "nbf": now,
        "exp": now + 300,
        "jti": "one",
    }
    claims: Mapping[str, Any] = {**about, **party.asking(), **changes}
    return {name: value for name, value in claims.items() if value is not None}
