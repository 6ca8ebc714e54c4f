"""Introspection (RFC 7662; attack T24): the whole truth for the client itself, else nothing."""

import pytest
from tests.support.filling import BASE_URL
from tests.support.in_process import FORM, encoded
from tests.support.provider import Provider

from idp import federation

NOTHING = b'{"active":false}'


@pytest.mark.honest("T24")
@pytest.mark.parametrize("name", ["web", "post", "opaque", "legacy"])
def test_a_client_learns_everything_about_its_own_access_token(provider: Provider, name: str) -> None:
    party = provider.party(name)
    token = party.tokens(provider.browser(), scope="openid email")["access_token"]
    answer = party.post("introspect", token=token)
    assert answer.status == 200
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
    said, now = answer.json(), provider.clock.now_us() // 1_000_000
    assert said == {
        "active": True,
        "scope": "email openid",
        "client_id": party.client_id,
        "token_type": "Bearer",
        "exp": now + 300,
        "iat": now,
        "sub": provider.user(),
        "aud": f"{BASE_URL}/t/aoba",
        "iss": f"{BASE_URL}/t/aoba",
        "jti": said["jti"],
        "auth_time": now,
        "acr": "urn:warifu:acr:1fa",
        "amr": ["pwd"],
    }


def test_a_client_learns_about_its_refresh_token_and_its_own_token(shared: Provider) -> None:
    web = shared.party("web")
    told = web.tokens(shared.browser())
    said = web.introspect(told["refresh_token"])
    assert (said["active"], said["sub"], said["client_id"]) == (True, shared.user(), web.client_id)
    robot = shared.party("robot")
    own = robot.introspect(robot.credentials().json()["access_token"])
    assert (own["active"], own["sub"], own["scope"]) == (True, robot.client_id, "api")


def test_the_api_that_a_token_is_meant_for_may_ask(shared: Provider) -> None:
    web, api = shared.party("web"), shared.party("api")
    told = web.tokens(shared.browser())
    assert api.introspect(told["access_token"])["client_id"] == web.client_id
    assert api.introspect(told["refresh_token"]) == {"active": False}  # a refresh token is for nobody else


@pytest.mark.attack("T24")
@pytest.mark.parametrize("name", ["other", "post", "robot"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token", "id_token"])
def test_anybody_else_learns_nothing(shared: Provider, name: str, kind: str) -> None:
    told = shared.party("web").tokens(shared.browser())
    answer = shared.party(name).post("introspect", token=told[kind])
    assert (answer.status, answer.body) == (200, NOTHING)


@pytest.mark.attack("T24")
def test_another_tenant_learns_nothing(shared: Provider) -> None:
    told = shared.party("web").tokens(shared.browser())
    for kind in ("access_token", "refresh_token"):
        assert shared.party("web", slug="midori").post("introspect", token=told[kind]).body == NOTHING


@pytest.mark.attack("T24", "T26")
@pytest.mark.parametrize("token", ["x", "at_", "a.b.c", "rt_" + "0" * 100, "é", "x" * 9_000, "at_" + "0" * 32])
def test_what_is_no_token_is_not_active(shared: Provider, token: str) -> None:
    assert shared.party("web").post("introspect", token=token).body == NOTHING


@pytest.mark.attack("T24")
@pytest.mark.parametrize("name", ["app", "phone"])
def test_a_client_that_cannot_prove_itself_may_not_ask(shared: Provider, name: str) -> None:
    party = shared.party(name)
    token = party.tokens(shared.browser())["access_token"]
    answer = party.post("introspect", token=token)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_without_a_token_or_a_client_there_is_no_answer(shared: Provider) -> None:
    for fields in ({}, {"token": ""}):
        answer = shared.party("web").post("introspect", **fields)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    answer = shared.first.call("POST", "/t/aoba/introspect", {"content-type": FORM}, encoded({"token": "x"}))
    assert answer.status == 400


def test_a_replaced_refresh_token_is_not_active(shared: Provider) -> None:
    app, api = shared.party("app"), shared.party("api")
    told = app.tokens(shared.browser())
    after = app.refresh(told["refresh_token"]).json()
    assert api.introspect(after["access_token"])["active"] is True
    assert api.introspect(told["refresh_token"]) == {"active": False}


def test_tokens_of_a_service_that_was_deleted_are_not_active(alone: Provider) -> None:
    other, web = alone.party("other"), alone.party("web")
    told = other.tokens(alone.browser())
    with alone.open() as unit:
        federation.delete(unit, alone.service_id("other"))
    for kind in ("access_token", "refresh_token"):
        answer = web.post("introspect", token=told[kind])
        assert (answer.status, answer.body) == (200, NOTHING)
