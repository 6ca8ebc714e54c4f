import pytest
from tests.admin.conftest import BASE, DESK, Client, World
from tests.admin.test_approvals import account, key_of

from idp import credentials, users
from idp.credentials import EVERYTHING, KeyDraft, KeyScope

LEVELS = ["/system/api-keys", "/partners/{partner}/api-keys", "/tenants/aoba/api-keys"]


def where(world: World, level: str) -> str:
    return level.replace("{partner}", world.partner)


@pytest.mark.parametrize("level", LEVELS)
def test_a_key_opens_what_it_says_until_it_is_deleted(world: World, level: str) -> None:
    operator, path = world.client("operator"), where(world, level)
    made = operator.post(path, {"name": "script", "permissions": ["contracts:read"]})
    assert made.status == 201
    key = Client(world.app, made.body["secret"])
    assert key.get("/contracts").status == 200
    assert key.get("/tenants").code == "forbidden"
    listed = operator.get(path)
    assert made.body["id"] in [item["id"] for item in listed.body["items"]]
    assert made.body["secret"] not in listed.raw.decode()
    assert operator.delete(f"{path}/{made.body['id']}").status == 204
    assert (key.get("/contracts").status, key.get("/contracts").code) == (401, "unauthenticated")
    assert operator.delete(f"{path}/{made.body['id']}").status == 404


def test_a_key_reaches_no_further_than_its_level(world: World) -> None:
    operator = world.client("operator")
    made = operator.post("/tenants/aoba/api-keys", {"name": "all", "permissions": ["*:*"]})
    key = Client(world.app, made.body["secret"])
    assert key.get("/tenants/aoba/users").status == 200
    assert key.get("/tenants/midori/users").status == 404
    assert key.get("/system").status == 403
    assert operator.delete(f"/system/api-keys/{made.body['id']}").status == 404
    assert operator.delete(f"/tenants/midori/api-keys/{made.body['id']}").status == 404


def test_a_key_gives_no_permission_that_it_does_not_hold(world: World) -> None:
    maker = world.key("aoba", "api_keys:write", "users:read")
    assert maker.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["users:read"]}).status == 201
    for wanted in ("users:write", "users:*", "*:read", "*:*"):
        reply = maker.post("/tenants/aoba/api-keys", {"name": "k", "permissions": [wanted]})
        assert (reply.status, reply.code) == (403, "forbidden")
    unknown = maker.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["cats:read"]})
    assert (unknown.status, unknown.wrong()) == (422, {"/permissions/0": "unknown_value"})


def test_a_key_expires(world: World) -> None:
    path, draft = "/tenants/aoba/api-keys", {"name": "k", "permissions": ["tenants:read"]}
    made = world.client("aoba").post(path, {**draft, "expires_at": "2026-04-01T02:00:00Z"})
    key = Client(world.app, made.body["secret"])
    assert key.get("/tenants").status == 200
    world.clock.advance(hours=1)
    assert key.get("/tenants").status == 401
    past = world.client("aoba").post(path, {**draft, "expires_at": "2026-04-01T01:59:59Z"})
    assert (past.status, past.wrong()) == (422, {"/expires_at": "past"})


def test_a_key_that_is_bound_to_networks_opens_nothing_from_elsewhere(world: World) -> None:
    """Tests come from 127.0.0.1. Nothing is said of what is there: the answer is one for all paths."""
    tenant = world.client("aoba")
    network = tenant.post("/tenants/aoba/networks", {"name": "office", "cidrs": ["127.0.0.0/8"]}).body["id"]
    keys = {}
    for name, networks in (("here", ["127.0.0.1"]), ("named", ["office", "10.0.0.0/8"]), ("away", ["10.0.0.0/8"])):
        draft = {"name": name, "permissions": ["*:*"], "networks": networks}
        made = tenant.post("/tenants/aoba/api-keys", draft)
        assert made.status == 201, made.body
        keys[name] = Client(world.app, made.body["secret"])
    assert keys["here"].get("/tenants/aoba").status == keys["named"].get("/tenants/aoba").status == 200
    for path in ("/tenants/aoba", "/tenants/none", "/contracts", "/system"):
        refused = keys["away"].get(path)
        assert (refused.status, refused.code) == (403, "wrong_network")
    tenant.patch(f"/tenants/aoba/networks/{network}", {"cidrs": ["10.1.0.0/16"]})
    assert keys["named"].get("/tenants/aoba").status == 403
    tenant.delete(f"/tenants/aoba/networks/{network}")
    assert keys["named"].get("/tenants/aoba").status == 403
    shown = {item["name"]: item["networks"] for item in tenant.get("/tenants/aoba/api-keys").body["items"]}
    assert shown["here"] == ["127.0.0.1/32"]
    used = {item["name"]: item["last_used_at"] for item in tenant.get("/tenants/aoba/api-keys").body["items"]}
    assert (used["here"], used["away"]) == ("2026-04-01T01:00:00Z", None)


