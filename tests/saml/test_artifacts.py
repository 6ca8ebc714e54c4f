"""Answers by reference (bindings 3.6): fetched once, within a minute, by the service that they are for and no other."""

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from typing import Any

import pytest
import signxml
from lxml import etree
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer, Running
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import IDP, SamlAnswer, SamlParty, certificates_of, codes, register
from tests.support.xml_keys import Pair, rsa_pair

from idp import federation, main, users, xml
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND, rfc3339
from idp.kit.errors import Failure
from idp.saml import artifacts
from idp.saml.model import Status
from idp.signing import SignatureAlg, read_certificate
from idp.xml import SAML, SAMLP, SOAP, Element

ARTIFACT = "/t/aoba/saml/artifact"
THEIRS, FOREIGN = rsa_pair("theirs"), rsa_pair("foreign")
BY_REFERENCE = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact"


def registered(provider: Provider, name: str = "keihi", **changes: Any) -> SamlParty:
    acs = [{"url": f"https://{name}.example/acs?x=1", "binding": BY_REFERENCE}]
    return register(provider, name, pair=THEIRS, acs=acs, **changes)


def artifact_of(page: Answer) -> str:
    assert page.status == 303, page
    return page.query["SAMLart"]


def given(party: SamlParty, browser: Browser) -> str:
    """What the browser carries to the service."""
    return artifact_of(browser.follow(browser.get(party.address())))


def asking(party: SamlParty, artifact: str, **changes: str | None) -> Element:
    named: dict[str, str | None] = {
        "ID": f"_resolve{len(party.sent)}",
        "Version": "2.0",
        "IssueInstant": rfc3339(party.provider.clock.now_us()),
        "Destination": f"{BASE_URL}{ARTIFACT}",
        **changes,
    }
    party.sent.append(str(named["ID"]))
    issuer = SAML.make("Issuer", named.pop("issuer", party.entity_id))
    return SAMLP.make("ArtifactResolve", issuer, SAMLP.make("Artifact", artifact), **named)


def resolve(
    party: SamlParty, request: Element, *, pair: Pair | None = THEIRS, at: Running | None = None, kind: str = "text/xml"
) -> Answer:
    if pair is not None:
        xml.sign(request, pair.key, place=1, alg=SignatureAlg.RSA_SHA256)
    body = xml.written(SOAP.make("Envelope", SOAP.make("Body", request)))
    headers = {"content-type": kind, "soapaction": "http://www.oasis-open.org/committees/security"}
    return (at or party.provider.first).call("POST", ARTIFACT, headers, body)


def opened(party: SamlParty, answer: Answer) -> Element:
    """The ArtifactResponse, as far as it is signed."""
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8"), answer
    inner = xml.read(answer.body).find(f"{SOAP('Body')}/{SAMLP('ArtifactResponse')}")
    assert inner is not None
    expected = signxml.SignatureConfiguration(location="./", expect_references=1)  # ours reads no two signatures
    pem = f"-----BEGIN CERTIFICATE-----\n{certificates_of(party.provider)[0]}\n-----END CERTIFICATE-----"
    verified = signxml.XMLVerifier().verify(
        etree.tostring(inner), x509_cert=pem, id_attribute="ID", expect_config=expected
    )
    assert not isinstance(verified, list)
    found = verified.signed_xml
    assert found is not None
    assert found.get("InResponseTo") == party.sent[-1]
    return found


def outcome(found: Element) -> tuple[str, ...]:
    status = found.find(SAMLP("Status"))
    assert status is not None
    return tuple((each.get("Value") or "").rpartition(":")[2] for each in status.iter(SAMLP("StatusCode")))


def message(party: SamlParty, answer: Answer) -> SamlAnswer | None:
    """What stood for it, verified by itself; None: nothing did."""
    found = opened(party, answer)
    inner = found.find(SAMLP("Response"))
    if inner is None:
        assert outcome(found) == ("Success",)  # core 3.5.3
        return None
    again = xml.read(xml.written(inner))
    certificates = [read_certificate(text) for text in certificates_of(party.provider)]
    return SamlAnswer(xml.verify(again, certificates, place=1), {}, "")


def is_empty(party: SamlParty, answer: Answer) -> bool:
    return message(party, answer) is None


def refused(answer: Answer) -> bool:
    """A fault, one and the same, that says nothing (bindings 3.2.3.3)."""
    return answer.status == 403 and b"Client</faultcode>" in answer.body and b"SAML:2.0:protocol" not in answer.body


