"""Consent: asked for, given, refused, remembered; bound to browser, request, person and scopes."""

import pytest
from tests.support.in_process import Answer
from tests.support.party import SAME_ORIGIN, STATE, Browser, Party
from tests.support.provider import Provider
from tests.support.sign_in import Form

from idp import federation


@pytest.fixture
def browser(alone: Provider) -> Browser:
    """Somebody who has signed in."""
    browser = alone.browser()
    browser.code(alone.party("web"))
    return browser


@pytest.fixture
def asking(alone: Provider) -> Party:
    return alone.party("asking")


def shown(browser: Browser, party: Party, **changes: str) -> Form:
    return browser.form(browser.get(browser.get(party.address(**changes)).location), "consent-form")


def refused(answer: Answer) -> bool:
    return answer.status in (400, 403) and not answer.location and 'id="error-page"' in answer.text


@pytest.mark.honest("A21")
def test_a_person_who_allows_it_is_not_asked_again(browser: Browser, asking: Party) -> None:
    assert "code" in browser.press(shown(browser, asking), "consent-allow").query
    assert "code" in browser.get(asking.address()).query
    assert "code" in browser.get(asking.address(prompt="none")).query
    assert "code" in browser.get(asking.address(scope="openid")).query


@pytest.mark.attack("A21")
def test_what_was_allowed_does_not_cover_more(browser: Browser, asking: Party) -> None:
    browser.press(shown(browser, asking, scope="openid email"), "consent-allow")
    assert "/consent?" in browser.get(asking.address(scope="openid email phone")).location
    assert browser.get(asking.address(scope="openid phone", prompt="none")).query["error"] == "consent_required"


@pytest.mark.meets("A16")
def test_a_person_who_denies_it_is_sent_back_and_asked_again_next_time(browser: Browser, asking: Party) -> None:
    answer = browser.press(shown(browser, asking), "consent-deny")
    assert answer.query.keys() == {"error", "error_description", "state", "iss"}
    assert (answer.query["error"], answer.query["state"]) == ("access_denied", STATE)
    assert "/consent?" in browser.get(asking.address()).location


@pytest.mark.attack("A21")
def test_a_denied_request_is_over(browser: Browser, asking: Party) -> None:
    form = shown(browser, asking)
    browser.press(form, "consent-deny")
    assert refused(browser.press(form, "consent-allow"))
    assert refused(browser.get(f"/t/aoba/authorize/continue?interaction={form.fields['interaction']}"))


@pytest.mark.attack("A21")
@pytest.mark.parametrize("decision", [{}, {"decision": ""}, {"decision": "yes"}, {"decision": "ALLOW"}])
def test_anything_but_allow_is_a_no(browser: Browser, asking: Party, decision: dict[str, str]) -> None:
    form = shown(browser, asking)
    assert browser.post(form.action, form.fields | decision).query["error"] == "access_denied"


def test_consent_is_asked_for_whenever_the_service_wants_it_to_be(browser: Browser, alone: Provider) -> None:
    web = alone.party("web")
    for _ in range(2):
        assert "code" in browser.press(shown(browser, web, prompt="consent"), "consent-allow").query
    assert "code" in browser.get(web.address()).query


@pytest.mark.attack("A21")
def test_before_consent_a_silent_request_says_what_is_missing(browser: Browser, asking: Party) -> None:
    assert browser.get(asking.address(prompt="none")).query["error"] == "consent_required"


@pytest.mark.honest("B7")
def test_the_page_names_the_service_the_person_and_every_scope(browser: Browser, asking: Party) -> None:
    page = browser.get(browser.get(asking.address(scope="openid email phone", ui_locales="en")).location).text
    assert "asking" in page
    assert "taro@aoba.example" in page
    assert "rp.example" in page


@pytest.mark.attack("A21", "A24")
def test_a_form_of_another_request_does_not_count(browser: Browser, asking: Party) -> None:
    one, other = shown(browser, asking, scope="openid"), shown(browser, asking, scope="openid email")
    assert refused(
        browser.press(
            Form("", one.action, {**one.fields, "csrf": other.fields["csrf"]}, {}, one.buttons), "consent-allow"
        )
    )
    assert "code" in browser.press(one, "consent-allow").query


@pytest.mark.attack("A21", "B1")
def test_a_form_of_another_browser_does_not_count(alone: Provider, browser: Browser, asking: Party) -> None:
    form = shown(browser, asking)
    stranger = alone.browser()
    stranger.code(alone.party("web"))
    assert refused(stranger.press(form, "consent-allow"))
    assert refused(stranger.get(f"/t/aoba/consent?interaction={form.fields['interaction']}"))


@pytest.mark.attack("A21")
def test_a_form_that_one_person_was_shown_does_not_count_for_another(
    alone: Provider, browser: Browser, asking: Party
) -> None:
    form = shown(browser, asking)
    browser.user = "hanako@aoba.example"
    browser.code(alone.party("web"), prompt="login")
    assert refused(browser.press(form, "consent-allow"))
    assert alone.count("consents") == 0


def test_a_decision_after_the_sign_in_has_ended_leads_to_a_sign_in(browser: Browser, asking: Party) -> None:
    form = shown(browser, asking)
    session = next(name for name in browser.jar if name.endswith("-session"))
    del browser.jar[session]
    answer = browser.press(form, "consent-allow")
    assert "/authorize/continue?" in answer.location
    assert "/signin?" in browser.get(answer.location).location


def test_nothing_is_asked_and_nothing_kept_where_the_gate_says_no(
    alone: Provider, browser: Browser, asking: Party
) -> None:
    form = shown(browser, asking)
    with alone.open() as unit:
        federation.change(unit, alone.service_id("asking"), {"assignment_required": True}, production=False)
    for answer in (
        browser.get(f"/t/aoba/consent?interaction={form.fields['interaction']}"),
        browser.press(form, "consent-allow"),
    ):
        assert "/authorize/continue?" in answer.location
        denied = browser.get(answer.location)
        assert denied.status == 403
        assert "not_assigned" in denied.text
    assert alone.count("consents") == 0


@pytest.mark.attack("A21", "B1")
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {**SAME_ORIGIN, "sec-fetch-site": "cross-site"},
        {**SAME_ORIGIN, "sec-fetch-site": "same-site"},
    ],
)
def test_a_decision_sent_from_elsewhere_does_not_count(
    browser: Browser, asking: Party, headers: dict[str, str]
) -> None:
    form = shown(browser, asking)
    answer = browser.press(form, "consent-allow", headers)
    assert (answer.status, answer.location) == (403, "")
    assert "code" in browser.press(form, "consent-allow").query