@pytest.mark.attack("M3")
def test_a_key_is_bound_as_the_key_that_made_it(world: World) -> None:
    tenant, where = world.client("aoba"), "/tenants/aoba/api-keys"
    for name in ("office", "home"):
        tenant.post("/tenants/aoba/networks", {"name": name, "cidrs": ["127.0.0.0/8"]})
    ends, later = "2026-04-02T00:00:00Z", "2026-04-02T00:00:01Z"
    draft = {"name": "k", "permissions": ["users:read"]}
    free = tenant.post(where, draft).body["id"]
    bound = {"networks": ["127.0.0.0/8", "office"], "expires_at": ends}
    made = tenant.post(where, {"name": "m", "permissions": ["api_keys:write", "users:read"], **bound}).body
    maker = Client(world.app, made["secret"])
    heir = maker.post(where, draft).body
    assert (heir["networks"], heir["expires_at"]) == (["127.0.0.0/8", "office"], ends)
    for networks in (["127.0.0.1"], ["office"], ["127.1.0.0/16", "office"]):
        assert maker.post(where, {**draft, "networks": networks}).status == 201
    for networks in (["126.0.0.0/7"], ["home"], ["127.0.0.1", "::/0"]):
        assert maker.post(where, {**draft, "networks": networks}).wrong() == {"/networks": "not_held"}
    assert maker.post(where, {**draft, "expires_at": later}).wrong() == {"/expires_at": "not_held"}
    assert maker.post(f"{where}/{free}/rotate").code == "forbidden"
    assert maker.post(f"{where}/{heir['id']}/rotate").status == 200
    assert maker.post(f"{where}/{made['id']}/rotate").status == 200


@pytest.mark.attack("M3")
def test_a_key_frees_itself_from_no_named_network_by_another_key(world: World) -> None:
    tenant, where = world.client("aoba"), "/tenants/aoba/api-keys"
    for name in ("office", "home"):
        network = tenant.post("/tenants/aoba/networks", {"name": name, "cidrs": ["127.0.0.0/8"]}).body["id"]
    held, names = ["*:*"], ["office", "home"]
    made = tenant.post(where, {"name": "m", "permissions": held, "networks": [*names, "127.0.0.0/8"]}).body
    maker = Client(world.app, made["secret"])
    assert maker.delete(f"/tenants/aoba/networks/{network}").code == "forbidden"
    for networks in (["127.0.0.1"], ["office"], ["home", "127.0.0.1"]):
        for wanted in ("networks:write", "networks:*", "*:write", "*:*"):
            draft = {"name": "k", "permissions": ["users:read", wanted], "networks": networks}
            refused = maker.post(where, draft)
            assert (refused.status, refused.code) == (403, "forbidden"), draft
            other = tenant.post(where, draft).body["id"]
            assert maker.post(f"{where}/{other}/rotate").code == "forbidden", draft
        draft = {"name": "k", "permissions": ["*:read", "users:*"], "networks": networks}
        assert maker.post(f"{where}/{maker.post(where, draft).body['id']}/rotate").status == 200
    alike = maker.post(where, {"name": "k", "permissions": held, "networks": names}).body
    assert Client(world.app, alike["secret"]).delete(f"/tenants/aoba/networks/{network}").code == "forbidden"
    assert maker.post(f"{where}/{made['id']}/rotate").status == 200


def test_networks_of_a_key_are_written_right(world: World) -> None:
    world.client("midori").post("/tenants/midori/networks", {"name": "theirs", "cidrs": ["127.0.0.0/8"]})
    draft = {"name": "k", "permissions": ["users:read"], "networks": ["theirs", "127.0.0.1/8", "::1%lo", "10.0.0.0/8"]}
    wrong = world.client("aoba").post("/tenants/aoba/api-keys", draft).wrong()
    assert wrong == {f"/networks/{index}": "unknown_network" for index in range(3)}