@pytest.mark.honest("X15", "S23")
def test_a_service_fetches_what_the_browser_brought_the_reference_of_once(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    page = browser.follow(browser.get(party.address()))
    assert page.location.startswith("https://keihi.example/acs?x=1&SAMLart=")
    assert (page.query["RelayState"], page.body) == ("back here", b"")
    artifact = artifact_of(page)
    raw = base64.b64decode(artifact)
    assert (len(raw), raw[:4], raw[4:24]) == (44, b"\x00\x04\x00\x00", sha1(IDP.encode()).digest())
    told = message(party, resolve(party, asking(party, artifact), at=provider.second))
    assert told is not None
    assert told.status == ("Success",)
    assert told.root.get("InResponseTo") == party.sent[0]
    assert told.root.get("Destination") == "https://keihi.example/acs?x=1"
    assert told.attributes["mail"] == ["taro@aoba.example"]
    for worker in (provider.first, provider.second):
        assert is_empty(party, resolve(party, asking(party, artifact), at=worker))
    assert provider.count("artifacts") == 0


def test_what_waits_is_sealed_and_is_named_by_no_secret(provider: Provider) -> None:
    party = registered(provider)
    artifact = given(party, provider.browser())
    with provider.open() as unit:
        rows = unit.lane.execute("SELECT * FROM artifacts", {}).fetchall()
    text = repr([tuple(row) for row in rows])
    assert len(rows) == 1
    assert artifact not in text
    assert not re.search("taro|Assertion", text)


def test_it_is_fetched_from_a_worker_that_was_started_since(provider: Provider) -> None:
    party = registered(provider)
    artifact = given(party, provider.browser())
    later = provider.worker()
    try:
        assert message(party, resolve(party, asking(party, artifact), at=later)) is not None
    finally:
        later.close()


@pytest.mark.attack("X15", "S23")
def test_after_a_minute_there_is_nothing(alone: Provider) -> None:
    party, browser = registered(alone), alone.browser()
    first = given(party, browser)
    alone.clock.advance(seconds=59)
    assert not is_empty(party, resolve(party, asking(party, first)))
    second = given(party, browser)
    alone.clock.advance(seconds=60)
    assert is_empty(party, resolve(party, asking(party, second)))


@pytest.mark.attack("X15", "S23")
def test_another_service_gets_nothing_and_takes_nothing_away(alone: Provider) -> None:
    party, other = registered(alone), registered(alone, "other")
    artifact = given(party, alone.browser())
    assert is_empty(other, resolve(other, asking(other, artifact)))
    assert not is_empty(party, resolve(party, asking(party, artifact)))


@pytest.mark.attack("X15", "S23")
def test_a_guess_is_answered_as_what_is_used_is(alone: Provider) -> None:
    party = registered(alone)
    artifact = given(party, alone.browser())
    raw = base64.b64decode(artifact)
    guesses = [
        base64.b64encode(raw[:-1] + bytes([raw[-1] ^ 1])).decode(),
        base64.b64encode(b"\x00\x01" + raw[2:]).decode(),
        base64.b64encode(raw[:24]).decode(),
        base64.b64encode(raw + b"\x00").decode(),
        "AAQAAA==",
        "not base64 !",
        "x" * 2_000,
    ]
    for guess in guesses:
        assert is_empty(party, resolve(party, asking(party, guess))), guess
    assert not is_empty(party, resolve(party, asking(party, artifact)))


@pytest.mark.attack("X15", "S23", "X2")
def test_nobody_who_has_not_signed_rightly_learns_anything_or_uses_it_up(alone: Provider) -> None:
    party = registered(alone)
    artifact = given(party, alone.browser())
    late, now = alone.clock.now_us() - 301 * SECOND, alone.clock.now_us()
    for answer in (
        resolve(party, asking(party, artifact), pair=None),
        resolve(party, asking(party, artifact), pair=FOREIGN),
        resolve(party, asking(party, artifact, issuer="https://nobody.example/saml")),
        resolve(party, asking(party, artifact, Destination=f"{BASE_URL}/t/midori/saml/artifact")),
        resolve(party, asking(party, artifact, Destination=None)),
        resolve(party, asking(party, artifact, IssueInstant=rfc3339(late))),
        resolve(party, asking(party, artifact, IssueInstant=rfc3339(now + 301 * SECOND))),
        resolve(party, asking(party, artifact), kind="application/x-www-form-urlencoded"),
        alone.first.call("POST", ARTIFACT, {"content-type": "text/xml"}, b"<x/>"),
        alone.first.call("POST", ARTIFACT, {"content-type": "text/xml"}, b""),
        alone.first.call("POST", f"{ARTIFACT}?SAMLart=x", {"content-type": "text/xml"}, b"<x/>"),
    ):
        assert refused(answer), answer
    assert alone.first.call("GET", ARTIFACT).status == 405
    assert not is_empty(party, resolve(party, asking(party, artifact)))


@pytest.mark.attack("X9", "S8", "X15", "S23")
def test_a_request_that_is_sent_twice_is_taken_once(alone: Provider) -> None:
    party, browser = registered(alone), alone.browser()
    request = asking(party, given(party, browser), ID="_twice")
    assert not is_empty(party, resolve(party, request))
    again = asking(party, given(party, browser), ID="_twice")
    assert refused(resolve(party, again))


@pytest.mark.attack("X15", "S23")
def test_of_many_who_fetch_it_at_once_one_gets_it(provider: Provider) -> None:
    """Over the database alone: as many processes would."""
    party = registered(provider)
    artifact = given(party, provider.browser())
    others = [main.open_units(provider.settings) for _ in range(2)]

    def take(number: int) -> bool:
        try:
            with others[number % 2].open(provider.tenant(), actor=SYSTEM) as unit:
                return artifacts.take(unit, artifact, service_id=party.service_id) is not None
        except Failure:
            return False

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, range(8)))
    for each in others:
        each.database.close()
    assert taken.count(True) == 1


