"""Services of SAML that take a logout by SOAP are told directly, whatever ended the session (profiles 4.4.3.3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.support.filling import BASE_URL, GOODBYE, cheaply_hashed
from tests.support.in_process import Answer
from tests.support.outside import Asked, Outside, answer, outside
from tests.support.party import Browser, claims
from tests.support.provider import Provider, Source
from tests.support.registered import register as register_oidc
from tests.support.saml_logouts import THEIRS, answered, asked, by_redirect, redirected, registered, signed, status_of
from tests.support.saml_logouts import visit as visited
from tests.support.saml_party import IDP, SamlAnswer, SamlParty, certificates_of
from tests.support.sign_in import Page
from tests.support.xml_keys import Pair, rsa_pair

from idp import contracts, credentials, delivery, main, saml, users, xml
from idp.access import FactMemory
from idp.delivery import Delivery, Status
from idp.federation import Binding
from idp.kit.clock import FixedClock, SystemClock, instant
from idp.saml.model import Status as Code
from idp.signing import KeyRing, read_certificate
from idp.xml import SAML, SAMLP, SOAP, Element

END = "/t/aoba/end_session"
BOTH = [{"url": "https://keihi.example/slo", "binding": Binding.REDIRECT.value}]


@dataclass
class Told:
    """A provider, the services' own server, and the worker that tells them."""

    provider: Provider
    there: Outside
    machine: FixedClock

    def party(self, name: str = "keihi", **more: Any) -> SamlParty:
        """It confirms what it is asked, unless its page is changed."""
        path = f"/{name}"
        slo = [{"url": self.there.url(path), "binding": Binding.SOAP.value}, *more.pop("besides", [])]
        made = registered(self.provider, name, slo=slo, **more)
        self.there.pages[path] = lambda call: envelope(signed(answered(made, self.read(call))))
        return made

    def read(self, call: Asked) -> Element:
        """What it was asked, verified by our metadata."""
        assert (call.method, call.headers["content-type"]) == ("POST", "text/xml; charset=utf-8")
        assert call.headers["soapaction"] == '"http://www.oasis-open.org/committees/security"'
        request = xml.read(call.body)[0][0]
        xml.refuse_unlike(request, SAMLP("LogoutRequest"))
        certificates = [read_certificate(text) for text in self._certificates()]
        return xml.verify(request, certificates, place=1)

    def _certificates(self) -> list[str]:
        if not hasattr(self, "_kept"):
            self._kept = certificates_of(self.provider)
        return self._kept

    def requests(self, path: str = "/keihi") -> list[Element]:
        return [self.read(call) for call in self.there.asked if call.path == path]

    def names(self, path: str = "/keihi") -> list[tuple[str, list[str]]]:
        return [
            (each.findtext(SAML("NameID")) or "", [index.text or "" for index in each.iterfind(SAMLP("SessionIndex"))])
            for each in self.requests(path)
        ]

    def sign_on(self, party: SamlParty, browser: Browser) -> SamlAnswer:
        self._certificates()  # a server of theirs asks nobody while it answers
        return party.sign_on(browser)

    def work(self) -> None:
        """What `idp worker` does within a few seconds."""
        for _ in range(2):
            for job in main.jobs(self.provider.settings, self.provider.units, leaving=lambda: False):
                job()

    def later(self, **span: float) -> None:
        self.machine.advance(**span)
        units, egress = self.provider.units, main.open_egress(self.provider.settings)
        told_directly = saml.DirectLogout(units, FactMemory(units, KeyRing()), egress, base_url=BASE_URL)
        delivery.Dispatcher(units, [told_directly], clock=self.machine)()

    def outbox(self) -> list[Delivery]:
        with self.provider.open() as unit:
            return [row for row in delivery.pending(unit, limit=500) if row.event == "session.ended"]


def envelope(message: Element) -> bytes:
    return answer(xml.written(SOAP.make("Envelope", SOAP.make("Body", message))), content_type="text/xml")


def known(answer: SamlAnswer) -> tuple[str, list[str]]:
    return answer.name_id.text or "", [answer.statement.get("SessionIndex") or ""]


def leave(browser: Browser) -> Answer:
    """By our own page."""
    return browser.press(Page(browser.get(END).text).forms["logout-form"], "logout-confirm")


@contextmanager
def telling(source: Source, path: Path) -> Iterator[Told]:
    with outside(path) as there, source.provider(path) as made:
        made.settings = made.settings.model_copy(update={"extra_ca_file": there.ca, "egress_allow": "localhost"})
        yield Told(made, there, FixedClock(instant(SystemClock().now_us())))


@pytest.fixture
def told(source: Source, tmp_path: Path) -> Iterator[Told]:
    with telling(source, tmp_path) as made:
        yield made


@pytest.fixture
def told_here(embedded: Source, tmp_path: Path) -> Iterator[Told]:
    """Where the database plays no part."""
    with telling(embedded, tmp_path) as made:
        yield made


