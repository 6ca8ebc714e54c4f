"""Every route, asked by every kind of caller, answers as the table says that was written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
from tests.admin.conftest import Client, Reply, World
from tests.admin.things import Things, called

from idp import admin, credentials, tenants, users
from idp.admin import rights
from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.contracts import Status
from idp.credentials import EVERYTHING, KeyDraft, KeyScope, create_key
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

TABLE = Path(__file__).parent / "rights.txt"
CALLERS = (
    *("operator", "reader", "preparing", "partner", "tenant", "viewer"),
    *("stranger", "neighbour", "expired", "nobody"),
)
ANSWERS = {"yes", "401", "403", "404"}
# What a route cannot do without, and a partner, where it has to name a customer.
QUERIES = {"GET /contracts/{contract}/impact": "?act=suspend"}
CUSTOMER = {"GET /audit", "GET /audit/export", "GET /audit/verify"}
# Who could sign in as an operator holds what every operator may.
STANDS_IN = {
    "POST /system/users/{user}/invitation",
    "DELETE /system/users/{user}/credentials/{credential}",
    "POST /system/users/{user}/disable",
    "POST /system/users/{user}/enable",
    "DELETE /system/users/{user}",
    "DELETE /system/users/{user}/roles/{role}",
}
# Whatever takes many into a group, or out of it, writes its members too; and who calls off what somebody else has
# planned could do it themselves.
BESIDES = {
    "PUT /tenants/{tenant}/groups/{group}/groups/{inner}",
    "DELETE /tenants/{tenant}/groups/{group}/groups/{inner}",
    "DELETE /tenants/{tenant}/users/{user}/changes/{change}",
}


@dataclass(frozen=True)
class Row:
    permission: str
    answers: Mapping[str, str]


@cache
def table() -> dict[str, Row]:
    lines = [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == ["verb", "path", "permission", *CALLERS]
    found = {}
    for verb, path, permission, *answers in lines[1:]:
        assert f"{verb} {path}" not in found, (verb, path)
        assert set(answers) <= ANSWERS, (verb, path)
        found[f"{verb} {path}"] = Row(permission, dict(zip(CALLERS, answers, strict=True)))
    return found


class Counter:
    """Asks as each kind of caller, and keeps what was answered otherwise than the table has it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked = 0
        self.deviations: list[str] = []
        self.clients = {
            "operator": world.client("operator"),
            "reader": world.key("operator", "*:read"),
            "preparing": world.client("partner"),
            "partner": world.client("partner"),
            "tenant": world.client("aoba"),
            "viewer": world.key("aoba", "*:read"),
            "stranger": world.client("stranger"),
            "neighbour": world.client("midori"),
            "expired": Client(world.app, expired(world)),
            "nobody": world.nobody,
        }
        self.things = things_of(world, "aoba", world.contract_of("aoba"))
        world.client("operator").post(f"/contracts/{self.things.contract}/ids", {"ids": 1000})
        approved = world.bring("kaede", Status.APPROVED, partner=world.partner, plan="standard", ids=1000)
        self.prepared = things_of(world, "kaede", approved)

    def everything(self) -> None:
        for route in ROUTES:
            for caller in CALLERS:
                things = self.prepared if caller == "preparing" else self.things
                self.ask(caller, self.clients[caller], route, things, table()[called(route)].answers[caller])

    def ask(self, caller: str, client: Client, route: Route, things: Things, expected: str) -> None:
        if expected == "yes" and not reads(route) and not route.asks and "{" in route.path:
            things.renew(route.path)  # it is done in earnest
            if "/members/" in route.path or route.path.endswith("/roles/{role}"):
                things.operator.put(things.place(route.path))
        query = QUERIES.get(called(route), "")
        if called(route) in CUSTOMER:
            query = f"?tenant={things.slug}"
        # what reads a document refuses this one after asking who may, so that nothing changes
        sent: object = {"nothing": 1} if route.takes is not None else None
        kind = {} if route.takes_file is None else {"content_type": route.takes_file}
        reply = client.ask(route.method, things.place(route.path) + query, b"nothing\n" if kind else sent, **kind)
        self.asked += 1
        if route.method == "DELETE" and expected == "yes":
            things.renew(route.path)
        if said(route, reply) != expected:
            self.deviations.append(
                f"{caller}: {called(route)}: {expected}, answered {reply.status} {reply.raw[:200]!r}"
            )


def reads(route: Route) -> bool:
    """Whether it takes a document, or a file in its place."""
    return route.takes is not None or route.takes_file is not None


