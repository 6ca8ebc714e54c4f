"""Consent at services of SAML: asked for in words, given, refused, remembered; and asked for again when it grows."""

import re
from typing import Any

import pytest
from tests.support.in_process import Answer
from tests.support.party import SAME_ORIGIN, Browser
from tests.support.provider import Provider
from tests.support.saml_party import SamlParty, codes, register
from tests.support.sign_in import Form, Page

from idp import federation, users
from idp.saml.model import Status
from idp.web.languages import Language
from idp.web.wording import Wording

ENGLISH = {"accept-language": "en"}
EMAIL = {"name": "mail", "source": "email"}
GROUPS = {"name": "groups", "source": "groups"}
NO_PASSIVE = codes(Status.RESPONDER, Status.NO_PASSIVE)
DENIED = codes(Status.RESPONDER, Status.REQUEST_DENIED)


def asking(provider: Provider, **saml: Any) -> SamlParty:
    return register(provider, consent="required", **{"attributes": [EMAIL], **saml})


def shown(browser: Browser, party: SamlParty, answer: Answer | None = None) -> tuple[Answer, Form]:
    """The page, to which a new request leads, or the one that was answered so."""
    answer = answer or browser.get(party.address())
    while answer.location:
        answer = browser.get(answer.location, **ENGLISH)
        if "login-form" in Page(answer.text).forms:
            answer = browser.sign_in(browser.form(answer))
    return answer, browser.form(answer, "consent-form")


def refused(answer: Answer) -> bool:
    return answer.status in (400, 403) and not answer.location and 'id="error-page"' in answer.text


@pytest.mark.honest("A21")
def test_a_person_is_asked_once_in_words_and_withdraws_it_on_their_page(provider: Provider) -> None:
    party, browser = asking(provider), provider.browser()
    page, form = shown(browser, party)
    for words in ("A number that identifies you", "Your email address", "keihi", "keihi.example", "taro@aoba.example"):
        assert words in page.text
    assert "person." not in page.text
    answer = party.read(browser.press(form, "consent-allow"))
    assert (answer.status, answer.attributes["mail"]) == (("Success",), ["taro@aoba.example"])
    assert party.read(browser.get(party.address(IsPassive="true"))).status == ("Success",)
    mine = browser.get("/t/aoba/", **ENGLISH)
    assert "A number that identifies you · Your email address" in mine.text
    withdraw = next(form for form in _forms(mine) if form["act"] == "withdraw")
    browser.post("/t/aoba/portal", withdraw)
    assert party.read(browser.get(party.address(IsPassive="true"))).status == NO_PASSIVE
    assert "/saml/consent?" in browser.get(party.address()).location
    assert {"consent.given", "consent.withdrawn"} <= set(provider.events())


def _forms(page: Answer) -> list[dict[str, str]]:
    found = re.findall(r"<form[^>]*>(.*?)</form>", page.text, re.DOTALL)
    return [dict(re.findall(r'name="([^"]*)" value="([^"]*)"', each)) for each in found]


@pytest.mark.attack("A21")
def test_what_was_allowed_does_not_cover_more_and_less_needs_no_new_question(alone: Provider) -> None:
    party, browser = asking(alone), alone.browser()
    browser.press(shown(browser, party)[1], "consent-allow")
    change(alone, party, attributes=[EMAIL, GROUPS])
    assert party.read(browser.get(party.address(IsPassive="true"))).status == NO_PASSIVE
    page, form = shown(browser, party)
    assert "Your groups" in page.text
    browser.press(form, "consent-allow")
    change(alone, party, attributes=[{**GROUPS, "name": "member"}])
    assert party.read(browser.get(party.address())).status == ("Success",)
    change(alone, party, nameid_format="unspecified", nameid_source="user_name")  # the name is told as well
    page, form = shown(browser, party)
    assert "Your user name" in page.text
    browser.press(form, "consent-allow")
    change(alone, party, subject_id="subject-id")  # by which services put together what they know
    assert "The identifier of your account" in shown(browser, party)[0].text


def change(provider: Provider, party: SamlParty, **saml: Any) -> None:
    with provider.open() as unit:
        federation.change(unit, party.service_id, {"saml": saml}, production=False)


@pytest.mark.attack("A21")
def test_a_no_is_told_to_the_service_ends_the_request_and_is_asked_again(alone: Provider) -> None:
    party, browser = asking(alone), alone.browser()
    _, form = shown(browser, party)
    answer = party.read(browser.press(form, "consent-deny"))
    assert (answer.status, answer.action, answer.fields["RelayState"]) == (DENIED, party.acs, "back here")
    assert answer.root.get("InResponseTo") == party.sent[-1]
    assert refused(browser.press(form, "consent-allow"))
    assert "/saml/consent?" in browser.get(party.address()).location
    assert (alone.count("consents"), alone.events().count("consent.denied")) == (0, 1)


def test_where_a_person_began_a_no_leads_back_to_their_page(alone: Provider) -> None:
    party, browser = asking(alone, idp_initiated=True), alone.browser()
    page = browser.get(f"/t/aoba/saml/init?sp={party.entity_id}")
    _, form = shown(browser, party, page)
    assert browser.press(form, "consent-deny").location.endswith("/t/aoba/")
    assert refused(browser.press(form, "consent-allow"))


@pytest.mark.attack("A21", "A24", "B1")
def test_a_form_of_another_request_person_browser_or_site_does_not_count(alone: Provider) -> None:
    party, browser = asking(alone), alone.browser()
    other = register(alone, "other", consent="required", attributes=[EMAIL, GROUPS])
    (_, one), (_, two) = shown(browser, party), shown(browser, other)
    assert refused(
        browser.press(
            Form("", one.action, {**one.fields, "csrf": two.fields["csrf"]}, {}, one.buttons), "consent-allow"
        )
    )
    assert refused(browser.press(one, "consent-allow", {**SAME_ORIGIN, "sec-fetch-site": "cross-site"}))
    stranger = alone.browser()
    stranger.follow(stranger.get(alone.party("web").address()))
    assert refused(stranger.press(one, "consent-allow"))
    assert refused(stranger.get(f"/t/aoba/saml/consent?interaction={one.fields['interaction']}"))
    assert refused(browser.get(f"/t/aoba/consent?interaction={one.fields['interaction']}"))
    assert alone.count("consents") == 0
    assert party.read(browser.press(one, "consent-allow")).status == ("Success",)


@pytest.mark.attack("A21")
def test_nothing_is_asked_and_nothing_kept_where_the_gate_says_no(alone: Provider) -> None:
    party, browser = asking(alone), alone.browser()
    _, form = shown(browser, party)
    with alone.open() as unit:
        federation.change(unit, party.service_id, {"assignment_required": True}, production=False)
    for answer in (
        browser.get(f"/t/aoba/saml/consent?interaction={form.fields['interaction']}"),
        browser.press(form, "consent-allow"),
    ):
        assert "/saml/continue?" in answer.location
        denied = browser.get(answer.location)
        assert denied.status == 403
        assert "not_assigned" in denied.text
    assert alone.count("consents") == 0


def test_everything_that_can_be_told_of_a_person_has_words() -> None:
    for language in Language:
        wording = Wording(language)
        assert [
            name for name in sorted(users.ATTRIBUTES) if wording.known("consent.attribute", name).endswith("other")
        ] == []
