"""Programs that sign people on by a password (profiles 4.2): pysaml2's own client, and everything that is refused."""

import base64
import itertools
import re
import shutil
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import pytest
from saml2 import ecp_client
from saml2.config import SPConfig
from saml2.samlp import authn_request_from_string
from tests.support.authenticator import enrolled
from tests.support.desk import Desk
from tests.support.filling import BASE_URL, PASSWORD
from tests.support.in_process import Answer
from tests.support.provider import Provider
from tests.support.saml_party import SamlAnswer, SamlParty, certificates_of, codes, register
from tests.support.xml_keys import Pair, rsa_pair

from idp import federation, main, xml
from idp.credentials import STRICT
from idp.kit.clock import SECOND, rfc3339
from idp.saml.model import Status
from idp.signing import SignatureAlg, read_certificate
from idp.xml import ECP, SAML, SAMLP, SOAP, Element

WHERE = "/t/aoba/saml/ecp"
PAOS = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"
ACS = "https://keihi.example/ecp"
BOTH = [{"url": "https://keihi.example/acs", "binding": "HTTP-POST"}, {"url": ACS, "binding": PAOS}]
MFA = "https://refeds.org/profile/mfa"
ACCEPT = "text/html,application/xhtml+xml,application/vnd.paos+xml"
DENIED = codes(Status.RESPONDER, Status.REQUEST_DENIED)


def registered(provider: Provider, name: str = "keihi", **changes: Any) -> SamlParty:
    return register(provider, name, **{"acs": BOTH, "ecp": True, **changes})


def basic(name: str = "taro@aoba.example", password: str = PASSWORD) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def asking(party: SamlParty, *extra: Element, **changes: str | None) -> Element:
    return party.request(*extra, **{"Destination": None, "AssertionConsumerServiceURL": ACS, **changes})


def send(
    party: SamlParty, request: Element, *, authorization: str | None = None, pair: Pair | None = None, **headers: str
) -> Answer:
    if pair is not None:
        xml.sign(request, pair.key, place=1, alg=SignatureAlg.RSA_SHA256)
    body = xml.written(SOAP.make("Envelope", SOAP.make("Body", request)))
    shown = basic() if authorization is None else authorization
    fields = {"content-type": "text/xml", "accept": ACCEPT, "authorization": shown, **headers}
    return party.provider.first.call("POST", WHERE, {name: text for name, text in fields.items() if text}, body)


def told(party: SamlParty, answer: Answer) -> SamlAnswer:
    """What the program carries to the service, verified; the address stands beside it."""
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8"), answer
    envelope = xml.read(answer.body)
    (header,) = envelope.findall(f"{SOAP('Header')}/{ECP('Response')}")
    assert dict(header.items()) == {
        "AssertionConsumerServiceURL": ACS,
        SOAP("mustUnderstand"): "1",
        SOAP("actor"): "http://schemas.xmlsoap.org/soap/actor/next",
    }
    (inner,) = envelope.findall(f"{SOAP('Body')}/{SAMLP('Response')}")
    certificates = [read_certificate(text) for text in certificates_of(party.provider)]
    return SamlAnswer(xml.verify(xml.read(xml.written(inner)), certificates, place=1), {}, ACS)


def fault(answer: Answer) -> tuple[int, str]:
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    root = xml.read(answer.body)
    assert root.find(f"{SOAP('Body')}/{SAMLP('Response')}") is None
    return answer.status, root.findtext(f"{SOAP('Body')}/{SOAP('Fault')}/faultstring") or ""


_NUMBERS = itertools.count(1)
UNTAKEN = (403, "The message cannot be taken.")
UNPROVED = (401, "The name or the password is not right.")


@dataclass
class _Sent:
    """As the client's library has it."""

    status_code: int
    text: str


@dataclass
class _Wire:
    provider: Provider
    seen: list[str] = field(default_factory=list)

    def __call__(self, url: str, method: str = "GET", **more: Any) -> _Sent:
        self.seen.append(url)
        headers = {name.lower(): value for name, value in more["headers"]}
        headers = {**headers, "authorization": basic(), "accept": ACCEPT}
        data = more["data"]
        body = data.encode() if isinstance(data, str) else data
        answer = self.provider.first.call(method, url.removeprefix(BASE_URL), headers, body)
        return _Sent(answer.status, answer.text)