@pytest.mark.attack("X15", "S23")
@pytest.mark.parametrize("act", ["suspend", "disable", "unassign", "sign_out"])
def test_what_no_longer_holds_is_not_told(alone: Provider, act: str) -> None:
    party, browser = registered(alone), alone.browser()
    artifact = given(party, browser)
    with alone.open() as unit:
        if act == "disable":
            users.disable(unit, alone.user())
        elif act == "unassign":
            federation.change(unit, party.service_id, {"assignment_required": True}, production=False)
        elif act == "sign_out":
            users.end_generation(unit, alone.user())
    if act == "suspend":
        alone.suspend()
    found = opened(party, resolve(party, asking(party, artifact)))
    assert outcome(found) == codes(Status.RESPONDER, Status.REQUEST_DENIED)
    assert found.find(SAMLP("Response")) is None
    said = found.findtext(f"{SAMLP('Status')}/{SAMLP('StatusMessage')}")
    reasons = {"suspend": "contract_suspended", "disable": "id_disabled", "unassign": "not_assigned"}
    assert said == reasons.get(act, "What it stood for no longer holds.")
    assert is_empty(party, resolve(party, asking(party, artifact)))  # used up all the same


def test_a_service_that_is_disabled_is_nobody(alone: Provider) -> None:
    party = registered(alone)
    artifact = given(party, alone.browser())
    with alone.open() as unit:
        federation.disable(unit, party.service_id)
    assert refused(resolve(party, asking(party, artifact)))


def test_errors_come_by_reference_too(alone: Provider) -> None:
    party = registered(alone)
    page = alone.browser().get(party.address(IsPassive="true"))
    told = message(party, resolve(party, asking(party, artifact_of(page))))
    assert told is not None
    assert told.status == codes(Status.RESPONDER, Status.NO_PASSIVE)


def test_a_service_that_takes_both_is_answered_as_it_asks(alone: Provider) -> None:
    acs = [
        {"url": "https://keihi.example/post", "binding": "HTTP-POST", "index": 0},
        {"url": "https://keihi.example/art", "binding": BY_REFERENCE, "index": 1},
    ]
    party, browser = register(alone, pair=THEIRS, acs=acs), alone.browser()
    assert party.sign_on(browser).action == "https://keihi.example/post"
    for asked in (
        {"AssertionConsumerServiceIndex": "1"},
        {"ProtocolBinding": BY_REFERENCE},
        {"AssertionConsumerServiceURL": "https://keihi.example/art"},
    ):
        page = browser.get(party.address(**asked))
        assert page.location.startswith("https://keihi.example/art?SAMLart="), asked
    wrong = browser.get(
        party.address(ProtocolBinding=BY_REFERENCE, AssertionConsumerServiceURL="https://keihi.example/post")
    )
    assert (wrong.status, wrong.location) == (400, "")


def test_whoever_is_denied_reads_it_and_carries_no_reference(alone: Provider) -> None:
    party, browser = registered(alone, assignment_required=True), alone.browser()
    page = browser.follow(browser.get(party.address()))
    assert (page.status, "SAMLart" in page.text, "SAMLResponse" in page.text) == (403, False, False)
    assert alone.count("artifacts") == 0


def test_our_metadata_says_where(one: Provider) -> None:
    text = one.get("/t/aoba/saml/metadata").text
    (found,) = re.findall(r"<md:ArtifactResolutionService ([^>]*)/>", text)
    assert f'Location="{BASE_URL}{ARTIFACT}"' in found
    assert 'index="0"' in found
