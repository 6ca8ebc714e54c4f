"""Our keys that sign XML, and others' keys that we encrypt to."""

import base64
import os
from functools import cached_property
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp.signing.certificates import HASHES, Certificate, read_certificate
from idp.signing.keys import Private
from idp.signing.xml_algorithms import ContentCipher, KeyTransport, SignatureAlg

_NONCE = 12


class XmlKey:
    """A private key with its certificate; both are made once per process."""

    def __init__(self, private: Private, certificate: bytes) -> None:
        assert isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        self._private = private
        self.certificate = base64.b64encode(certificate).decode()

    @cached_property
    def ends_at(self) -> int:
        """Of its certificate, in microseconds."""
        return read_certificate(self.certificate).not_after

    @property
    def is_rsa(self) -> bool:
        return isinstance(self._private, rsa.RSAPrivateKey)

    def signature(self, alg: SignatureAlg, message: bytes) -> bytes:
        """In the form of XML Signature 6.4; `alg` is one of the key's own kind and not weak."""
        assert alg.is_rsa == self.is_rsa
        assert not alg.is_weak
        digest = HASHES[alg.digest.name]
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(message, padding.PKCS1v15(), digest)
        size = (self._private.curve.key_size + 7) // 8
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(digest)))
        return r.to_bytes(size) + s.to_bytes(size)


class Enciphered(NamedTuple):
    """What was encrypted, and the key that it was encrypted with, encrypted to its receiver."""

    content: bytes
    key: bytes


def encipher_to(receiver: Certificate, plain: bytes, *, cipher: ContentCipher, transport: KeyTransport) -> Enciphered:
    """XML Encryption 1.1, 5.2.4 (nonce, text, tag) and 5.5.2. The receiver has an RSA key."""
    assert isinstance(receiver.public, rsa.RSAPublicKey)
    key, nonce = os.urandom(cipher.key_size), os.urandom(_NONCE)
    digest = HASHES[transport.digest.name]
    oaep = padding.OAEP(padding.MGF1(digest), digest, None)
    return Enciphered(nonce + AESGCM(key).encrypt(nonce, plain, None), receiver.public.encrypt(key, oaep))
