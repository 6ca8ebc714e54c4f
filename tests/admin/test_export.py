"""What a tenant takes along, until the end of the last day on which it may, and nothing else then."""

import csv
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.admin.conftest import DESK, Client, Reply, World
from tests.admin.test_standing import PERSON, SERVICE, own

from idp import tenants, users
from idp.contracts import Status
from idp.kit.clock import FixedClock
from idp.users import Affiliation, Draft, Role

EXPORT = "/tenants/kaede/export"
OVER = datetime(2027, 3, 31, 15, tzinfo=UTC)  # the first second after the term, in Tokyo
GRACE = timedelta(days=30)


def opened(reply: Reply) -> dict[str, list[dict[str, Any]]]:
    assert reply.status == 200, reply.raw[:500]
    archive = zipfile.ZipFile(io.BytesIO(reply.raw))
    assert archive.testzip() is None
    names = [name for name in archive.namelist() if name.endswith(".jsonl")]
    return {name: [json.loads(line) for line in archive.read(name).splitlines()] for name in names}


@pytest.fixture
def tenant(world: World) -> Client:
    world.bring("kaede", Status.ACTIVE, auto_renewal=False, ids=500)
    return own(world)


def test_everything_of_a_tenant_is_in_its_archive(world: World, tenant: Client) -> None:
    with world.house.units.platform(actor=DESK) as unit:
        found_tenant = tenants.find_by_slug(unit, "kaede")
        assert found_tenant is not None
        names = [f"user{number:03}" for number in range(450)]
        drafts = [Draft(name, name, None, Affiliation.OFFICER, frozenset({Role.MEMBER}), None, {}) for name in names]
        users.create_many(unit.inside(found_tenant.id), drafts, limit=1000)
    hana = tenant.post("/tenants/kaede/users", {**PERSON, "display_name": "=SUM(1)", "password": "demo-Passw0rd!"}).body
    service = tenant.post("/tenants/kaede/services", SERVICE).body
    tenant.post(f"/tenants/kaede/services/{service['id']}/assignments", {"user": hana["id"]})
    group = tenant.post("/tenants/kaede/groups", {"name": "Sales"}).body
    tenant.put(f"/tenants/kaede/groups/{group['id']}/members/{hana['id']}")
    reply = tenant.get(EXPORT)
    found = opened(reply)
    assert reply.headers["content-type"] == "application/zip"
    assert reply.headers["content-disposition"] == 'attachment; filename="kaede.zip"'
    assert hana["id"] in [each["id"] for each in found["users.jsonl"]]
    assert [each["name"] for each in found["services.jsonl"]] == ["S"]
    assert [each["service_id"] for each in found["assignments.jsonl"]] == [service["id"]]
    assert [(each["name"], each["members"]) for each in found["groups.jsonl"]] == [("Sales", [hana["id"]])]
    assert found["settings.jsonl"][0]["slug"] == "kaede"
    assert [each["event"] for each in found["audit.jsonl"]].count("tenant.exported") == 1
    table = zipfile.ZipFile(io.BytesIO(reply.raw)).read("users.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["id"] for row in rows] == [each["id"] for each in found["users.jsonl"]]
    assert "'=SUM(1)" in [row["display_name"] for row in rows]


def test_no_secret_and_nobody_elses_data_is_in_it(world: World, tenant: Client) -> None:
    tenant.post("/tenants/kaede/users", {**PERSON, "password": "demo-Passw0rd!"})
    made = tenant.post("/tenants/kaede/services", SERVICE).body
    raw = json.dumps(opened(tenant.get(EXPORT)))
    for secret in (made["oidc"]["client_secret"], "demo-Passw0rd!", "digest", "generation", tenant.bearer or ""):
        assert secret not in raw
    assert "aoba" not in raw


def test_it_is_open_until_the_end_of_the_last_day_and_nothing_else_is(
    world: World, tenant: Client, clock: FixedClock
) -> None:
    tenant.post("/tenants/kaede/users", PERSON)
    for at in (OVER, OVER + GRACE - timedelta(seconds=1)):
        clock.set(at)
        assert len(opened(tenant.get(EXPORT))["users.jsonl"]) == 2  # with the first administrator
        for path in ("users", "services", "settings", "audit"):
            assert (tenant.get(f"/tenants/kaede/{path}").code) == "contract_not_active"
    (contract,) = tenant.get("/contracts").body["items"]
    assert contract["export_until"] == "2027-04-30"
    clock.set(OVER + GRACE)
    for client in (tenant, world.client("operator")):
        late = client.get(EXPORT)
        assert (late.status, late.code, late.body["state"]) == (409, "contract_not_active", "ended")


@pytest.mark.parametrize("status", [Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED])
def test_it_is_for_the_tenants_administrators_and_the_operator(world: World, status: Status) -> None:
    world.bring("kaede", status, partner=world.partner)
    tenant = own(world)
    assert tenant.get(EXPORT).status == (409 if status is Status.APPROVED else 200)
    assert world.client("operator").get(EXPORT).status == 200
    assert world.client("partner").get(EXPORT).status == 403
    assert world.nobody.get(EXPORT).status == 401


def test_another_form_is_not_acceptable(tenant: Client) -> None:
    assert tenant.get(EXPORT, accept="application/json").status == 406
    assert tenant.get(EXPORT, accept="application/zip").status == 200
