"""Revocation (RFC 7009; attack T24)."""

import pytest
from tests.support.in_process import FORM, encoded
from tests.support.provider import Provider


@pytest.mark.parametrize("name", ["web", "post", "opaque", "app"])
def test_an_access_token_ends_alone(provider: Provider, name: str) -> None:
    party = provider.party(name)
    told = party.tokens(provider.browser())
    answer = party.post("revoke", token=told["access_token"])
    assert (answer.status, answer.body, answer.headers["cache-control"]) == (200, b"", "no-store")
    elsewhere = party.at(provider.second)
    assert elsewhere.userinfo(told["access_token"]).status == 401
    assert elsewhere.refresh(told["refresh_token"]).status == 200


@pytest.mark.honest("T24")
@pytest.mark.parametrize("name", ["web", "app"])
def test_with_a_refresh_token_everything_of_its_grant_ends(provider: Provider, name: str) -> None:
    party = provider.party(name)
    told = party.tokens(provider.browser())
    after = party.refresh(told["refresh_token"]).json()
    latest = after.get("refresh_token", told["refresh_token"])
    assert party.post("revoke", token=latest).status == 200
    elsewhere = party.at(provider.second)
    assert elsewhere.refresh(latest).status == 400
    assert {elsewhere.userinfo(each["access_token"]).status for each in (told, after)} == {401}
    assert provider.events().count("token.revoked") == 1


def test_another_grant_of_the_same_person_and_service_lives_on(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    one, other = web.tokens(browser), web.tokens(browser)
    web.post("revoke", token=one["refresh_token"])
    assert web.userinfo(other["access_token"]).status == 200
    assert web.refresh(other["refresh_token"]).status == 200


@pytest.mark.attack("T24")
@pytest.mark.parametrize("name", ["other", "app", "robot", "post"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_of_another_client_is_left_alone_and_the_answer_does_not_tell(
    shared: Provider, name: str, kind: str
) -> None:
    web = shared.party("web")
    told = web.tokens(shared.browser())
    answer = shared.party(name).post("revoke", token=told[kind])
    assert (answer.status, answer.body) == (200, b"")
    assert web.userinfo(told["access_token"]).status == 200
    assert web.refresh(told["refresh_token"]).status == 200


@pytest.mark.attack("T24")
def test_a_token_of_another_tenant_is_left_alone(shared: Provider) -> None:
    web = shared.party("web")
    told = web.tokens(shared.browser())
    assert shared.party("web", slug="midori").post("revoke", token=told["refresh_token"]).status == 200
    assert web.refresh(told["refresh_token"]).status == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "rt_x", "é", "x" * 9_000])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "unheard-of"])
def test_what_is_no_token_is_revoked_already(shared: Provider, token: str, hint: str | None) -> None:
    answer = shared.party("web").post("revoke", token=token, token_type_hint=hint)
    assert (answer.status, answer.body) == (200, b"")


def test_a_wrong_hint_does_not_hinder(shared: Provider) -> None:
    web = shared.party("web")
    told = web.tokens(shared.browser())
    web.post("revoke", token=told["refresh_token"], token_type_hint="access_token")
    assert web.refresh(told["refresh_token"]).status == 400


def test_without_a_token_or_a_client_there_is_nothing_to_do(shared: Provider) -> None:
    answer = shared.party("web").post("revoke")
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    answer = shared.first.call("POST", "/t/aoba/revoke", {"content-type": FORM}, encoded({"token": "x"}))
    assert answer.status == 400
