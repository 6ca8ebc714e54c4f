"""The service of SAML among the samples, with answers of ours that are laid before it: whom it believes."""

import asyncio
import base64
import time
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography import x509
from tests.samples.test_sample import SAML
from tests.support.saml_admitted import admitted
from tests.support.saml_messages import IDP, NAME_ID, PASSWORD, idp_metadata
from tests.support.xml_keys import Pair, ec_pair, rsa_pair

from idp import xml
from idp.saml import answers, assertions, elements
from idp.saml.detached import signed_query
from idp.saml.inflating import deflate, to_base64
from idp.saml.model import SUCCESS, Attribute, Authentication, Outcome, Recipient, Status
from idp.samples.model import NotSignedIn
from idp.samples.service_provider import ServiceProvider
from idp.samples.visitors import Visitor, Visitors
from idp.samples.xml_signatures import verifies
from idp.signing import SignatureAlg

SAMPLE = replace(SAML, issuer=IDP.removesuffix("/saml/metadata"))
ALG = SignatureAlg.RSA_SHA256


class Knowing(ServiceProvider):
    """It has fetched the provider's metadata already."""

    async def _metadata(self) -> str:
        return xml.written(idp_metadata(rsa_pair(), now_us=now_us())).decode()


def now_us() -> int:
    """pysaml2 looks at the machine's clock."""
    return time.time_ns() // 1_000


@pytest.fixture(scope="module")
def provider() -> ServiceProvider:
    return Knowing(SAMPLE)


@pytest.fixture
def visitor(provider: ServiceProvider) -> Visitor:
    """On the way to the provider."""
    found = Visitor()
    address = asyncio.run(provider.begin(found, passive=False))
    assert {"SAMLRequest", "SigAlg", "Signature"} <= dict(parse_qsl(urlsplit(address).query)).keys()
    return found


def response(visitor: Visitor, *, pair: Pair | None = None, request_id: str | None = None) -> str:
    key, at_us = (pair or rsa_pair()).key, now_us()
    asked = request_id or next(iter(visitor.pending))
    made = assertions.assertion(
        admitted(now_us=at_us),
        entity_id=IDP,
        recipient=Recipient(SAMPLE.entity_id, SAMPLE.acs, asked),
        name_id=NAME_ID._replace(sp_name_qualifier=SAMPLE.entity_id),
        authentication=Authentication(PASSWORD, "index", at_us + 3_600_000_000),
        attributes=(Attribute("urn:oid:0.9.2342.19200300.100.1.3", ("taro@aoba.example",)),),
    )
    elements.sign(made, key, ALG)
    whole = answers.response(
        SUCCESS, entity_id=IDP, destination=SAMPLE.acs, request_id=asked, at_us=at_us, assertion=made
    )
    elements.sign(whole, key, ALG)
    return base64.b64encode(xml.written(whole)).decode()


def test_it_learns_who_it_is_from_an_answer_to_its_own_request(provider: ServiceProvider, visitor: Visitor) -> None:
    asyncio.run(provider.finish(visitor, response(visitor)))
    assert visitor.asserted is not None
    assert visitor.asserted.name == NAME_ID.value
    assert visitor.asserted.attribute("mail") == "taro@aoba.example"
    facts = dict(visitor.asserted.facts)
    assert (facts["Format"], facts["SessionIndex"], facts["SignatureMethod"]) == ("persistent", "index", "rsa-sha256")


@pytest.mark.attack("X5", "X9")
def test_it_believes_no_other_answer(provider: ServiceProvider, visitor: Visitor) -> None:
    honest = response(visitor)
    changed = base64.b64decode(honest).replace(b"taro@aoba", b"jiro@aoba")
    for wrong in (
        response(visitor, pair=rsa_pair("foreign")),
        response(visitor, request_id="_of_somebody_else"),
        base64.b64encode(changed).decode(),
        "",
        "no answer",
    ):
        with pytest.raises(NotSignedIn, match="invalid_response"):
            asyncio.run(provider.finish(visitor, wrong))
        assert visitor.asserted is None
    asyncio.run(provider.finish(visitor, honest))
    assert visitor.asserted is not None
    with pytest.raises(NotSignedIn):  # what was asked for has come
        asyncio.run(provider.finish(visitor, honest))


