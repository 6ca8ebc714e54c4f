"""JWTs that only their receiver can read (RFC 7516), to a public key of the receiver's own."""

from collections.abc import Iterable
from enum import StrEnum

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.signing.foreign_keys import ForeignKey


class KeyAlg(StrEnum):
    """RFC 7518 4.1; never RSA1_5 (RFC 8725 3.2)."""

    RSA_OAEP = "RSA-OAEP"
    RSA_OAEP_256 = "RSA-OAEP-256"
    ECDH_ES = "ECDH-ES"
    ECDH_ES_A128KW = "ECDH-ES+A128KW"
    ECDH_ES_A256KW = "ECDH-ES+A256KW"


class ContentEnc(StrEnum):
    """RFC 7518 5.1."""

    A128CBC_HS256 = "A128CBC-HS256"
    A128GCM = "A128GCM"
    A256GCM = "A256GCM"


def key_for_encryption(keys: Iterable[ForeignKey], alg: KeyAlg) -> ForeignKey | None:
    """The first that fits: a set that is being rotated has its newest key in front (OpenID Connect Core 10.2.1)."""
    kind = rsa.RSAPublicKey if alg.startswith("RSA") else ec.EllipticCurvePublicKey
    return next((key for key in keys if key.encrypts and isinstance(key.public, kind)), None)


def encrypt(text: str, key: ForeignKey, *, alg: KeyAlg, enc: ContentEnc, nested: bool) -> str:
    """The compact form, with the receiver's `kid`; `nested` where `text` is itself a JWT (RFC 7519 5.2)."""
    from joserfc import jwe
    from joserfc.jwk import ECKey, RSAKey

    assert isinstance(key.public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    pem = key.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    receiver = RSAKey.import_key(pem) if isinstance(key.public, rsa.RSAPublicKey) else ECKey.import_key(pem)
    header = {"alg": alg.value, "enc": enc.value, "kid": key.kid or key.thumbprint}
    header |= {"cty": "JWT", "typ": "JWT"} if nested else {}
    return jwe.encrypt_compact(header, text.encode(), receiver, algorithms=[alg.value, enc.value])