def said(route: Route, reply: Reply) -> str:
    if reply.status in (401, 403, 404):
        return str(reply.status)
    if reads(route) and reply.status != 409:  # such as terms that are published
        refused = reply.status == 422 and reply.wrong().get("/nothing") == "unknown_field"
        return "yes" if refused else f"{reply.status}"
    return "yes" if reply.status in {route.status, 202, 409} else f"{reply.status}"


def things_of(world: World, slug: str, contract: str) -> Things:
    with world.house.units.platform(actor=world.actor) as unit:
        tenant = tenants.find_by_slug(unit, slug)
    assert tenant is not None
    return Things(world, slug, tenant.id, contract, world.keys["partner"])


def expired(world: World) -> str:
    units = world.house.units
    past = KeyDraft("expired", EVERYTHING, units.clock.now_us() - 1)
    with units.platform(actor=world.actor) as unit:
        return create_key(unit, past, scope=KeyScope.OPERATOR, grantor=EVERYTHING, partner_id="").secret


def test_every_route_has_a_row_and_every_row_its_route() -> None:
    assert {called(route): str(route.right.permission) for route in ROUTES} == {
        name: row.permission for name, row in table().items()
    }


def test_every_kind_of_caller_is_answered_as_the_table_says(world: World) -> None:
    counter = Counter(world)
    counter.everything()
    assert counter.deviations == []
    assert counter.asked == len(ROUTES) * len(CALLERS)
    print(f"{counter.asked} cells")


def test_one_permission_opens_just_the_routes_that_name_it(world: World) -> None:
    counter = Counter(world)
    named = sorted({row.permission for row in table().values()})
    alone = {permission: world.key("operator", permission) for permission in named}
    lacking = {permission: world.key("operator", *set(named) - {permission}) for permission in named}
    for route in ROUTES:
        permission = table()[called(route)].permission
        refused = called(route) in STANDS_IN | BESIDES or table()[called(route)].answers["operator"] == "403"
        expected = "403" if refused else "yes"
        counter.ask(permission, alone[permission], route, counter.things, expected)
        counter.ask(f"all but {permission}", lacking[permission], route, counter.things, "403")
    assert counter.deviations == []


# What the role below holds, of the permissions that the table names.
PART = {"users:read", "groups:read", "groups:write", "settings:read", "roles:read"}


def test_a_role_of_ones_own_opens_just_its_part_of_what_the_tenant_may(world: World) -> None:
    """A person with it, by a key of theirs for everything."""
    counter = Counter(world)
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        document = {"user_name": "part", "display_name": "P", "affiliation": "employee"}
        person = users.create(unit, users.read(document, users.frame(unit)), limit=1000).id
        held = {"name": "part", "permissions": ["users:read", "groups:*", "settings:read", "roles:read"]}
        role = credentials.roles.create(unit, held, granting=EVERYTHING).id
        credentials.roles.give(unit, KeyScope.TENANT, role, person, granting=EVERYTHING)
        draft = KeyDraft("part", EVERYTHING, None)
        key = create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING, owner=person)
    client = Client(world.app, key.secret)
    for route in ROUTES:
        row = table()[called(route)]
        expected = row.answers["tenant"]
        if expected == "yes" and (row.permission not in PART or called(route) in BESIDES):
            expected = "403"
        counter.ask("part", client, route, counter.things, expected)
    assert counter.deviations == []


@pytest.mark.parametrize("weak", ["nobody is asked for a permission", "one route forgets its scopes"])
def test_a_build_that_asks_less_is_caught(world: World, monkeypatch: pytest.MonkeyPatch, weak: str) -> None:
    if weak == "nobody is asked for a permission":
        monkeypatch.setattr(rights, "check", lambda *_, **__: None)
        watched = "GET /partners"
    else:
        watched = "POST /system/networks"
        opened = tuple(
            replace(each, right=each.right._replace(scopes=rights.EVERYONE)) if called(each) == watched else each
            for each in ROUTES
        )
        app = Hallway(Dispatcher([], fallback=admin.build(world.house, opened)), base_url=world.house.base_url)
        world = replace(world, app=app)
    counter = Counter(world)
    (route,) = (each for each in ROUTES if called(each) == watched)
    for caller in CALLERS:
        counter.ask(caller, counter.clients[caller], route, counter.things, table()[watched].answers[caller])
    assert any(found.startswith("tenant: ") for found in counter.deviations)
    assert not any(found.startswith(("operator: ", "nobody: ")) for found in counter.deviations)