def test_a_secret_is_replaced_and_the_old_one_is_good_for_a_while(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["users:read"]}).body
    where = f"/tenants/aoba/api-keys/{made['id']}/rotate"
    turned = tenant.post(where, {"overlap_seconds": 60})
    assert (turned.status, turned.body["id"]) == (200, made["id"])
    old, new = Client(world.app, made["secret"]), Client(world.app, turned.body["secret"])
    assert old.get("/tenants/aoba/users").status == new.get("/tenants/aoba/users").status == 200
    world.clock.advance(seconds=60)
    assert (old.get("/tenants/aoba/users").status, new.get("/tenants/aoba/users").status) == (401, 200)
    third = Client(world.app, tenant.post(where, {"overlap_seconds": 0}).body["secret"])
    assert (new.get("/tenants/aoba/users").status, third.get("/tenants/aoba/users").status) == (401, 200)
    assert tenant.post(where, {"overlap_seconds": 604_801}).wrong() == {"/overlap_seconds": "out_of_range"}
    assert tenant.post("/tenants/midori/api-keys/key_none/rotate").status == 404


@pytest.mark.parametrize("level", LEVELS)
def test_one_key_is_shown_and_its_former_secret_ended_before_its_time(world: World, level: str) -> None:
    operator, path = world.client("operator"), where(world, level)
    made = operator.post(path, {"name": "k", "permissions": ["contracts:read"]}).body
    one = f"{path}/{made['id']}"
    read = operator.get(one)
    assert {**read.body, "secret": made["secret"]} == made
    assert operator.get(one, if_none_match=read.etag).status == 304
    turned = operator.post(f"{one}/rotate", {"overlap_seconds": 3600}).body
    old, new = Client(world.app, made["secret"]), Client(world.app, turned["secret"])
    shown = operator.get(one)
    assert shown.body["former_secret_until"] == turned["former_secret_until"] == "2026-04-01T02:00:00Z"
    assert (shown.etag == read.etag, old.get("/contracts").status) == (False, 200)
    for _ in range(2):
        assert operator.delete(f"{one}/secret/former").body["former_secret_until"] is None
    assert (old.get("/contracts").status, new.get("/contracts").status) == (401, 200)
    operator.post(f"{one}/rotate", {"overlap_seconds": 3600})
    world.clock.advance(seconds=3600)
    assert operator.get(one).body["former_secret_until"] is None
    for elsewhere in {"/system/api-keys", "/tenants/midori/api-keys"} - {path}:
        assert operator.get(f"{elsewhere}/{made['id']}").status == 404
        assert operator.delete(f"{elsewhere}/{made['id']}/secret/former").status == 404


@pytest.mark.attack("M3")
def test_a_partners_key_ends_with_the_operator_who_made_it_and_does_no_more_than_they(world: World) -> None:
    """Or whoever leaves us would keep the customers of a partner."""
    path, ours = f"/partners/{world.partner}/api-keys", account(world, "ours")
    own = key_of(world, ours)
    made = own.post(path, {"name": "k", "permissions": ["*:*"]})
    assert (made.status, made.body["owner"]) == (201, ours)
    key = Client(world.app, made.body["secret"])
    assert key.get("/tenants").body["items"]
    assert key.get("/tenants/aoba/users").code == "support_access_required"  # as of the operator who could be using it
    other = key_of(world, account(world, "other"))
    assert other.post(f"{path}/{made.body['id']}/rotate").code == "forbidden"
    turned = Client(world.app, own.post(f"{path}/{made.body['id']}/rotate", {"overlap_seconds": 0}).body["secret"])
    assert (key.get("/tenants").status, turned.get("/tenants").status) == (401, 200)
    operator = world.client("operator")
    assert operator.patch(f"/system/users/{ours}", {"roles": []}).status == 200  # reads, and no more
    refused = turned.post("/notices", {"kind": "other", "title": "t", "body": "b", "effective_date": "2026-05-01"})
    assert (refused.status, refused.code, turned.get("/tenants").status) == (403, "forbidden", 200)
    assert operator.post(f"/system/users/{ours}/disable").status == 200
    assert turned.get("/tenants").status == 401
    machine = operator.post(path, {"name": "k", "permissions": ["*:*"]}).body
    assert (machine["owner"], Client(world.app, machine["secret"]).get("/tenants").status) == (None, 200)


def test_nobody_comes_to_a_stronger_key_by_replacing_its_secret(world: World) -> None:
    strong = world.client("aoba").post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["*:*"]}).body["id"]
    weak = world.key("aoba", "api_keys:write", "users:read")
    assert weak.post(f"/tenants/aoba/api-keys/{strong}/rotate").code == "forbidden"
    mine = weak.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["users:read"]}).body["id"]
    assert weak.post(f"/tenants/aoba/api-keys/{mine}/rotate").status == 200


