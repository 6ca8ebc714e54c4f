"""Keys with their certificates for signatures in XML; one of each kind in a run: an RSA key takes a while to make."""

import base64
from datetime import timedelta
from functools import cache
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.kit.clock import SECOND, instant
from idp.signing import Certificate, XmlKey, certify, read_certificate

NOW_US = 1_775_005_800_000_000


class Pair(NamedTuple):
    key: XmlKey
    certificate: Certificate
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

    @property
    def private_pem(self) -> bytes:
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def certificate_pem(self) -> str:
        body = base64.encodebytes(self.certificate.der).decode()
        return f"-----BEGIN CERTIFICATE-----\n{body}-----END CERTIFICATE-----\n"


def _pair(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Pair:
    der = certify(private, name="Aoba", now_us=NOW_US)
    return Pair(XmlKey(private, der), read_certificate(base64.b64encode(der).decode()), private)


@cache
def rsa_pair(whose: str = "ours") -> Pair:
    return _pair(rsa.generate_private_key(65537, 2048))


@cache
def ec_pair() -> Pair:
    return _pair(ec.generate_private_key(ec.SECP256R1()))


def ending(at_us: int, whose: str = "ending") -> Certificate:
    """A certificate of a service that ends then."""
    private = rsa_pair(whose).private
    assert isinstance(private, rsa.RSAPrivateKey)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"until {at_us}")])
    until = instant(at_us // SECOND * SECOND)
    builder = x509.CertificateBuilder(name, name, private.public_key(), at_us % 10**15 + 1)
    builder = builder.not_valid_before(until - timedelta(days=900)).not_valid_after(until)
    der = builder.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return read_certificate(base64.b64encode(der).decode())
