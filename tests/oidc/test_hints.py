"""`id_token_hint` at the authorization endpoint: it says who is meant, no more (PROTOCOLS A10; SECURITY A22)."""

import pytest
from tests.oidc.test_logout import BAD_HINTS
from tests.support.party import Browser, Party
from tests.support.provider import Provider


@pytest.fixture
def web(shared: Provider) -> Party:
    return shared.party("web")


@pytest.fixture
def taro(shared: Provider, web: Party) -> Browser:
    browser = shared.browser()
    browser.code(web)
    return browser


@pytest.fixture
def hanako(shared: Provider, web: Party) -> Browser:
    browser = shared.browser()
    browser.user = "hanako@aoba.example"
    browser.code(web)
    return browser


@pytest.mark.honest("A22")
@pytest.mark.meets("A10")
def test_the_person_who_is_meant_passes_silently(taro: Browser, web: Party) -> None:
    hint = web.tokens(taro)["id_token"]
    assert "code" in taro.get(web.address(prompt="none", id_token_hint=hint)).query


@pytest.mark.meets("A10")
def test_and_so_with_a_hint_that_has_expired(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    hint = web.tokens(browser)["id_token"]
    alone.clock.advance(hours=1)
    assert "code" in browser.get(web.address(prompt="none", id_token_hint=hint)).query


@pytest.mark.attack("A22")
@pytest.mark.meets("A10")
def test_somebody_else_does_not(taro: Browser, hanako: Browser, web: Party) -> None:
    hint = web.tokens(taro)["id_token"]
    assert hanako.get(web.address(prompt="none", id_token_hint=hint)).query["error"] == "login_required"
    assert "/signin?" in hanako.get(web.address(id_token_hint=hint)).location
    assert "code" in hanako.get(web.address(prompt="none")).query


@pytest.mark.honest("A22")
@pytest.mark.attack("A22")
def test_only_the_person_who_is_meant_gets_on_after_a_sign_in(taro: Browser, hanako: Browser, web: Party) -> None:
    hint = web.tokens(taro)["id_token"]
    assert hanako.authorize(web, id_token_hint=hint).query["error"] == "login_required"
    hanako.user = taro.user
    assert "code" in hanako.authorize(web, id_token_hint=hint).query


@pytest.mark.attack("A22")
def test_a_hint_signs_nobody_in(shared: Provider, taro: Browser, web: Party) -> None:
    hint = web.tokens(taro)["id_token"]
    assert shared.get(web.address(prompt="none", id_token_hint=hint)).query["error"] == "login_required"


@pytest.mark.attack("A22")
@pytest.mark.meets("A10")
@pytest.mark.parametrize("name", BAD_HINTS)
def test_silently_nobody_is_taken_for_whom_a_bad_hint_means(
    shared: Provider, taro: Browser, web: Party, name: str
) -> None:
    bad = BAD_HINTS[name](web.tokens(taro)["id_token"])
    for browser in (taro, shared.browser()):
        assert browser.get(web.address(prompt="none", id_token_hint=bad)).query["error"] == "login_required"
    assert "code" in taro.get(web.address(id_token_hint=bad)).query  # as if it were not there


@pytest.mark.attack("A22")
def test_another_token_of_ours_is_no_hint(shared: Provider, hanako: Browser, taro: Browser, web: Party) -> None:
    others = (shared.party("other"), shared.party("web", slug="midori"))
    tokens = [party.tokens(shared.browser())["id_token"] for party in others]
    for hint in (*tokens, web.tokens(hanako)["access_token"]):
        for browser in (hanako, taro):
            assert browser.get(web.address(prompt="none", id_token_hint=hint)).query["error"] == "login_required"
            assert "code" in browser.get(web.address(id_token_hint=hint)).query
