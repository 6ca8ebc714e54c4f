"""A person's own page: what is theirs is shown and ended, and nothing of anybody else's."""

import re

import pytest
from tests.support.authenticator import careful, enrolled
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import Browser, claims
from tests.support.provider import Provider
from tests.support.sign_in import Page

HOME = "/t/aoba/"


def home(browser: Browser) -> Answer:
    """The page, signed in where that is needed."""
    answer = browser.get(HOME)
    return answer if answer.status == 200 else browser.follow(answer)


def fields(page: Answer, button: str) -> dict[str, str]:
    """Of the form around a button."""
    found = re.search(rf"<form [^>]*>((?:(?!</form>).)*id=\"{button}\".*?)</form>", page.text, re.DOTALL)
    assert found is not None, button
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[1]))


def press(browser: Browser, page: Answer, button: str, **changes: str) -> Answer:
    return browser.post("/t/aoba/portal", {**fields(page, button), **changes})


def test_who_is_not_signed_in_signs_in_first(alone: Provider) -> None:
    browser = alone.browser()
    first = browser.get(HOME)
    assert first.location.startswith(f"{BASE_URL}/t/aoba/signin?interaction=int_")
    page = browser.follow(first)
    assert page.status == 200
    assert "taro@aoba.example" in page.text
    assert browser.get(HOME).status == 200


def test_a_service_that_is_withdrawn_from_has_nothing_left(provider: Provider) -> None:
    asking, browser = provider.party("asking"), provider.browser()
    tokens = asking.tokens(browser)
    other = provider.party("web").tokens(browser)
    page = home(browser)
    button = f"withdraw-{provider.service_id('asking')}"
    assert press(browser, page, button).location == f"{BASE_URL}/t/aoba/"
    assert asking.at(provider.second).refresh(tokens["refresh_token"]).status == 400
    assert asking.at(provider.second).userinfo(tokens["access_token"]).status == 401
    assert asking.introspect(tokens["access_token"]) == {"active": False}
    assert browser.get(asking.address(prompt="none")).query["error"] == "consent_required"
    assert provider.party("web").userinfo(other["access_token"]).status == 200  # the honest twin
    assert button not in browser.get(HOME).text
    assert "consent.withdrawn" in provider.events()


@pytest.mark.attack("M1", "B1")
def test_what_is_somebody_elses_is_not_touched(alone: Provider) -> None:
    hanako = alone.browser()
    hanako.user = "hanako@aoba.example"
    hers = alone.party("asking").tokens(hanako)
    taro = alone.browser()
    alone.party("asking").tokens(taro)
    page = home(taro)
    assert "hanako" not in page.text
    sid = claims(hers["id_token"])["sid"]
    button = f"withdraw-{alone.service_id('asking')}"
    press(taro, page, button, act="sign_out", id=sid)
    press(taro, page, button)
    assert alone.party("asking").userinfo(hers["access_token"]).status == 200
    form = fields(page, button)
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert taro.post("/t/aoba/portal", form, headers).status == 403
    assert taro.post("/t/aoba/portal", {**form, "csrf": "0"}).status == 403
    assert hanako.post("/t/aoba/portal", form).status == 403  # a form of another's page


@pytest.mark.attack("B10")
def test_another_browser_is_signed_out_from_here(alone: Provider) -> None:
    lost, mine, web = alone.browser(), alone.browser(), alone.party("web")
    tokens = web.tokens(lost)
    page = home(mine)
    press(mine, page, f"sign-out-{claims(tokens['id_token'])['sid']}")
    assert lost.get(web.address(prompt="none")).query["error"] == "login_required"
    assert "code" in mine.get(web.address(prompt="none")).query


@pytest.mark.attack("U12")
def test_a_second_factor_is_set_up_and_removed_after_a_fresh_sign_in_alone(alone: Provider) -> None:
    browser = alone.browser()
    page = home(browser)
    alone.clock.advance(seconds=1)
    started = press(browser, page, "factor-enrol")
    assert "/signin?" in started.location
    assert "login-form" in Page(browser.get(started.location).text).forms  # the password once more
    app = enrolled(alone)
    refused = press(browser, browser.get(HOME), "factor-remove")
    assert "/signin?" in refused.location
    assert alone.count("factors") == 1
    proving = careful(alone, app)
    proving.jar = browser.jar
    assert proving.follow(refused).status == 200
    press(proving, proving.get(HOME), "factor-remove")
    assert alone.count("factors") == 0
    assert "/signin?" in proving.get(HOME).location  # everything that was signed in has ended


def test_while_the_contract_is_suspended_the_page_says_so(provider: Provider) -> None:
    browser = provider.browser()
    home(browser)
    provider.suspend()
    page = browser.get(HOME)
    assert (page.status, "contract_suspended" in page.text) == (403, True)


@pytest.mark.attack("M1", "M10")
def test_the_session_of_one_tenant_is_none_at_another(shared: Provider) -> None:
    browser = shared.browser()
    home(browser)
    assert "/t/midori/signin?" in browser.get("/t/midori/").location
