"""Requests as service providers make them."""

from idp import xml
from idp.signing import SignatureAlg
from idp.xml import SAML, SAMLP, Element

from .xml_keys import Pair

SP = "https://sp.example/metadata"
REQUEST_ID = "_a1b2c3"
INSTANT = "2026-04-01T01:10:00Z"


def authn_request(issuer: str = SP, *extra: Element, **attributes: str) -> Element:
    given = {"ID": REQUEST_ID, "Version": "2.0", "IssueInstant": INSTANT, **attributes}
    return SAMLP.make("AuthnRequest", SAML.make("Issuer", issuer), *extra, **given)


def signed(element: Element, pair: Pair, alg: SignatureAlg = SignatureAlg.RSA_SHA256) -> bytes:
    """The request with a signature in it, written down."""
    xml.sign(element, pair.key, place=1, alg=alg)
    return xml.written(element)
