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
from idp.saml import answers, codec
from idp.saml.detached import signed_query
from idp.saml.errors import BadMessage
from idp.saml.inflating import deflate
from idp.saml.model import Kind
from idp.signing import SignatureAlg, read_certificate
from idp.signing.foreign_keys import BadKey
from idp.web.forms import Form
from idp.xml import BadSignature, BadXml

SECONDS = float(os.environ.get("FUZZ", "0.5"))
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


def decode_xml(data: bytes) -> None:
    root = xml.read(data)
    xml.refuse_unlike(root, root.tag)
    xml.verify(root, KNOWN, place=1, sha1=True)


def decode_post(data: bytes) -> None:
    received = codec.from_post(Form((("SAMLRequest", base64.b64encode(data).decode()),)), list(Kind))
    codec.verified(received, KNOWN, required=False, sha1=True)


def decode_redirect(data: bytes) -> None:
    """The message changed, but packed as it should be."""
    packed = quote(base64.b64encode(deflate(data)).decode(), safe="")
    codec.verified(codec.from_redirect(f"SAMLRequest={packed}".encode(), list(Kind)), KNOWN, required=False)


def decode_query(data: bytes) -> None:
    codec.verified(codec.from_redirect(data, list(Kind)), KNOWN, required=False, sha1=True)


def decode_soap(data: bytes) -> None:
    codec.verified(codec.from_soap(data, list(Kind)), KNOWN, required=False)


def decode_metadata(data: bytes) -> None:
    found = Fields({"metadata_xml": data.decode(errors="replace")})
    saml_registration.read(found, production=False)
    if found.errors:
        raise BadMessage("metadata")


def decode_certificate(data: bytes) -> None:
    read_certificate(base64.b64encode(data).decode())


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


REQUEST = signed(authn_request(), rsa_pair())
DECODERS: dict[Callable[[bytes], None], list[bytes]] = {
    decode_xml: [REQUEST, response(), xml.written(idp_metadata())],
    decode_post: [REQUEST, deflate(REQUEST)],
    decode_redirect: [xml.written(authn_request())],
    decode_query: [_query()],
    decode_soap: [xml.written(answers.enveloped(xml.read(REQUEST)))],
    decode_metadata: [SERVICE],
    decode_certificate: [rsa_pair().certificate.der, ec_pair().certificate.der],
}


@pytest.mark.timeout(600)
@pytest.mark.attack("X4", "X6")
@pytest.mark.filterwarnings("ignore")  # of cryptography, about certificates that it reads all the same
@pytest.mark.parametrize("decoder", DECODERS)
def test_anything_at_all_is_read_or_refused(decoder: Callable[[bytes], None]) -> None:
    seed = random.randrange(2**32)
    source, refused, until = random.Random(seed), 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        data = mutated(source, source.choice(DECODERS[decoder]))
        began = time.thread_time()
        try:
            decoder(data)
        except (BadXml, BadSignature, BadMessage, BadKey):
            refused += 1
        except Exception as crash:
            pytest.fail(f"{crash!r} with the seed {seed}: {data!r}")
        assert time.thread_time() - began < LONGEST, f"seed {seed}: {data!r}"
    assert refused > 20


@pytest.mark.parametrize("decoder", DECODERS)
def test_the_honest_ones_are_read(decoder: Callable[[bytes], None]) -> None:
    if decoder is not decode_xml:
        for data in DECODERS[decoder]:
            decoder(data)
    else:
        decoder(REQUEST)
