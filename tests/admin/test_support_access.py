"""Our own people are let into a tenant by the tenant, for hours, for what it says, and in sight of it."""

from typing import Any

import pytest
from tests.admin.conftest import DESK, Client, World
from tests.admin.test_approvals import account, key_of
from tests.admin.test_rights_table import Counter, table
from tests.admin.things import called

from idp import credentials, partners, users
from idp.admin import supporting
from idp.admin.app import ROUTES
from idp.contracts import Status
from idp.credentials import EVERYTHING, KeyDraft, KeyScope

ACCESS = "/tenants/aoba/support-access"
WHY = {"reason": "Ticket 4711"}
PERSON = {"user_name": "n", "display_name": "N", "affiliation": "employee"}


def granted(world: World, **asked: Any) -> str:
    made = world.client("aoba").post(ACCESS, {"hours": 4, **WHY, **asked})
    assert made.status == 201, made.body
    return str(made.body["id"])


def desk(world: World, *, admin: bool = True) -> Client:
    return key_of(world, account(world, f"desk{admin}", admin=admin))


def test_without_a_grant_a_person_of_ours_sees_what_the_contract_takes_and_no_more(world: World) -> None:
    person = desk(world)
    for path in ("/tenants/aoba", "/tenants/aoba/history", "/tenants/aoba/audit", "/tenants/aoba/support-access"):
        assert person.get(path).status == 200, path
    for path in ("users", "groups", "services", "policies", "decisions", "traces", "api-keys", "roles", "settings"):
        refused = person.get(f"/tenants/aoba/{path}")
        assert (refused.status, refused.code) == (403, "support_access_required"), path
    assert person.get("/tenants/none/users").status == 404
    assert world.client("operator").get("/tenants/aoba/users").status == 200  # the machine's key


def test_a_grant_opens_what_it_says_until_it_ends(world: World) -> None:
    person, users_ = desk(world), "/tenants/aoba/users"
    grant = granted(world, level="read")
    assert person.get(users_).status == 200
    assert person.post(users_, PERSON).code == "support_access_required"
    assert person.get("/tenants/midori/users").status == 403  # that tenant has granted nothing
    world.clock.advance(hours=4)
    assert person.get(users_).code == "support_access_required"
    again = granted(world, level="write")
    assert person.post(users_, PERSON).status == 201
    assert world.client("aoba").delete(f"{ACCESS}/{again}").status == 204
    assert person.get(users_).code == "support_access_required"
    shown = {item["id"]: item for item in world.client("aoba").get(ACCESS).body["items"]}
    assert [shown[each]["in_force"] for each in (grant, again)] == [False, False]
    assert shown[again]["revoked_at"] is not None
    assert (shown[grant]["to"], shown[grant]["permissions"]) == ("operator", ["*:read"])


def test_a_grant_gives_nobody_more_than_their_own_role(world: World) -> None:
    reader = desk(world, admin=False)
    granted(world, level="write")
    assert reader.get("/tenants/aoba/users").status == 200
    refused = reader.post("/tenants/aoba/users", PERSON)
    assert (refused.status, refused.code) == (403, "forbidden")


@pytest.mark.attack("M3")
def test_nothing_that_is_made_under_a_grant_outlives_it_with_more(world: World) -> None:
    """No key, no role, no further grant; and nobody who may more than the grant does."""
    person, boss = desk(world), "/tenants/aoba/users"
    administrator = str(world.client("aoba").post(boss, {**PERSON, "roles": ["admin"]}).body["id"])
    granted(world, level="write")
    refused = {
        "a key": person.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["users:read"]}),
        "a role": person.post("/tenants/aoba/roles", {"name": "r", "permissions": ["users:read"]}),
        "a grant": person.post(ACCESS, {"hours": 4, **WHY}),
        "an administrator": person.post(boss, {**PERSON, "user_name": "m", "roles": ["admin"]}),
        "their password": person.patch(f"{boss}/{administrator}", {"password": "correct battery staple"}),
        "a program": person.post("/tenants/aoba/services", PROGRAM),
    }
    assert {what: reply.status for what, reply in refused.items()} == dict.fromkeys(refused, 403)
    assert person.patch(f"{boss}/{administrator}", {"display_name": "M"}).status == 200


PROGRAM: dict[str, Any] = {
    "name": "p",
    "protocol": "oidc",
    "oidc": {"redirect_uris": [], "grant_types": ["client_credentials"], "scope": "roles:write"},
}