@pytest.mark.attack("M3")
def test_nobody_turns_a_key_of_nobodys_into_their_own_way_in(world: World) -> None:
    """It would be good when their account is not any more."""
    machine = world.client("operator").post("/system/api-keys", {"name": "k", "permissions": ["*:*"]}).body["id"]
    tenants = world.client("aoba").post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["*:*"]}).body["id"]
    ours = account(world, "ours")
    with world.house.units.platform(actor=DESK) as unit:
        draft = KeyDraft("own", EVERYTHING, None, owner=ours)  # as the machine makes it for an account
        own = credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING)
    with world.house.units.open(world.aoba, actor=DESK) as unit:
        person = {"user_name": "n", "display_name": "N", "affiliation": "employee", "roles": ["admin"]}
        theirs = users.create(unit, users.read(person, users.frame(unit)), limit=100).id
        draft = KeyDraft("own", EVERYTHING, None)
        kept = credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING, owner=theirs)
    for new, where, nobodys in (
        (own, "/system/api-keys", machine),
        (kept, "/tenants/aoba/api-keys", tenants),
    ):
        client = Client(world.app, new.secret)
        assert client.post(f"{where}/{nobodys}/rotate").code == "forbidden"
        assert client.post(f"{where}/{new.key.id}/rotate").status == 200
    assert world.client("operator").post(f"/system/api-keys/{machine}/rotate").status == 200
    assert world.client("aoba").post(f"/tenants/aoba/api-keys/{tenants}/rotate").status == 200


def test_a_customers_key_whose_secret_an_operator_has_seen_is_no_longer_the_customers_own(world: World) -> None:
    draft = {"name": "k", "permissions": ["*:*"]}
    made = world.client("aoba").post("/tenants/aoba/api-keys", draft).body["id"]
    assert world.key_named(made).is_customers_own
    assert world.client("operator").post(f"/tenants/aoba/api-keys/{made}/rotate").status == 200
    assert not world.key_named(made).is_customers_own


ABOUT = "/.well-known/oauth-protected-resource/api/v1"  # RFC 9728
NO_KEYS = [
    *("", "Bearer", "Bearer ", "Basic YTpi", "Bearer ak_", "Bearer ak_0_0_0", "Bearer \xe9"),
    f"Bearer {'a' * 5000}",
]


def test_whoever_shows_no_valid_key_is_nobody(world: World) -> None:
    for authorization in NO_KEYS:
        for path in ("/contracts", "/tenants/aoba", "/tenants/none", "/system"):
            reply = world.nobody.get(path, authorization=authorization)
            assert (reply.status, reply.code) == (401, "unauthenticated")
            shown = authorization.startswith("Bearer ") and authorization != "Bearer "
            error = 'error="invalid_token", ' if shown else ""  # nothing is said of nothing (RFC 6750 3.1)
            assert reply.headers["www-authenticate"] == f'Bearer {error}resource_metadata="{BASE}{ABOUT}"'
        assert world.nobody.get("/system").status == 401


def test_an_altered_key_opens_nothing(world: World) -> None:
    right = world.keys["operator"]
    altered = right[:-12] + ("A" if right[-12] != "A" else "B") + right[-11:]
    assert Client(world.app, altered).get("/system").status == 401
    assert Client(world.app, right).get("/system").status == 200


def test_a_disabled_partners_keys_open_nothing(world: World) -> None:
    assert world.client("partner").get("/contracts").status == 200
    world.client("operator").patch(f"/partners/{world.partner}", {"status": "disabled"})
    assert world.client("partner").get("/contracts").status == 401


def test_a_leaked_key_can_be_deleted_while_the_contract_is_held(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["tenants:read"]}).body["id"]
    assert tenant.post(f"/tenants/aoba/api-keys/{made}/rotate").status == 200
    world.client("operator").post(f"/contracts/{world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
    assert tenant.post(f"/tenants/aoba/api-keys/{made}/rotate").code == "contract_not_active"
    assert tenant.delete(f"/tenants/aoba/api-keys/{made}").status == 204


def test_partners_are_made_read_and_changed(world: World) -> None:
    operator = world.client("operator")
    made = operator.post("/partners", {"name": "販売店"})
    assert (made.status, made.body["status"]) == (201, "active")
    assert operator.get(f"/partners/{made.body['id']}").body == made.body
    assert operator.patch(f"/partners/{made.body['id']}", {"name": "新販売店"}).body["name"] == "新販売店"
    assert operator.post("/partners", {"nam": "x"}).wrong() == {"/nam": "unknown_field", "/name": "required"}
    assert world.client("partner").get(f"/partners/{world.partner}").status == 200
    assert world.client("partner").get(f"/partners/{made.body['id']}").status == 404
