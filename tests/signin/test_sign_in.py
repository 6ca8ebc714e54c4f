"""The sign-in page and its form."""

import pytest
from tests.support.filling import BASE_URL, PASSWORD
from tests.support.in_process import Answer
from tests.support.party import SAME_ORIGIN, Browser, Party
from tests.support.provider import Provider
from tests.support.sign_in import Page

SESSION = "__Host-warifu-aoba-session"
DEVICE = "__Host-warifu-aoba-browser"


@pytest.fixture
def web(shared: Provider) -> Party:
    return shared.party("web")


@pytest.fixture
def browser(shared: Provider) -> Browser:
    return shared.browser()


def asks_again(answer: Answer, status: int, error: str) -> bool:
    page = Page(answer.text)
    assert (answer.status, answer.location) == (status, "")
    assert "login-form" in page.forms
    assert not any(SESSION in cookie for cookie in answer.cookies)
    return "login-error" in page.texts and error in answer.text


@pytest.mark.honest("B3", "A24")
def test_the_right_password_opens_a_session_and_goes_on(browser: Browser, web: Party) -> None:
    answer = browser.sign_in(browser.login_page(web))
    assert answer.status == 303
    assert answer.location.startswith(f"{BASE_URL}/t/aoba/authorize/continue?interaction=int_")
    (cookie,) = answer.cookies
    name, *attributes = cookie.split("; ")
    assert name.startswith(f"{SESSION}=ss_")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"username": "TARO@AOBA.EXAMPLE"}, 303),
        ({"username": "  taro@aoba.example "}, 303),
        ({"username": "\uff54aro@aoba.example"}, 303),  # full width: one name in NFKC
        ({"password": "\uff44emo-Passw0rd!"}, 303),
        ({"password": PASSWORD + " "}, 401),
        ({"password": PASSWORD.lower()}, 401),
        ({"password": "x" * 1_025}, 401),
        ({"password": PASSWORD + "x" * 2_000}, 401),  # never cut off (the 72 bytes of others)
        ({"username": "n" * 5_000}, 401),
        ({"username": "nobody@aoba.example"}, 401),
        ({"username": "jiro@aoba.example"}, 401),
        ({"username": "saburo@aoba.example"}, 401),
        ({"username": "' or 1=1 --"}, 401),
        ({"username": "taro@aoba.example%"}, 401),
        ({"password": ""}, 422),
        ({"username": ""}, 422),
        ({"username": "   "}, 422),
        ({"username": None}, 422),
        ({"password": None}, 422),
    ],
)
def test_a_name_and_a_password(browser: Browser, web: Party, changes: dict[str, str], status: int) -> None:
    answer = browser.sign_in(browser.login_page(web), **changes)
    assert answer.status == status
    assert (SESSION in browser.jar) is (status == 303)
    if status != 303:
        assert asks_again(answer, status, "")


def test_a_field_that_is_repeated_is_not_judged(browser: Browser, web: Party) -> None:
    form = browser.login_page(web)
    pairs = [*form.fields.items(), ("username", browser.user), ("password", "wrong"), ("password", PASSWORD)]
    pairs = [pair for pair in pairs if pair != ("username", "")]
    assert asks_again(browser.post(form.action, pairs), 422, "")


def test_after_a_mistake_the_form_is_good_for_the_next_try(browser: Browser, web: Party) -> None:
    first = browser.sign_in(browser.login_page(web), password="wrong")
    assert asks_again(first, 401, "")
    form = Page(first.text).forms["login-form"]
    assert form.fields["username"] == browser.user
    assert "password" not in {name for name, value in form.fields.items() if value == "wrong"}
    assert "code" in browser.follow(browser.sign_in(form)).query