@pytest.mark.attack("M3")
def test_no_service_that_may_use_this_api_is_written_under_a_grant(world: World) -> None:
    """Its secret would go on when the grant has ended; services that may not are written like everything else."""
    person, tenant, where = desk(world), world.client("aoba"), "/tenants/aoba/services"
    reading = {**PROGRAM, "oidc": {**PROGRAM["oidc"], "scope": "users:read"}}
    plain = {**PROGRAM, "oidc": {**PROGRAM["oidc"], "scope": "reports"}}
    theirs = tenant.post(where, reading).body["id"]
    harmless = tenant.post(where, plain).body["id"]
    granted(world, level="write")
    for refused in (
        person.post(where, reading),
        person.put(f"{where}/{theirs}", plain),
        person.put(f"{where}/{harmless}", reading),
        person.patch(f"{where}/{theirs}", {"name": "q"}),
        person.patch(f"{where}/{harmless}", {"oidc": {"scope": "users:read"}}),
        person.post(f"{where}/{theirs}/secret"),
    ):
        assert (refused.status, refused.code) == (403, "forbidden")
        assert "support" in refused.body["detail"]
    assert person.post(where, plain).status == 201
    assert person.patch(f"{where}/{harmless}", {"name": "q"}).status == 200
    assert person.post(f"{where}/{harmless}/secret").status == 200


@pytest.mark.attack("M14", "U24")
def test_every_use_stands_in_the_tenants_own_trail(world: World) -> None:
    owner = account(world, "desk")
    person, grant = key_of(world, owner), granted(world, level="write")
    person.get("/tenants/aoba/users")
    made = person.post("/tenants/aoba/users", PERSON).body["id"]
    person.get("/tenants/aoba/users/usr_none")
    trail = world.client("aoba").get("/tenants/aoba/audit?limit=200").body["items"]
    used = [entry for entry in trail if entry["event"] == "support_access.used"]
    assert {entry["subject"] for entry in used} == {grant}
    assert sorted(entry["facts"]["did"] for entry in used) == [
        "get_tenants_tenant_users",
        "get_tenants_tenant_users_user",
        "post_tenants_tenant_users",
    ]
    assert {entry["facts"]["by"] for entry in used} == {owner}
    assert [entry["actor"]["kind"] for entry in trail if entry["subject"] == made] == ["operator"]
    elsewhere = world.client("midori").get("/tenants/midori/audit?limit=200").body["items"]
    assert not [entry for entry in elsewhere if entry["event"].startswith("support_access")]


def test_what_is_asked_is_judged(world: World) -> None:
    tenant = world.client("aoba")

    def wrong(**asked: Any) -> dict[str, str]:
        reply = tenant.post(ACCESS, {**WHY, **asked})
        assert reply.status == 422, reply.raw
        return reply.wrong()

    assert wrong() == {"/hours": "required"}
    assert wrong(hours=73) == {"/hours": "out_of_range"}
    assert wrong(until="2026-04-01T00:59:59Z") == {"/until": "past"}
    assert wrong(until="2026-04-04T01:00:01Z") == {"/until": "out_of_range"}
    assert wrong(hours=1, until="2026-04-01T02:00:00Z") == {"/until": "inconsistent"}
    assert wrong(hours=1, level="all") == {"/level": "unknown_value"}
    assert wrong(hours=1, permissions=["users:read", "api_keys:write", "roles:*", "*:*", "cats:read"]) == {
        "/permissions/1": "not_grantable",
        "/permissions/2": "not_grantable",
        "/permissions/3": "not_grantable",
        "/permissions/4": "unknown_value",
    }
    assert tenant.post(ACCESS, {"hours": 1}).wrong() == {"/reason": "required"}
    weak = world.key("aoba", "support_access:write", "users:read")
    assert weak.post(ACCESS, {**WHY, "hours": 1, "permissions": ["groups:read"]}).wrong() == {
        "/permissions/0": "not_held"
    }
    assert weak.post(ACCESS, {**WHY, "hours": 1, "level": "read"}).code == "forbidden"
    assert weak.post(ACCESS, {**WHY, "hours": 1, "permissions": ["users:read"]}).status == 201
    assert tenant.post(ACCESS, {**WHY, "until": "2026-04-04T01:00:00Z"}).status == 201


