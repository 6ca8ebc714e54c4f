"""What is no plain, small document of UTF-8 is not read at all; each attack beside its honest twin."""

import time
import tracemalloc

import pytest

from idp import xml
from idp.xml import SAMLP, BadXml

HONEST = (
    b'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"'
    b' IssueInstant="2026-04-01T01:10:00Z"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">'
    b"https://sp.example/%s</saml:Issuer></samlp:AuthnRequest>"
)
DECLARED = b'<?xml version="1.0" encoding="UTF-8"?>'
REQUEST = SAMLP("AuthnRequest")


def document(text: bytes = b"metadata", *, before: bytes = b"", after: bytes = b"") -> bytes:
    return before + HONEST.replace(b"%s", text) + after


def refused(data: bytes, limits: xml.Limits = xml.MESSAGE) -> str | None:
    try:
        xml.refuse_unlike(xml.read(data, limits), REQUEST)
    except BadXml as bad:
        return bad.code
    return None


@pytest.mark.parametrize(
    "data",
    [
        document(),
        document(before=DECLARED),
        document(before=b"\xef\xbb\xbf" + DECLARED),
        document(before=b"<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n"),
        document("山田&amp;花子&#x20;&lt;!--".encode()),
    ],
)
def test_an_honest_document_is_read(data: bytes) -> None:
    assert refused(data) is None


SUBSET = b'<!DOCTYPE r [<!ENTITY e SYSTEM "%s">]>'
LAUGHS = b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


@pytest.mark.attack("X3")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (document(before=b"<!DOCTYPE r>"), "dtd"),
        (document(before=DECLARED + b"\n<!DOCTYPE r>"), "dtd"),
        (document(before=b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd">'), "dtd"),
        (document(b"&e;", before=SUBSET % b"file:///etc/passwd"), "dtd"),
        (document(b"&e;", before=SUBSET % b"http://127.0.0.1:9/"), "dtd"),
        (document(b"x", before=b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/">%p;]>'), "dtd"),
        (document(b"&c;", before=LAUGHS), "dtd"),
        (document(b"&e;"), "not_xml"),
        (document(before=b"<!doctype r>"), "dtd"),
        (document(before=b'<?xml version="1.0" encoding="UTF-7"?>'), "instruction"),
        (document(before=b'<?xml version="1.0" encoding="UTF-16"?>'), "instruction"),
        (document(before=b'<?xml version="1.1"?>'), "instruction"),
        (document(before=b"<!DOCTYPE r>").decode().encode("utf-16"), "not_utf8"),
        (document(before=b"<!DOCTYPE r>").decode().encode("utf-16-le"), "not_xml"),
        (document(before=b"<!DOCTYPE r>").decode().encode("utf-32-be"), "not_xml"),
        (document(b"\xc0\xbc!DOCTYPE"), "not_utf8"),
        (document(before=b"<?xml-stylesheet href='http://127.0.0.1:9/'?>"), "instruction"),
        (document(b"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd'/>"), "schema"),
    ],
)
def test_nothing_that_a_parser_might_expand_or_fetch_reaches_it(data: bytes, code: str) -> None:
    assert refused(data) == code
    assert refused(data, xml.METADATA) == code


@pytest.mark.attack("X7")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"a<!---->.evil", "comment"),
        (b"a<!-- x -->.evil", "comment"),
        (b"a<?x?>.evil", "instruction"),
        (b"a<![CDATA[.evil]]>", "dtd"),
        (b"a\x00.evil", "not_xml"),
        (b"a&#0;.evil", "not_xml"),
        (b"a\x0b.evil", "not_xml"),
        (b"a\xef\xbf\xbe.evil", "not_xml"),
        (b"a]]>.evil", "not_xml"),
        (b"a<b>.evil</b>", "schema"),
    ],
)
def test_no_text_is_in_pieces(text: bytes, code: str) -> None:
    assert refused(document(text)) == code


