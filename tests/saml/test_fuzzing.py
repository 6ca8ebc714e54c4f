"""Whatever bytes arrive are read or refused, never anything else. `make fuzz` gives each decoder a minute.

What is thrown at a decoder are honest messages with pieces cut out, doubled, exchanged and overwritten, so that most of
them get past the first check.
"""

import base64
import os
import random
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from tests.support.saml_messages import idp_metadata, response
from tests.support.saml_requests import authn_request, signed
from tests.support.xml_keys import ec_pair, rsa_pair

from idp import xml
from idp.federation import saml_registration
from idp.kit.fields import Fields
from idp.saml import answers, codec, logout_answers, logout_requests, requests
from idp.saml.detached import signed_query
from idp.saml.errors import BadMessage
from idp.saml.inflating import deflate, from_base64, inflate
from idp.saml.model import Kind
from idp.signing import SignatureAlg, read_certificate
from idp.signing.foreign_keys import BadKey
from idp.web.forms import Form
from idp.xml import SAML, SAMLP, BadSignature, BadXml

SECONDS = float(os.environ.get("FUZZ", "5"))
LONGEST = 0.5  # seconds for one document
KNOWN = [rsa_pair().certificate, ec_pair().certificate]
PIECES = [
    *(
        b"<!DOCTYPE a>",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?",
        b"?>",
        b"&#0;",
        b"&a;",
        b"\x00",
        b"\xff",
        b"\xed\xa0",
    ),
    *(b"xmlns=''", b'xmlns:ds="relative"', b"ID='_1'", b"Algorithm=", b"PrefixList='ds #default'", b"<ds:Object/>"),
    *(b"<", b">", b'"', b"=", b"&", b"%", b"+", b"%2", b"SAMLRequest=", b"Signature=AAAA", b"9" * 400, b"x" * 3_000),
]


def mutated(source: random.Random, seed: bytes) -> bytes:
    data = bytearray(seed)
    for _ in range(source.randint(1, 4)):
        at, length = source.randrange(len(data) + 1), source.choice([0, 1, 2, 8, 64, 512])
        other = source.randrange(len(seed) + 1)
        piece = source.choice([source.choice(PIECES), seed[other : other + length], source.randbytes(3), b""])
        data[at : at + length] = piece
    return bytes(data)


def read_xml(data: bytes) -> None:
    root = xml.read(data)
    xml.refuse_unlike(root, root.tag)


def verify(data: bytes) -> None:
    xml.verify(xml.read(data), KNOWN, place=1, sha1=True)


def certificate(data: bytes) -> None:
    read_certificate(base64.b64encode(data).decode())


def unpack(data: bytes) -> None:
    inflate(from_base64(data.decode("latin-1"), lines=True))


def query(data: bytes) -> None:
    codec.verified(codec.from_redirect(data, list(Kind)), KNOWN, required=False, sha1=True)


def post(data: bytes) -> None:
    """Packed as it should be, in the way that is for it, and read to the end."""
    kind = Kind.LOGOUT_RESPONSE if b"LogoutResponse" in data else Kind.AUTHN_REQUEST
    form = Form(((kind.parameter, base64.b64encode(data).decode()),))
    understand(codec.from_post(form, list(Kind)))


def redirect(data: bytes) -> None:
    kind = Kind.LOGOUT_RESPONSE if b"LogoutResponse" in data else Kind.AUTHN_REQUEST
    packed = quote(base64.b64encode(deflate(data)).decode(), safe="")
    understand(codec.from_redirect(f"{kind.parameter}={packed}".encode(), list(Kind)))


def soap(data: bytes) -> None:
    understand(codec.from_soap(data, list(Kind)))


def understand(received: codec.Received) -> None:
    """As the endpoint of its kind does."""
    verified = codec.verified(received, KNOWN, required=False, sha1=True)
    root, sender = verified.root, received.issuer
    if received.kind is Kind.AUTHN_REQUEST:
        asked = requests.read(root, sender=sender, signed=verified.signed, relay_state=None)
        assert requests.from_text(asked.to_text()) == asked
    elif received.kind is Kind.LOGOUT_REQUEST:
        logout_requests.read(root, sender=sender)
    elif received.kind is Kind.LOGOUT_RESPONSE:
        logout_answers.read(root, sender=sender, signed=verified.signed)


def metadata(data: bytes) -> None:
    found = Fields({"metadata_xml": data.decode(errors="replace")})
    saml_registration.read(found, production=False)
    if found.errors:
        raise BadMessage("metadata")


SERVICE = (
    '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://sp.example/"'
    ' validUntil="2036-01-01T00:00:00Z"><md:SPSSODescriptor AuthnRequestsSigned="true"'
    ' protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor>'
    '<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>'
    f"{rsa_pair().certificate.text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    '<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://sp.example"'
    ' index="0" isDefault="true"/></md:SPSSODescriptor></md:EntityDescriptor>'
).encode()


