"""What a contract lets through by its standing, cell by cell, on two workers.

Each act is done in one place, each use tried on both workers, which learn of it from the database alone.
"""

from datetime import UTC, datetime

import pytest
from tests.oidc.standing import Before, everything_works, refused_everywhere, still_in_order
from tests.support.filling import BASE_URL, CALLBACK, application
from tests.support.provider import Provider

from idp import contracts, federation, tenants


@pytest.mark.honest("R7", "B10")
def test_under_an_active_contract_everything_works(provider: Provider) -> None:
    before = Before.of(provider)
    everything_works(before)
    still_in_order(before)


@pytest.mark.attack("R7", "B10")
def test_a_suspended_contract_refuses_everything_but_leaving(provider: Provider) -> None:
    before = Before.of(provider)
    provider.suspend()
    refused_everywhere(before, "contract_suspended")
    still_in_order(before)


@pytest.mark.attack("R7")
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


@pytest.mark.attack("R7", "B10")
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
