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


ONLY_OFFICE = {
    "name": "office alone",
    "effect": "deny",
    "services": ["*"],
    "when": {"not": {"network": {"in": ["office"]}}},
}


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_network_of_the_rules_in_force_is_not_changed_so_that_no_administrator_gets_in(
    world: World, confirmed: bool
) -> None:
    aoba = world.client("aoba")
    network = f"{NETWORKS}/{aoba.post(NETWORKS, OFFICE).body['id']}"
    rule = {**ONLY_OFFICE, "when": {"network": {"in": ["office"]}}}
    assert aoba.post("/tenants/aoba/policies", rule).status == 201
    everywhere = {"cidrs": ["0.0.0.0/0", "::/0"]}
    assert aoba.patch(network, everywhere).status == 200  # it decides nothing yet
    assert aoba.patch(network, {"cidrs": OFFICE["cidrs"]}).status == 200
    activation = aoba.post("/tenants/aoba/policies/activate", {}).body["activation"]
    if confirmed:
        aoba.post("/tenants/aoba/policies/confirm", {"activation": activation})
    refused = aoba.patch(network, everywhere)
    assert (refused.status, refused.code) == (409, "last_admin_locked_out")
    assert aoba.get(network).body["cidrs"] == OFFICE["cidrs"]
    assert aoba.patch(network, {"cidrs": ["192.0.2.0/25"]}).status == 200


@pytest.mark.parametrize("what", ["groups", "networks"])
def test_what_stored_rules_name_is_read_before_the_lock_and_what_came_since_under_it(
    world: World, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    aoba = world.client("aoba")
    named = {"groups": {"name": "g"}, "networks": OFFICE}[what]
    where = aoba.post(f"/tenants/aoba/{what}", named).body["id"]
    name = where if what == "groups" else "office"
    aoba.post("/tenants/aoba/policies", {**ONLY_OFFICE, "when": {"country": {"in": ["KP"]}}})
    meant = {**ONLY_OFFICE, "when": {what.removesuffix("s"): {"in": [name]}}}
    read: list[str] = []
    honestly = access.mentions._read

    def counted(document: str) -> object:
        read.append(document)
        if len(read) == 1:
            assert aoba.post("/tenants/aoba/policies", meant).status == 201
        return honestly(document)

    monkeypatch.setattr(access.mentions, "_read", counted)
    refused = aoba.delete(f"/tenants/aoba/{what}/{where}")
    assert (refused.status, refused.code) == (409, "named_by_policy")
    assert len(read) == len(set(read)) == 2
