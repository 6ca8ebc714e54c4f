"""A sign-in records where it came from; the tokens that come of it remember."""

import pytest
from tests.support.party import SAME_ORIGIN, Browser, Party
from tests.support.provider import Provider

from idp import sessions
from idp.kit.ids import presented
from idp.sessions import Context, Whereabouts

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
EDGE = '"Microsoft Edge";v="120", "Chromium";v="120", "Not?A_Brand";v="24"'


@pytest.mark.parametrize(
    ("said", "family", "version"),
    [
        ({"user-agent": FIREFOX}, "firefox", 133),
        ({"user-agent": FIREFOX, "sec-ch-ua": EDGE}, "edge", 120),
        ({"user-agent": "\xff" * 8000}, "other", None),
        ({}, "other", None),
    ],
)
def test_a_sign_in_is_recorded_with_address_and_browser(
    provider: Provider, said: dict[str, str], family: str, version: int | None
) -> None:
    browser = provider.browser()
    browser.sign_in(browser.login_page(provider.party("web")), {**SAME_ORIGIN, **said})
    shown = presented("ss", browser.jar["__Host-warifu-aoba-session"])
    assert shown is not None
    with provider.open() as unit:
        session = sessions.find_session(unit, shown.id)
        assert session is not None
        here = Whereabouts("133.11.0.1", "JP", family, version)
        assert sessions.context_of(unit, session) == Context(here, ("pwd",), session.authenticated_at)


def test_a_grant_remembers_the_sign_in_that_it_came_from(provider: Provider) -> None:
    browser, web = provider.browser(), provider.party("web")
    refresh = web.tokens(browser)["refresh_token"]
    shown = presented("rt", refresh)
    assert shown is not None
    with provider.open() as unit:
        grant = sessions.grant_of_refresh_token(unit, shown)
        assert grant is not None
        session = sessions.find_session(unit, grant.session_id)
        assert session is not None
        assert sessions.context_of(unit, grant) == sessions.context_of(unit, session)
        assert sessions.context_of(unit, grant).whereabouts.address == "133.11.0.1"


@pytest.fixture
def browser(provider: Provider) -> Browser:
    return provider.browser()


def test_what_a_stranger_forwards_does_not_move_a_sign_in(provider: Provider, browser: Browser) -> None:
    party: Party = provider.party("web")
    forged = {"x-forwarded-for": "133.11.0.1", "forwarded": "for=133.11.0.1", "x-real-ip": "133.11.0.1"}
    browser.sign_in(browser.login_page(party), {**SAME_ORIGIN, **forged, "x_forwarded_for": "133.11.0.1"})
    with provider.open() as unit:
        shown = presented("ss", browser.jar["__Host-warifu-aoba-session"])
        session = sessions.find_session(unit, shown.id) if shown else None
        assert session is not None
        assert sessions.context_of(unit, session).whereabouts.address == "133.11.0.1"
