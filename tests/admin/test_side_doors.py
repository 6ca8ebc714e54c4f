"""What one route guards is written through no other: each document that reaches further needs what the other needs.

Whoever holds just what a route names is refused there, told what is lacking, and nothing has changed; with that besides
the same is done.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from tests.admin.conftest import Client, Reply, World
from tests.admin.test_importing import send

from idp import credentials
from idp.contracts import Status
from idp.schedule import PlannedChanges, Watch

AOBA = "/tenants/aoba"
PERSON = {"display_name": "P", "affiliation": "employee"}
RULE = {"affiliation": {"in": ["employee"]}}
CLIENT = {"redirect_uris": ["https://s.example/cb"]}
ASKS = {"grant_types": ["authorization_code", "client_credentials"], "scope": "openid users:read"}
PROGRAM = {"grant_types": ["client_credentials"], "response_types": [], "scope": "users:read"}


def made(client: Client, path: str, **document: Any) -> str:
    reply = client.post(f"{AOBA}/{path}", document)
    assert reply.status == 201, reply.raw
    return str(reply.body.get("id"))


class Room:
    """What the doors lead to."""

    def __init__(self, world: World) -> None:
        self.tenant = tenant = world.client("aoba")
        self.group, self.full, self.inner = (made(tenant, "groups", name=name) for name in ("g", "full", "inner"))
        self.empty = made(tenant, "groups", name="empty")
        made(tenant, "attributes", name="desk", type="string")
        held = {"groups": [self.full], "attributes": {"desk": "12"}}
        self.user = made(tenant, "users", **PERSON, user_name="p", **held)
        self.service = made(tenant, "services", name="S", protocol="oidc", oidc=CLIENT)
        assert tenant.put(f"{AOBA}/groups/{self.full}/groups/{self.inner}").status == 204

    def settled(self) -> Any:
        """All that could have been changed, as it is read."""
        paths = [f"users/{self.user}", "users", "groups", "services", "networks", "attributes", "webhooks", "roles"]
        paths += ["changes", *(f"groups/{each}/groups" for each in (self.full, self.group))]
        found = [self.tenant.get(f"{AOBA}/{path}").body for path in paths]
        keys = self.tenant.get(f"{AOBA}/api-keys?limit=200").body["items"]
        return [*found, [key for key in keys if key["name"] == "n"]]


Act = Callable[[Client, Room], Reply]


class Door(NamedTuple):
    """`holding` is what the route names; `lacking` what it writes needs besides."""

    holding: str
    lacking: str
    act: Act


def row(client: Client, text: str) -> Reply:
    return send(client, f"user_name,affiliation,display_name,{text}\n")


def planned(client: Client, room: Room, what: Any, act: str = "") -> Reply:
    return client.post(f"{AOBA}/users/{room.user}/changes{act}", {"at": "2027-01-01", "change": what})


_USER, _PLANS = "users:write", "users:* changes:*"
_JOINS, _ALL = "members:write", "*:*"
DOORS = {
    "a new ID in a group": Door(
        _USER, _JOINS, lambda by, at: by.post(f"{AOBA}/users", {**PERSON, "user_name": "n", "groups": [at.group]})
    ),
    "an ID put into a group": Door(
        _USER, _JOINS, lambda by, at: by.patch(f"{AOBA}/users/{at.user}", {"groups": [at.full, at.group]})
    ),
    "an ID taken out of its groups": Door(
        _USER, _JOINS, lambda by, at: by.patch(f"{AOBA}/users/{at.user}", {"groups": None})
    ),
    "a group in a plan": Door(
        _PLANS,
        _JOINS,
        lambda by, at: planned(by, at, {"groups": [at.group]}),
    ),
    "a group in a plan that is tried": Door(
        _PLANS,
        _JOINS,
        lambda by, at: planned(by, at, {"groups": [at.group]}, "/preview"),
    ),
    "a file that makes an ID in a group": Door(_USER, _JOINS, lambda by, _: row(by, "groups\nf,employee,F,g")),
    "a file that empties an ID's groups": Door(_USER, _JOINS, lambda by, _: row(by, "groups\np,employee,P,")),
    "a new group by a rule": Door(
        "groups:write", _JOINS, lambda by, _: by.post(f"{AOBA}/groups", {"name": "n", "rule": RULE})
    ),
    "another rule": Door("groups:write", _JOINS, lambda by, at: by.patch(f"{AOBA}/groups/{at.empty}", {"rule": RULE})),
    "a group put into a group": Door(
        "groups:write", _JOINS, lambda by, at: by.put(f"{AOBA}/groups/{at.group}/groups/{at.inner}")
    ),
    "a group taken out of a group": Door(
        "groups:write", _JOINS, lambda by, at: by.delete(f"{AOBA}/groups/{at.full}/groups/{at.inner}")
    ),
    "a group deleted with those in it": Door(
        "groups:write", _JOINS, lambda by, at: by.delete(f"{AOBA}/groups/{at.full}")
    ),
    "a group deleted that is in another": Door(
        "groups:write", _JOINS, lambda by, at: by.delete(f"{AOBA}/groups/{at.inner}")
    ),
    "a new administrator": Door(
        _USER, _ALL, lambda by, _: by.post(f"{AOBA}/users", {**PERSON, "user_name": "a", "roles": ["admin"]})
    ),
    "an ID made an administrator": Door(
        _USER, _ALL, lambda by, at: by.patch(f"{AOBA}/users/{at.user}", {"roles": ["admin"]})
    ),
    "a file that makes an administrator": Door(_USER, _ALL, lambda by, _: row(by, "roles\np,employee,P,admin")),
    "an administrator in a plan": Door(_PLANS, _ALL, lambda by, at: planned(by, at, {"roles": ["admin"]})),
    "values of people discarded with their attribute": Door(
        "attributes:write", _USER, lambda by, _: by.delete(f"{AOBA}/attributes/desk?discard=true")
    ),
    "a program that may read people": Door(
        "services:write",
        "users:read",
        lambda by, _: by.post(f"{AOBA}/services", {"name": "N", "protocol": "oidc", "oidc": PROGRAM}),
    ),
    "a service made a program that may read people": Door(
        "services:write", "users:read", lambda by, at: by.patch(f"{AOBA}/services/{at.service}", {"oidc": ASKS})
    ),
    "the trail told to a webhook": Door(
        "webhooks:write",
        "audit:read",
        lambda by, _: by.post(
            f"{AOBA}/webhooks", {"name": "n", "url": "https://hooks.example/n", "events": ["user.*"]}
        ),
    ),
    "a key for more": Door(
        "api_keys:write",
        "users:read",
        lambda by, _: by.post(f"{AOBA}/api-keys", {"name": "n", "permissions": ["users:read"]}),
    ),
}


def refused(reply: Reply) -> bool:
    """Whole, or in a file the row."""
    if reply.status == 200 and "errors" in reply.body:
        return [error["code"] for error in reply.body["errors"]] == ["forbidden"]
    return reply.status == 403 and reply.code == "forbidden"


@pytest.mark.attack("M3")
def test_a_document_that_reaches_further_needs_what_the_other_route_needs(world: World) -> None:
    room = Room(world)
    before, deviations = room.settled(), []
    for name, door in DOORS.items():
        reply = door.act(world.key("aoba", *door.holding.split()), room)
        named = door.lacking != _JOINS or _JOINS in reply.raw.decode()
        if not refused(reply) or not named:
            deviations.append((name, reply.status, reply.raw))
    assert deviations == []
    assert room.settled() == before


def test_with_what_the_other_route_needs_it_is_done(world: World) -> None:
    room = Room(world)
    for name, door in DOORS.items():
        reply = door.act(world.key("aoba", *door.holding.split(), door.lacking), room)
        assert reply.status in (200, 201, 204), (name, reply.raw)
        assert not reply.raw or not reply.body.get("errors"), (name, reply.raw)


def test_what_is_said_again_unchanged_reaches_no_further(world: World) -> None:
    room, desk = Room(world), world.key("aoba", "users:*", "groups:write")
    assert desk.patch(f"{AOBA}/users/{room.user}", {"groups": [room.full], "locale": "ja"}).status == 200
    assert row(desk, "groups\np,employee,P,full").body["failed"] == 0
    assert desk.post(f"{AOBA}/users", {**PERSON, "user_name": "n", "groups": []}).status == 201
    assert desk.delete(f"{AOBA}/groups/{room.empty}").status == 204


def test_a_partner_who_prepares_ids_puts_nobody_into_groups(world: World) -> None:
    """It writes no members, whatever its key holds."""
    world.bring("kaede", Status.APPROVED, partner=world.partner)
    operator, partner = world.client("operator"), world.client("partner")
    group = operator.post("/tenants/kaede/groups", {"name": "g"}).body["id"]
    kaede = {**PERSON, "user_name": "n"}
    assert partner.post("/tenants/kaede/users", {**kaede, "groups": [group]}).code == "forbidden"
    told = partner.post(
        "/tenants/kaede/users/import", b"user_name,affiliation,groups\nx,employee,g\n", content_type="text/csv"
    )
    assert [error["code"] for error in told.body["errors"]] == ["forbidden"]
    assert partner.post("/tenants/kaede/users", kaede).status == 201


def test_a_group_that_was_planned_is_put_back_only_by_who_may_write_members(world: World) -> None:
    room, tenant = Room(world), world.client("aoba")
    where = f"{AOBA}/users/{room.user}/changes"
    plan = tenant.post(where, {"at": "2026-04-02", "change": {"groups": [room.group]}}).body["id"]
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        unit.lane.execute(f"UPDATE planned_changes SET at = 1 WHERE id = '{plan}'", {})
    Watch(world.house.units, [PlannedChanges()], patience=0)()
    assert tenant.get(f"{AOBA}/users/{room.user}").body["groups"] == [room.group]
    weak = world.key("aoba", "users:*", "changes:*").post(f"{where}/{plan}/undo")
    assert (weak.status, weak.code) == (403, "forbidden")
    assert tenant.get(f"{AOBA}/users/{room.user}").body["groups"] == [room.group]
    assert world.key("aoba", "users:*", "changes:*", "members:write").post(f"{where}/{plan}/undo").status == 200


@pytest.mark.attack("M3")
def test_who_chose_what_somebody_signs_in_with_is_remembered_whatever_they_chose_it_by(world: World) -> None:
    """Or one operator alone would end a contract as the customer's administrator."""
    operator = world.client("operator")
    for by, hands in ((operator, {"host"}), (world.client("aoba"), set[str]())):
        for name in ("f", "g", "p", "q"):
            for user in world.client("aoba").get(f"{AOBA}/users?user_name={name}").body["items"]:
                assert world.client("aoba").delete(f"{AOBA}/users/{user['id']}").status == 204
        p, q = (made(by, "users", **PERSON, user_name=name, email=f"{name}@aoba.example") for name in "pq")
        row(
            by, "email,password\nf,employee,F,,correct battery staple\np,employee,P,other@aoba.example,\ng,employee,G,,"
        )
        f, g = (by.get(f"{AOBA}/users?user_name={name}").body["items"][0]["id"] for name in "fg")
        plan = by.post(f"{AOBA}/users/{q}/changes", {"at": "2026-04-02", "change": {"email": "o@aoba.example"}})
        with world.house.units.open(world.aoba, actor=world.actor) as unit:
            unit.lane.execute(f"UPDATE planned_changes SET at = 1 WHERE id = '{plan.body['id']}'", {})
        Watch(world.house.units, [PlannedChanges()], patience=0)()
        assert by.get(f"{AOBA}/users/{q}").body["email"] == "o@aoba.example"
        with world.house.units.open(world.aoba, actor=world.actor, write=False) as unit:
            assert [credentials.hands.could_be(unit, user) - {user} for user in (f, g, p, q)] == [
                hands, set(), hands, hands
            ]  # fmt: skip


@pytest.mark.attack("M3")
def test_a_key_does_not_move_the_networks_that_it_is_bound_to(world: World) -> None:
    tenant = world.client("aoba")
    office = made(tenant, "networks", name="office", cidrs=["127.0.0.0/8"])
    bound = {"name": "n", "permissions": ["networks:*"], "networks": ["office"]}
    key = Client(world.app, tenant.post(f"{AOBA}/api-keys", bound).body["secret"])
    where = f"{AOBA}/networks/{office}"
    for reply in (
        key.patch(where, {"cidrs": ["0.0.0.0/0"]}),
        key.patch(where, {"name": "other"}),
        key.delete(where),
        key.post(f"{AOBA}/networks", {"name": "office", "cidrs": ["0.0.0.0/0"]}),
    ):
        assert (reply.status, reply.code) == (403, "forbidden")
    assert key.post(f"{AOBA}/networks", {"name": "branch", "cidrs": ["192.0.2.0/24"]}).status == 201
    assert tenant.patch(where, {"cidrs": ["127.0.0.0/9"]}).status == 200
