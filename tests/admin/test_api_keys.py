import pytest
from tests.admin.conftest import BASE, Client, World

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


ABOUT = "/.well-known/oauth-protected-resource/api/v1"  # RFC 9728
NO_KEYS = [
    *("", "Bearer", "Bearer ", "Basic YTpi", "Bearer ak_", "Bearer ak_0_0_0", "bearer \xe9"),
    f"Bearer {'a' * 5000}",
]


def test_whoever_shows_no_valid_key_is_nobody(world: World) -> None:
    for authorization in NO_KEYS:
        for path in ("/contracts", "/tenants/aoba", "/tenants/none", "/system"):
            reply = world.nobody.get(path, authorization=authorization)
            assert (reply.status, reply.code) == (401, "unauthenticated")
            assert reply.headers["www-authenticate"] == f'Bearer resource_metadata="{BASE}{ABOUT}"'
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
    world.client("operator").post(f"/contracts/{world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
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
