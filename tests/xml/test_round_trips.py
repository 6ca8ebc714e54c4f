"""Random documents: signed by us and taken by us and by signxml, as they were, to the character.

`make documents` does ten thousand.
"""

import os

import pytest
import signxml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.saml_requests import REQUEST_ID, authn_request, signed
from tests.support.xml_keys import ec_pair, rsa_pair

from idp import xml
from idp.signing import SignatureAlg, XmlKey
from idp.xml import SAML, SAMLP, Element

DOCUMENTS = int(os.environ.get("DOCUMENTS", "60"))

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n\r<>&\"'"),
    max_size=20,
)
NAMES = st.sampled_from(["a", "B", "_c", "Issuer", "Extensions", "d.e-f"])
SPACES = st.sampled_from([SAML, SAMLP, xml.Namespace("urn:other", "o"), xml.Namespace("https://x.example/#", "x")])


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> Element:
    attributes = draw(st.dictionaries(NAMES, TEXT, max_size=3))
    made = draw(SPACES).make(draw(NAMES))
    made.attrib.update(attributes)
    made.text = draw(TEXT)
    for child in draw(st.lists(elements(depth + 1), max_size=2)) if depth < 3 else []:
        child.tail = draw(TEXT)
        made.append(child)
    return made


@pytest.mark.timeout(3600)
@settings(max_examples=DOCUMENTS, deadline=None, suppress_health_check=list(HealthCheck))
@given(inner=elements(), tail=TEXT, is_rsa=st.booleans())
def test_what_is_signed_is_read_as_it_was(inner: Element, tail: str, *, is_rsa: bool) -> None:
    request = authn_request(tail, SAMLP.make("Extensions", inner))
    request[0].tail = tail
    meant = xml.canonical(request)
    pair, alg = (rsa_pair(), SignatureAlg.RSA_SHA256) if is_rsa else (ec_pair(), SignatureAlg.ECDSA_SHA256)
    data = signed(request, pair, alg)
    assert xml.canonical(xml.verify(xml.read(data), [pair.certificate], place=1)) == meant
    theirs = signxml.XMLVerifier().verify(data, x509_cert=pair.certificate_pem, id_attribute="ID")
    assert not isinstance(theirs, list)
    assert theirs.signed_xml is not None
    assert theirs.signed_xml.get("ID") == REQUEST_ID
    assert xml.canonical(theirs.signed_xml) == meant


class Noting(XmlKey):
    """Remembers what it has signed."""

    def signature(self, alg: SignatureAlg, message: bytes) -> bytes:
        self.message = message
        return super().signature(alg, message)


@pytest.mark.parametrize("alg", [alg for alg in SignatureAlg if not alg.is_weak])
@pytest.mark.parametrize("name", ["_a1b2c3", "x-1.2", "名前", "a b", "a\"'", "<&>]]>", "a\tb\nc\rd", "{0}"])
def test_what_is_signed_of_a_signature_is_its_canonical_form_byte_for_byte(alg: SignatureAlg, name: str) -> None:
    pair = rsa_pair() if alg.is_rsa else ec_pair()
    key, request = Noting(pair.private, pair.certificate.der), authn_request(ID=name)
    xml.sign(request, key, place=1, alg=alg)
    assert key.message == xml.canonical(request[1][0])
    read = xml.read(xml.written(request))
    assert key.message == xml.canonical(read[1][0])
    assert xml.canonical(read) == xml.canonical(request)
