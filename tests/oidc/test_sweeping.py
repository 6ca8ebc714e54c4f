"""Rows do not grow for ever, and nothing goes that a token, a cookie or a replay may still need (SECURITY L12, H2)."""

import asyncio
from functools import partial

import pytest
from tests.oidc.test_refresh import dead
from tests.support.provider import Provider

from idp import main
from idp.credentials import WIDE
from idp.web.sweeping import Sweeper, steps

ONCE = "openid"  # ends with the session
OFFLINE = "openid offline_access"
TABLES = ("interactions", "sessions", "grants", "refresh_tokens", "authorization_codes", "access_tokens")


def swept(provider: Provider, slug: str = "aoba") -> int:
    return sum(sum(steps(provider.units, provider.tenant(slug), sweep)) for sweep in main.sweeps(WIDE))


def counts(provider: Provider) -> dict[str, int]:
    return {table: found for table in TABLES if (found := provider.count(table))}


def test_nothing_that_lives_is_touched(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    told = web.tokens(browser, scope=ONCE)
    waiting = provider.browser().login_page(web)
    before = counts(provider)
    assert before.keys() == set(TABLES)
    for _ in range(2):
        swept(provider)
        assert counts(provider) == before
        provider.clock.advance(minutes=2)
    assert web.userinfo(told["access_token"]).status == 200
    assert web.refresh(told["refresh_token"]).status == 200
    assert "code" in browser.authorize(web, prompt="none").query
    assert waiting.fields


def test_what_ends_with_its_session_goes_a_day_after_it(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    web.tokens(browser, scope=ONCE)
    browser.code(web, scope=ONCE)  # never redeemed
    provider.browser().login_page(web)  # never filled in
    provider.clock.advance(hours=8)  # idle
    swept(provider)
    assert counts(provider).keys() >= {"sessions", "grants", "refresh_tokens", "authorization_codes"}
    provider.clock.advance(hours=24)
    swept(provider)
    assert provider.count("sessions") == 1  # to the microsecond
    provider.clock.advance(seconds=1)
    assert swept(provider) > 0
    assert counts(provider) == {}
    assert swept(provider) == 0


def test_a_replayed_code_of_a_living_grant_is_still_recognised(provider: Provider) -> None:
    web = provider.party("web")
    code = provider.browser().code(web, scope=OFFLINE)
    told = web.redeem(code).json()
    for _ in range(3):
        provider.clock.advance(days=20)
        swept(provider)
        assert counts(provider).keys() == {"grants", "refresh_tokens", "authorization_codes"}
        assert web.refresh(told["refresh_token"]).status == 200
    assert dead(web.redeem(code))
    assert provider.events().count("code.replayed") == 1
    assert dead(web.refresh(told["refresh_token"]))
    provider.clock.advance(days=1, seconds=1)
    swept(provider)
    assert counts(provider) == {}


def test_a_replaced_refresh_token_is_known_as_long_as_its_family_lives(provider: Provider) -> None:
    app = provider.party("app")
    first = app.tokens(provider.browser(), scope=OFFLINE)["refresh_token"]
    last = first
    for _ in range(2):
        provider.clock.advance(days=29)
        last = app.refresh(last).json()["refresh_token"]
        swept(provider)
    assert provider.count("refresh_tokens") == 3
    assert dead(app.refresh(first))
    assert provider.events().count("refresh.replayed") == 1
    assert dead(app.refresh(last))


def test_a_grant_goes_a_day_after_it_can_live_no_longer(provider: Provider) -> None:
    web = provider.party("web")
    web.tokens(provider.browser(), scope=OFFLINE)
    provider.clock.advance(days=91)
    swept(provider)
    assert provider.count("grants") == 1
    provider.clock.advance(seconds=1)
    swept(provider)
    assert counts(provider) == {}


def test_one_tenant_s_sweep_leaves_the_neighbour_alone(provider: Provider) -> None:
    web = provider.party("web")
    web.tokens(provider.browser())
    provider.clock.advance(days=100)
    before = counts(provider)
    assert swept(provider, "midori") == 0
    assert counts(provider) == before
    assert swept(provider) > 0


def test_a_worker_sweeps_by_itself(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "Sweeper", partial(Sweeper, interval=0.02))
    web = provider.party("web")
    told = web.tokens(provider.browser(), scope=ONCE)
    assert web.at(provider.second).userinfo(told["access_token"]).status == 200
    provider.clock.advance(days=3)

    async def empty() -> None:
        async with asyncio.timeout(20):
            while counts(provider):
                await asyncio.sleep(0.05)

    provider.loop.run_until_complete(empty())
