"""Refresh tokens (RFC 6749 6, RFC 9700 4.14; requirement T5; attacks R1, R5, R6, R8, R9)."""

import asyncio

import pytest
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import claims
from tests.support.provider import Provider

from idp import tenants

CONFIDENTIAL = ["web", "post", "legacy", "opaque"]
PUBLIC = ["app", "phone"]


def dead(answer: Answer) -> bool:
    return (answer.status, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.honest("R1")
@pytest.mark.parametrize("name", CONFIDENTIAL)
def test_a_confidential_client_keeps_its_token(shared: Provider, name: str) -> None:
    party = shared.party(name)
    token = party.tokens(shared.browser())["refresh_token"]
    for _ in range(3):
        answer = party.refresh(token)
        assert answer.status == 200
        assert "refresh_token" not in answer.json()


@pytest.mark.honest("R1")
@pytest.mark.parametrize("name", PUBLIC)
def test_the_token_of_a_public_client_is_replaced_at_each_use(shared: Provider, name: str) -> None:
    party = shared.party(name)
    told = party.tokens(shared.browser())
    seen = {told["refresh_token"]}
    for _ in range(3):
        answer = party.refresh(told["refresh_token"])
        assert answer.status == 200
        told = answer.json()
        seen.add(told["refresh_token"])
    assert len(seen) == 4


@pytest.mark.attack("R1")
def test_a_replaced_token_that_is_shown_ends_its_whole_family(provider: Provider) -> None:
    app = provider.party("app")
    first = app.tokens(provider.browser())
    second = app.refresh(first["refresh_token"]).json()
    third = app.refresh(second["refresh_token"]).json()
    assert dead(app.at(provider.second).refresh(first["refresh_token"]))
    assert dead(app.refresh(third["refresh_token"]))
    assert {app.userinfo(told["access_token"]).status for told in (first, second, third)} == {401}
    assert provider.events().count("refresh.replayed") == 1


@pytest.mark.honest("R9")
@pytest.mark.attack("R9")
def test_a_replaced_token_in_the_hands_of_another_client_ends_nothing(shared: Provider) -> None:
    app = shared.party("app")
    first = app.tokens(shared.browser())
    second = app.refresh(first["refresh_token"]).json()
    assert dead(shared.party("phone").refresh(first["refresh_token"]))
    assert app.refresh(second["refresh_token"]).status == 200


@pytest.mark.honest("R9")
@pytest.mark.attack("R9")
@pytest.mark.meets("T5")
@pytest.mark.parametrize("name", ["other", "app", "phone", "post"])
def test_a_token_of_another_client_is_not_a_token(shared: Provider, name: str) -> None:
    web = shared.party("web")
    token = web.tokens(shared.browser())["refresh_token"]
    assert dead(shared.party(name).refresh(token))
    assert web.refresh(token).status == 200


@pytest.mark.attack("R9")
def test_a_token_of_another_tenant_is_not_a_token(shared: Provider) -> None:
    web = shared.party("web")
    token = web.tokens(shared.browser())["refresh_token"]
    assert dead(shared.party("web", slug="midori").refresh(token))


@pytest.mark.honest("R6")
@pytest.mark.meets("T5")
@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "email offline_access openid profile"),
        ("", "email offline_access openid profile"),  # RFC 6749 3.2: without a value is as if left out
        ("openid", "openid"),
        ("email openid", "email openid"),
        ("openid  email", "email openid"),
    ],
)
def test_the_scope_may_be_narrowed_for_one_access_token(shared: Provider, asked: str | None, given: str) -> None:
    web = shared.party("web")
    token = web.tokens(shared.browser())["refresh_token"]
    assert web.refresh(token, scope=asked).json()["scope"] == given
    assert web.refresh(token).json()["scope"] == "email offline_access openid profile"


@pytest.mark.honest("R6")
@pytest.mark.attack("R6")
@pytest.mark.parametrize("asked", ["openid phone", "api", "admin", "OPENID", "openid\tphone"])
@pytest.mark.parametrize("name", ["web", "app"])
def test_the_scope_is_never_widened_and_the_refusal_spends_nothing(shared: Provider, name: str, asked: str) -> None:
    party = shared.party(name)
    token = party.tokens(shared.browser())["refresh_token"]
    answer = party.refresh(token, scope=asked)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_scope")
    assert party.refresh(token).status == 200


@pytest.mark.meets("T5")
def test_the_id_token_of_a_refresh_says_the_same_person_and_sign_in(provider: Provider) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser())
    provider.clock.advance(seconds=100)
    before, after = claims(told["id_token"]), claims(web.refresh(told["refresh_token"]).json()["id_token"])
    same = ("iss", "sub", "aud", "auth_time", "sid", "acr", "amr")
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert after["iat"] == before["iat"] + 100
    assert "nonce" not in after
    assert "id_token" not in web.refresh(told["refresh_token"], scope="email").json()