def _query() -> bytes:
    message = base64.b64encode(deflate(xml.written(authn_request()))).decode()
    return signed_query("SAMLRequest", message, "r", key=rsa_pair().key, alg=SignatureAlg.RSA_SHA256).encode()


def _message(name: str, *content: xml.Element, **more: str) -> xml.Element:
    given = {"ID": "_1", "Version": "2.0", "IssueInstant": "2026-04-01T01:00:00Z", "Destination": "https://id.example/"}
    return SAMLP.make(name, SAML.make("Issuer", "https://sp.example/"), *content, **given, **more)


def _full_request() -> xml.Element:
    """With everything that one may have."""
    return _message(
        "AuthnRequest",
        SAML.make("Subject", SAML.make("NameID", "taro")),
        SAMLP.make("NameIDPolicy", Format="urn:x", SPNameQualifier="x", AllowCreate="true"),
        SAMLP.make("RequestedAuthnContext", SAML.make("AuthnContextClassRef", "urn:x"), Comparison="better"),
        SAMLP.make("Scoping", SAMLP.make("IDPList", SAMLP.make("IDPEntry", ProviderID="https://x")), ProxyCount="1"),
        ForceAuthn="true",
        AssertionConsumerServiceIndex="1",
    )


def _logout() -> xml.Element:
    name, index = SAML.make("NameID", "taro", NameQualifier="x"), SAMLP.make("SessionIndex", "1")
    return _message("LogoutRequest", name, index, index, NotOnOrAfter="2026-04-01T01:00:00Z", Reason="urn:x")


def _answer() -> xml.Element:
    inner = SAMLP.make("StatusCode", Value="urn:oasis:names:tc:SAML:2.0:status:PartialLogout")
    code = SAMLP.make("StatusCode", inner, Value="urn:oasis:names:tc:SAML:2.0:status:Success")
    return _message("LogoutResponse", SAMLP.make("Status", code, SAMLP.make("StatusMessage", "x")), InResponseTo="_2")


REQUEST = signed(authn_request(), rsa_pair())
FULL, LOGOUT, ANSWER = (xml.written(made()) for made in (_full_request, _logout, _answer))
Seeds = list[tuple[Callable[[bytes], None], bytes]]
DECODERS: dict[str, Seeds] = {
    "base64 and inflating": [(unpack, base64.b64encode(deflate(REQUEST))), (unpack, base64.encodebytes(deflate(FULL)))],
    "XML": [
        (read_xml, REQUEST),
        (read_xml, response()),
        (read_xml, xml.written(idp_metadata())),
        (soap, xml.written(answers.enveloped(_message("ArtifactResolve", SAMLP.make("Artifact", "AAQAAA=="))))),
    ],
    "AuthnRequest": [(post, FULL), (redirect, FULL), (post, deflate(FULL)), (post, REQUEST)],
    "LogoutRequest": [(post, LOGOUT), (redirect, LOGOUT), (soap, xml.written(answers.enveloped(_logout())))],
    "LogoutResponse": [(post, ANSWER), (redirect, ANSWER), (post, signed(_answer(), rsa_pair()))],
    "metadata": [(metadata, SERVICE)],
    "signatures": [
        (verify, REQUEST),
        (verify, signed(_full_request(), ec_pair(), SignatureAlg.ECDSA_SHA256)),
        (certificate, rsa_pair().certificate.der),
        (certificate, ec_pair().certificate.der),
    ],
    "query": [(query, _query())],
}


@pytest.mark.timeout(600)
@pytest.mark.attack("X4", "X6")
@pytest.mark.filterwarnings("ignore")  # of cryptography, about certificates that it reads all the same
@pytest.mark.parametrize("name", DECODERS)
def test_anything_at_all_is_read_or_refused(name: str) -> None:
    seed = random.randrange(2**32)
    source, refused, until = random.Random(seed), 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        decoder, honest = source.choice(DECODERS[name])
        data = mutated(source, honest)
        began = time.thread_time()
        try:
            decoder(data)
        except (BadXml, BadSignature, BadMessage, BadKey):
            refused += 1
        except Exception as crash:
            pytest.fail(f"{crash!r} with the seed {seed}: {data!r}")
        assert time.thread_time() - began < LONGEST, f"seed {seed}: {data!r}"
    assert refused > 20


@pytest.mark.parametrize("name", DECODERS)
def test_the_honest_ones_are_read(name: str) -> None:
    for decoder, data in DECODERS[name]:
        decoder(data)


def test_a_decoder_that_breaks_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(data: bytes) -> None:
        if b"&" in data:
            raise KeyError("&")

    monkeypatch.setitem(DECODERS, "XML", [(fragile, REQUEST)])
    with pytest.raises(pytest.fail.Exception, match="KeyError"):
        test_anything_at_all_is_read_or_refused("XML")
