"""What a contract, a person and a service let through by their standing, cell by cell, on two workers.

Each act is done in one place, each use tried on both workers, which learn of it from the database alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from tests.support.filling import BASE_URL, CALLBACK, GOODBYE, application, cheaply_hashed
from tests.support.in_process import Answer, Running
from tests.support.party import Browser, Party
from tests.support.provider import Provider

from idp import contracts, credentials, federation, tenants, users


@dataclass
class Before:
    """What a service and its person held while everything was in order."""

    provider: Provider
    web: Party
    browser: Browser
    code: str
    told: dict[str, str]
    own: str

    @classmethod
    def of(cls, provider: Provider) -> "Before":
        web, browser = provider.party("web"), provider.browser()
        told = web.tokens(browser)
        own = web.credentials().json()["access_token"]
        provider.get("/t/aoba/jwks")
        web.at(provider.second).credentials()  # the other worker has facts in its memory, too
        return cls(provider, web, browser, browser.code(web), told, own)

    def workers(self) -> tuple[Running, Running]:
        return self.provider.first, self.provider.second

    def ask(self, worker: Running, **changes: str) -> Answer:
        browser = Browser(worker, jar=dict(self.browser.jar))
        return browser.get(self.web.address(**changes))


def refused_everywhere(before: Before, reason: str) -> None:
    """The table of what each state lets through."""
    for worker in before.workers():
        web = before.web.at(worker)
        page = before.ask(worker)
        assert (page.status, page.location) == (403, "")
        assert 'id="denied-page"' in page.text
        assert reason in page.text
        silent = before.ask(worker, prompt="none")
        assert silent.location.startswith(f"{CALLBACK}?")
        assert (silent.query["error"], silent.query["error_description"]) == ("access_denied", reason)
        assert silent.query["iss"] == f"{BASE_URL}/t/aoba"
        refused = (web.refresh(before.told["refresh_token"]), web.credentials())
        said = [(answer.status, answer.json()["error"], answer.json()["error_description"]) for answer in refused]
        assert said == [(400, "invalid_grant", reason), (400, "unauthorized_client", reason)]
        for token in (before.told["access_token"], before.told["refresh_token"], before.own):
            assert web.post("introspect", token=token).body == b'{"active":false}'
        assert web.userinfo(before.told["access_token"]).status == 401
    redeemed = before.web.at(before.provider.second).redeem(before.code)
    assert (redeemed.status, redeemed.json()) == (400, {"error": "invalid_grant", "error_description": reason})


def still_in_order(before: Before) -> None:
    """Whatever the contract says: nobody is kept from leaving, and keys stay public."""
    for worker in before.workers():
        assert worker.call("GET", "/t/aoba/.well-known/openid-configuration").status == 200
        assert len(worker.call("GET", "/t/aoba/jwks").json()["keys"]) == 3
        assert before.web.at(worker).post("revoke", token=before.told["refresh_token"]).status == 200
    address = f"/t/aoba/end_session?id_token_hint={before.told['id_token']}&post_logout_redirect_uri={GOODBYE}"
    assert before.browser.get(address).location == GOODBYE


def everything_works(before: Before) -> None:
    for worker in before.workers():
        web = before.web.at(worker)
        assert "code" in before.ask(worker, prompt="none").query
        assert web.refresh(before.told["refresh_token"]).status == 200
        assert web.credentials().status == 200
        assert web.introspect(before.told["access_token"])["active"] is True
        assert web.introspect(before.own)["active"] is True
        assert web.userinfo(before.told["access_token"]).status == 200
    assert before.web.redeem(before.code).status == 200


def test_under_an_active_contract_everything_works(provider: Provider) -> None:
    before = Before.of(provider)
    everything_works(before)
    still_in_order(before)


def test_a_suspended_contract_refuses_everything_but_leaving(provider: Provider) -> None:
    before = Before.of(provider)
    provider.suspend()
    refused_everywhere(before, "contract_suspended")
    still_in_order(before)


def test_resuming_lets_people_in_again_and_revives_nothing(provider: Provider) -> None:
    before = Before.of(provider)
    provider.suspend()
    assert before.web.credentials().status == 400
    provider.resume()
    for worker in before.workers():
        web = before.web.at(worker)
        assert web.credentials().status == 200
        assert web.refresh(before.told["refresh_token"]).json()["error"] == "invalid_grant"
        assert web.userinfo(before.told["access_token"]).status == 401
        assert web.introspect(before.own) == {"active": False}
        assert before.ask(worker, prompt="none").query["error"] == "login_required"
    assert before.web.redeem(before.code).status == 400
    assert before.web.tokens(before.browser)["access_token"]


def test_a_terminated_contract_refuses_everything_but_leaving(provider: Provider) -> None:
    before = Before.of(provider)
    with provider.platform() as unit:
        contracts.terminate(unit, provider.contract(), reason="breach of contract")
    refused_everywhere(before, "contract_ended")
    still_in_order(before)


def test_a_contract_that_runs_out_refuses_from_its_last_midnight_without_any_job(provider: Provider) -> None:
    end = datetime(2027, 3, 31, 15, tzinfo=UTC)  # 24:00 of the last day in Japan
    with provider.platform() as unit:
        contracts.ask_non_renewal(unit, provider.contract(), end_date=datetime(2027, 3, 31, tzinfo=UTC).date())
    provider.clock.set(end)
    provider.clock.advance(seconds=-30)
    before = Before.of(provider)
    everything_works(before)
    before = Before.of(provider)
    provider.clock.set(end)
    refused_everywhere(before, "contract_ended")


def _new_tenant(provider: Provider, *, until: str, start: str) -> None:
    """A further customer, `kiri`, as far as its application has come, with a service and a person if it is one."""
    with provider.platform() as unit:
        made = contracts.apply(unit, application("kiri", start_date=start))
        if until == "applied":
            return
        contracts.screen(unit, made.id)
        if until == "screening":
            return
        contracts.approve(unit, made.id)
        if until == "active":
            contracts.complete_setup(unit, made.id)
        tenant = tenants.find_by_slug(unit, "kiri")
    assert tenant is not None
    provider.filled.tenants["kiri"] = tenant.id
    document = {
        "name": "web",
        "protocol": "oidc",
        "assignment_required": False,
        "oidc": {
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "scope": "openid api",
        },
    }
    with provider.open("kiri") as unit:
        made_service = federation.create(unit, federation.read(document, production=False))
    provider.filled.services["kiri/web"] = federation.to_json(made_service)


@pytest.mark.parametrize("until", ["applied", "screening"])
def test_before_approval_there_is_no_tenant(provider: Provider, until: str) -> None:
    _new_tenant(provider, until=until, start="2026-04-01")
    for path in (".well-known/openid-configuration", "jwks", "authorize", "end_session"):
        assert provider.get(f"/t/kiri/{path}").status == 404


@pytest.mark.parametrize(
    ("until", "start", "reason"),
    [
        ("approved", "2026-04-01", "contract_not_established"),
        ("active", "2026-05-01", "contract_not_started"),
    ],
)
def test_before_its_first_day_a_contract_publishes_keys_and_lets_nobody_in(
    provider: Provider, until: str, start: str, reason: str
) -> None:
    _new_tenant(provider, until=until, start=start)
    web = provider.party("web", slug="kiri")
    assert provider.get("/t/kiri/.well-known/openid-configuration").json()["issuer"] == f"{BASE_URL}/t/kiri"
    assert provider.get("/t/kiri/jwks").status == 200
    page = provider.get(web.address())
    assert page.status == 403
    assert reason in page.text
    silent = provider.get(web.address(prompt="none"))
    assert (silent.query["error"], silent.query["error_description"]) == ("access_denied", reason)
    said = web.credentials().json()
    assert said == {"error": "unauthorized_client", "error_description": reason}
    assert web.post("revoke", token="rt_x").status == 200
    assert web.introspect("x") == {"active": False}


def test_on_its_first_day_a_contract_lets_people_in(provider: Provider) -> None:
    _new_tenant(provider, until="active", start="2026-05-01")
    web = provider.party("web", slug="kiri")
    provider.clock.set(datetime(2026, 4, 30, 14, 59, 59, tzinfo=UTC))
    assert web.credentials().status == 400
    provider.clock.advance(seconds=1)
    assert web.credentials().status == 200
    assert "/signin?" in provider.get(web.address()).location


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


def test_somebody_else_is_not_touched_by_it(provider: Provider) -> None:
    web, hanako = provider.party("web"), provider.browser()
    hanako.user = "hanako@aoba.example"
    told = web.tokens(hanako)
    _disable_person(provider)
    assert web.userinfo(told["access_token"]).status == 200
    assert web.refresh(told["refresh_token"]).status == 200


def test_enabling_a_person_again_revives_nothing(provider: Provider) -> None:
    before = Before.of(provider)
    _disable_person(provider)
    with provider.open() as unit:
        users.enable(unit, provider.user())
    assert before.web.refresh(before.told["refresh_token"]).status == 400
    assert before.web.userinfo(before.told["access_token"]).status == 401
    assert before.web.redeem(before.code).status == 400
    assert before.web.tokens(before.browser)["access_token"]


def test_a_disabled_service_is_refused_everything_but_leaving(provider: Provider) -> None:
    before = Before.of(provider)
    with provider.open() as unit:
        federation.disable(unit, provider.service_id("web"))
    refused_everywhere(before, "service_unknown")
    still_in_order(before)


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