def test_only_the_tenant_itself_lets_anybody_in(world: World) -> None:
    """Not the operator, whatever the key; nor a key of the tenant's that an operator's person has seen."""
    for client in (world.client("operator"), desk(world), world.client("partner")):
        assert client.post(ACCESS, {"hours": 1, **WHY}).status == 403
    with world.house.units.open(world.aoba, actor=DESK) as unit:
        draft = KeyDraft("theirs", EVERYTHING, None)
        seen = credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING, maker="usr_operator")
    assert Client(world.app, seen.secret).post(ACCESS, {"hours": 1, **WHY}).status == 403
    assert world.client("operator").get(ACCESS).body["items"] == []


def test_what_is_prepared_before_the_contract_runs_needs_no_grant(world: World) -> None:
    world.bring("kaede", Status.APPROVED)
    person = desk(world)
    assert person.post("/tenants/kaede/users", PERSON).status == 201
    assert person.get("/tenants/kaede/services").status == 200
    assert person.get("/tenants/kaede/groups").code == "support_access_required"


def test_a_partners_person_is_let_in_as_its_own_grant_says(world: World) -> None:
    with world.house.units.platform(actor=DESK) as unit:
        document = {**PERSON, "user_name": "rep", "roles": ["admin"]}
        rep = users.create(unit, users.read(document, users.frame(unit)), limit=100).id
        partners.employ(unit, world.partner, rep)
        draft = KeyDraft("rep", EVERYTHING, None)
        made = credentials.create_key(
            unit, draft, scope=KeyScope.PARTNER, grantor=EVERYTHING, partner_id=world.partner, owner=rep
        )
    person = Client(world.app, made.secret)
    assert person.get("/tenants/aoba").status == 200
    assert person.get("/tenants/aoba/users").code == "support_access_required"
    granted(world)
    assert person.get("/tenants/aoba/users").code == "support_access_required"  # it was for the operator
    granted(world, to="partner")
    assert person.get("/tenants/aoba/users").status == 200
    assert world.client("partner").get("/tenants/aoba/users").status == 200  # an installed key


def test_every_route_is_answered_with_and_without_a_grant_as_is_written_here(world: World) -> None:
    """Beside the columns of the table: a person of ours, in turn without a grant, with one to read, one to write, and
    after its end; a person with a role of a few permissions; and a key from a network that is not its own."""
    counter = Counter(world)
    person, elsewhere = desk(world), bound_elsewhere(world)
    # every route on the one database; that the other answers alike, the table itself shows
    routes = ROUTES if world.house.units.database.dialect == "sqlite" else ROUTES[::4]
    for caller, before, expected in (
        ("without", lambda: None, without),
        ("reading", lambda: granted(world, level="read"), reading),
        ("writing", lambda: granted(world, level="write"), writing),
        ("after", lambda: world.clock.advance(hours=72), without),
    ):
        before()
        for route in routes:
            if route.path.startswith("/tenants/{tenant}/") or caller == "without":
                counter.ask(caller, person, route, counter.things, expected(route))
    for route in routes:
        counter.ask("elsewhere", elsewhere, route, counter.things, "403")
    assert counter.deviations == []
    print(f"{counter.asked} cells")


OPEN = {noun.value for noun in supporting.CONTRACT_WORK}
WRITTEN = {
    *("users", "credentials", "sessions", "groups", "members", "networks", "services", "assignments", "policies"),
    "settings",
}


def split(route: Any) -> tuple[str, str, str]:
    row = table()[called(route)]
    noun, _, verb = row.permission.partition(":")
    return row.answers["operator"], noun, verb


def is_open(route: Any, noun: str) -> bool:
    assert {
        "audit",
        "deliveries",
        "history",
        "keys",
        "notices",
        "statements",
        "support_access",
        "tenants",
        "terms",
    } == OPEN
    return not route.path.startswith("/tenants/{tenant}/") or noun in OPEN


def without(route: Any) -> str:
    operator, noun, _ = split(route)
    return operator if is_open(route, noun) else "403"


def reading(route: Any) -> str:
    operator, noun, verb = split(route)
    return operator if is_open(route, noun) or verb == "read" else "403"


def writing(route: Any) -> str:
    operator, noun, verb = split(route)
    return operator if is_open(route, noun) or verb == "read" or noun in WRITTEN else "403"


def bound_elsewhere(world: World) -> Client:
    draft = KeyDraft("k", EVERYTHING, None, networks=("10.0.0.0/8",))
    with world.house.units.platform(actor=DESK) as unit:
        made = credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING)
    return Client(world.app, made.secret)