def query(message: xml.Element, name: str, *, pair: Pair) -> dict[str, str]:
    text = to_base64(deflate(xml.written(message)))
    return dict(parse_qsl(signed_query(name, text, "/signed-out", key=pair.key, alg=ALG)))


def test_it_takes_the_word_of_the_provider_alone_that_somebody_is_signed_out(provider: ServiceProvider) -> None:
    def said(outcome: Outcome, pair: Pair) -> dict[str, str]:
        made = answers.logout_response(outcome, entity_id=IDP, destination=SAMPLE.slo, request_id="_x", at_us=now_us())
        return query(made, "SAMLResponse", pair=pair)

    asyncio.run(provider.ended(said(SUCCESS, rsa_pair())))
    with pytest.raises(NotSignedIn, match="invalid_signature"):
        asyncio.run(provider.ended(said(SUCCESS, rsa_pair("foreign"))))
    with pytest.raises(NotSignedIn, match="UnknownPrincipal"):
        asyncio.run(provider.ended(said(Outcome(Status.REQUESTER, Status.UNKNOWN_PRINCIPAL), rsa_pair())))


def test_it_ends_the_session_that_the_provider_names_and_no_other(provider: ServiceProvider, visitor: Visitor) -> None:
    asyncio.run(provider.finish(visitor, response(visitor)))
    visitors = Visitors()
    visitors.keep(visitor)
    made = answers.logout_request(NAME_ID, ["index"], entity_id=IDP, destination=SAMPLE.slo, at_us=now_us())
    with pytest.raises(NotSignedIn, match="invalid_signature"):
        asyncio.run(provider.asked_to_end(query(made, "SAMLRequest", pair=rsa_pair("foreign"))))
    asked = asyncio.run(provider.asked_to_end(query(made, "SAMLRequest", pair=rsa_pair())))
    assert visitors.end("p-of-somebody-else", asked.session_indexes) == 0
    assert visitors.end(asked.name, {"another"}) == 0
    assert visitor.asserted is not None
    assert visitors.end(asked.name, asked.session_indexes) == 1
    assert visitor.asserted is None
    back = provider.answer(asked, ended=True)
    assert {"SAMLResponse", "RelayState", "Signature"} <= dict(parse_qsl(urlsplit(back).query)).keys()


def test_a_signature_counts_for_the_one_element_of_that_id_and_by_the_one_key() -> None:
    def public(pair: Pair) -> object:
        return x509.load_pem_x509_certificate(pair.certificate_pem.encode()).public_key()

    made = answers.response(SUCCESS, entity_id=IDP, destination=SAMPLE.acs, request_id="_x", at_us=now_us())
    elements.sign(made, rsa_pair().key, ALG)
    name, data = made.get("ID") or "", xml.written(made)
    assert verifies(data, public(rsa_pair()), name)
    assert not verifies(data, public(rsa_pair("foreign")), name)
    assert not verifies(data, public(rsa_pair()), "_another")
    assert not verifies(data.replace(b"Success", b"Failure"), public(rsa_pair()), name)
    twice = data.replace(b"</samlp:Response>", b'<samlp:Extensions ID="%s"/></samlp:Response>' % name.encode())
    assert twice != data
    assert not verifies(twice, public(rsa_pair()), name)
    other = answers.response(SUCCESS, entity_id=IDP, destination=SAMPLE.acs, request_id="_x", at_us=now_us())
    elements.sign(other, ec_pair().key, SignatureAlg.ECDSA_SHA256)
    assert not verifies(xml.written(other), public(ec_pair()), other.get("ID") or "")
