"""A code beside the password: asked, used once, demanded by services and rules, never gone round."""

import asyncio
import json
import re

import pytest
from tests.support.authenticator import ONE_FACTOR, TWO_FACTORS, Authenticator, careful, enrolled
from tests.support.filling import BASE_URL
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import SAME_ORIGIN, STATE, Browser, Party, claims
from tests.support.provider import Provider
from tests.support.sign_in import Form, Page

from idp import credentials, users

SESSION = "__Host-warifu-aoba-session"
ESSENTIAL = json.dumps({"id_token": {"acr": {"essential": True, "values": [TWO_FACTORS]}}})


def code_form(browser: Browser, party: Party, **changes: str) -> Form:
    """In front of which somebody sits who has typed the right password."""
    answer = browser.sign_in(browser.login_page(party, **changes))
    assert answer.status == 303
    return browser.form(browser.get(answer.location), "otp-form")


def enter(browser: Browser, form: Form, code: str, **changes: str) -> Answer:
    return browser.post(form.action, {**form.fields, "code": code, **changes})


async def _entered(browser: Browser, form: Form, code: str) -> Answer:
    cookie = "; ".join(f"{name}={value}" for name, value in browser.jar.items())
    headers = {"content-type": FORM, "cookie": cookie, **SAME_ORIGIN}
    return await browser.worker.send(
        "POST", form.action.removeprefix(BASE_URL), headers, encoded({**form.fields, "code": code})
    )


def told(answer: Answer) -> str:
    assert not answer.location, answer
    return Page(answer.text).texts.get("otp-error", "no error") or "said"


def test_a_password_and_a_code_sign_in(provider: Provider) -> None:
    web, app = provider.party("web"), enrolled(provider)
    browser = provider.browser()
    form = code_form(browser, web)
    assert SESSION not in browser.jar  # half a sign-in is none
    answer = browser.follow(enter(browser, form, app.code()))
    said = claims(web.redeem(answer.query["code"]).json()["id_token"])
    assert (said["acr"], said["amr"]) == (TWO_FACTORS, ["pwd", "otp", "mfa"])
    assert provider.events().count("sign_in.succeeded") == 1


@pytest.mark.attack("U8")
@pytest.mark.parametrize("skew", [-1, 0, 1])
def test_a_telephone_may_be_half_a_minute_off(alone: Provider, skew: int) -> None:
    app = enrolled(alone)
    alone.clock.advance(seconds=60)
    browser = alone.browser()
    answer = enter(browser, code_form(browser, alone.party("web")), app.code(steps=skew))
    assert "code" in browser.follow(answer).query


@pytest.mark.attack("U8")
def test_codes_that_are_not_good(alone: Provider) -> None:
    app, browser = enrolled(alone), alone.browser()
    alone.clock.advance(seconds=120)
    form = code_form(browser, alone.party("web"))
    other = enrolled(alone, "hanako")
    for code in (app.code(steps=-2), app.code(steps=2), other.code(steps=1), "12345x"):
        answer = enter(browser, form, code)
        assert (answer.status, told(answer)) == (401, "said")
        form = Page(answer.text).forms["otp-form"]
    for code in ("", "   "):
        assert enter(browser, form, code).status == 422  # not a try
    assert "code" in browser.follow(enter(browser, form, f" {app.code()[:3]} {app.code()[3:]} ")).query


@pytest.mark.attack("U8")
def test_a_code_is_used_once(alone: Provider) -> None:
    app, web = enrolled(alone), alone.party("web")
    used = app.code()
    first, second = alone.browser(), alone.browser()
    assert "code" in first.follow(enter(first, code_form(first, web), used)).query
    form = code_form(second, web)
    assert enter(second, form, used).status == 401
    assert enter(second, form, app.code(steps=-1)).status == 401  # nor one before it
    assert "code" in second.follow(enter(second, form, app.next_code())).query


@pytest.mark.attack("U8")
def test_of_many_who_enter_one_code_at_once_one_gets_in(provider: Provider) -> None:
    app, web = enrolled(provider), provider.party("web")
    browsers = [Browser(worker) for worker in (provider.first, provider.second) for _ in range(2)]
    forms = [(browser, code_form(browser, web)) for browser in browsers]

    async def all_at_once() -> list[Answer]:
        return await asyncio.gather(*(_entered(*each, app.code()) for each in forms))

    answers = provider.first.run(all_at_once())
    assert sorted(answer.status for answer in answers) == [303, 401, 401, 401]
    assert provider.count("sessions") == 1


