"""What was signed, by whom it had to be, is given back as it was signed; everything else is refused."""

import base64
from collections.abc import Callable, Sequence
from copy import deepcopy

import pytest
from tests.support.saml_requests import SP, authn_request, signed
from tests.support.xml_keys import Pair, ec_pair, rsa_pair

from idp import xml
from idp.signing import Certificate, SignatureAlg
from idp.xml import DS, SAML, SAMLP, BadSignature, BadXml, Element

EVIL = "https://evil.example/metadata"
STRONG = [alg for alg in SignatureAlg if not alg.is_weak]


def pair_for(alg: SignatureAlg) -> Pair:
    return rsa_pair() if alg.is_rsa else ec_pair()


def issuer(data: bytes, certificates: Sequence[Certificate] | None = None, *, sha1: bool = False) -> str:
    """Whom the verified request names; as the codec reads it."""
    root = xml.read(data)
    xml.refuse_unlike(root, SAMLP("AuthnRequest"))
    known = [rsa_pair().certificate] if certificates is None else certificates
    verified = xml.verify(root, known, place=1, sha1=sha1)
    xml.refuse_unlike(verified, SAMLP("AuthnRequest"))
    return verified.findtext(SAML("Issuer")) or ""


def refused(data: bytes, certificates: Sequence[Certificate] | None = None) -> str | None:
    try:
        assert issuer(data, certificates) == SP
    except (BadSignature, BadXml) as bad:
        return bad.code
    return None


@pytest.fixture
def honest() -> Element:
    request = authn_request(SP, SAMLP.make("NameIDPolicy", AllowCreate="true"))
    xml.sign(request, rsa_pair().key, place=1, alg=SignatureAlg.RSA_SHA256)
    return request


@pytest.mark.parametrize("alg", STRONG)
def test_what_we_sign_is_verified_by_us(alg: SignatureAlg) -> None:
    pair = pair_for(alg)
    assert issuer(signed(authn_request(), pair, alg), [pair.certificate]) == SP


def test_any_of_several_certificates_will_do() -> None:
    data = signed(authn_request(), rsa_pair())
    assert issuer(data, [rsa_pair("next").certificate, ec_pair().certificate, rsa_pair().certificate]) == SP


def test_white_space_around_a_signature_is_part_of_what_was_signed(honest: Element) -> None:
    request = authn_request()
    request[0].tail = "\n  "
    xml.sign(request, rsa_pair().key, place=1, alg=SignatureAlg.RSA_SHA256)
    assert issuer(xml.written(request)) == SP
    honest[0].tail = "\n"
    assert refused(xml.written(honest)) == "altered"


def test_the_signature_is_not_in_what_is_given_back(honest: Element) -> None:
    verified = xml.verify(honest, [rsa_pair().certificate], place=1)
    assert xml.signature_of(honest) is not None
    assert xml.signature_of(verified) is None
    assert verified.findtext(SAML("Issuer")) == SP
    assert [child.tag for child in verified] == [SAML("Issuer"), SAMLP("NameIDPolicy")]


def test_a_message_is_verified_where_it_stands_in_an_envelope(honest: Element) -> None:
    envelope = xml.SOAP.make("Envelope", xml.SOAP.make("Body", honest))
    body = xml.read(xml.written(envelope))[0]
    assert xml.verify(body[0], [rsa_pair().certificate], place=1).findtext(SAML("Issuer")) == SP


@pytest.mark.attack("X8")
@pytest.mark.parametrize("certificates", [[], [rsa_pair("stranger").certificate], [ec_pair().certificate]])
def test_a_key_that_a_document_brings_along_is_not_believed(certificates: list[Certificate]) -> None:
    data = signed(authn_request(), rsa_pair())
    assert rsa_pair().certificate.text.encode() in data
    assert refused(data, certificates) == "not_by_a_registered_key"


def text_of(name: str, text: str) -> Callable[[Element], object]:
    return lambda root: setattr(next(root.iter(name)), "text", text)


def attribute_of(name: str, attribute: str, value: str) -> Callable[[Element], object]:
    return lambda root: next(root.iter(name)).set(attribute, value)


def inside(name: str, *children: Element) -> Callable[[Element], object]:
    return lambda root: next(root.iter(name)).extend(deepcopy(children))


def without(name: str) -> Callable[[Element], object]:
    def act(root: Element) -> None:
        for found in list(root.iter(name)):
            parent = found.getparent()
            assert parent is not None
            parent.remove(found)

    return act


def twice(name: str) -> Callable[[Element], object]:
    def act(root: Element) -> None:
        found = next(root.iter(name))
        found.addnext(deepcopy(found))

    return act


XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
COMMENTS = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"
HMAC = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
MD5 = "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"

