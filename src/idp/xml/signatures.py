"""Signing: the one shape of XML Signature that we make, which is the one that we take (`verifying`)."""

import base64

from lxml import etree

from idp.signing import SignatureAlg, XmlKey
from idp.xml import c14n
from idp.xml.names import DS
from idp.xml.reading import Element

ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"


def sign(element: Element, key: XmlKey, *, place: int, alg: SignatureAlg) -> None:
    """Puts the signature into the element, as its child at `place`: where its schema has it (SAML core 5.4.1, 5.4.2).
    Nothing in the element may change afterwards. The digest is by the hash of the signature."""
    reference = element.get("ID")
    assert reference
    info = _signed_info(reference, alg.digest.digest(c14n.canonical(element)), alg)
    value = key.signature(alg, c14n.canonical(info))
    signature = DS.make(
        "Signature",
        info,
        DS.make("SignatureValue", _b64(value)),
        DS.make("KeyInfo", DS.make("X509Data", DS.make("X509Certificate", key.certificate))),
    )
    element.insert(place, signature)


def _signed_info(reference: str, digest: bytes, alg: SignatureAlg) -> Element:
    made = DS.make(
        "SignedInfo",
        DS.make("CanonicalizationMethod", Algorithm=c14n.ALGORITHM),
        DS.make("SignatureMethod", Algorithm=alg.value),
        DS.make(
            "Reference",
            DS.make(
                "Transforms", DS.make("Transform", Algorithm=ENVELOPED), DS.make("Transform", Algorithm=c14n.ALGORITHM)
            ),
            DS.make("DigestMethod", Algorithm=alg.digest.value),
            DS.make("DigestValue", _b64(digest)),
            URI=f"#{reference}",
        ),
    )
    etree.cleanup_namespaces(made)
    return made


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