@pytest.mark.attack("U8")
def test_after_five_wrong_codes_nobody_is_heard_for_a_while(provider: Provider) -> None:
    app, web = enrolled(provider), provider.party("web")
    browser = provider.browser()
    form = code_form(browser, web)
    statuses = [enter(browser, form, "000000").status for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    elsewhere = Browser(provider.second)  # the count is everybody's: another worker, another sign-in
    answer = enter(elsewhere, code_form(elsewhere, web), app.code())
    assert answer.status == 429
    assert int(answer.headers["retry-after"]) > 0


def test_whoever_succeeds_has_spent_no_try(alone: Provider) -> None:
    app, web = enrolled(alone), alone.party("web")
    for _ in range(7):
        browser = alone.browser()
        assert "code" in browser.follow(enter(browser, code_form(browser, web), app.next_code())).query


@pytest.mark.attack("U10", "A24")
def test_no_step_is_skipped(alone: Provider) -> None:
    app, web, browser = enrolled(alone), alone.party("web"), alone.browser()
    login = browser.login_page(web)
    waiting = {"interaction": login.fields["interaction"]}
    onward = f"/t/aoba/authorize/continue?interaction={waiting['interaction']}"
    for step in ("code", "enrolment"):  # before the password
        for fields in (waiting, {**waiting, **login.fields, "code": app.code()}):
            assert "/signin?" in browser.post(f"/t/aoba/signin/{step}", fields).location
    assert "/signin?" in browser.get(onward).location
    browser.sign_in(login)
    assert "/signin?" in browser.get(onward).location  # before the code
    assert "/signin?" in browser.post("/t/aoba/signin/enrolment", {**waiting, "code": app.code()}).location
    for fields in ({}, waiting, {**waiting, "code": app.code()}, {**login.fields, "code": app.code()}):
        answer = browser.post("/t/aoba/signin/code", fields)
        assert answer.status in {400, 403, 422}
    assert SESSION not in browser.jar
    assert alone.count("sessions") == 0


@pytest.mark.attack("A24", "U10")
def test_a_step_counts_in_its_own_flow_alone(alone: Provider) -> None:
    app, web = enrolled(alone), alone.party("web")
    browser, stranger = alone.browser(), alone.browser()
    form = code_form(browser, web)
    other = browser.login_page(web)  # a second flow of the same browser, without its password
    mixed = {**form.fields, "interaction": other.fields["interaction"], "code": app.code()}
    assert "/signin?" in browser.post(form.action, mixed).location
    assert stranger.post(form.action, {**form.fields, "code": app.code()}).status == 400
    third = code_form(browser, web)
    crossed = {**third.fields, "interaction": form.fields["interaction"], "code": app.code()}
    assert browser.post(form.action, crossed).status == 403
    assert alone.count("sessions") == 0
    assert "code" in browser.follow(enter(browser, form, app.code())).query


@pytest.mark.attack("A24")
def test_a_step_that_was_taken_is_not_taken_again(alone: Provider) -> None:
    app, web, browser = enrolled(alone), alone.party("web"), alone.browser()
    form = code_form(browser, web)
    done = enter(browser, form, app.code())
    held = browser.jar[SESSION]
    again = enter(browser, form, app.next_code())
    assert "/signin?" in again.location
    assert not again.cookies
    assert browser.jar[SESSION] == held
    assert "code" in browser.follow(done).query
    assert enter(browser, form, app.next_code()).status == 400  # and then it is over


@pytest.mark.attack("U10")
def test_another_person_begins_from_the_beginning(alone: Provider) -> None:
    app, web, browser = enrolled(alone), alone.party("web"), alone.browser()
    enrolled(alone, "hanako")
    form = code_form(browser, web)
    anew = browser.form(browser.get(f"/t/aoba/signin?interaction={form.fields['interaction']}&step=password"))
    answer = browser.sign_in(anew, username="hanako@aoba.example")
    hers = browser.form(browser.get(answer.location), "otp-form")
    assert enter(browser, form, app.code()).status == 403  # the page of the one before
    assert enter(browser, hers, app.code()).status == 401
    assert alone.count("sessions") == 0


@pytest.mark.attack("U23", "B10")
@pytest.mark.parametrize("what", ["disabled", "new password", "factor removed"])
def test_what_was_proved_is_worth_nothing_once_the_person_stands_otherwise(alone: Provider, what: str) -> None:
    app, web, browser = enrolled(alone), alone.party("web"), alone.browser()
    form = code_form(browser, web)
    with alone.open() as unit:
        if what == "disabled":
            users.disable(unit, alone.user())
        elif what == "new password":
            credentials.set_password(unit, alone.user(), "$argon2id$")
        else:
            (factor,) = credentials.factors_of(unit, alone.user())
            credentials.remove_factor(unit, alone.user(), factor.id)
    answer = enter(browser, form, app.code())
    assert "/signin?" in answer.location
    assert "login-form" in Page(browser.get(answer.location).text).forms
    assert alone.count("sessions") == 0


@pytest.mark.attack("B1", "B2")
@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
def test_a_code_from_another_site_is_not_taken(alone: Provider, headers: dict[str, str]) -> None:
    app, web, browser = enrolled(alone), alone.party("web"), alone.browser()
    form = code_form(browser, web)
    assert browser.post(form.action, {**form.fields, "code": app.code()}, headers).status == 403
    assert "code" in browser.follow(enter(browser, form, app.code())).query


@pytest.mark.attack("B4")
@pytest.mark.parametrize("also", ["", "x", "br_0"])
def test_two_cookies_of_one_name_are_none(alone: Provider, also: str) -> None:
    app, web, browser = enrolled(alone), alone.party("web"), alone.browser()
    form = code_form(browser, web)
    device = "__Host-warifu-aoba-browser"
    held = browser.jar[device]
    browser.jar[device] = f"{held}; {device}={also or held}"
    assert enter(browser, form, app.code()).status == 400
    browser.jar[device] = held
    assert "code" in browser.follow(enter(browser, form, app.code())).query


@pytest.mark.meets("A16")
@pytest.mark.parametrize("page", ["login", "code"])
def test_who_does_not_want_to_goes_back_to_the_service(alone: Provider, page: str) -> None:
    enrolled(alone)
    web, browser = alone.party("web"), alone.browser()
    shown = browser.get(browser.get(web.address()).location)
    if page == "code":
        shown = browser.get(browser.sign_in(browser.form(shown)).location)
    cancel = Page(shown.text).forms["cancel-form"]
    forged = browser.post(cancel.action, {**cancel.fields, "csrf": "0"})
    assert "/signin?" in forged.location
    answer = browser.follow(browser.post(cancel.action, cancel.fields))
    assert answer.query.keys() == {"error", "error_description", "state", "iss"}
    assert (answer.query["error"], answer.query["state"]) == ("access_denied", STATE)
    assert browser.post(cancel.action, cancel.fields).status == 400  # it is over
    assert SESSION not in browser.jar


# a session that is raised


def earlier(provider: Provider) -> tuple[Browser, Authenticator]:
    """Signed in with a password before the app was set up."""
    browser = provider.browser()
    browser.code(provider.party("web"))
    return browser, enrolled(provider)


@pytest.mark.meets("A11")
@pytest.mark.attack("B3")
def test_a_session_of_one_factor_is_raised_without_a_new_password(provider: Provider) -> None:
    web = provider.party("web")
    browser, app = earlier(provider)
    before, old = claims(web.redeem(browser.code(web)).json()["id_token"]), browser.jar[SESSION]
    page = browser.get(browser.get(web.address(acr_values=TWO_FACTORS)).location)
    answer = browser.follow(enter(browser, browser.form(page, "otp-form"), app.code()))
    after = claims(web.redeem(answer.query["code"]).json()["id_token"])
    assert (before["acr"], after["acr"]) == (ONE_FACTOR, TWO_FACTORS)
    assert (before["auth_time"], before["sid"]) == (after["auth_time"], after["sid"])
    assert browser.jar[SESSION] != old
    stolen = Browser(provider.second, jar={**browser.jar, SESSION: old})
    assert stolen.get(web.address(prompt="none")).query["error"] == "login_required"
    assert "session.raised" in provider.events()


def test_what_is_signed_in_elsewhere_stays_when_a_session_is_raised(provider: Provider) -> None:
    web = provider.party("web")
    browser = provider.browser()
    tokens = web.tokens(browser, scope="openid")
    app = enrolled(provider)
    page = browser.get(browser.get(web.address(acr_values=TWO_FACTORS)).location)
    enter(browser, browser.form(page, "otp-form"), app.code())
    assert web.userinfo(tokens["access_token"]).status == 200
    assert web.refresh(tokens["refresh_token"]).status == 200
    said = claims(web.refresh(tokens["refresh_token"]).json()["id_token"])
    assert said["acr"] == ONE_FACTOR  # attack U11: what it was given for then


@pytest.mark.meets("A11")
def test_a_wish_is_no_demand(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    said = claims(web.tokens(browser, acr_values=f"{TWO_FACTORS} 2")["id_token"])
    assert said["acr"] == ONE_FACTOR
    enrolled(alone)
    for wish in ("1 2", ONE_FACTOR, f"{ONE_FACTOR} {TWO_FACTORS}", f"{TWO_FACTORS} {ONE_FACTOR}"):
        assert "code" in browser.get(web.address(acr_values=wish)).query
    assert "code" in browser.get(web.address(acr_values=TWO_FACTORS, prompt="none")).query


@pytest.mark.meets("A11")
@pytest.mark.parametrize("wish", [f"{ONE_FACTOR}", f"3 {ONE_FACTOR} {TWO_FACTORS}"])
def test_the_class_that_was_asked_for_is_told(alone: Provider, wish: str) -> None:
    web, browser = alone.party("web"), careful(alone, enrolled(alone))
    tokens = web.tokens(browser, acr_values=wish)
    assert claims(tokens["id_token"])["acr"] == ONE_FACTOR
    assert claims(web.refresh(tokens["refresh_token"]).json()["id_token"])["acr"] == ONE_FACTOR
    assert claims(tokens["access_token"])["acr"] == ONE_FACTOR
    assert web.introspect(tokens["access_token"])["acr"] == ONE_FACTOR


@pytest.mark.meets("A11")
def test_an_essential_class_is_reached_or_the_request_fails(alone: Provider) -> None:
    web = alone.party("web")
    browser, app = earlier(alone)
    silent = browser.get(web.address(claims=ESSENTIAL, prompt="none"))
    assert silent.query["error"] == "interaction_required"
    unknown = json.dumps({"id_token": {"acr": {"essential": True, "value": "phr"}}})
    assert browser.get(web.address(claims=unknown)).query["error"] == "unmet_authentication_requirements"
    page = browser.get(browser.get(web.address(claims=ESSENTIAL)).location)
    answer = browser.follow(enter(browser, browser.form(page, "otp-form"), app.code()))
    assert claims(web.redeem(answer.query["code"]).json()["id_token"])["acr"] == TWO_FACTORS
    assert "code" in browser.get(web.address(claims=ESSENTIAL, prompt="none")).query


@pytest.mark.attack("A23")
def test_a_code_alone_is_no_fresh_sign_in(alone: Provider) -> None:
    web = alone.party("web")
    browser, app = earlier(alone)
    alone.clock.advance(seconds=600)
    for changes in ({"prompt": "login"}, {"max_age": "60"}, {"prompt": "select_account"}):
        page = browser.get(browser.get(web.address(acr_values=TWO_FACTORS, **changes)).location)
        login = browser.form(page)  # the password first
        jumped = browser.post("/t/aoba/signin/code", {**login.fields, "code": app.code()})
        assert "/signin?" in jumped.location
        onward = f"/t/aoba/authorize/continue?interaction={login.fields['interaction']}"
        assert "/signin?" in browser.get(onward).location


@pytest.mark.attack("A23", "A24")
def test_one_request_is_not_freshened_by_the_code_of_another(alone: Provider) -> None:
    web = alone.party("web")
    browser, app = earlier(alone)
    alone.clock.advance(seconds=600)
    fresh = browser.login_page(web, prompt="login")
    raising = browser.form(browser.get(browser.get(web.address(acr_values=TWO_FACTORS)).location), "otp-form")
    assert "code" in browser.follow(enter(browser, raising, app.code())).query
    onward = f"/t/aoba/authorize/continue?interaction={fresh.fields['interaction']}"
    assert "/signin?" in browser.get(onward).location


# somebody without a second factor, where one is demanded


def enrolment(browser: Browser, provider: Provider, **changes: str) -> tuple[Form, Authenticator]:
    answer = browser.authorize(provider.party("web"), **{"claims": ESSENTIAL, **changes})
    assert answer.status == 200, answer
    typed = re.search(r'id="otp-secret"[^>]*>([A-Z2-7 ]+)<', answer.text)
    assert typed is not None
    assert "<svg" in answer.text
    assert "style=" not in answer.text  # the content policy would not let it through
    return Page(answer.text).forms["otp-form"], Authenticator(provider, typed[1].replace(" ", ""))


def test_a_demanded_factor_is_enrolled_on_the_way(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    form, app = enrolment(browser, provider)
    answer = browser.follow(enter(browser, form, app.code()))
    said = claims(web.redeem(answer.query["code"]).json()["id_token"])
    assert (said["acr"], said["amr"]) == (TWO_FACTORS, ["pwd", "otp", "mfa"])
    assert {"factor.enrolled", "sign_in.succeeded"} <= set(provider.events())
    elsewhere = provider.browser()  # from now on it is asked at each sign-in, and that code is used up
    asked = code_form(elsewhere, web)
    assert enter(elsewhere, asked, app.code()).status == 401
    assert "code" in elsewhere.follow(enter(elsewhere, asked, app.next_code())).query


def test_a_mistyped_first_code_keeps_the_secret(alone: Provider) -> None:
    browser = alone.browser()
    form, app = enrolment(browser, alone)
    again = enter(browser, form, "000000")
    assert (again.status, told(again)) == (422, "said")
    assert app.secret in again.text.replace(" ", "")
    assert "code" in browser.follow(enter(browser, Page(again.text).forms["otp-form"], app.code())).query


@pytest.mark.attack("U12")
def test_the_secret_of_one_page_is_no_other_persons(alone: Provider) -> None:
    """Whoever could have a secret that they know enrolled by somebody else would hold that person's second factor."""
    thief, victim = alone.browser(), alone.browser()
    victim.user = "hanako@aoba.example"
    known, app = enrolment(thief, alone)
    form, _ = enrolment(victim, alone)
    answer = enter(victim, form, app.code(), proposal=known.fields["proposal"])
    assert answer.status == 303
    assert alone.count("factors") == 0
    for sealed in ("", "x", f"{known.fields['proposal']}x", "fct_" + "0" * 32 + ".AAAA", "é"):
        assert enter(victim, form, app.code(), proposal=sealed).status == 303
    assert alone.count("factors") == 0


@pytest.mark.attack("U12")
def test_who_finds_an_open_session_cannot_enrol_a_factor_of_their_own(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    browser.code(web)
    alone.clock.advance(seconds=601)
    assert "login-form" in Page(browser.get(browser.get(web.address(claims=ESSENTIAL)).location).text).forms
    fresh = alone.browser()
    form, app = enrolment(fresh, alone)
    alone.clock.advance(seconds=601)  # the page was left open
    answer = enter(fresh, form, app.code())
    assert "/signin?" in answer.location
    assert alone.count("factors") == 0


@pytest.mark.attack("U12")
def test_the_person_is_told_by_letter(alone: Provider) -> None:
    app, browser = enrolled(alone), alone.browser()
    del app, browser
    with alone.open() as unit:
        (factor,) = credentials.factors_of(unit, alone.user())
        credentials.remove_factor(unit, alone.user(), factor.id)
        rows = unit.lane.execute("SELECT event, receiver FROM deliveries ORDER BY id", {}).fetchall()
    told_of = [tuple(row) for row in rows if row[0].startswith("user.factor")]
    assert told_of == [("user.factor_enrolled", alone.user()), ("user.factor_removed", alone.user())]


@pytest.mark.attack("B10")
def test_a_factor_that_is_removed_ends_what_the_person_is_signed_in_with(provider: Provider) -> None:
    web, app = provider.party("web"), enrolled(provider)
    browser = careful(provider, app)
    tokens = web.tokens(browser)
    with provider.open() as unit:
        (factor,) = credentials.factors_of(unit, provider.user())
        credentials.remove_factor(unit, provider.user(), factor.id)
    assert web.refresh(tokens["refresh_token"]).status == 400
    assert Browser(provider.second, jar=browser.jar).get(web.address(prompt="none")).query["error"] == "login_required"


def test_the_secret_lies_sealed(alone: Provider) -> None:
    app = enrolled(alone)
    with alone.open() as unit:
        (row,) = unit.lane.execute("SELECT secret FROM factors", {}).fetchall()
    assert app.secret.encode() not in bytes(row[0])
    with alone.open() as unit:
        assert all(app.secret not in str(factor) for factor in credentials.factors_of(unit, alone.user()))
