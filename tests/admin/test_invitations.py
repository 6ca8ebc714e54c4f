"""Inviting an ID over the API."""

from tests.admin.conftest import World

PERSON = {"display_name": "Jiro", "email": "jiro@aoba.example", "affiliation": "officer"}


def test_an_id_without_a_password_is_invited_again_and_again(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post("/tenants/aoba/users", PERSON).body["id"]
    for _ in range(2):
        reply = tenant.post(f"/tenants/aoba/users/{made}/invitation")
        assert (reply.status, reply.body["user"]) == (202, made)
        assert reply.body["expires_at"] > reply.body["created_at"]
    told = [row for row in tenant.get("/tenants/aoba/deliveries").body["items"] if row["receiver"] == made]
    assert [(row["event"], row["status"], row["attempts"]) for row in told] == [("user.invited", "pending", 0)] * 2
    assert all("jiro" not in str(row) for row in told)


def test_who_has_a_password_or_no_address_is_not_invited(world: World) -> None:
    tenant = world.client("aoba")
    has = tenant.post("/tenants/aoba/users", {**PERSON, "password": "correct battery staple"}).body["id"]
    lacks = tenant.post("/tenants/aoba/users", {"user_name": "x", "display_name": "X", "affiliation": "officer"})
    assert tenant.post(f"/tenants/aoba/users/{has}/invitation").code == "password_exists"
    assert tenant.post(f"/tenants/aoba/users/{lacks.body['id']}/invitation").code == "email_missing"
    assert world.client("midori").post(f"/tenants/aoba/users/{has}/invitation").status == 404
