"""Encryption of an element to its receiver (XML Encryption 1.1). Nothing that comes from outside is ever decrypted."""

import base64

from idp.signing import Certificate, ContentCipher, KeyTransport, encipher_to
from idp.xml.c14n import canonical
from idp.xml.names import DS, XENC, XENC11
from idp.xml.reading import Element

_ELEMENT = "http://www.w3.org/2001/04/xmlenc#Element"
_MGF1_SHA256 = "http://www.w3.org/2009/xmlenc11#mgf1sha256"


def encipher(element: Element, receiver: Certificate, *, cipher: ContentCipher, transport: KeyTransport) -> Element:
    """The `EncryptedData` that stands for the element, with the encrypted key inside, where every receiver looks for
    it. The element is written so that it needs none of the namespaces around it."""
    made = encipher_to(receiver, canonical(element), cipher=cipher, transport=transport)
    return XENC.make(
        "EncryptedData",
        XENC.make("EncryptionMethod", Algorithm=cipher.value),
        DS.make(
            "KeyInfo",
            XENC.make(
                "EncryptedKey",
                _transport(transport),
                DS.make("KeyInfo", DS.make("X509Data", DS.make("X509Certificate", receiver.text))),
                _cipher_data(made.key),
            ),
        ),
        _cipher_data(made.content),
        Type=_ELEMENT,
    )


def _transport(transport: KeyTransport) -> Element:
    method = XENC.make(
        "EncryptionMethod", DS.make("DigestMethod", Algorithm=transport.digest.value), Algorithm=transport.value
    )
    if transport is KeyTransport.RSA_OAEP_SHA256:
        method.append(XENC11.make("MGF", Algorithm=_MGF1_SHA256))  # 5.5.2: SHA-1 where it is left out
    return method


def _cipher_data(data: bytes) -> Element:
    return XENC.make("CipherData", XENC.make("CipherValue", base64.b64encode(data).decode()))
