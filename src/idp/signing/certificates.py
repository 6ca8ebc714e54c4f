"""Certificates as SAML has them: envelopes of public keys, believed because of where they were registered.

Nobody's chain is looked at, and no date decides about a signature (SAML metadata 2.4.1.1, Metadata Interoperability
Profile 2.5): what a service has registered counts until it is taken away. Dates are there for people to be warned.
"""

import base64
import datetime
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from idp.kit.clock import SECOND
from idp.signing.foreign_keys import BadKey
from idp.signing.keys import Private
from idp.signing.xml_algorithms import SignatureAlg

_RSA_BITS = range(2_048, 8_193)  # beyond, one signature of theirs costs us what a hundred others do
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_LARGEST = 16 * 1024
_ARMOUR = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----")
_OURS_LASTS = datetime.timedelta(days=3_652)
HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA1": hashes.SHA1(),  # noqa: S303 - only where a caller has asked for it
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}


class Certificate(NamedTuple):
    """Instants are microseconds since the epoch."""

    der: bytes
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    subject: str
    not_before: int
    not_after: int

    @property
    def text(self) -> str:
        """As `ds:X509Certificate` has it (XML Signature 4.5.4)."""
        return base64.b64encode(self.der).decode()

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal digits."""
        return sha256(self.der).hexdigest()

    @property
    def is_rsa(self) -> bool:
        return isinstance(self.public, rsa.RSAPublicKey)

    def verifies(self, alg: SignatureAlg, message: bytes, signature: bytes) -> bool:
        """Whether that signature is of its key; False for another kind of key, too."""
        digest = HASHES[alg.digest.name]
        try:
            if isinstance(self.public, rsa.RSAPublicKey):
                if not alg.is_rsa:
                    return False
                self.public.verify(signature, message, padding.PKCS1v15(), digest)
            else:
                if alg.is_rsa:
                    return False
                self.public.verify(_der_signature(self.public, signature), message, ec.ECDSA(digest))
        except InvalidSignature:
            return False
        return True


def any_verifies(certificates: Iterable[Certificate], alg: SignatureAlg, message: bytes, signature: bytes) -> bool:
    """A service has several while it changes its key, and nothing in a message says which."""
    return any(each.verifies(alg, message, signature) for each in certificates)


def read_certificate(text: str) -> Certificate:
    """Base64 of DER, with or without armour and line breaks. Raises `BadKey`."""
    from cryptography import x509

    if len(text) > 2 * _LARGEST:
        raise BadKey("too_large", "A certificate has at most 16 kB.")
    body = text.strip().removeprefix(_ARMOUR[0]).removesuffix(_ARMOUR[1])
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
        found = x509.load_der_x509_certificate(der)
        public = found.public_key()
        said = found.subject.rfc4514_string(), _us(found.not_valid_before_utc), _us(found.not_valid_after_utc)
    except Exception as error:  # of many kinds (TypeError, InvalidVersion, …), as broken certificates bring them out
        raise BadKey("invalid_certificate", "This is no certificate (X.509) in base64.") from error
    if not isinstance(public, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise BadKey("unusable_key", "A certificate here has an RSA or an elliptic curve key.")
    if isinstance(public, rsa.RSAPublicKey) and public.key_size not in _RSA_BITS:
        raise BadKey("weak_key", f"An RSA key has {_RSA_BITS.start} to {_RSA_BITS.stop - 1} bits.")
    if isinstance(public, ec.EllipticCurvePublicKey) and not isinstance(public.curve, _CURVES):
        raise BadKey("weak_key", "The curve of this key is not supported.")
    return Certificate(der, public, *said)


def certify(private: Private, *, name: str, now_us: int) -> bytes:
    """The DER of a certificate that a key of ours gives itself, for ten years: it is replaced long before that."""
    from cryptography import x509

    assert isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    from_instant = datetime.datetime.fromtimestamp(now_us // SECOND, datetime.UTC)
    public = private.public_key()
    spki = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    made = (
        x509.CertificateBuilder(subject, subject, public)
        .serial_number(int.from_bytes(sha256(spki).digest()[:16]) >> 1)
        .not_valid_before(from_instant)
        .not_valid_after(from_instant + _OURS_LASTS)
        .sign(private, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def _us(instant: datetime.datetime) -> int:
    return int(instant.timestamp()) * SECOND


def _der_signature(public: ec.EllipticCurvePublicKey, signature: bytes) -> bytes:
    """XML Signature 6.4.3: r and s, each as long as the curve's order, and nothing around them."""
    size = (public.curve.key_size + 7) // 8
    if len(signature) != 2 * size:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:size]), int.from_bytes(signature[size:]))