def test_a_service_is_told_before_the_page_comes_back_and_nobody_is_taken_there(told: Told) -> None:
    party, browser = told.party(besides=BOTH), told.provider.browser()
    answers = [told.sign_on(party, browser) for _ in range(2)]
    page = leave(browser)
    assert (page.status, 'id="logged-out"' in page.text) == (200, True)
    (request,) = told.requests()
    assert (request.findtext(SAML("Issuer")), request.get("Destination")) == (IDP, told.there.url("/keihi"))
    assert told.names() == [(answers[0].name_id.text, [index for each in answers for index in known(each)[1]])]
    (row,) = told.outbox()
    assert request.get("ID") == f"_{row.id}.0"
    assert (row.status, row.attempts, row.receiver) == (Status.DELIVERED, 1, party.service_id)
    told.work()
    assert len(told.there.asked) == 1


@pytest.mark.attack("B10")
def test_whatever_ends_a_session_the_service_is_told_under_the_name_that_it_knows(told: Told) -> None:
    provider, party = told.provider, told.party(nameid_format="emailAddress")

    def used() -> SamlAnswer:
        browser = provider.browser()
        browser.user, browser.password = "hanako@aoba.example", "another-Passw0rd!" if changed else browser.password
        return told.sign_on(party, browser)

    changed = False
    expected = [known(used())]
    with provider.open() as unit:
        credentials.set_password(unit, provider.user("hanako"), cheaply_hashed("another-Passw0rd!"))
    told.work()
    assert told.names() == expected
    changed = True
    expected.append(known(used()))
    with provider.open() as unit:
        users.disable(unit, provider.user("hanako"))
    told.work()
    assert told.names() == expected
    with provider.open() as unit:
        users.enable(unit, provider.user("hanako"))
    expected.append(known(used()))
    with provider.open() as unit:
        users.delete(unit, provider.user("hanako"))  # nobody knows her address here any more
    told.work()
    assert told.names() == expected
    expected.append(known(told.sign_on(party, provider.browser())))
    provider.suspend()
    told.work()
    assert told.names() == expected


def test_the_end_of_a_contract_tells_the_services_and_a_name_for_once_is_its_own(told_here: Told) -> None:
    party, browser = told_here.party(nameid_format="transient"), told_here.provider.browser()
    answers = [told_here.sign_on(party, browser) for _ in range(2)]
    with told_here.provider.platform() as unit:
        contracts.terminate(unit, told_here.provider.contract(), reason="unpaid")
    told_here.work()
    assert sorted(told_here.names()) == sorted(map(known, answers))
    (row,) = told_here.outbox()
    assert [each.get("ID") for each in told_here.requests()] == [f"_{row.id}.0", f"_{row.id}.1"]


def test_who_begins_a_logout_of_saml_ends_it_at_services_of_openid_connect(told: Told) -> None:
    told.there.pages["/back"] = answer(b"")
    party, other, browser = told.party(besides=BOTH), told.party("kintai"), told.provider.browser()
    web = register_oidc(told.provider, "told", backchannel_logout_uri=told.there.url("/back"))
    hint = web.tokens(browser)["id_token"]
    begun, seen = told.sign_on(party, browser), told.sign_on(other, browser)
    page = browser.get(by_redirect(asked(party, begun)))
    assert page.location.startswith("https://keihi.example/slo?SAMLResponse=")
    assert sorted(call.path for call in told.there.asked) == ["/back", "/kintai"]  # and not the one that has asked
    assert told.names("/kintai") == [known(seen)]
    token = next(call.body for call in told.there.asked if call.path == "/back").decode().partition("=")[2]
    assert claims(token)["sid"] == claims(hint)["sid"]


def test_who_begins_a_logout_of_openid_connect_ends_it_at_services_of_saml(told: Told) -> None:
    party, browser = told.party(), told.provider.browser()
    hint = told.provider.party("web").tokens(browser)["id_token"]
    seen = told.sign_on(party, browser)
    page = browser.get(f"{END}?id_token_hint={hint}&post_logout_redirect_uri={GOODBYE}")
    assert (page.status, page.location) == (303, GOODBYE)
    assert told.names() == [known(seen)]


def test_an_outage_is_waited_out_and_meanwhile_the_browser_goes_there(told_here: Told) -> None:
    told, party = told_here, told_here.party(besides=BOTH)
    honest, browser = told.there.pages["/keihi"], told.provider.browser()
    seen = told.sign_on(party, browser)
    told.there.pages["/keihi"] = answer(b"", status=503)
    shown = visited(told.provider, browser.follow(leave(browser)))
    assert (shown.name, shown.indexes) == known(seen)
    (row,) = told.outbox()
    assert (row.status, row.error) == (Status.PENDING, "http_503")
    told.there.pages["/keihi"] = honest
    told.later(hours=1)
    first, second = told.requests()
    assert first.get("ID") == second.get("ID") == f"_{row.id}.0"
    assert told.outbox()[0].status is Status.DELIVERED


