"""Signing: the one shape of XML Signature that we make, which is the one that we take (`verifying`).

What is signed of a signature is always the same but for three values, so it is written down in its canonical form at
once: an identifier of our own list, base64, and a name, which is the one that could need escapes.
"""

import base64
import re

from lxml import etree

from idp.signing import SignatureAlg, XmlKey
from idp.xml import c14n
from idp.xml.names import DS
from idp.xml.reading import Element

ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
_PLAIN = re.compile(r"[\w.-]*").fullmatch
# Canonical XML 2.3, attribute nodes
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"})
_SPACE = f' xmlns:{DS.prefix}="{DS.uri}"'
_INFO = (
    f'<ds:CanonicalizationMethod Algorithm="{c14n.ALGORITHM}"></ds:CanonicalizationMethod>'
    '<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod><ds:Reference URI="#{name}"><ds:Transforms>'
    f'<ds:Transform Algorithm="{ENVELOPED}"></ds:Transform>'
    f'<ds:Transform Algorithm="{c14n.ALGORITHM}"></ds:Transform></ds:Transforms>'
    '<ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod><ds:DigestValue>{digest}</ds:DigestValue>'
    "</ds:Reference></ds:SignedInfo>"
)
_SIGNATURE = (
    f"<ds:Signature{_SPACE}><ds:SignedInfo>{{info}}<ds:SignatureValue>{{value}}</ds:SignatureValue><ds:KeyInfo>"
    "<ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>"
)


def sign(element: Element, key: XmlKey, *, place: int, alg: SignatureAlg) -> None:
    """Puts the signature into the element, as its child at `place`: where its schema has it (SAML core 5.4.1, 5.4.2).
    Nothing in the element may change afterwards. The digest is by the hash of the signature."""
    reference = element.get("ID")
    assert reference
    info = _info(reference, alg.digest.digest(c14n.canonical(element)), alg)
    value = key.signature(alg, f"<ds:SignedInfo{_SPACE}>{info}".encode())
    signature = _SIGNATURE.format(info=info, value=_b64(value), certificate=key.certificate)
    element.insert(place, etree.fromstring(signature))


def _info(reference: str, digest: bytes, alg: SignatureAlg) -> str:
    """Behind its start, which alone declares the prefix when it stands for itself."""
    name = reference if _PLAIN(reference) else reference.translate(_ESCAPES)
    return _INFO.format(name=name, method=alg.value, digest_method=alg.digest.value, digest=_b64(digest))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