TAMPERED: dict[str, Callable[[Element], object]] = {
    "issuer": text_of(SAML("Issuer"), EVIL),
    "attribute": attribute_of(SAMLP("AuthnRequest"), "AssertionConsumerServiceURL", "https://evil.example/"),
    "new child": lambda root: root.append(SAMLP.make("Scoping")),
    "digest": text_of(DS("DigestValue"), base64.b64encode(b"x" * 32).decode()),
    "signature": text_of(DS("SignatureValue"), base64.b64encode(b"x" * 256).decode()),
    "empty signature": text_of(DS("SignatureValue"), ""),
    "unsigned": without(DS("Signature")),
    "no SignedInfo": without(DS("SignedInfo")),
    "two SignedInfo": twice(DS("SignedInfo")),
    "two signatures": twice(DS("Signature")),
    "two references": twice(DS("Reference")),
    "two digests": twice(DS("DigestValue")),
    "no transforms": without(DS("Transforms")),
    "no reference": without(DS("Reference")),
    "Object": inside(DS("Signature"), DS.make("Object", SAML.make("Issuer", EVIL))),
    "hmac": attribute_of(DS("SignatureMethod"), "Algorithm", HMAC),
    "md5": attribute_of(DS("SignatureMethod"), "Algorithm", MD5),
    "no algorithm": attribute_of(DS("SignatureMethod"), "Algorithm", ""),
    "rsa-sha1": attribute_of(DS("SignatureMethod"), "Algorithm", SignatureAlg.RSA_SHA1),
    "hmac length": inside(DS("SignatureMethod"), DS.make("HMACOutputLength", "1")),
    "other key kind": attribute_of(DS("SignatureMethod"), "Algorithm", SignatureAlg.ECDSA_SHA256),
    "inclusive": attribute_of(DS("CanonicalizationMethod"), "Algorithm", INCLUSIVE),
    "with comments": attribute_of(DS("CanonicalizationMethod"), "Algorithm", COMMENTS),
    "xslt": attribute_of(DS("Transform"), "Algorithm", XSLT),
    "xpath": attribute_of(DS("Transform"), "Algorithm", XPATH),
    "third transform": twice(DS("Transform")),
    "parameter": inside(DS("Transform"), DS.make("XPath", "//*")),
    "digest parameter": inside(DS("DigestMethod"), DS.make("X", "//*")),
    "empty URI": attribute_of(DS("Reference"), "URI", ""),
    "other URI": attribute_of(DS("Reference"), "URI", "#_other"),
    "remote URI": attribute_of(DS("Reference"), "URI", "http://127.0.0.1:9/#_a1b2c3"),
    "xpointer": attribute_of(DS("Reference"), "URI", "#xpointer(id('_a1b2c3'))"),
    "Type": attribute_of(DS("Reference"), "Type", "http://www.w3.org/2000/09/xmldsig#Object"),
}


@pytest.mark.attack("X2", "X8")
@pytest.mark.parametrize("tampering", TAMPERED)
def test_whatever_is_changed_is_seen(honest: Element, tampering: str) -> None:
    assert refused(xml.written(honest)) is None
    TAMPERED[tampering](honest)
    assert refused(xml.written(honest)) is not None


def _evil() -> Element:
    return authn_request(EVIL, ID="_evil")


def in_extensions(original: Element) -> Element:
    """The signed request inside one that is not, which brings the signature along where ours would stand."""
    evil, signature = _evil(), original[1]
    evil.insert(1, signature)
    evil.append(SAMLP.make("Extensions", original))
    return evil


def in_extensions_whole(original: Element) -> Element:
    evil = _evil()
    evil.append(SAMLP.make("Extensions", original))
    return evil


def with_the_same_id(original: Element) -> Element:
    evil = in_extensions(original)
    evil.set("ID", original.get("ID") or "")
    return evil


def in_object(original: Element) -> Element:
    evil = _evil()
    signature = original[1]
    signature.append(DS.make("Object", deepcopy(original)))
    evil.insert(1, signature)
    return evil


def in_key_info(original: Element) -> Element:
    evil, signature = _evil(), original[1]
    original.remove(signature)
    next(signature.iter(DS("KeyInfo"))).append(original)
    evil.insert(1, signature)
    return evil


def signature_last(original: Element) -> Element:
    original.append(original[1])
    return original


def signature_first(original: Element) -> Element:
    original.insert(0, original[1])
    return original


def second_issuer(original: Element) -> Element:
    original.insert(0, SAML.make("Issuer", EVIL))
    return original


WRAPPINGS = [
    in_extensions,
    in_extensions_whole,
    with_the_same_id,
    in_object,
    in_key_info,
    signature_last,
    signature_first,
    second_issuer,
]


@pytest.mark.attack("X5")
@pytest.mark.parametrize("wrap", WRAPPINGS)
def test_a_signature_covers_what_is_read(honest: Element, wrap: Callable[[Element], Element]) -> None:
    assert refused(xml.written(honest)) is None
    assert refused(xml.written(wrap(honest))) is not None


@pytest.mark.attack("X6")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<ds:DigestValue>", b"<ds:DigestValue><!--x-->"),
        (b"<saml:Issuer", b"<?x?><saml:Issuer"),
        (b'URI="', b'URI="#_a1b2c3" URI="'),
        (b"<ds:SignedInfo>", b'<ds:SignedInfo Id="_a1b2c3">'),
        (b"<saml:Issuer", b'<saml:Issuer xmlns="relative"'),
        (b"<saml:Issuer", b'<saml:Issuer xml:id="_a1b2c3"'),
        (b"<ds:DigestValue>", b"<ds:DigestValue>&#x20;AA=="),
    ],
)
def test_no_second_reading_differs_from_the_first(honest: Element, old: bytes, new: bytes) -> None:
    data = xml.written(honest)
    assert old in data
    assert refused(data.replace(old, new, 1)) is not None


def test_we_sign_nothing_by_sha_1() -> None:
    with pytest.raises(AssertionError):
        signed(authn_request(), rsa_pair(), SignatureAlg.RSA_SHA1)
