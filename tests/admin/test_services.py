from tests.admin.conftest import World

SERVICES = "/tenants/aoba/services"
SERVICE = {"name": "経費精算", "protocol": "oidc", "oidc": {"redirect_uris": ["https://keihi.example/cb"]}}


def test_services_that_may_use_this_api_are_found(world: World) -> None:
    tenant, where = world.client("aoba"), "/tenants/aoba/services"
    program = {"grant_types": ["client_credentials"], "response_types": [], "redirect_uris": []}
    for name, scope in (("api", "users:read"), ("own", "orders:list openid:x *:all"), ("every", "*:read")):
        made = tenant.post(where, {"name": name, "protocol": "oidc", "oidc": {**program, "scope": scope}})
        assert made.status == 201, made.raw
    assert [each["name"] for each in tenant.get(f"{where}?permissions=true").body["items"]] == ["api", "every"]
    assert [each["name"] for each in tenant.get(f"{where}?permissions=false").body["items"]] == ["own"]


def test_a_service_is_registered_with_its_defaults_and_a_secret_shown_once(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(SERVICES, SERVICE)
    assert made.status == 201
    shown, oidc = made.body, made.body["oidc"]
    assert (shown["verification_status"], shown["assignment_required"], shown["consent"]) == (
        "unverified",
        True,
        "none",
    )
    assert oidc["token_endpoint_auth_method"] == "client_secret_basic"
    assert oidc["access_token_lifetime"] == 300
    assert (oidc["client_secret_expires_at"], len(oidc["client_secret"]) > 40) == (0, True)
    read = tenant.get(f"{SERVICES}/{shown['id']}").body
    assert "client_secret" not in read["oidc"]
    assert {**read["oidc"], "client_secret": oidc["client_secret"]} == oidc
    assert oidc["client_secret"] not in tenant.get(SERVICES).raw.decode()


def test_a_new_secret_replaces_the_old_one(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(SERVICES, SERVICE).body
    rotated = tenant.post(f"{SERVICES}/{made['id']}/secret").body
    assert rotated["oidc"]["client_secret"] != made["oidc"]["client_secret"]
    public = {**SERVICE, "oidc": {**SERVICE["oidc"], "token_endpoint_auth_method": "none"}}  # type: ignore[dict-item]
    without = tenant.post(SERVICES, public).body
    assert "client_secret" not in without["oidc"]
    assert tenant.post(f"{SERVICES}/{without['id']}/secret").code == "client_has_no_secret"


def test_a_service_is_changed_replaced_and_deleted(world: World) -> None:
    tenant = world.client("aoba")
    one = f"{SERVICES}/{tenant.post(SERVICES, SERVICE).body['id']}"
    assert tenant.patch(one, {"assignment_required": False}).body["assignment_required"] is False
    read = tenant.get(one).body
    assert tenant.put(one, {**read, "name": "Keihi"}).body == {**read, "name": "Keihi"}
    assert tenant.patch(one, {"status": "disabled"}).body["status"] == "disabled"
    assert tenant.delete(one).status == 204
    assert tenant.get(one).status == 404


def test_the_keys_that_a_service_will_verify_by_are_published_with_its_registration(world: World) -> None:
    tenant = world.client("aoba")

    def published() -> set[str]:
        return {key["alg"] for key in tenant.get("/tenants/aoba/keys").body["items"]}

    made = tenant.post(SERVICES, {**SERVICE, "oidc": {**SERVICE["oidc"], "id_token_signed_response_alg": "PS256"}})  # type: ignore[dict-item]
    assert "PS256" in published()
    assert "EdDSA" not in published()
    one = f"{SERVICES}/{made.body['id']}"
    assert tenant.patch(one, {"oidc": {"userinfo_signed_response_alg": "EdDSA"}}).status == 200
    assert "EdDSA" in published()


WRONG = [
    ({"name": None}, {"/name": "required"}),
    ({"oidc": {}}, {"/oidc/redirect_uris": "required"}),
    ({"oidc": {"redirect_uris": ["http://a.example/cb"], "colour": 1}}, {"/oidc/redirect_uris/0", "/oidc/colour"}),
    ({"oidc": {"redirect_uris": ["https://idp.example/t/aoba/x"]}}, {"/oidc/redirect_uris/0": "not_allowed"}),
    ({"id": "svc_mine"}, {"/id": "unknown_field"}),
    ({"saml": {"entity_id": "urn:x"}}, {"/saml": "inconsistent"}),
]


def test_what_is_wrong_with_a_registration_is_named(world: World) -> None:
    for change, wrong in WRONG:
        reply = world.client("aoba").post(SERVICES, {**SERVICE, **change})
        assert reply.status == 422
        assert (reply.wrong() if isinstance(wrong, dict) else set(reply.wrong())) == wrong


EXPECTED = {"/name": "string", "/protocol": ["oidc", "saml"], "/oidc": "object"}


def test_what_is_missing_is_named_with_what_is_expected(world: World) -> None:
    told = world.client("aoba").post(SERVICES, {}).body["errors"]
    assert {error["pointer"]: error["expected"] for error in told if error["code"] == "required"} == EXPECTED


def test_people_are_assigned_and_taken_off_again(world: World) -> None:
    tenant = world.client("aoba")
    person = {"user_name": "jiro", "display_name": "Jiro", "affiliation": "officer"}
    user = tenant.post("/tenants/aoba/users", person).body["id"]
    where = f"{SERVICES}/{tenant.post(SERVICES, SERVICE).body['id']}/assignments"
    made = tenant.post(where, {"user": user})
    assert (made.status, made.body["user"]) == (201, user)
    assert tenant.post(where, {"user": user}).body == made.body
    assert tenant.get(where).body == {"items": [made.body], "next": None}
    assert tenant.post(where, {"user": "usr_none"}).wrong() == {"/user": "unknown_value"}
    assert tenant.delete(f"{where}/{made.body['id']}").status == 204
    assert tenant.delete(f"{where}/{made.body['id']}").status == 404
    tenant.post(where, {"user": user})
    tenant.delete(f"/tenants/aoba/users/{user}")
    assert tenant.get(where).body["items"] == []


def test_a_neighbours_id_is_not_assigned(world: World) -> None:
    person = {"user_name": "jiro", "display_name": "Jiro", "affiliation": "officer"}
    foreign = world.client("midori").post("/tenants/midori/users", person).body["id"]
    tenant = world.client("aoba")
    where = f"{SERVICES}/{tenant.post(SERVICES, SERVICE).body['id']}/assignments"
    assert tenant.post(where, {"user": foreign}).wrong() == {"/user": "unknown_value"}
