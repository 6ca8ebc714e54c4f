"""Second factors of IDs over the API: seen without their secrets, removed, never upward."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from tests.admin.conftest import World

from idp import credentials, users

PERSON = {"display_name": "Jiro", "email": "saki@aoba.example", "affiliation": "officer"}


def somebody(world: World, **more: Any) -> tuple[str, str]:
    """An ID with an authenticator app, and the app's secret."""
    body = {**PERSON, "password": "correct battery staple", **more}
    user: str = world.client("aoba").post("/tenants/aoba/users", body).body["id"]
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        identity = users.get(unit, user)
        proposal = credentials.propose(unit, identity, purpose="test")
        secret = parse_qs(urlsplit(proposal.address).query)["secret"][0]
        code = pyotp.TOTP(secret).at(unit.now)
        credentials.enrol(unit, identity, proposal.sealed, code, purpose="test")
    return user, secret


@pytest.mark.attack("M4")
def test_an_administrator_sees_what_there_is_and_no_secret(world: World) -> None:
    user, secret = somebody(world)
    reply = world.client("aoba").get(f"/tenants/aoba/users/{user}/credentials")
    (found,) = reply.body["items"]
    assert found.keys() == {"id", "kind", "created_at", "last_used_at"}
    assert (found["kind"], found["created_at"]) == ("totp", found["last_used_at"])
    assert secret not in str(reply.body)


def test_a_lost_one_is_removed_and_everything_signed_in_ends(world: World) -> None:
    tenant = world.client("aoba")
    user, _ = somebody(world)
    where = f"/tenants/aoba/users/{user}/credentials"
    (found,) = tenant.get(where).body["items"]
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        before = users.get(unit, user).generation
    assert tenant.delete(f"{where}/{found['id']}").status == 204
    assert tenant.get(where).body["items"] == []
    assert tenant.delete(f"{where}/{found['id']}").status == 404
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        assert users.get(unit, user).generation > before
    told = [row["event"] for row in tenant.get("/tenants/aoba/deliveries").body["items"] if row["receiver"] == user]
    assert "user.factor_removed" in told


@pytest.mark.attack("M3")
def test_who_may_not_make_an_administrator_takes_none_its_second_factor(world: World) -> None:
    user, _ = somebody(world, roles=["admin"])
    limited = world.key("aoba", "credentials:read", "credentials:write", "users:read")
    where = f"/tenants/aoba/users/{user}/credentials"
    (found,) = limited.get(where).body["items"]
    assert limited.delete(f"{where}/{found['id']}").status == 403
    assert world.client("midori").get(where).status == 404
    assert world.client("midori").delete(f"{where}/{found['id']}").status == 404
