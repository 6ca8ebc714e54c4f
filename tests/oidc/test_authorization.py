"""What comes of an authorization request: a sign-in, a question, a code, or a no (OpenID Connect Core 3.1.2)."""

from urllib.parse import urlsplit

import pytest
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import FORM, encoded
from tests.support.party import STATE, claims
from tests.support.provider import Provider

from idp import federation

ISSUER = f"{BASE_URL}/t/aoba"


def test_nobody_signed_in_is_asked_to_sign_in(shared: Provider) -> None:
    answer = shared.get(shared.party("web").address())
    assert answer.status == 303
    assert answer.location.startswith(f"{ISSUER}/signin?interaction=int_")


@pytest.mark.meets("A7")
@pytest.mark.parametrize("name", ["web", "asking", "app", "legacy"])
def test_nobody_signed_in_is_login_required_where_nobody_may_be_asked(shared: Provider, name: str) -> None:
    answer = shared.get(shared.party(name).address(prompt="none"))
    assert answer.location.startswith(f"{CALLBACK}?")
    assert answer.query.keys() == {"error", "error_description", "state", "iss"}
    assert (answer.query["error"], answer.query["state"], answer.query["iss"]) == ("login_required", STATE, ISSUER)


@pytest.mark.meets("A7", "A9")
def test_somebody_signed_in_gets_a_code_without_a_page(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    first = web.tokens(browser)
    provider.clock.advance(seconds=100)
    for changes in ({}, {"prompt": "none"}, {"max_age": "15000"}, {"prompt": "none", "max_age": "15000"}):
        answer = browser.get(web.address(**changes))
        assert answer.query.keys() == {"code", "state", "iss"}, changes
        again = claims(web.redeem(answer.query["code"]).json()["id_token"])
        assert again["auth_time"] == claims(first["id_token"])["auth_time"]  # requirement A7, A9
        assert again["sub"] == claims(first["id_token"])["sub"]


@pytest.mark.honest("A23")
@pytest.mark.attack("A23")
@pytest.mark.meets("A8", "A9")
@pytest.mark.parametrize(
    "changes", [{"prompt": "login"}, {"prompt": "select_account"}, {"prompt": "login consent"}, {"max_age": "1"}]
)
def test_a_fresh_sign_in_is_asked_for_and_made(provider: Provider, changes: dict[str, str]) -> None:
    web, browser = provider.party("web"), provider.browser()
    before = claims(web.tokens(browser)["id_token"])
    provider.clock.advance(seconds=90)
    assert browser.get(web.address(**changes)).location.startswith(f"{ISSUER}/signin?")
    after = claims(web.tokens(browser, **changes)["id_token"])
    assert after["auth_time"] == before["auth_time"] + 90
    assert after["sid"] != before["sid"]


@pytest.mark.meets("A9")
@pytest.mark.parametrize(
    ("max_age", "asked"),
    [
        *(pytest.param(age, True, marks=pytest.mark.attack("A23")) for age in ("89", "0")),
        *(pytest.param(age, False, marks=pytest.mark.honest("A23")) for age in ("90", "")),
    ],
)
def test_max_age_is_counted_to_the_second(alone: Provider, max_age: str, asked: bool) -> None:
    web, browser = alone.party("web"), alone.browser()
    browser.code(web)
    alone.clock.advance(seconds=90)
    assert (f"{ISSUER}/signin?" in browser.get(web.address(max_age=max_age)).location) is asked
    silent = browser.get(web.address(max_age=max_age, prompt="none")).query
    assert silent.get("error") == ("login_required" if asked else None)


def test_a_sign_in_that_is_over_is_asked_for_again(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    browser.code(web)
    alone.clock.advance(hours=7.9)
    browser.code(web, prompt="none")
    alone.clock.advance(hours=7.9)
    browser.code(web, prompt="none")  # what is used does not lie idle
    alone.clock.advance(hours=8.1)
    assert browser.get(web.address(prompt="none")).query["error"] == "login_required"


def test_no_sign_in_lasts_longer_than_a_day(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    browser.code(web)
    for _ in range(3):
        alone.clock.advance(hours=7.9)
        browser.code(web, prompt="none")
    alone.clock.advance(hours=0.4)
    assert browser.get(web.address(prompt="none")).query["error"] == "login_required"


@pytest.mark.meets("A1")
def test_a_request_by_post_finds_the_session_after_a_step_of_our_own(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    # A browser sends no Lax cookie with a form from another site.
    answer = provider.first.call("POST", "/t/aoba/authorize", {"content-type": FORM}, encoded(web.asking()))
    assert answer.location.startswith(f"{ISSUER}/authorize/continue?")
    (cookie,) = answer.cookies
    name, _, value = cookie.partition(";")[0].partition("=")
    browser.jar[name] = value
    assert "code" in browser.get(answer.location).query


def test_a_request_by_post_from_nobody_leads_to_a_sign_in_and_on(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    answer = browser.follow(browser.post("/t/aoba/authorize", web.asking(), {"origin": "https://rp.example"}))
    assert web.redeem(answer.query["code"]).status == 200


@pytest.mark.meets("A1")
def test_a_silent_request_by_post_is_answered_silently(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    answer = browser.follow(browser.post("/t/aoba/authorize", web.asking(prompt="none"), {}))
    assert answer.query["error"] == "login_required"


@pytest.mark.attack("A24")
def test_a_pending_request_ends_after_a_quarter_of_an_hour(alone: Provider) -> None:
    browser = alone.browser()
    form = browser.login_page(alone.party("web"))
    alone.clock.advance(minutes=15)
    answer = browser.sign_in(form)
    assert (answer.status, answer.location) == (400, "")
    assert "interaction_expired" in answer.text


@pytest.mark.honest("A24")
@pytest.mark.attack("A24")
def test_a_pending_request_gives_one_code(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    onward = browser.sign_in(browser.login_page(web)).location
    assert onward.startswith(f"{ISSUER}/authorize/continue?")
    assert "code" in browser.get(onward).query
    again = browser.get(onward)
    assert (again.status, again.location) == (400, "")


@pytest.mark.attack("A24")
@pytest.mark.parametrize("page", ["signin", "authorize/continue", "consent"])
@pytest.mark.parametrize("named", ["", "interaction=", "interaction=int_0", "interaction=%27%20or%201%3D1", "x=1"])
def test_a_page_of_ours_without_a_pending_request_is_an_error_page(shared: Provider, page: str, named: str) -> None:
    answer = shared.browser().get(f"/t/aoba/{page}?{named}")
    assert (answer.status, answer.location) == (400, "")
    assert 'id="error-page"' in answer.text


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("closed", {}, "not_assigned"),
        ("off", {}, "service_unknown"),
    ],
)
def test_a_no_is_a_page_with_a_link_back_or_a_redirect_where_nobody_may_be_asked(
    shared: Provider, name: str, changes: dict[str, str], code: str
) -> None:
    party, browser = shared.party(name), shared.browser()
    browser.code(shared.party("web"))
    page = browser.get(party.address(**changes))
    assert (page.status, page.location) == (403, "")
    assert 'id="denied-page"' in page.text
    assert code in page.text
    assert "error=access_denied" in page.text
    silent = browser.get(party.address(prompt="none", **changes))
    assert silent.query.keys() == {"error", "error_description", "state", "iss"}
    assert (silent.query["error"], silent.query["error_description"]) == ("access_denied", code)


def test_a_person_who_is_assigned_gets_in(provider: Provider) -> None:
    closed, browser = provider.party("closed"), provider.browser()
    assert browser.authorize(closed).status == 403
    with provider.open() as unit:
        federation.assign(unit, provider.service_id("closed"), user_id=provider.user())
    assert closed.redeem(browser.code(closed)).status == 200


@pytest.mark.attack("A15")
def test_the_answer_never_stays_in_a_cache_nor_in_a_referrer(shared: Provider) -> None:
    browser = shared.browser()
    answers = [browser.get(shared.party("web").address())]
    answers.append(browser.get(answers[0].location))
    answers.append(browser.sign_in(browser.form(answers[1])))
    answers.append(browser.get(answers[2].location))
    assert [answer.status for answer in answers] == [303, 200, 303, 303]  # attack A14: never 307
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert [answer.headers["referrer-policy"] for answer in answers] == [
        "no-referrer",
        "same-origin",  # a page with a form: or its Origin would be null
        "no-referrer",
        "no-referrer",
    ]
    assert urlsplit(answers[3].location).fragment == ""
