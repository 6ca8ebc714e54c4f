"""What happens to a person or a service ends what they held, on both workers, and nobody else's."""

from collections.abc import Callable

import pytest
from tests.oidc.standing import Before, refused_everywhere, still_in_order
from tests.support.filling import cheaply_hashed
from tests.support.provider import Provider

from idp import credentials, federation, users


def _disable_person(provider: Provider) -> None:
    with provider.open() as unit:
        users.disable(unit, provider.user())


def _delete_person(provider: Provider) -> None:
    with provider.open() as unit:
        users.delete(unit, provider.user())
        credentials.forget_user(unit, provider.user())


def _change_password(provider: Provider) -> None:
    encoded = cheaply_hashed("another-Passw0rd!")
    with provider.open() as unit:
        credentials.set_password(unit, provider.user(), encoded)


@pytest.mark.honest("R7")
@pytest.mark.attack("R7", "B10", "T22")
@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (_disable_person, "id_disabled"),
        (_delete_person, "id_unknown"),
        (_change_password, "The refresh token is not valid."),
    ],
)
def test_what_happens_to_a_person_ends_what_they_were_signed_in_to(
    provider: Provider, act: Callable[[Provider], None], reason: str
) -> None:
    before = Before.of(provider)
    act(provider)
    for worker in reversed(before.workers()):
        web = before.web.at(worker)
        refreshed = web.refresh(before.told["refresh_token"])
        assert (refreshed.status, refreshed.json()["error"]) == (400, "invalid_grant")
        assert refreshed.json()["error_description"] == reason
        assert web.userinfo(before.told["access_token"]).status == 401
        assert web.introspect(before.told["access_token"]) == {"active": False}
        assert web.introspect(before.told["refresh_token"]) == {"active": False}
        assert "/signin?" in before.ask(worker).location
        assert before.ask(worker, prompt="none").query["error"] == "login_required"
        assert web.introspect(before.own)["active"] is True  # the service's own is another matter
    redeemed = before.web.redeem(before.code)
    assert (redeemed.status, redeemed.json()["error"]) == (400, "invalid_grant")
    fresh = provider.browser()
    assert fresh.sign_in(fresh.login_page(before.web)).status == 401  # with the password of before


@pytest.mark.honest("R7", "B10", "T22")
def test_somebody_else_is_not_touched_by_it(provider: Provider) -> None:
    web, hanako = provider.party("web"), provider.browser()
    hanako.user = "hanako@aoba.example"
    told = web.tokens(hanako)
    _disable_person(provider)
    assert web.userinfo(told["access_token"]).status == 200
    assert web.refresh(told["refresh_token"]).status == 200


@pytest.mark.attack("R7", "B10")
def test_enabling_a_person_again_revives_nothing(provider: Provider) -> None:
    before = Before.of(provider)
    _disable_person(provider)
    with provider.open() as unit:
        users.enable(unit, provider.user())
    assert before.web.refresh(before.told["refresh_token"]).status == 400
    assert before.web.userinfo(before.told["access_token"]).status == 401
    assert before.web.redeem(before.code).status == 400
    assert before.web.tokens(before.browser)["access_token"]


@pytest.mark.attack("R7")
def test_a_disabled_service_is_refused_everything_but_leaving(provider: Provider) -> None:
    before = Before.of(provider)
    with provider.open() as unit:
        federation.disable(unit, provider.service_id("web"))
    refused_everywhere(before, "service_unknown")
    still_in_order(before)


@pytest.mark.attack("R7")
def test_a_service_that_is_enabled_again_finds_its_old_tokens_dead(provider: Provider) -> None:
    before = Before.of(provider)
    with provider.open() as unit:
        federation.disable(unit, provider.service_id("web"))
    with provider.open() as unit:
        federation.enable(unit, provider.service_id("web"))
    for worker in before.workers():
        web = before.web.at(worker)
        assert web.refresh(before.told["refresh_token"]).status == 400
        assert web.userinfo(before.told["access_token"]).status == 401
        assert web.credentials().status == 200
    assert before.web.redeem(before.code).status == 400


@pytest.mark.attack("R7")
def test_a_deleted_service_is_unknown(provider: Provider) -> None:
    before = Before.of(provider)
    with provider.open() as unit:
        federation.delete(unit, provider.service_id("web"))
    for worker in before.workers():
        web = before.web.at(worker)
        assert web.credentials().status == 401
        assert web.userinfo(before.told["access_token"]).status == 401
        page = before.ask(worker)
        assert (page.status, page.location) == (400, "")
        assert "unknown_service" in page.text


@pytest.mark.attack("R7")
def test_a_person_who_is_no_longer_assigned_is_refused(provider: Provider) -> None:
    closed, browser = provider.party("closed"), provider.browser()
    with provider.open() as unit:
        made = federation.assign(unit, provider.service_id("closed"), user_id=provider.user())
    told = closed.tokens(browser)
    code = browser.code(closed)
    with provider.open() as unit:
        federation.unassign(unit, provider.service_id("closed"), made.id)
    elsewhere = closed.at(provider.second)
    for answer in (elsewhere.refresh(told["refresh_token"]), elsewhere.redeem(code)):
        assert (answer.status, answer.json()["error_description"]) == (400, "not_assigned")
    assert elsewhere.userinfo(told["access_token"]).status == 401
    assert elsewhere.introspect(told["access_token"]) == {"active": False}


@pytest.mark.attack("T9")
def test_a_secret_that_was_rotated_proves_nothing_on_the_other_worker(provider: Provider) -> None:
    web = provider.party("web")
    elsewhere = web.at(provider.second)
    assert elsewhere.credentials().status == 200
    with provider.open() as unit:
        federation.rotate_secret(unit, provider.service_id("web"))
    for party in (web, elsewhere):
        assert party.credentials().status == 401
        assert party.post("introspect", token="x").status == 401
        assert party.post("revoke", token="x").status == 401


def test_every_refusal_is_in_the_trail(provider: Provider) -> None:
    before = Before.of(provider)
    with provider.open() as unit:
        federation.change(unit, provider.service_id("web"), {"assignment_required": True}, production=False)
    earlier = provider.events().count("access.refused")
    before.web.refresh(before.told["refresh_token"])
    before.web.redeem(before.code)
    before.web.userinfo(before.told["access_token"])
    before.web.introspect(before.told["access_token"])
    before.ask(provider.first)
    assert provider.events().count("access.refused") == earlier + 5
