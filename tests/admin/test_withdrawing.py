"""After the withdrawal of what was approved and never established nothing of the tenant exists."""

import asyncio

import pytest
from tests.admin.conftest import APPLICATION, World

from idp.contracts import Status
from idp.kit.errors import NotFound
from idp.schema import metadata

KEPT = {"audit_entries", "seat_counts", "tenants"}


def rows(world: World, tenant: str) -> set[str]:
    """The tables that have any of the tenant."""
    with world.house.units.platform(actor=world.actor) as unit:
        found = {name: unit.lane.execute(f"SELECT * FROM {name}", {}).fetchall() for name in metadata.tables}
    return {name for name, all_rows in found.items() if any(tenant in tuple(row) for row in all_rows)}


def prepared(world: World, **changes: str) -> tuple[str, str]:
    """An approved contract with an ID and a service, and its tenant."""
    contract, operator = world.bring("kaede", Status.APPROVED, **changes), world.client("operator")
    person = {"user_name": "hana", "display_name": "花", "affiliation": "employee"}
    assert operator.post("/tenants/kaede/users", person).status == 201
    service = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
    assert operator.post("/tenants/kaede/services", service).status == 201
    return contract, operator.get("/tenants/kaede").body["id"]


def test_nothing_of_it_is_left_and_its_name_goes_to_whoever_applies_next(world: World) -> None:
    operator, memory = world.client("operator"), world.house.memory
    contract, earlier = prepared(world)
    assert asyncio.run(memory.remembered("kaede")).tenant.id == earlier
    withdrawn = operator.post(f"/applications/{contract}/withdraw")
    assert (withdrawn.status, withdrawn.body["status"], withdrawn.body["legal_name"]) == (
        200,
        "withdrawn",
        APPLICATION["legal_name"],
    )
    assert withdrawn.body["representative"] == APPLICATION["representative"]  # for as long as retention says
    assert rows(world, earlier) <= KEPT
    assert operator.get("/tenants/kaede").status == 404
    assert operator.get("/tenants/kaede/users").status == 404
    assert earlier not in [item["id"] for item in operator.get("/tenants").body["items"]]
    assert [row["event"] for row in operator.get(f"/contracts/{contract}/history").body["items"]][-1] == "withdrawn"
    again = operator.post(f"/applications/{contract}/withdraw")
    assert (again.status, again.body) == (200, withdrawn.body)
    with pytest.raises(NotFound):
        asyncio.run(memory.fresh("kaede"))
    other = {"name": "別人", "email": "other@kaede.example", "affiliation": "officer"}
    world.bring("kaede", Status.APPROVED, admin_contact=other)
    users = operator.get("/tenants/kaede/users").body["items"]
    assert [user["email"] for user in users] == ["other@kaede.example"]
    assert operator.get("/tenants/kaede/services").body["items"] == []
    assert operator.get("/tenants/kaede").body["id"] != earlier


def test_a_worker_that_remembers_it_finds_the_one_that_has_its_name_now(world: World) -> None:
    contract, earlier = prepared(world)
    memory = world.house.memory
    asyncio.run(memory.remembered("kaede"))
    world.client("operator").post(f"/applications/{contract}/withdraw")
    world.bring("kaede", Status.APPROVED)
    assert asyncio.run(memory.fresh("kaede")).tenant.id != earlier


def test_a_tenant_with_another_contract_that_binds_stays(world: World) -> None:
    operator = world.client("operator")
    contract, tenant = prepared(world)
    managed = world.bring("kaede", Status.APPROVED, product="MDM")
    assert operator.post(f"/applications/{contract}/withdraw").status == 200
    assert operator.get("/tenants/kaede").body["id"] == tenant
    assert len(operator.get("/tenants/kaede/users").body["items"]) == 2
    assert operator.post(f"/applications/{managed}/withdraw").status == 200
    assert operator.get("/tenants/kaede").status == 404
    assert rows(world, tenant) <= KEPT


def test_an_application_of_it_for_another_product_goes_on_with_the_platform(world: World) -> None:
    operator = world.client("operator")
    contract, tenant = prepared(world)
    managed = world.bring("kaede", Status.SCREENING, product="MDM")
    assert operator.post(f"/applications/{contract}/withdraw").status == 200
    assert rows(world, tenant) <= KEPT
    approved = operator.post(f"/applications/{managed}/approve")
    assert (approved.status, approved.body["representative"]) == (200, APPLICATION["representative"])
    assert operator.get("/tenants/kaede").body["id"] != tenant
