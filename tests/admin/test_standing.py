"""What a tenant's administrators, its partner and the operator may read and change in each state of the contract."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.admin.conftest import DESK, Client, Reply, World

from idp import credentials, tenants
from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.contracts import Status
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.kit.clock import FixedClock

RUNNING = {Status.ACTIVE, Status.SUSPENDED}
STATES = [Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED]
PERSON = {"user_name": "hana", "display_name": "Hana", "affiliation": "employee"}
SERVICE = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
CHANGES = [("POST", "users", PERSON), ("POST", "services", SERVICE), ("PATCH", "settings", {})]
READS = [route for route in ROUTES if route.method == "GET" and "{tenant}" in route.path and route.path.count("{") == 1]


def kaede(world: World, status: Status) -> Client:
    """A tenant whose contract is in this state, and a key of its own."""
    world.bring("kaede", status, partner=world.partner)
    return own(world)


def own(world: World) -> Client:
    units = world.house.units
    with units.platform(actor=DESK) as unit:
        found = tenants.find_by_slug(unit, "kaede")
    assert found is not None
    with units.open(found.id, actor=DESK) as unit:
        draft = KeyDraft("own", EVERYTHING, None)
        made = credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING)
    return Client(world.app, made.secret)


def reads(client: Client) -> Iterator[tuple[Route, Reply]]:
    for route in READS:
        yield route, client.get(route.path.replace("{tenant}", "kaede"))


@pytest.mark.parametrize("status", STATES)
def test_what_is_read_of_a_tenant_follows_its_contract(world: World, status: Status) -> None:
    tenant = kaede(world, status)
    for route, reply in reads(tenant):
        open_to_it = status in RUNNING or (route.in_grace and status is Status.ENDED)
        if open_to_it:
            assert reply.status != 409, (route.path, reply.body)
        else:
            assert (reply.status, reply.code) == (409, "contract_not_active"), route.path
            assert reply.body["state"] == status.value
    for name in ("operator", "partner"):
        for route, reply in reads(world.client(name)):
            assert reply.status in {200, 403}, (name, route.path)


@pytest.mark.parametrize("question", ["simulate", "backtest"])
@pytest.mark.parametrize("status", STATES)
def test_what_a_tenant_asks_of_its_rules_follows_its_contract_too(world: World, status: Status, question: str) -> None:
    reply = kaede(world, status).post(f"/tenants/kaede/policies/{question}", {})
    if status in RUNNING:
        assert reply.status == 422
    else:
        assert (reply.status, reply.code) == (409, "contract_not_active")
        assert reply.body["state"] == status.value


@pytest.mark.parametrize("status", STATES)
def test_its_own_contract_a_tenant_reads_in_every_state(world: World, status: Status) -> None:
    tenant = kaede(world, status)
    (item,) = tenant.get("/contracts").body["items"]
    assert item["status"] == status.value
    for path in (f"/contracts/{item['id']}", f"/applications/{item['id']}", f"/contracts/{item['id']}/history"):
        assert tenant.get(path).status == 200


@pytest.mark.parametrize("status", STATES)
def test_what_is_changed_of_a_tenant_follows_its_contract(world: World, status: Status) -> None:
    clients = {"own": kaede(world, status), "operator": world.client("operator")}
    for name, client in clients.items():
        for method, noun, document in CHANGES:
            named = {key: name for key in ("user_name", "name") if key in document}
            reply = client.ask(method, f"/tenants/kaede/{noun}", {**document, **named})
            prepares = status is Status.APPROVED and name == "operator" and method == "POST"
            if status is Status.ACTIVE or prepares:
                assert reply.status in {200, 201}, (name, noun, reply.body)
            else:
                assert (reply.status, reply.code) == (409, "contract_not_active"), (name, noun)
                assert reply.body["state"] == status.value


def test_an_administrator_changes_until_the_last_second_and_reads_no_more_from_the_next(
    world: World, clock: FixedClock
) -> None:
    world.bring("kaede", Status.ACTIVE, auto_renewal=False)
    tenant = own(world)
    over = datetime(2027, 3, 31, 15, tzinfo=UTC)
    clock.set(over - timedelta(seconds=1))
    assert tenant.post("/tenants/kaede/users", PERSON).status == 201
    assert tenant.get("/tenants/kaede/users").status == 200
    clock.set(over)
    for reply in (
        tenant.post("/tenants/kaede/users", {**PERSON, "user_name": "b"}),
        tenant.get("/tenants/kaede/users"),
    ):
        assert (reply.status, reply.code, reply.body["state"]) == (409, "contract_not_active", "ended")
    assert len(world.client("operator").get("/tenants/kaede/users").body["items"]) == 2
