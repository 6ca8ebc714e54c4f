"""To put a database back is to forget what was revoked, spent and withdrawn since: none of it is valid again."""

import pytest
from tests.backup.conftest import Vault, ask, operators_key
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import OPERATOR, Provider

from idp import credentials
from idp.backup import adopt
from idp.schema import metadata

KINDS = ["web", "app", "opaque"]


def dead(answer: Answer) -> bool:
    return (answer.status, answer.json().get("error")) == (400, "invalid_grant")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("revoked", [True, False])
def test_tokens_from_before_are_dead_whether_revoked_since_or_not(
    provider: Provider, vault: Vault, other: str, name: str, revoked: bool
) -> None:
    party = provider.party(name)
    told = party.tokens(provider.browser())
    assert party.userinfo(told["access_token"]).status == 200
    file = vault.take()
    if revoked:
        assert party.post("revoke", token=told["refresh_token"]).status == 200
        assert dead(party.refresh(told["refresh_token"]))
    restored = vault.restore(file, other)
    party, api = restored.party(name), restored.party("api")
    assert dead(party.refresh(told["refresh_token"]))
    assert party.userinfo(told["access_token"]).status == 401
    for token in (told["access_token"], told["refresh_token"]):
        assert api.introspect(token) == {"active": False}
    fresh = party.tokens(restored.browser())
    assert party.userinfo(fresh["access_token"]).status == 200
    assert party.refresh(fresh["refresh_token"]).status == 200


@pytest.mark.parametrize("redeemed", [True, False])
def test_a_code_from_before_is_spent(provider: Provider, vault: Vault, other: str, redeemed: bool) -> None:
    party = provider.party("web")
    code = provider.browser().code(party)
    file = vault.take()
    if redeemed:
        assert party.redeem(code).status == 200
    restored = vault.restore(file, other)
    assert dead(restored.party("web").redeem(code))


def test_a_browser_that_was_signed_in_is_not_any_more(provider: Provider, vault: Vault, other: str) -> None:
    browser = provider.browser()
    browser.code(provider.party("web"))
    silent = browser.authorize(provider.party("web"), prompt="none")
    assert "code" in silent.query
    restored = vault.restore(vault.take(), other)
    later = Browser(restored.first, jar=dict(browser.jar))
    assert later.authorize(restored.party("web"), prompt="none").query["error"] == "login_required"


def test_a_sign_in_that_was_under_way_begins_anew(provider: Provider, vault: Vault, other: str) -> None:
    browser = provider.browser()
    form = browser.login_page(provider.party("web"))
    restored = vault.restore(vault.take(), other)
    later = Browser(restored.first, jar=dict(browser.jar), here=browser.here)
    answer = later.sign_in(form)
    assert answer.status in {400, 403, 404, 410}, answer
    assert not answer.location


def test_api_keys_are_withdrawn_unless_the_operator_knows_better(provider: Provider, vault: Vault, other: str) -> None:
    key = operators_key(provider)
    file = vault.take()
    with provider.platform() as unit:
        for each in credentials.keys(unit, limit=10):
            credentials.delete_key(unit, each.id)
    assert ask(provider.first, "/tenants", key).status == 401
    assert ask(vault.restore(file, other).first, "/tenants", key).status == 401
    assert ask(vault.restore(file, other, keep_api_keys=True).first, "/tenants", key).status == 200


def test_every_trail_shows_the_gap(provider: Provider, vault: Vault, other: str) -> None:
    restored = vault.restore(vault.take(), other)
    for slug in ("aoba", "midori"):
        assert restored.events(slug).count("database.restored") == 1
        assert "database.restored" not in provider.events(slug)


def test_a_worker_never_takes_what_it_remembers_for_current(provider: Provider, vault: Vault, other: str) -> None:
    """Whatever was counted in the life that was lost, the next one begins above it."""
    file = vault.take()
    for _ in range(50):
        provider.suspend()
        provider.resume()
    with provider.platform() as unit:
        lost = unit.lane.execute("SELECT max(revision), max(generation) FROM tenants", {}).fetchone()
    with vault.restore(file, other).platform() as unit:
        new = unit.lane.execute("SELECT min(revision), min(generation) FROM tenants", {}).fetchone()
    assert new[0] > lost[0]
    assert new[1] > lost[1]


def test_a_database_put_back_by_other_means_is_taken_for_restored(provider: Provider) -> None:
    party = provider.party("web")
    told = party.tokens(provider.browser())
    code = provider.browser().code(party)
    key = operators_key(provider)
    worker = provider.__dict__.pop("first")
    assert adopt(provider.units, metadata=metadata, actor=OPERATOR) == 1
    assert provider.units.keys.fence.epoch() == 1
    party = provider.party("web")
    assert dead(party.refresh(told["refresh_token"]))
    assert dead(party.redeem(code))
    assert party.userinfo(told["access_token"]).status == 401
    assert ask(provider.first, "/tenants", key).status == 401
    assert provider.events().count("database.restored") == 1
    # a worker that ran all the while decides on the new epoch, too
    assert party.at(worker).userinfo(told["access_token"]).status == 401
    assert party.at(worker).refresh(told["refresh_token"]).status == 400
    worker.close()