@pytest.mark.parametrize(
    ("hint", "shown"),
    [("taro@aoba.example", "taro@aoba.example"), ('"><script>alert(1)</script>', '"><script>alert(1)</script>')],
)
def test_a_hint_fills_in_the_name(browser: Browser, web: Party, hint: str, shown: str) -> None:
    page = browser.get(browser.get(web.address(login_hint=hint)).location)
    assert Page(page.text).forms["login-form"].fields["username"] == shown
    assert "<script" not in page.text


def test_the_page_names_the_service_and_its_policy(browser: Browser, web: Party) -> None:
    page = browser.get(browser.get(web.address(ui_locales="en")).location).text
    assert "rp.example" in page
    assert "https://rp.example/privacy" in page
    assert 'lang="en"' in page


@pytest.mark.attack("B1", "B2")
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://id.example.evil.example"},
        {"origin": "http://id.example"},
        {"origin": "https://id.example:444"},
        {"origin": "null"},
        {"origin": "null", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
        {**SAME_ORIGIN, "sec-fetch-site": "cross-site"},
        {**SAME_ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": f"{BASE_URL}, https://evil.example", "sec-fetch-site": "same-origin"},
    ],
)
def test_a_form_from_another_page_is_not_tried(browser: Browser, web: Party, headers: dict[str, str]) -> None:
    form = browser.login_page(web)
    assert asks_again(browser.sign_in(form, headers), 403, "")
    assert browser.sign_in(form).status == 303


@pytest.mark.honest("B1", "B2")
@pytest.mark.parametrize(
    "headers", [SAME_ORIGIN, {"origin": BASE_URL}, {"origin": "null", "sec-fetch-site": "same-origin"}, {}]
)
def test_a_form_from_our_own_page_is_tried(browser: Browser, web: Party, headers: dict[str, str]) -> None:
    assert browser.sign_in(browser.login_page(web), headers).status == 303


@pytest.mark.attack("B1", "B2")
@pytest.mark.parametrize("token", [None, "", "0" * 64, "é" * 64])
def test_a_form_without_its_token_is_not_tried(browser: Browser, web: Party, token: str | None) -> None:
    assert asks_again(browser.sign_in(browser.login_page(web), csrf=token), 403, "")


@pytest.mark.attack("B1", "B2", "A24")
def test_the_token_of_another_request_or_browser_is_none(shared: Provider, browser: Browser, web: Party) -> None:
    form, other = browser.login_page(web), browser.login_page(web)
    stranger = shared.browser().login_page(web)
    for token in (other.fields["csrf"], stranger.fields["csrf"]):
        assert asks_again(browser.sign_in(form, csrf=token), 403, "")


@pytest.mark.attack("B2")
def test_nobody_can_be_signed_in_to_a_strangers_account(shared: Provider, browser: Browser, web: Party) -> None:
    """Login CSRF: a form that was given to the attacker's browser, posted in the victim's."""
    attackers = shared.browser().login_page(web)
    answer = browser.sign_in(attackers, user="hanako@aoba.example")
    assert (answer.status, answer.location, answer.cookies) == (400, "", [])
    browser.login_page(web)  # now the victim has a cookie of their own
    assert browser.sign_in(attackers).status == 400
    assert SESSION not in browser.jar


@pytest.mark.attack("B3", "B10")
def test_a_session_that_was_there_before_ends_and_its_cookie_is_worth_nothing(provider: Provider) -> None:
    """Session fixation."""
    web, browser = provider.party("web"), provider.browser()
    browser.code(web)
    before = browser.jar[SESSION]
    browser.code(web, prompt="login")
    assert browser.jar[SESSION] != before
    old = Browser(provider.second, jar={**browser.jar, SESSION: before})
    assert old.get(web.address(prompt="none")).query["error"] == "login_required"
    assert "code" in browser.get(web.address(prompt="none")).query


