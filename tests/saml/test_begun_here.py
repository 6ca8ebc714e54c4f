"""Sign-on that nobody has asked for: for services that are registered to take it, and for no other (profiles 4.1.5)."""

from urllib.parse import quote

import pytest
from tests.support.party import Browser
from tests.support.provider import Provider
from tests.support.saml_party import SamlParty, register
from tests.support.sign_in import Page

from idp import federation
from idp.xml import SAML


def begun(party: SamlParty, **more: str) -> str:
    more = {"sp": party.entity_id, **more}
    return "/t/aoba/saml/init?" + "&".join(f"{name}={quote(value, safe='')}" for name, value in more.items())


@pytest.mark.attack("X13")
def test_a_service_that_takes_it_is_told_who_is_there_and_that_it_has_not_asked(one: Provider) -> None:
    party, browser = register(one, "begun", idp_initiated=True), one.browser()
    first = browser.get(begun(party, RelayState="deep/link"))
    assert "/signin?" in first.location
    answer = party.read(browser.follow(first))
    assert (answer.status, answer.action, answer.fields["RelayState"]) == (("Success",), party.acs, "deep/link")
    assert answer.root.get("InResponseTo") is None
    assert all(each.get("InResponseTo") is None for each in answer.root.iter(SAML("SubjectConfirmationData")))
    again = [party.read(browser.get(begun(party))) for _ in range(2)]
    assert {each.name_id.text for each in again} == {answer.name_id.text}
    assert party.sign_on(browser).root.get("InResponseTo") == party.sent[-1]


@pytest.mark.attack("X13")
def test_no_other_service_is_told_anything(signed_on: tuple[SamlParty, Browser]) -> None:
    party, browser = signed_on
    addresses = [
        begun(party),
        begun(party, sp="https://nobody.example/saml"),
        "/t/aoba/saml/init",
        "/t/aoba/saml/init?sp=",
        f"{begun(party)}&sp=x",
        begun(party, RelayState="x" * 2_049),
    ]
    for address in addresses:
        page = browser.get(address)
        assert (page.status, page.location) == (400, ""), address
        assert Page(page.text).texts["error-code"] == "invalid_request"


def test_who_is_denied_where_they_began_is_led_to_no_service_that_has_not_asked(alone: Provider) -> None:
    party, browser = register(alone, idp_initiated=True, assignment_required=True), alone.browser()
    page = browser.follow(browser.get(begun(party)))
    assert (page.status, "SAMLResponse" in page.text) == (403, False)


@pytest.mark.attack("X13")
def test_whoever_stops_taking_it_gets_no_answer_that_was_waiting(alone: Provider) -> None:
    party, browser = register(alone, idp_initiated=True), alone.browser()
    waiting = browser.get(begun(party))
    with alone.open() as unit:
        federation.change(unit, party.service_id, {"saml": {"idp_initiated": False}}, production=False)
    assert browser.follow(waiting).status == 400
