"""What is no request, or more than one, or a bomb: refused before it costs anything, and nothing is ever fetched."""

import base64
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from tests.support.in_process import FORM
from tests.support.processes import peak_of_memory
from tests.support.saml_party import CROSS_SITE, SSO
from tests.support.saml_requests import authn_request
from tests.support.saml_trial import Trial, Way

from idp import xml
from idp.saml.inflating import to_base64
from idp.xml import SAML, SAMLP

BOTH = pytest.mark.parametrize("way", [Way.REDIRECT, Way.FORM], ids=lambda way: way.value)
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def canary() -> Iterator[socket.socket]:
    """Whoever fetches something comes here."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


def untouched(canary: socket.socket) -> None:
    with pytest.raises(BlockingIOError):
        canary.accept()


EXTERNAL = {
    "a file": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "an address": b'<!DOCTYPE a [<!ENTITY x SYSTEM "http://127.0.0.1:%d/x">]>',
    "a DTD elsewhere": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:%d/x.dtd">',
    "a public DTD": b'<!DOCTYPE a PUBLIC "-//x//y" "http://127.0.0.1:%d/x.dtd">',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY %% x SYSTEM "http://127.0.0.1:%d/x"> %%x;]>',
    "laughs": b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]>',
    "an entity": b'<!DOCTYPE a [<!ENTITY x "y">]>',
    "an empty one": b"<!DOCTYPE a>",
    "in small letters": b"<!doctype a>",
    "a stylesheet": b'<?xml-stylesheet href="http://127.0.0.1:%d/x.xsl"?>',
    "an instruction": b"<?x y?>",
    "a comment": b"<!-- x -->",
}


@pytest.mark.attack("S6")
@BOTH
@pytest.mark.parametrize("name", EXTERNAL)
def test_a_document_type_is_refused_and_fetches_nothing(
    trial: Trial, canary: socket.socket, way: Way, name: str
) -> None:
    head = EXTERNAL[name]
    head = head % canary.getsockname()[1] if b"%d" in head else head.replace(b"%%", b"%")
    data = xml.written(trial.plain.request()).replace(b"https://trialplain", b"&x;https://trialplain")
    trial.refuses(trial.send_bytes(way, head + data))
    trial.refuses(trial.send_bytes(way, b'<?xml version="1.0"?>' + head + xml.written(trial.plain.request())))
    untouched(canary)


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-16 with a mark": lambda text: text.encode("utf-16"),
    "UTF-16 without": lambda text: text.encode("utf-16-le"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "UTF-7": lambda text: b'<?xml version="1.0" encoding="UTF-7"?>' + text.encode("utf-7"),
    "EBCDIC": lambda text: b'<?xml version="1.0" encoding="IBM037"?>' + text.encode("cp037"),
    "Latin-1": lambda text: b'<?xml version="1.0" encoding="ISO-8859-1"?>' + text.encode("latin-1"),
    "a byte that is none": lambda text: text.encode().replace(b"https", b"\xffhttps", 1),
    "an overlong one": lambda text: text.encode().replace(b"https", b"\xc0\xbchttps", 1),
    "half a character": lambda text: text.encode().replace(b"https", b"\xed\xa0\x80https", 1),
    "a NUL": lambda text: text.encode().replace(b"https", b"\x00https", 1),
}


@pytest.mark.attack("S6", "S10")
@BOTH
@pytest.mark.parametrize("name", ENCODINGS)
def test_a_document_in_another_encoding_is_refused(trial: Trial, way: Way, name: str) -> None:
    text = xml.written(trial.plain.request()).decode()
    trial.refuses(trial.send_bytes(way, ENCODINGS[name](text)))


@pytest.mark.honest("S6", "S7", "S22")
@BOTH
@pytest.mark.parametrize("head", [b"", b'<?xml version="1.0" encoding="UTF-8"?>\n', b"\xef\xbb\xbf"])
def test_an_honest_document_is_taken_with_its_declaration(trial: Trial, way: Way, head: bytes) -> None:
    trial.takes(trial.send_bytes(way, head + xml.written(trial.plain.request())), way)


def _deep(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth


def _request_with(inside: bytes) -> bytes:
    data = xml.written(authn_request("https://trialplain.example/saml"))
    return data.replace(b"</samlp:AuthnRequest>", b"<samlp:Extensions>" + inside + b"</samlp:Extensions>") + (
        b"</samlp:AuthnRequest>"
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "many spaces": lambda: b"<a>" + b" " * (64 * MEGABYTE) + b"</a>",
    "one long name": lambda: b"<a " + b"x" * (16 * MEGABYTE) + b"/>",
    "a long attribute": lambda: b'<a x="' + b"y" * (16 * MEGABYTE) + b'"/>',
    "very deep": lambda: _deep(1_000_000),
    "deep": lambda: _deep(100_000),
    "as deep as fits": lambda: _deep(30_000),
    "just too deep": lambda: _request_with(_deep(65)),
    "30,000 attributes": lambda: b"<a " + b" ".join(b'a%d="x"' % n for n in range(30_000)) + b"/>",
    "30,000 elements": lambda: b"<a>" + b"<b/>" * 30_000 + b"</a>",
    "namespaces": lambda: b"<a>" + b"".join(b'<b xmlns:n%d="urn:n%d"/>' % (n, n) for n in range(5_000)) + b"</a>",
    "one too many bytes": lambda: _request_with(b"x" * xml.LARGEST_MESSAGE),
    "a message without an end": lambda: b"<a>" * 80_000,
}


def _packed(data: bytes) -> bytes:
    stream = zlib.compressobj(9, wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.fixture(scope="module")
def packed() -> dict[str, bytes]:
    return {name: _packed(make()) for name, make in BOMBS.items()}


@pytest.mark.attack("S7")
@BOTH
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_costs_less_than_20_megabytes_and_50_milliseconds(
    trial: Trial, packed: dict[str, bytes], way: Way, name: str
) -> None:
    """The whole way, from the octets of the request to the page. Time is that of this thread, the best of some tries:
    what others do on the machine is not ours."""
    text = to_base64(packed[name])
    target, body = (SSO, f"SAMLRequest={quote(text, safe='')}".encode())
    if not way.posts:
        target, body = f"{SSO}?{body.decode()}", b""
    headers = {"content-type": FORM} if way.posts else {}
    trial.provider.first.call("POST" if way.posts else "GET", target, headers, body)  # what is loaded once
    best = 1.0
    with peak_of_memory() as peak:
        answer = trial.provider.first.call("POST" if way.posts else "GET", target, headers, body)
    for _ in range(3):
        began = time.thread_time()
        answer = trial.provider.first.call("POST" if way.posts else "GET", target, headers, body)
        best = min(best, time.thread_time() - began)
    assert answer.status in {400, 413, 414}
    assert "SAMLResponse" not in answer.text
    assert peak[0] < 20 * MEGABYTE
    assert best < 0.05


@pytest.mark.attack("S7")
@pytest.mark.parametrize("size", [300_000, 600_000, 5_000_000])
def test_a_body_that_is_too_large_is_refused_unread(trial: Trial, size: int) -> None:
    body = b"SAMLRequest=" + b"A" * size
    answer = trial.provider.first.call("POST", SSO, {"content-type": FORM}, body)
    assert (answer.status, answer.location) in {(413, ""), (400, "")}


ISSUERS = [
    "https://trialplain.example/sam",
    "https://trialplain.example/saml/",
    "https://trialplain.example/SAML",
    "HTTPS://trialplain.example/saml",
    "https://trialplain.example/saml ",
    " https://trialplain.example/saml",
    "\thttps://trialplain.example/saml",
    "https://trialplain.example/saml\n",
    "https://trialplain.example/s\u200baml",
    "https://trialplain.example/saml\u00ad",
    "https://tria\uff4cplain.example/saml",
    "https://trialpl\u0430in.example/saml",
    "https://trialplain.example/saml\u202e",
    "https://trialplain.example/%73aml",
    "https://nobody.example/saml",
    "a" * 1_025,
    "cli_1",
    "*",
    "%",
    "' OR 1=1 --",
    "../aoba",
]


@pytest.mark.attack("S10")
@BOTH
@pytest.mark.parametrize("issuer", ISSUERS, ids=range(len(ISSUERS)))
def test_a_service_is_known_by_its_name_letter_by_letter(trial: Trial, way: Way, issuer: str) -> None:
    made = trial.plain.request()
    made[0].text = issuer
    trial.refuses(trial.send_bytes(way, xml.written(made)))


NAMES: dict[str, bytes] = {
    "a comment inside": b"<saml:Issuer>https://trialplain.example/<!-- -->saml</saml:Issuer>",
    "a comment behind": b"<saml:Issuer>https://trialplain.example/saml<!-- -->.evil</saml:Issuer>",
    "an instruction": b"<saml:Issuer>https://trialplain.example/saml<?x?></saml:Issuer>",
    "CDATA": b"<saml:Issuer><![CDATA[https://trialplain.example/saml]]></saml:Issuer>",
    "an element": b"<saml:Issuer>https://trialplain.example/saml<saml:x/></saml:Issuer>",
    "nothing": b"<saml:Issuer/>",
    "none": b"",
    "two": b"<saml:Issuer>https://trialplain.example/saml</saml:Issuer>" * 2,
    "another format": (
        b'<saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient">'
        b"https://trialplain.example/saml</saml:Issuer>"
    ),
    "a qualifier": b'<saml:Issuer NameQualifier="x">https://trialplain.example/saml</saml:Issuer>',
    "a character that is none": b"<saml:Issuer>https://trialplain.example/saml&#0;</saml:Issuer>",
    "a control character": b"<saml:Issuer>https://trialplain.example/saml&#8;</saml:Issuer>",
}


@pytest.mark.attack("S10")
@BOTH
@pytest.mark.parametrize("name", NAMES)
def test_an_issuer_is_a_name_and_nothing_beside(trial: Trial, way: Way, name: str) -> None:
    data = xml.written(trial.plain.request())
    begin, end = data.index(b"<saml:Issuer"), data.index(b"</saml:Issuer>") + len(b"</saml:Issuer>")
    space = b'<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
    wrong = data[:begin] + NAMES[name].replace(b"<saml:Issuer", space) + data[end:]
    trial.refuses(trial.send_bytes(way, wrong))


@pytest.mark.honest("S10")
@BOTH
def test_an_issuer_may_say_that_it_is_an_entity(trial: Trial, way: Way) -> None:
    made = trial.plain.request()
    made[0].set("Format", "urn:oasis:names:tc:SAML:2.0:nameid-format:entity")
    trial.takes(trial.send_bytes(way, xml.written(made)), way)


def _query(trial: Trial) -> str:
    return trial.plain.address(relay_state=None).partition("?")[2]


MIXED: dict[str, Callable[[Trial], str]] = {
    "a request twice": lambda trial: f"{_query(trial)}&{_query(trial)}",
    "the same twice": lambda trial: "&".join([_query(trial)] * 2),
    "a request and a response": lambda trial: f"{_query(trial)}&SAMLResponse=AAAA",
    "an empty response": lambda trial: f"{_query(trial)}&SAMLResponse=",
    "a relay state twice": lambda trial: f"{_query(trial)}&RelayState=a&RelayState=b",
    "an algorithm twice": lambda trial: f"{trial.strict.address().partition('?')[2]}&SigAlg=x",
    "a signature twice": lambda trial: f"{trial.strict.address().partition('?')[2]}&Signature=AAAA",
    "a second one in escapes": lambda trial: f"{_query(trial)}&SAML%52equest=AAAA",
    "an encoding that is unknown": lambda trial: f"{_query(trial)}&SAMLEncoding=urn:x",
    "an artifact beside it": lambda trial: f"{_query(trial)}&SAMLRequest=&SAMLart=AAAA",
    "an escape that is none": lambda trial: f"{_query(trial)}&x=%zz",
    "no UTF-8": lambda trial: f"{_query(trial)}&x=%ff",
    "a hundred parameters": lambda trial: f"{_query(trial)}{'&a=1' * 120}",
}


@pytest.mark.attack("S18")
@pytest.mark.parametrize("name", MIXED)
def test_parameters_that_could_be_read_in_two_ways_are_refused(trial: Trial, name: str) -> None:
    trial.refuses(trial.browser.get(f"{SSO}?{MIXED[name](trial)}"))


@pytest.mark.attack("S18")
@pytest.mark.parametrize("name", ["SAMLRequest=AAAA", "RelayState=x", "x=y", "SAMLResponse=AAAA"])
def test_a_message_is_not_in_the_address_and_in_the_body(trial: Trial, name: str) -> None:
    trial.refuses(trial.browser.post(f"{SSO}?{name}", trial.plain.form(), CROSS_SITE))


@pytest.mark.attack("S18", "S3")
@pytest.mark.parametrize("more", [{"Signature": "AAAA"}, {"SigAlg": "x"}, {"Signature": "", "SigAlg": ""}])
def test_a_form_with_a_signature_beside_it_is_not_taken_for_unsigned(trial: Trial, more: dict[str, str]) -> None:
    trial.refuses(trial.browser.post(SSO, {**trial.plain.form(), **more}, CROSS_SITE))


@pytest.mark.honest("S18")
def test_parameters_of_somebody_else_do_no_harm(trial: Trial) -> None:
    encoding = quote("urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE", safe="")
    address = f"{SSO}?utm=1&{_query(trial)}&SAMLEncoding={encoding}&x=&x="
    trial.takes(trial.browser.get(address), Way.REDIRECT)


def _message(name: str, *content: object) -> bytes:
    instant = "2026-04-01T01:00:00Z"
    issuer = SAML.make("Issuer", "https://trialplain.example/saml")
    return xml.written(SAMLP.make(name, issuer, *content, ID="_x", Version="2.0", IssueInstant=instant))  # type: ignore[arg-type]


WRONG: dict[str, bytes] = {
    "a response": _message("Response", SAMLP.make("Status", SAMLP.make("StatusCode", Value="urn:x"))),
    "a request for logout": _message("LogoutRequest", SAML.make("NameID", "x")),
    "an answer to one": _message("LogoutResponse", SAMLP.make("Status", SAMLP.make("StatusCode", Value="urn:x"))),
    "an artifact to resolve": _message("ArtifactResolve", SAMLP.make("Artifact", "AAAA")),
    "a query for attributes": _message("AttributeQuery", SAML.make("Subject", SAML.make("NameID", "x"))),
    "an envelope": b'<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body/></S:Envelope>',
    "metadata": b'<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="x"/>',
    "a request of no namespace": b"<AuthnRequest/>",
    "a request of SAML 1": b'<AuthnRequest xmlns="urn:oasis:names:tc:SAML:1.0:protocol"/>',
    "two documents": b"<a/><a/>",
    "no XML": b"hello",
    "JSON": b'{"a": 1}',
    "nothing": b"",
    "zeros": b"\x00" * 1_000,
}


@pytest.mark.attack("S22")
@BOTH
@pytest.mark.parametrize("name", WRONG)
def test_a_message_of_another_kind_is_refused(trial: Trial, way: Way, name: str) -> None:
    trial.refuses(trial.send_bytes(way, WRONG[name]))


ENDPOINTS = ["", "SAMLRequest=", "SAMLRequest", "x=y", "SAMLRequest=%25%25", "SAMLRequest=AAAA", "SAMLResponse=AAAA"]


@pytest.mark.attack("S22")
@pytest.mark.parametrize("query", ENDPOINTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("endpoint", ["sso", "slo"])
def test_what_is_missing_or_no_base64_is_refused_at_every_endpoint(
    trial: Trial, endpoint: str, method: str, query: str
) -> None:
    path = f"/t/aoba/saml/{endpoint}"
    target, body = (f"{path}?{query}", b"") if method == "GET" else (path, query.encode())
    answer = trial.provider.first.call(method, target, {"content-type": FORM} if method == "POST" else {}, body)
    assert (answer.status, answer.location) == (400, "")


@pytest.mark.attack("S22")
@pytest.mark.parametrize("content_type", ["text/xml", "application/soap+xml", "multipart/form-data; boundary=x", ""])
def test_an_envelope_is_no_form(trial: Trial, content_type: str) -> None:
    body = base64.b64decode(trial.plain.form()["SAMLRequest"])
    answer = trial.provider.first.call("POST", SSO, {"content-type": content_type} if content_type else {}, body)
    assert (answer.status, answer.location) in {(415, ""), (400, "")}


ENCRYPTED = (
    b'<saml:Subject xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><saml:EncryptedID><xenc:EncryptedData '
    b'xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptionMethod Algorithm="%s"/><xenc:CipherData>'
    b"<xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedID></saml:Subject>"
)
CIPHERS = [
    (b"http://www.w3.org/2001/04/xmlenc#aes128-cbc", b"A" * 64),
    (b"http://www.w3.org/2001/04/xmlenc#tripledes-cbc", b"A" * 64),
    (b"http://www.w3.org/2009/xmlenc11#aes256-gcm", b"A" * 64),
    (b"http://www.w3.org/2009/xmlenc11#aes256-gcm", b""),
    (b"http://www.w3.org/2001/04/xmlenc#rsa-1_5", b"A" * 344),
    (b"urn:x", b"%%"),
]


@pytest.mark.attack("S24")
@BOTH
@pytest.mark.parametrize("cipher", CIPHERS, ids=range(len(CIPHERS)))
def test_nothing_is_decrypted_so_nothing_is_told_by_how_it_fails(
    trial: Trial, way: Way, cipher: tuple[bytes, bytes]
) -> None:
    """Whatever stands in it, the answer is the one to any request that names a person."""
    data = xml.written(trial.plain.request())
    end = data.index(b"</saml:Issuer>") + len(b"</saml:Issuer>")
    answer = trial.send_bytes(way, data[:end] + ENCRYPTED % cipher + data[end:])
    if answer.status == 400:  # no base64
        trial.refuses(answer)
    else:
        assert trial.declines(answer, way) == ("Requester", "RequestUnsupported")


@pytest.mark.honest("S24")
@BOTH
def test_the_same_request_without_it_is_answered(trial: Trial, way: Way) -> None:
    trial.takes(trial.send_bytes(way, xml.written(trial.plain.request())), way)