@pytest.mark.attack("B3")
def test_a_planted_session_is_left_behind_at_sign_in(provider: Provider) -> None:
    web, attacker, victim = provider.party("web"), provider.browser(), provider.browser()
    attacker.user = "hanako@aoba.example"
    attacker.code(web)
    victim.jar[SESSION] = attacker.jar[SESSION]
    victim.code(web, prompt="login")
    assert victim.jar[SESSION] != attacker.jar[SESSION]
    assert attacker.get(web.address(prompt="none")).query["error"] == "login_required"


@pytest.mark.attack("A23")
def test_a_sign_in_by_one_request_does_not_make_another_fresh(shared: Provider, browser: Browser, web: Party) -> None:
    """Attack A23, A24: two requests that ask for a fresh sign-in take two."""
    first = browser.get(web.address(prompt="login")).location
    second = browser.get(web.address(prompt="login")).location
    onward = browser.sign_in(browser.form(browser.get(first))).location
    waiting = second.rpartition("=")[2]
    assert "/signin?" in browser.get(f"/t/aoba/authorize/continue?interaction={waiting}").location
    assert "code" in browser.get(onward).query


@pytest.mark.attack("A24")
def test_going_on_without_signing_in_leads_back_to_the_sign_in(browser: Browser, web: Party) -> None:
    waiting = browser.get(web.address()).location.rpartition("=")[2]
    assert "/signin?" in browser.get(f"/t/aoba/authorize/continue?interaction={waiting}").location
    assert "/authorize/continue?" in browser.get(f"/t/aoba/consent?interaction={waiting}").location


@pytest.mark.attack("A23", "A24")
def test_replaying_the_form_after_the_request_is_over_signs_nobody_in(browser: Browser, web: Party) -> None:
    form = browser.login_page(web)
    browser.follow(browser.sign_in(form))
    session = browser.jar.pop(SESSION)
    answer = browser.sign_in(form)
    assert (answer.status, answer.location) == (400, "")
    assert SESSION not in browser.jar
    browser.jar[SESSION] = session
    assert "code" in browser.get(web.address(prompt="none")).query


@pytest.mark.attack("A24")
def test_the_request_of_one_browser_is_not_seen_in_another(shared: Provider, browser: Browser, web: Party) -> None:
    page = browser.get(web.address()).location
    stranger = shared.browser()
    stranger.login_page(web)
    for path in (page, page.replace("/signin?", "/authorize/continue?")):
        answer = stranger.get(path)
        assert (answer.status, answer.location) == (400, "")


def test_a_request_of_one_tenant_is_not_known_to_another(shared: Provider, browser: Browser, web: Party) -> None:
    page = browser.get(web.address()).location
    browser.jar[DEVICE.replace("aoba", "midori")] = browser.jar[DEVICE]
    assert browser.get(page.replace("/aoba/", "/midori/")).status == 400


@pytest.mark.attack("B4")
def test_a_session_of_one_tenant_is_nothing_in_another(shared: Provider, browser: Browser, web: Party) -> None:
    browser.code(web)
    browser.jar[SESSION.replace("aoba", "midori")] = browser.jar[SESSION]
    theirs = shared.party("web", slug="midori")
    assert browser.get(theirs.address(prompt="none")).query["error"] == "login_required"


def test_a_name_is_of_one_tenant(shared: Provider, browser: Browser) -> None:
    theirs = shared.party("web", slug="midori")
    assert browser.sign_in(browser.login_page(theirs), username="hanako@aoba.example").status == 401
    assert browser.sign_in(browser.login_page(theirs)).status == 303


def test_while_the_contract_is_suspended_no_password_is_tried(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    form = browser.login_page(web)
    alone.suspend()
    answer = browser.sign_in(form)
    assert (answer.status, answer.cookies) == (303, [])
    page = browser.get(answer.location)
    assert (page.status, page.location) == (403, "")
    assert "contract_suspended" in page.text
    assert "error=access_denied" in page.text  # the link back to the service
    assert alone.count("sessions") == 0
    assert not [event for event in alone.events() if event.startswith("sign_in")]
    alone.resume()
    assert browser.sign_in(form).status == 303
