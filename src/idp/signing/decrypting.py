"""JWTs that others have encrypted to a key of ours (RFC 7516): ECDH over P-256 alone, which has no padding that answers
could tell about (RFC 8725 3.2, 3.3)."""

from collections.abc import Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from idp.signing.encrypting import ContentEnc, KeyAlg
from idp.signing.jose import Unverified, from_base64url, strict_object

_LONGEST = 32 * 1024
_PARTS = 5
_KNOWN = frozenset({"alg", "enc", "epk", "apu", "apv", "kid", "typ", "cty"})


def is_encrypted(token: str) -> bool:
    """RFC 7516 9."""
    return token.count(".") == _PARTS - 1


def decrypt(token: str, keys: Mapping[str, ec.EllipticCurvePrivateKey], *, alg: KeyAlg, enc: ContentEnc) -> str:
    """The JWT inside. Raises `Unverified`, alike for whatever is wrong with it."""
    if len(token) > _LONGEST or not token.isascii() or not is_encrypted(token):
        raise Unverified("not a compact JWE")
    header = strict_object(from_base64url(token.partition(".")[0]))
    # nothing is unpacked (`zip`), extended (`crit`), fetched or chosen by whoever sends it
    if not header.keys() <= _KNOWN or (header.get("alg"), header.get("enc")) != (alg, enc):
        raise Unverified("not encrypted as its client has registered")
    kid = header.get("kid")
    key = keys.get(kid) if isinstance(kid, str) else next(iter(keys.values())) if len(keys) == 1 else None
    if key is None:
        raise Unverified("not encrypted to a key of ours")
    return _opened(token, key, alg, enc)


def _opened(token: str, key: ec.EllipticCurvePrivateKey, alg: KeyAlg, enc: ContentEnc) -> str:
    from joserfc import jwe
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    try:
        found = jwe.decrypt_compact(token, ECKey.import_key(pem), algorithms=[alg.value, enc.value])
        return (found.plaintext or b"").decode("ascii")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unverified("cannot be decrypted") from error