def test_the_client_of_pysaml2_signs_somebody_on(provider: Provider) -> None:
    party = registered(provider)
    soap = "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"
    endpoint = f'<md:SingleSignOnService Binding="{soap}" Location="{BASE_URL}{WHERE}"/></md:IDPSSODescriptor>'
    metadata = provider.get("/t/aoba/saml/metadata").text.replace("</md:IDPSSODescriptor>", endpoint)
    metadata = re.sub(r'<ds:Signature .*?</ds:Signature>|validUntil="[^"]*"', "", metadata, flags=re.DOTALL)
    config = SPConfig().load(
        {
            "entityid": party.entity_id,
            "xmlsec_binary": shutil.which("xmlsec1"),
            "service": {"sp": {"endpoints": {}}},
            "metadata": {"inline": [metadata]},
        }
    )
    client = ecp_client.Client("taro@aoba.example", PASSWORD, config=config)
    client.metadata = config.metadata
    wire = _Wire(provider)
    client.send = wire
    request = authn_request_from_string(xml.written(asking(party)))
    response = client.phase2(request, ACS, f"{BASE_URL}/t/aoba/saml/metadata")
    assert wire.seen == [f"{BASE_URL}{WHERE}"]
    assert response.assertion[0].subject.name_id.text
    assert response.in_response_to == party.sent[-1]
    assert "sign_in.succeeded" in provider.events()


def test_a_program_is_told_what_a_browser_would_be(provider: Provider) -> None:
    party, browser = registered(provider), provider.browser()
    here, there = told(party, send(party, asking(party))), party.sign_on(browser)
    assert here.name_id.text == there.name_id.text
    assert here.attributes == there.attributes
    assert here.root.get("Destination") == ACS
    (data,) = here.assertion.iter(SAML("SubjectConfirmationData"))
    assert (data.get("Recipient"), data.get("InResponseTo")) == (ACS, party.sent[0])
    assert here.statement.get("SessionIndex") != there.statement.get("SessionIndex")
    again = told(party, send(party, asking(party, ForceAuthn="true", ProtocolBinding=PAOS)))
    assert again.status == ("Success",)


@pytest.mark.parametrize(
    "changes",
    [
        {"AssertionConsumerServiceURL": "https://keihi.example/acs"},
        {"AssertionConsumerServiceURL": "https://evil.example/ecp"},
        {"ProtocolBinding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"},
        {"Destination": f"{BASE_URL}/t/midori/saml/ecp"},
        {"Version": "1.1"},
    ],
)
@pytest.mark.attack("X1", "X9")
def test_a_request_that_is_not_for_a_program_is_not_taken(one: Provider, changes: dict[str, str]) -> None:
    party = registered(one, name=f"program{next(_NUMBERS)}")
    assert fault(send(party, asking(party, **changes))) == UNTAKEN


@pytest.mark.attack("X2", "X9")
def test_every_message_that_cannot_be_taken_is_answered_alike(alone: Provider) -> None:
    pair, foreign = rsa_pair("theirs"), rsa_pair("foreign")
    party = registered(alone, pair=pair, require_signed_requests=True)
    party.pair = None
    plain = register(alone, "plain", acs=[{"url": ACS.replace("keihi", "plain"), "binding": PAOS}, *BOTH[:1]])
    nobody = SamlParty(alone, "", "https://nobody.example/saml", ACS)
    now = alone.clock.now_us()
    answers = [
        send(party, asking(party)),
        send(party, asking(party), pair=foreign),
        send(party, asking(party, IssueInstant=rfc3339(now - 301 * SECOND)), pair=pair),
        send(plain, asking(plain, AssertionConsumerServiceURL=ACS.replace("keihi", "plain"))),  # not registered for it
        send(nobody, asking(nobody)),
        send(party, SAMLP.make("LogoutRequest", SAML.make("Issuer", party.entity_id), ID="_x", Version="2.0")),
        send(party, asking(party), **{"content-type": "application/x-www-form-urlencoded"}),
    ]
    assert {fault(each) for each in answers} == {UNTAKEN}
    with alone.open() as unit:
        federation.disable(unit, party.service_id)
    assert fault(send(party, asking(party), pair=pair)) == UNTAKEN
    with alone.open() as unit:
        federation.enable(unit, party.service_id)
    assert told(party, send(party, asking(party), pair=pair)).status == ("Success",)


@pytest.mark.attack("X9")
def test_a_request_is_good_once(alone: Provider) -> None:
    party = registered(alone)
    assert told(party, send(party, asking(party, ID="_once"))).status == ("Success",)
    assert fault(send(party, asking(party, ID="_once"))) == UNTAKEN


