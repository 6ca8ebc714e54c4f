"""Named networks over HTTP: a tenant's own, and the operator's."""

import pytest
from tests.admin.conftest import World

from idp import access

NETWORKS = "/tenants/aoba/networks"
ABROAD = "/system/networks"
OFFICE = {"name": "office", "cidrs": ["192.0.2.0/24", "2001:db8::/32"]}


@pytest.mark.parametrize(("path", "who"), [(NETWORKS, "aoba"), (ABROAD, "operator")])
def test_a_network_is_named_read_changed_and_taken_away(world: World, path: str, who: str) -> None:
    client = world.client(who)
    made = client.post(path, OFFICE)
    where = f"{path}/{made.body['id']}"
    assert (made.status, made.headers["location"]) == (201, f"https://idp.example/api/v1{where}")
    assert {name: made.body[name] for name in OFFICE} == OFFICE
    assert client.get(where).body == made.body
    assert client.get(path).body["items"] == [made.body]
    assert client.post(path, OFFICE).code == "network_name_taken"
    changed = client.patch(where, {"cidrs": ["10.0.0.0/8"]}, if_match=made.etag)
    assert (changed.status, changed.body["name"], changed.body["cidrs"]) == (200, "office", ["10.0.0.0/8"])
    assert client.patch(where, {"name": "x"}, if_match=made.etag).status == 412
    assert client.patch(where, {"cidrs": None}).wrong() == {"/cidrs": "required"}
    wrong = client.post(path, {"name": "10.0.0.1", "cidrs": ["10.0.0.1/8", "fe80::%1/64"]})
    assert (wrong.status, wrong.wrong()) == (
        422,
        {"/name": "invalid_format", "/cidrs/0": "invalid_network", "/cidrs/1": "invalid_network"},
    )
    assert client.delete(where).status == 204
    assert client.get(where).status == client.delete(where).status == 404


def test_a_tenants_network_is_its_own_and_the_operators_are_nobodys(world: World) -> None:
    made = world.client("aoba").post(NETWORKS, OFFICE).body["id"]
    for name in ("midori", "stranger"):
        assert world.client(name).get(f"{NETWORKS}/{made}").status == 404
    crossed = world.client("midori").get(f"/tenants/midori/networks/{made}")
    assert crossed.status == world.client("operator").get(f"{ABROAD}/{made}").status == 404
    for name in ("aoba", "partner", "stranger"):
        refused = world.client(name).post(ABROAD, OFFICE)
        assert (refused.status, refused.code) == (403, "forbidden")
    assert world.client("operator").get(ABROAD).body["items"] == []


def test_networks_of_a_tenant_need_an_active_contract_and_the_operators_none(world: World) -> None:
    operator = world.client("operator")
    made = world.client("aoba").post(NETWORKS, OFFICE).body["id"]
    operator.post(f"/contracts/{world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
    for reply in (
        operator.post(NETWORKS, {**OFFICE, "name": "x"}),
        operator.patch(f"{NETWORKS}/{made}", {"name": "x"}),
        operator.delete(f"{NETWORKS}/{made}"),
    ):
        assert (reply.status, reply.code) == (409, "contract_not_active")
    assert operator.post(ABROAD, OFFICE).status == 201


def test_what_the_operator_names_reaches_every_tenant(world: World) -> None:
    world.client("operator").post(ABROAD, OFFICE)
    for tenant in (world.aoba, world.midori):
        with world.house.units.open(tenant, actor=world.actor, write=False) as unit:
            assert list(access.networks_abroad.cidrs(unit)) == OFFICE["cidrs"]