def test_who_cannot_be_told_in_time_makes_the_logout_partial(told_here: Told) -> None:
    told, browser = told_here, told_here.provider.browser()
    party, other = registered(told.provider, "begins"), told.party()
    begun = party.sign_on(browser)
    told.sign_on(other, browser)
    told.there.pages["/keihi"] = answer(b"", status=503)
    page = browser.get(by_redirect(asked(party, begun)))
    assert status_of(redirected(party, page)) == ("Success", "PartialLogout")


def _said(party: SamlParty, request: Element, pair: Pair | None, **changes: Any) -> bytes:
    said = answered(party, request, **changes)
    return envelope(said if pair is None else signed(said, pair))


def _fault(code: str) -> bytes:
    made = SOAP.make("Fault")
    etree.SubElement(made, "faultcode").text = f"soap:{code}"
    whole = SOAP.make("Envelope", SOAP.make("Body", made))
    return answer(xml.written(whole), status=500, content_type="text/xml")


# what the service says: the keys and changes of its answer, and what becomes of the delivery
ANSWERS: dict[str, tuple[Pair | None, dict[str, Any], Status, str | None]] = {
    "unsigned": (None, {}, Status.DELIVERED, None),
    "nobody there": (THEIRS, {"status": (Code.REQUESTER, Code.UNKNOWN_PRINCIPAL)}, Status.DELIVERED, None),
    "others there": (THEIRS, {"status": (Code.SUCCESS, Code.PARTIAL_LOGOUT)}, Status.DELIVERED, None),
    "a fault of its own": (THEIRS, {"status": (Code.RESPONDER,)}, Status.PENDING, "not_confirmed"),
    "a no": (THEIRS, {"status": (Code.REQUESTER, Code.REQUEST_DENIED)}, Status.FAILED, "not_confirmed"),
    "signed by a stranger": (rsa_pair("stranger"), {}, Status.FAILED, "answer_not_by_a_registered_key"),
    "to something else": (THEIRS, {"InResponseTo": "_other"}, Status.FAILED, "answer_of_another"),
    "of somebody else": (None, {"issuer": "https://other.example/"}, Status.FAILED, "answer_of_another"),
    "to nothing": (THEIRS, {"InResponseTo": None}, Status.FAILED, "answer_in_response_to"),
}


@pytest.mark.attack("X14", "S15")
def test_what_a_service_answers_is_believed_as_far_as_it_answers(told_here: Told) -> None:
    told, party = told_here, told_here.party()
    pages: dict[str, tuple[Any, Status, str | None]] = {
        name: (lambda call, pair=pair, changes=changes: _said(party, told.read(call), pair, **changes), status, error)
        for name, (pair, changes, status, error) in ANSWERS.items()
    }
    pages |= {
        "not XML": (answer(b"bye"), Status.FAILED, None),
        "a page": (answer(b"<html/>", content_type="text/html"), Status.FAILED, "answer_wrong_root"),
        "our fault": (_fault("Client"), Status.FAILED, "soap_fault"),
        "their fault": (_fault("Server"), Status.PENDING, "http_500"),
        "a DTD": (answer(b"<!DOCTYPE a><a/>", status=500), Status.PENDING, "http_500"),
        "nowhere": (answer(b"", status=404), Status.FAILED, "http_404"),
    }
    for name, (page, status, error) in pages.items():
        browser = told.provider.browser()
        told.sign_on(party, browser)
        told.there.pages["/keihi"] = page
        assert leave(browser).status == 200
        row = told.outbox()[-1]
        assert row.status is status, (name, row)
        assert error is None or row.error == error, (name, row)
        if row.status is Status.PENDING:
            told.there.pages["/keihi"] = answer(b"", status=410)
            told.later(hours=2)


def test_a_service_that_is_gone_or_knows_nobody_any_more_holds_up_nothing(told_here: Told) -> None:
    told, party, browser = told_here, told_here.party(), told_here.provider.browser()
    told.sign_on(party, browser)
    told.there.pages["/keihi"] = answer(b"", status=503)
    leave(browser)
    with told.provider.open() as unit:
        unit.lane.execute(f"DELETE FROM grants WHERE tenant_id = '{unit.tenant}'", {})  # swept, days later
    told.later(hours=1)
    assert (told.outbox()[0].status, told.outbox()[0].error) == (Status.FAILED, delivery.OVERTAKEN)


def test_a_service_that_asks_directly_hears_who_could_not_be_told(told_here: Told) -> None:
    told, browser = told_here, told_here.provider.browser()
    party, walked = told.party(), registered(told.provider, "walked")
    begun = told.sign_on(party, browser)
    walked.sign_on(browser)
    body = xml.written(SOAP.make("Envelope", SOAP.make("Body", signed(asked(party, begun)))))
    reply = told.provider.first.call("POST", "/t/aoba/saml/slo", {"content-type": "text/xml"}, body)
    assert status_of(xml.read(reply.body)) == ("Success", "PartialLogout")
    assert told.there.asked == []
    said = xml.written(SOAP.make("Envelope", SOAP.make("Body", signed(answered(party, asked(party, begun))))))
    assert told.provider.first.call("POST", "/t/aoba/saml/slo", {"content-type": "text/xml"}, said).status == 500
