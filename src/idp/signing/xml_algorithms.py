"""The algorithms of XML Signature and XML Encryption that are known here, by their identifiers; all others are refused.

SHA-1 is broken as a hash that signs: it is taken where a caller asks for it, and never used by us. It is named here for
RSA-OAEP too, whose security does not rest on collisions (RFC 8017 7.1, B.1), and where everybody knows no other.
"""

import hashlib
from enum import StrEnum


class DigestAlg(StrEnum):
    """XML Signature 6.2, XML Encryption 5.7."""

    SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
    SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
    SHA384 = "http://www.w3.org/2001/04/xmldsig-more#sha384"
    SHA512 = "http://www.w3.org/2001/04/xmlenc#sha512"

    @property
    def is_weak(self) -> bool:
        return self is DigestAlg.SHA1

    def digest(self, data: bytes) -> bytes:
        return hashlib.new(self.name, data, usedforsecurity=not self.is_weak).digest()


class SignatureAlg(StrEnum):
    """XML Signature 6.4, RFC 9231 2.3. No DSA, no HMAC: a key that verifies must not sign."""

    RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
    RSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384"
    RSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"
    ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
    ECDSA_SHA384 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384"
    ECDSA_SHA512 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512"

    @property
    def is_rsa(self) -> bool:
        return self.name.startswith("RSA_")

    @property
    def is_weak(self) -> bool:
        return self is SignatureAlg.RSA_SHA1

    @property
    def digest(self) -> DigestAlg:
        """The hash that the signature is made with."""
        return DigestAlg[self.name.partition("_")[2]]


class ContentCipher(StrEnum):
    """XML Encryption 1.1, 5.2.4. No CBC: whoever may ask often enough whether its padding is right reads it."""

    AES128_GCM = "http://www.w3.org/2009/xmlenc11#aes128-gcm"
    AES256_GCM = "http://www.w3.org/2009/xmlenc11#aes256-gcm"

    @property
    def key_size(self) -> int:
        """In bytes."""
        return 16 if self is ContentCipher.AES128_GCM else 32


class KeyTransport(StrEnum):
    """XML Encryption 1.1, 5.5.2; never RSA 1.5."""

    RSA_OAEP_MGF1P = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p"
    RSA_OAEP_SHA256 = "http://www.w3.org/2009/xmlenc11#rsa-oaep"

    @property
    def digest(self) -> DigestAlg:
        """Of the label and of the mask alike."""
        return DigestAlg.SHA1 if self is KeyTransport.RSA_OAEP_MGF1P else DigestAlg.SHA256
