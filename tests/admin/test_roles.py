"""Roles that people make reach as far as their makers do, and no role gives a secret back."""

import json
import re
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from tests.admin.conftest import Client, World
from tests.admin.test_rights_table import Counter, things_of
from tests.admin.things import called

from idp.admin.app import ROUTES
from idp.credentials import BUILT_IN, SHORTEST, KeyScope, Noun

ROLES = "/tenants/aoba/roles"
PERSON = {"display_name": "P", "affiliation": "employee"}


def role(client: Client, *permissions: str, name: str = "Reception") -> str:
    made = client.post(ROLES, {"name": name, "permissions": list(permissions)})
    assert made.status == 201, made.body
    return str(made.body["id"])


def person(world: World, name: str) -> str:
    return str(world.client("aoba").post("/tenants/aoba/users", {**PERSON, "user_name": name}).body["id"])


def test_a_role_is_made_read_changed_and_deleted(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(ROLES, {"name": "Reception", "description": "Desk", "permissions": ["users:*", "groups:read"]})
    assert (made.status, made.body["permissions"]) == (201, ["groups:read", "users:*"])
    where = f"{ROLES}/{made.body['id']}"
    assert made.headers["location"].endswith(where)
    read = tenant.get(where)
    assert (read.body, read.etag) == (made.body, made.etag)
    changed = tenant.patch(where, {"permissions": ["users:read"], "description": None}, if_match=made.etag)
    assert (changed.body["permissions"], changed.body["description"]) == (["users:read"], "")
    assert tenant.patch(where, {"name": "X"}, if_match=made.etag).status == 412
    assert tenant.post(ROLES, {"name": "Reception", "permissions": ["users:read"]}).code == "role_name_taken"
    assert tenant.delete(where, if_match=changed.etag).status == 204
    assert tenant.get(where).status == 404
    events = [item["event"] for item in tenant.get("/tenants/aoba/audit?limit=200").body["items"]]
    assert {each for each in events if each.startswith("role.")} == {"role.created", "role.changed", "role.deleted"}


def test_what_is_wrong_with_a_role_is_named_at_once(world: World) -> None:
    asked = {"name": "", "permissions": ["users:read", "cats:read", "users"], "holders": 3}
    wrong = world.client("aoba").post(ROLES, asked).wrong()
    assert wrong == {
        "/name": "invalid_length",
        "/permissions/1": "unknown_value",
        "/permissions/2": "unknown_value",
        "/holders": "unknown_field",
    }
    assert world.client("aoba").post(ROLES, {"name": "N", "permissions": []}).wrong() == {"/permissions": "required"}


@pytest.mark.attack("M3")
def test_nobody_puts_into_a_role_what_they_do_not_hold(world: World) -> None:
    editor = world.key("aoba", "roles:*", "users:read", "groups:*")
    refused = editor.post(ROLES, {"name": "N", "permissions": ["users:read", "users:write", "*:read", "groups:*"]})
    assert (refused.status, refused.wrong()) == (422, {"/permissions/1": "not_held", "/permissions/2": "not_held"})
    mine = role(editor, "users:read")
    for more in (["users:*"], ["users:read", "services:read"], ["*:*"]):
        grown = editor.patch(f"{ROLES}/{mine}", {"permissions": more})
        assert (grown.status, set(grown.wrong().values())) == (422, {"not_held"})
    assert editor.patch(f"{ROLES}/{mine}", {"permissions": ["groups:write", "roles:read"]}).status == 200


@pytest.mark.attack("M3")
def test_a_role_of_somebody_stronger_is_neither_given_nor_enlarged_by_the_weaker(world: World) -> None:
    tenant, editor = world.client("aoba"), world.key("aoba", "roles:*", "users:read")
    strong, user = role(tenant, "users:read", "services:write"), person(world, "p")
    for given in (strong, "auditor", "developer"):
        refused = editor.put(f"/tenants/aoba/users/{user}/roles/{given}")
        assert (refused.status, refused.code) == (403, "forbidden")
    assert editor.patch(f"{ROLES}/{strong}", {"name": "Other"}).status == 200  # what stays need not be held
    assert editor.patch(f"{ROLES}/{strong}", {"permissions": ["users:read"]}).status == 200
    assert editor.patch(f"{ROLES}/{strong}", {"permissions": ["services:write"]}).wrong() == {
        "/permissions/0": "not_held"
    }
    assert editor.put(f"/tenants/aoba/users/{user}/roles/{strong}").status == 204


def test_roles_are_given_and_taken_and_stay_while_somebody_has_them(world: World) -> None:
    tenant, user = world.client("aoba"), person(world, "p")
    made, held = role(tenant, "users:read"), f"/tenants/aoba/users/{user}/roles"
    assert tenant.put(f"{held}/{made}").status == tenant.put(f"{held}/{made}").status == 204
    assert tenant.put(f"{held}/auditor").status == 204
    assert [each["id"] for each in tenant.get(held).body["items"]] == ["auditor", "member", made]
    refused = tenant.delete(f"{ROLES}/{made}")
    assert (refused.status, refused.code, refused.body["holders"]) == (409, "role_in_use", 1)
    assert tenant.get(f"{ROLES}/{made}").body["holders"] == 1
    assert tenant.delete(f"{held}/{made}").status == 204
    assert tenant.delete(f"{held}/{made}").status == 404
    assert tenant.delete(f"{ROLES}/{made}").status == 204
    again = role(tenant, "users:read")
    tenant.put(f"{held}/{again}")
    tenant.delete(f"/tenants/aoba/users/{user}")
    assert tenant.delete(f"{ROLES}/{again}").status == 204  # whoever is deleted has nothing any more


def test_built_in_roles_are_there_and_stay_as_they_are(world: World) -> None:
    tenant, operator = world.client("aoba"), world.client("operator")
    fixed = [each["id"] for each in tenant.get(ROLES).body["items"]]
    assert fixed == ["admin", "auditor", "developer", "help_desk", "member"]
    assert [each["id"] for each in operator.get("/system/roles").body["items"]] == ["admin", "member"]
    assert tenant.get(f"{ROLES}?limit=2").body["items"] == tenant.get(ROLES).body["items"][:2]
    for name in fixed:
        assert tenant.patch(f"{ROLES}/{name}", {"description": "x"}).code == "built_in_role"
        assert tenant.delete(f"{ROLES}/{name}").code == "built_in_role"
    user = person(world, "p")
    assert tenant.put(f"/tenants/aoba/users/{user}/roles/admin").code == "role_of_the_id"
    assert {each.id for each in BUILT_IN if each.scope is KeyScope.TENANT} == set(fixed)


@pytest.mark.attack("M3")
def test_nobody_takes_over_somebody_who_may_more(world: World) -> None:
    """A new password or address, an invitation, a second factor taken away: each would let the caller be them."""
    tenant, user = world.client("aoba"), person(world, "p")
    tenant.patch(f"/tenants/aoba/users/{user}", {"email": "p@aoba.example"})
    tenant.put(f"/tenants/aoba/users/{user}/roles/{role(tenant, 'services:write')}")
    desk = world.key("aoba", "users:*", "credentials:*", "sessions:*")
    where = f"/tenants/aoba/users/{user}"
    for change in ({"password": "correct battery staple"}, {"email": "mine@aoba.example"}, {"user_name": "mine"}):
        assert desk.patch(where, change).code == "forbidden"
    assert desk.post(f"{where}/invitation").code == "forbidden"
    things = things_of(world, "aoba", world.contract_of("aoba"))
    things.made["user", ""] = user
    assert desk.delete(f"{where}/credentials/{things.of('credential', '/tenants/aoba')}").code == "forbidden"
    assert desk.patch(where, {"display_name": "Q"}).status == 200
    equal = world.key("aoba", "users:*", "services:write")
    assert equal.post(f"{where}/invitation").status == 202


@pytest.mark.attack("M3")
def test_nobody_shuts_out_somebody_who_may_more(world: World) -> None:
    """Who is disabled, ended, deleted or without their role is as good as gone; and who is enabled is back."""
    tenant, desk = world.client("aoba"), world.key("aoba", "users:*", "roles:*")
    boss, given = person(world, "b"), role(tenant, "services:write")
    tenant.patch(f"/tenants/aoba/users/{person(world, 'o')}", {"roles": ["admin"]})
    tenant.patch(f"/tenants/aoba/users/{boss}", {"roles": ["admin"]})
    tenant.put(f"/tenants/aoba/users/{boss}/roles/{given}")
    member = person(world, "m")

    def tried(client: Client, user: str) -> list[int]:
        where = f"/tenants/aoba/users/{user}"
        dated, unmade = {"valid_until": "2030-01-01"}, dict[str, Any](roles=[])
        acts = [client.post(f"{where}/disable"), client.post(f"{where}/enable")]
        acts += [client.patch(where, dated), client.patch(where, unmade)]
        return [each.status for each in acts]

    assert tried(desk, boss) == [403] * 4
    where = f"/tenants/aoba/users/{boss}"
    assert desk.delete(f"{where}/roles/{given}").code == "forbidden"
    assert desk.delete(where).code == "forbidden"
    assert tenant.get(where).body["status"] == "active"
    assert tried(desk, member) == [200] * 4
    assert desk.delete(f"/tenants/aoba/users/{member}").status == 204
    assert tenant.delete(f"{where}/roles/{given}").status == 204
    assert tried(tenant, boss) == [200] * 4
    assert tenant.delete(where).status == 204


@pytest.mark.attack("M3")
def test_nobody_takes_over_somebody_by_making_their_role_smaller(world: World) -> None:
    tenant, desk = world.client("aoba"), world.key("aoba", "users:*", "roles:*")
    strong, user = role(tenant, "services:*", "users:read"), person(world, "p")
    tenant.put(f"/tenants/aoba/users/{user}/roles/{strong}")
    for fewer in (["users:read"], ["services:read", "users:read"]):
        refused = desk.patch(f"{ROLES}/{strong}", {"permissions": fewer})
        assert (refused.status, refused.code) == (403, "forbidden")
    assert desk.patch(f"{ROLES}/{strong}", {"permissions": ["services:*"], "name": "Other"}).status == 200  # held
    assert desk.patch(f"/tenants/aoba/users/{user}", {"password": "correct battery staple"}).code == "forbidden"
    assert tenant.patch(f"{ROLES}/{strong}", {"permissions": ["users:read"]}).status == 200
    assert desk.patch(f"/tenants/aoba/users/{user}", {"password": "correct battery staple"}).status == 200


@pytest.mark.attack("M3")
def test_nobody_shuts_out_one_of_ours_who_may_more(world: World) -> None:
    desk, operator = world.key("operator", "users:*", "*:read"), world.client("operator")
    draft = {"display_name": "N", "affiliation": "employee"}
    for name, roles, status in (("a", ["admin"], 403), ("m", [], 200)):
        user = operator.post("/system/users", {**draft, "user_name": name, "roles": roles}).body["id"]
        assert desk.post(f"/system/users/{user}/disable").status == status
        assert operator.post(f"/system/users/{user}/disable").status == 200


def test_permissions_are_listed_with_what_they_open(world: World) -> None:
    found = {}
    query = "limit=200"
    while True:
        page = world.client("aoba").get(f"/permissions?{query}").body
        found |= {item["permission"]: item for item in page["items"]}
        if page["next"] is None:
            break
        query = f"limit=200&cursor={page['next']}"
    assert {route for item in found.values() for route in item["routes"]} == {called(route) for route in ROUTES}
    assert found["system:read"]["scopes"] == ["operator"]
    assert {item["noun"] for item in found.values()} <= {noun.value for noun in Noun}


SECRET = re.compile(r"\b[a-z]{2,4}_[0-9a-f]{32}_[A-Za-z0-9_-]{43}_[0-9a-f]{8}\b")


@pytest.mark.attack("M4")
def test_nothing_that_is_read_gives_a_secret_back(world: World) -> None:
    """Every secret of the product has one form; of each thing that has one there is one, and everything is read by
    whoever may read everything."""
    counter, read = Counter(world), []
    tenant = world.client("aoba")
    secrets = {
        tenant.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["users:read"]}).body["secret"],
        world.client("operator").post("/system/api-keys", {"name": "k", "permissions": ["users:read"]}).body["secret"],
        tenant.post("/tenants/aoba/services", SERVICE).body["oidc"]["client_secret"],
        *world.keys.values(),
    }
    assert SECRET.search(next(iter(world.keys.values())))
    for route in ROUTES:
        if route.method == "GET":
            query = {"GET /contracts/{contract}/impact": "?act=suspend", "GET /audit": "?tenant=aoba"}
            reply = world.client("operator").get(counter.things.place(route.path) + query.get(called(route), ""))
            assert reply.status == 200, called(route)
            read.append(called(route))
            text = _text(reply.raw)
            assert not SECRET.search(text), called(route)
            assert not any(secret in text for secret in secrets), called(route)
            for line in reply.raw.splitlines() if reply.raw.startswith(b"{") else ():  # of an export each is a document
                assert not _members(json.loads(line)) & {"secret", "client_secret", "password", "private_key"}
    assert len(read) > 60


SERVICE = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}


def _text(raw: bytes) -> str:
    """Of an archive everything that is in it."""
    if not raw.startswith(b"PK"):
        return raw.decode()
    with ZipFile(BytesIO(raw)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def _members(value: object) -> set[str]:
    """The names of all members that hold something long enough to be one: `current` only says which."""
    if isinstance(value, dict):
        own = {name for name, each in value.items() if not isinstance(each, str) or len(each) >= SHORTEST}
        return own | {name for each in value.values() for name in _members(each)}
    return {name for each in value for name in _members(each)} if isinstance(value, list) else set()