@pytest.mark.honest("R7")
@pytest.mark.attack("R7")
def test_without_offline_access_a_token_ends_with_the_session(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    bound = web.tokens(browser, scope="openid")
    offline = web.tokens(browser, scope="openid offline_access")
    assert web.refresh(bound["refresh_token"]).status == 200
    browser.get(f"/t/aoba/end_session?id_token_hint={bound['id_token']}")
    alone.clock.advance(seconds=1)
    assert dead(web.refresh(bound["refresh_token"]))
    refreshed = web.refresh(offline["refresh_token"])
    assert refreshed.status == 200
    assert web.userinfo(refreshed.json()["access_token"]).status == 200
    assert {web.userinfo(told["access_token"]).status for told in (bound, offline)} == {401}


@pytest.mark.parametrize(
    ("days", "status"),
    [
        *(pytest.param(days, 200, marks=pytest.mark.honest("R8")) for days in (1, 29.999999)),
        *(pytest.param(days, 400, marks=pytest.mark.attack("R8")) for days in (30, 30.000001, 31, 89)),
    ],
)
def test_a_token_that_lies_idle_for_thirty_days_is_dead(alone: Provider, days: float, status: int) -> None:
    web = alone.party("web")
    token = web.tokens(alone.browser())["refresh_token"]
    alone.clock.advance(days=days)
    assert web.refresh(token).status == status


@pytest.mark.honest("R8")
@pytest.mark.attack("R8")
@pytest.mark.parametrize("name", ["web", "app"])
def test_no_token_lives_longer_than_ninety_days(alone: Provider, name: str) -> None:
    party = alone.party(name)
    token = party.tokens(alone.browser())["refresh_token"]
    for _ in range(4):
        alone.clock.advance(days=22)
        told = party.refresh(token).json()
        token = told.get("refresh_token", token)
    alone.clock.advance(days=1.9)
    told = party.refresh(token).json()
    token = told.get("refresh_token", token)
    alone.clock.advance(days=0.1)
    assert dead(party.refresh(token))


@pytest.mark.attack("R2")
def test_of_eight_uses_at_once_on_two_workers_one_succeeds(provider: Provider) -> None:
    app = provider.party("app")
    told = app.tokens(provider.browser())
    _, form = app.proof({"grant_type": "refresh_token", "refresh_token": told["refresh_token"]})
    workers = [provider.first, provider.second] * 4

    async def race() -> list[Answer]:
        asked = (worker.send("POST", "/t/aoba/token", {"content-type": FORM}, encoded(form)) for worker in workers)
        return await asyncio.gather(*asked)

    answers = provider.loop.run_until_complete(race())
    assert sorted(answer.status for answer in answers) == [200] + [400] * 7
    (won,) = [answer.json() for answer in answers if answer.status == 200]
    assert dead(app.refresh(won["refresh_token"]))  # the losers showed a replaced token
    assert app.userinfo(won["access_token"]).status == 401


GRACE = 10


def with_grace(provider: Provider, seconds: int = GRACE) -> None:
    with provider.open() as unit:
        tenants.switch(unit, tenants.Switches(public_refresh_grace_seconds=seconds))


@pytest.mark.honest("R5", "R2")
@pytest.mark.attack("R2", "R5")
def test_a_public_client_whose_answer_was_lost_goes_on_within_its_grace(provider: Provider) -> None:
    with_grace(provider)
    app = provider.party("app")
    first = app.tokens(provider.browser())["refresh_token"]
    lost = app.refresh(first).json()["refresh_token"]
    provider.clock.advance(seconds=GRACE)
    again = app.at(provider.second).refresh(first)
    assert again.status == 200
    last = app.refresh(again.json()["refresh_token"])
    assert last.status == 200
    provider.clock.advance(seconds=GRACE + 1)
    # the one that was lost was never used, and is no second line
    assert dead(app.refresh(lost))
    assert dead(app.refresh(last.json()["refresh_token"]))


@pytest.mark.attack("R5")
@pytest.mark.parametrize("abuse", ["late", "used", "twice", "other", "off"])
def test_beyond_its_grace_a_replaced_token_ends_its_family(provider: Provider, abuse: str) -> None:
    with_grace(provider, 0 if abuse == "off" else GRACE)
    app = provider.party("app")
    first = app.tokens(provider.browser())["refresh_token"]
    newest = app.refresh(first).json()["refresh_token"]
    if abuse == "late":
        provider.clock.advance(seconds=GRACE, microseconds=1)
    elif abuse == "used":
        newest = app.refresh(newest).json()["refresh_token"]
    elif abuse == "twice":
        newest = app.refresh(first).json()["refresh_token"]
    elif abuse == "other":  # whoever it is, it is not the client: nothing happens to the family
        assert dead(provider.party("phone").refresh(first))
        assert app.refresh(newest).status == 200
        return
    assert dead(app.refresh(first))
    assert dead(app.refresh(newest))
    assert provider.events().count("refresh.replayed") == 1