def test_comments_around_a_message_are_refused_and_those_in_metadata_left_out() -> None:
    assert refused(document(before=b"<!-- x -->")) == "comment"
    assert refused(document(after=b"<!-- x -->")) == "comment"
    assert xml.canonical(xml.read(document(b"a<!-- x -->b"), xml.METADATA)) == xml.canonical(xml.read(document(b"ab")))


@pytest.mark.attack("X4")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (document(b"x" * xml.LARGEST_MESSAGE), "too_large"),
        (b"<a>" * 60_000, "too_large"),
        (b"<a>" * 4_900 + b"</a>" * 4_900, "not_xml"),
        (b"<a>" * 65 + b"</a>" * 65, "too_deep"),
        (b"<a " + b" ".join(b'a%d=""' % i for i in range(27_000)) + b"/>", "too_large"),
        (b"<a " + b" ".join(b'xmlns:a%d="urn:u"' % i for i in range(11_000)) + b"/>", "too_large"),
        (b"<r>" + b"<a/>" * 5_001 + b"</r>", "too_large"),
        (b"<a " + b'b="' * 60_000, "not_xml"),
        (b"", "not_xml"),
        (b"x", "not_xml"),
        (b"<a/><a/>", "not_xml"),
    ],
)
def test_what_is_too_large_costs_little(data: bytes, code: str) -> None:
    xml.read(document())
    tracemalloc.start()
    began = time.thread_time()
    assert refused(data) == code
    assert time.thread_time() - began < 0.2  # a tenth of it as a rule
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("data", [b"<a>" * 64 + b"</a>" * 64, b"<r>" + b"<a/>" * 4_999 + b"</r>"])
def test_what_is_just_small_enough_is_read(data: bytes) -> None:
    xml.read(data)


@pytest.mark.attack("X5")
@pytest.mark.parametrize("other", [b'ID="_1"', b'Id="_1"', b'id="_1"', b'xml:id="_1"'])
def test_no_two_elements_have_the_same_id(other: bytes) -> None:
    data = b'<r ID="_1"><a %s/></r>'
    assert refused(data % other) == "duplicate_id"
    assert refused(data % other.replace(b"_1", b"_2")) == "wrong_root"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (document().replace(b"AuthnRequest", b"LogoutRequest"), "wrong_root"),
        (document().replace(b"SAML:2.0:protocol", b"SAML:1.0:protocol"), "wrong_root"),
        (document().replace(b'ID="_1"', b'ID="1&quot;/&gt;&lt;evil"'), "schema"),
        (document().replace(b' ID="_1"', b""), "schema"),
        (document().replace(b'Version="2.0"', b'Version="2.0" Evil="1"'), "schema"),
        (document().replace(b"2026-04-01T01:10:00Z", b"yesterday"), "schema"),
    ],
)
def test_a_document_is_as_its_schema_says(data: bytes, code: str) -> None:
    assert refused(data) == code


def test_a_document_is_written_in_utf_8() -> None:
    made = xml.SAML.make("名前", "山田 花子", 名="<&>")
    assert xml.written(xml.read(xml.written(made))) == xml.written(made)
    assert "名前".encode() in xml.written(made)


@pytest.mark.attack("X17")
@pytest.mark.parametrize("text", ["a\x00b", "a\x0bb", "a\ufffeb", "a\ud800b"])
def test_what_no_document_can_have_is_not_written(text: str) -> None:
    with pytest.raises(BadXml, match="characters"):
        xml.SAML.make("Issuer", text)
    with pytest.raises(BadXml, match="characters"):
        xml.SAML.make("Issuer", Format=text)


@pytest.mark.attack("X17")
@pytest.mark.parametrize("text", ["]]>", "<!---->", "<saml:Issuer>", "&amp;", "\r\n", '"', "\u202e", "a\u0085b"])
def test_what_looks_like_markup_is_text(text: str) -> None:
    read = xml.read(xml.written(xml.SAML.make("Issuer", text, Format=text)))
    assert (read.text, read.get("Format"), len(read)) == (text, text, 0)
