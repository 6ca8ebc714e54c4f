"""Signature wrapping: what is read in the end is what was signed, or nothing."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import signxml
from lxml import etree
from tests.support.saml_requests import INSTANT, SP
from tests.support.saml_wrapping import every, wrapped
from tests.support.xml_keys import NOW_US, rsa_pair

from idp import xml
from idp.federation import Binding, saml_metadata
from idp.federation.saml_metadata import BadMetadata
from idp.kit.clock import SECOND, rfc3339
from idp.saml import codec
from idp.saml.errors import BadMessage
from idp.saml.inflating import to_base64
from idp.saml.model import Kind
from idp.signing import SignatureAlg
from idp.web.forms import Form
from idp.xml import MD, SAML, SAMLP, SOAP, Element

EVIL = "https://evil.example/metadata"
FOREVER = rfc3339(NOW_US + 30 * 86_400 * SECOND)


class Target(NamedTuple):
    """A kind of message: how it is made by an issuer, where its signature stands, and how it is read: whom what was
    verified is from."""

    make: Callable[[str, str], Element]
    place: int
    extensions: str
    read: Callable[[Element], str]


def request(name: str, *content: Element, issuer: str, id_: str) -> Element:
    given = {"ID": id_, "Version": "2.0", "IssueInstant": INSTANT}
    return SAMLP.make(name, SAML.make("Issuer", issuer), *content, **given)


def authn(issuer: str, id_: str) -> Element:
    return request("AuthnRequest", SAMLP.make("NameIDPolicy", AllowCreate="true"), issuer=issuer, id_=id_)


def logout(issuer: str, id_: str) -> Element:
    return request("LogoutRequest", SAML.make("NameID", f"somebody of {issuer}"), issuer=issuer, id_=id_)


def resolve(issuer: str, id_: str) -> Element:
    return request("ArtifactResolve", SAMLP.make("Artifact", "AAQAAA=="), issuer=issuer, id_=id_)


def entity(issuer: str, id_: str) -> Element:
    acs = MD.make("AssertionConsumerService", Binding=Binding.POST, Location=issuer, index="0")
    role = MD.make("SPSSODescriptor", acs, protocolSupportEnumeration=SAMLP.uri)
    return MD.make("EntityDescriptor", role, entityID=issuer, ID=id_, validUntil=FOREVER)


def verified(received: codec.Received) -> str:
    found = codec.verified(received, [rsa_pair().certificate], required=True)
    return found.root.findtext(SAML("Issuer")) or ""


def posted(kind: Kind) -> Callable[[Element], str]:
    return lambda root: verified(codec.from_post(Form((("SAMLRequest", to_base64(xml.written(root))),)), [kind]))


def enveloped(root: Element) -> str:
    data = xml.written(SOAP.make("Envelope", SOAP.make("Body", root)))
    return verified(codec.from_soap(data, [Kind.ARTIFACT_RESOLVE]))


def imported(root: Element) -> str:
    found = saml_metadata.read(xml.written(root), pinned=[rsa_pair().certificate])
    assert found.members["entity_id"] == found.members["acs"][0]["url"]
    return str(found.members["entity_id"])


TARGETS = {
    "AuthnRequest": Target(authn, 1, SAMLP("Extensions"), posted(Kind.AUTHN_REQUEST)),
    "LogoutRequest": Target(logout, 1, SAMLP("Extensions"), posted(Kind.LOGOUT_REQUEST)),
    "ArtifactResolve": Target(resolve, 1, SAMLP("Extensions"), enveloped),
    "EntityDescriptor": Target(entity, 0, MD("Extensions"), imported),
}


@pytest.mark.attack("X5", "X6")
@pytest.mark.parametrize("name", TARGETS)
def test_what_is_read_is_what_was_signed_or_nothing(name: str) -> None:
    target, tried = TARGETS[name], set()
    for hiding, signing, naming in every():
        root = wrapped(target, hiding, signing, naming, honest_one=SP, evil_one=EVIL)
        tried.add(xml.canonical(root))
        try:
            found = target.read(root)
        except (BadMessage, BadMetadata):
            continue
        assert found == SP, (hiding, signing, naming)
    assert len(tried) > 150


@pytest.mark.parametrize("name", TARGETS)
def test_the_honest_message_is_read(name: str) -> None:
    target = TARGETS[name]
    honest = target.make(SP, "_honest")
    xml.sign(honest, rsa_pair().key, place=target.place, alg=SignatureAlg.RSA_SHA256)
    assert target.read(honest) == SP


def test_who_verifies_one_element_and_reads_another_is_deceived() -> None:
    """The wrappings are worth something: a right verifier in careless hands takes them."""
    target, deceived = TARGETS["AuthnRequest"], 0
    for hiding, signing, naming in every():
        data = xml.written(wrapped(target, hiding, signing, naming, honest_one=SP, evil_one=EVIL))
        try:
            signxml.XMLVerifier().verify(data, x509_cert=rsa_pair().certificate_pem, id_attribute="ID")
        except (signxml.exceptions.SignXMLException, etree.LxmlError, ValueError):
            continue
        deceived += etree.fromstring(data).findtext(SAML("Issuer")) == EVIL
    assert deceived > 50
