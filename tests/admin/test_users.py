from tests.admin.conftest import World

from idp.contracts import Status

PERSON = {"user_name": "jiro@aoba.example", "display_name": "青葉 次郎", "affiliation": "employee"}
USERS = "/tenants/aoba/users"


def test_an_id_is_made_read_changed_and_deleted(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(USERS, {**PERSON, "email": "jiro@aoba.example", "claims": {"given_name": "次郎"}})
    assert made.status == 201
    user = made.body["id"]
    assert made.headers["location"] == f"https://idp.example/api/v1{USERS}/{user}"
    assert tenant.get(f"{USERS}/{user}").body == made.body
    changed = tenant.patch(f"{USERS}/{user}", {"email": None, "affiliation": "officer"})
    assert (changed.body["email"], changed.body["affiliation"]) == (None, "officer")
    assert changed.body["claims"] == {"given_name": "次郎"}
    assert tenant.post(f"{USERS}/{user}/disable").body["status"] == "disabled"
    assert tenant.post(f"{USERS}/{user}/enable").body["status"] == "active"
    assert tenant.delete(f"{USERS}/{user}").status == 204
    for reply in (
        tenant.get(f"{USERS}/{user}"),
        tenant.post(f"{USERS}/{user}/enable"),
        tenant.delete(f"{USERS}/{user}"),
    ):
        assert (reply.status, reply.code) == (404, "not_found")
    assert tenant.post(USERS, PERSON).body["id"] != user


WRONG = [
    ({}, {"/display_name": "required", "/affiliation": "required", "/user_name": "required"}),
    ({**PERSON, "id": "usr_mine"}, {"/id": "unknown_field"}),
    ({**PERSON, "status": "active", "version": 9}, {"/status": "unknown_field", "/version": "unknown_field"}),
    (
        {**PERSON, "affiliation": "guest", "email": "x"},
        {"/affiliation": "unknown_value", "/email": "invalid_format"},
    ),
    ({**PERSON, "password": 5, "roles": ["king"]}, {"/password": "invalid_type", "/roles/0": "unknown_value"}),
    ({**PERSON, "password": "short"}, {"/password": "too_short"}),
]


def test_what_is_wrong_is_named(world: World) -> None:
    for document, wrong in WRONG:
        reply = world.client("aoba").post(USERS, document)
        assert (reply.status, reply.code, reply.wrong()) == (422, "invalid", wrong)
        assert "short" not in reply.raw.decode().replace("too_short", "")


def test_a_password_works_at_once_and_is_never_shown(world: World) -> None:
    made = world.client("aoba").post(USERS, {**PERSON, "password": "kaminari-no-oto"})
    assert made.status == 201
    assert b"kaminari" not in made.raw
    from idp import credentials

    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        assert credentials.has_password(unit, made.body["id"])


def test_no_password_is_null_or_nothing(world: World) -> None:
    tenant = world.client("aoba")
    for name, said in (("jiro", {}), ("saki", {"password": None, "email": None, "roles": None})):
        made = tenant.post(USERS, {**PERSON, "user_name": name, **said})
        assert (made.status, made.body["email"], made.body["roles"]) == (201, None, ["member"])
    assert tenant.patch(f"{USERS}/{made.body['id']}", {"password": None}).wrong() == {"/password": "invalid_type"}


def test_the_limit_of_the_contract_holds_and_disabled_ids_count(world: World) -> None:
    tenant = world.client("aoba")
    made = [tenant.post(USERS, {**PERSON, "user_name": f"{number}@aoba.example"}) for number in range(6)]
    # the first administrator, who came with the approval, has one of the five
    assert [reply.status for reply in made] == [201] * 4 + [409] * 2
    assert (made[-1].code, made[-1].body["limit"]) == ("id_limit_reached", 5)
    first = made[0].body["id"]
    tenant.post(f"{USERS}/{first}/disable")
    assert tenant.post(USERS, PERSON).code == "id_limit_reached"
    tenant.delete(f"{USERS}/{first}")
    assert tenant.post(USERS, PERSON).status == 201
    assert tenant.get(f"/contracts/{world.contract_of('aoba')}").body["ids_used"] == 5


def test_a_name_is_given_once(world: World) -> None:
    tenant = world.client("aoba")
    assert tenant.post(USERS, PERSON).status == 201
    assert tenant.post(USERS, {**PERSON, "user_name": "JIRO@aoba.example"}).code == "user_name_taken"
    assert world.client("midori").post("/tenants/midori/users", PERSON).status == 201


def test_the_last_administrator_stays(world: World) -> None:
    tenant = world.client("aoba")
    admin = tenant.post(USERS, {**PERSON, "roles": ["admin"], "password": "kaminari-no-oto"}).body["id"]
    assert tenant.post(f"{USERS}/{admin}/disable").code == "last_admin_locked_out"
    assert tenant.patch(f"{USERS}/{admin}", {"roles": ["member"]}).code == "last_admin_locked_out"
    assert tenant.delete(f"{USERS}/{admin}").code == "last_admin_locked_out"


def test_nobody_makes_an_administrator_who_may_do_less(world: World) -> None:
    """Attack M3: neither by creating one, nor by a role, nor by a password or an address of one."""
    admin = world.client("aoba").post(USERS, {**PERSON, "roles": ["admin"]}).body["id"]
    helper = world.key("aoba", "users:*", "services:*")
    member = helper.post(USERS, {**PERSON, "user_name": "member"})
    assert member.status == 201
    attempts = [
        helper.post(USERS, {**PERSON, "user_name": "second", "roles": ["admin"]}),
        helper.patch(f"{USERS}/{member.body['id']}", {"roles": ["admin"]}),
        helper.patch(f"{USERS}/{admin}", {"password": "kaminari-no-oto"}),
        helper.patch(f"{USERS}/{admin}", {"email": "mine@evil.example"}),
        helper.patch(f"{USERS}/{admin}", {"user_name": "mine"}),
    ]
    assert [(reply.status, reply.code) for reply in attempts] == [(403, "forbidden")] * 5
    assert helper.patch(f"{USERS}/{admin}", {"display_name": "Jiro"}).status == 200
    assert world.key("aoba", "*:read", "*:write").patch(f"{USERS}/{admin}", {"roles": ["admin"]}).status == 200


def test_nothing_is_changed_under_a_contract_that_does_not_allow_it(world: World) -> None:
    tenant, operator, contract = world.client("aoba"), world.client("operator"), world.contract_of("aoba")
    user = tenant.post(USERS, PERSON).body["id"]
    operator.post(f"/contracts/{contract}/suspend", {"reason": "unpaid"})
    service = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
    for client in (tenant, operator):
        for reply in (
            client.post(USERS, {**PERSON, "user_name": "b"}),
            client.patch(f"{USERS}/{user}", {"display_name": "X"}),
            client.post(f"{USERS}/{user}/disable"),
            client.delete(f"{USERS}/{user}"),
            client.post("/tenants/aoba/services", service),
            client.post("/tenants/aoba/api-keys", {"name": "k", "permissions": ["users:read"]}),
        ):
            assert (reply.status, reply.code, reply.body["state"]) == (409, "contract_not_active", "suspended")
    assert tenant.get(f"{USERS}/{user}").body["display_name"] == "青葉 次郎"
    assert tenant.patch("/tenants/aoba", {"help_text": "内線 1234"}).body["help_text"] == "内線 1234"
    operator.post(f"/contracts/{contract}/resume")
    assert tenant.patch(f"{USERS}/{user}", {"display_name": "X"}).status == 200


def test_the_operator_prepares_before_the_notice_and_the_tenant_does_not(world: World) -> None:
    world.bring("kaede", Status.APPROVED)
    assert world.client("operator").post("/tenants/kaede/users", PERSON).status == 201
    world.bring("momiji", Status.SCREENING)
    assert world.client("operator").post("/tenants/momiji/users", PERSON).status == 404