@pytest.mark.attack("X16")
def test_every_password_that_is_not_right_is_answered_alike_and_counted(alone: Provider) -> None:
    party = registered(alone)
    wrong = [
        basic(password="wrong"),
        basic("nobody@aoba.example"),
        basic("saburo@aoba.example"),  # disabled
        basic("jiro@aoba.example"),  # has none
        "Bearer x",
        "Basic !",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Basic " + "x" * 5_000,
        "x",
    ]
    for shown in wrong:
        answer = send(party, asking(party), authorization=shown)
        assert fault(answer) == UNPROVED, shown
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert alone.events().count("sign_in.failed") == 4
    assert alone.count("sessions") == 0


@pytest.mark.attack("X16")
def test_guesses_are_counted_with_those_at_the_sign_in_page(alone: Provider) -> None:
    with patch.object(main, "WIDE", STRICT):
        party = registered(alone)
        statuses = [send(party, asking(party), authorization=basic(password=f"guess{n}")).status for n in range(11)]
    assert statuses == [401] * 10 + [429]
    answer = send(party, asking(party))  # the right one does not get through either
    assert (answer.status, 1 <= int(answer.headers["retry-after"]) <= 30) == (429, True)
    browser = alone.browser()
    assert browser.sign_in(browser.login_page(alone.party("web"))).status == 429


def test_whoever_has_a_second_factor_is_told_to_use_a_browser(alone: Provider) -> None:
    party = registered(alone)
    enrolled(alone)
    status, text = fault(send(party, asking(party)))
    assert (status, "second factor" in text) == (403, True)
    assert fault(send(party, asking(party), authorization=basic(password="wrong"))) == UNPROVED
    assert alone.count("sessions") == 0


def test_where_a_second_factor_consent_or_terms_are_wanted_a_program_is_no_way(alone: Provider) -> None:
    party, desk = registered(alone), Desk.of(alone)
    wanted = SAMLP.make("RequestedAuthnContext", SAML.make("AuthnContextClassRef", MFA), Comparison="exact")
    browser_wanted = (403, "More than a password is needed: sign in with a browser.")
    assert fault(send(party, asking(party, wanted))) == browser_wanted
    rule = {"name": "two", "effect": "step_up", "services": [party.service_id], "when": {"all": []}, "require": ["mfa"]}
    desk.put_in_force(rule)
    assert fault(send(party, asking(party))) == browser_wanted
    desk.put_in_force()
    with alone.open() as unit:
        federation.change(unit, party.service_id, {"consent": "required"}, production=False)
    assert fault(send(party, asking(party))) == browser_wanted
    with alone.open() as unit:
        rows = unit.lane.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL", {}).fetchone()
    assert rows[0] == 0


@pytest.mark.parametrize("act", ["suspend", "unassign", "deny"])
def test_the_gate_is_asked_as_in_a_browser(alone: Provider, act: str) -> None:
    party = registered(alone)
    if act == "suspend":
        alone.suspend()
    elif act == "unassign":
        with alone.open() as unit:
            federation.change(unit, party.service_id, {"assignment_required": True}, production=False)
    else:
        rule = {"name": "no", "effect": "deny", "services": [party.service_id], "when": {"all": []}}
        Desk.of(alone).put_in_force(rule)
    answer = told(party, send(party, asking(party)))
    reasons = {"suspend": "contract_suspended", "unassign": "not_assigned", "deny": "policy_denied"}
    assert answer.status == DENIED
    assert answer.root.findtext(".//{*}StatusMessage") == reasons[act]
    assert ("access.refused" in alone.events()) is (act != "suspend")


def test_it_is_off_unless_a_service_is_registered_for_it_and_has_an_address() -> None:
    document = {"name": "x", "protocol": "saml", "saml": {"entity_id": "https://x.example", "acs": BOTH}}
    draft = federation.read(document, production=True)
    assert draft.saml is not None
    assert draft.saml.ecp is False
    wrong: dict[str, Any] = {**document, "saml": {**document["saml"], "acs": BOTH[:1], "ecp": True}}  # type: ignore[dict-item]
    with pytest.raises(Exception, match="wrong") as refused:
        federation.read(wrong, production=True)
    assert refused.value.errors[0].pointer == "/saml/ecp"  # type: ignore[attr-defined]
