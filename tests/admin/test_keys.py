"""Signing keys over HTTP: what they are and when, never what they are made of."""

from dataclasses import replace

import pytest
from tests.admin.conftest import World

from idp import admin, signing, tenants
from idp.kit.actors import SYSTEM
from idp.signing import Alg, Use
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

KEYS = "/tenants/aoba/keys"


@pytest.fixture
def signing_world(world: World) -> World:
    with world.house.units.open(world.aoba, actor=SYSTEM) as unit:
        for alg in (Alg.ES256, Alg.EDDSA):
            tenants.adopt_key(unit, Use.ID_TOKEN, alg, signing.generate(alg))
    return world


def outside_production(world: World) -> World:
    house = replace(world.house, production=False)
    return replace(world, app=Hallway(Dispatcher([], fallback=admin.build(house)), base_url=house.base_url))


def states(world: World) -> list[tuple[str, str]]:
    return sorted((key["alg"], key["status"]) for key in world.client("aoba").get(KEYS).body["items"])


@pytest.mark.meets("K1")
@pytest.mark.attack("J15")
def test_keys_are_listed_without_anything_that_signs(signing_world: World) -> None:
    listed = signing_world.client("aoba").get(KEYS).body["items"]
    assert [set(key) for key in listed] == [
        {
            *("kid", "use", "alg", "status", "created_at"),
            *("ready_at", "activated_at", "retired_at", "published_until"),
        }
    ] * 2
    assert {key["created_at"] for key in listed} == {key["activated_at"] for key in listed}
    page = signing_world.client("aoba").get(f"{KEYS}?limit=1").body
    rest = signing_world.client("aoba").get(f"{KEYS}?limit=1&cursor={page['next']}").body
    assert page["items"] + rest["items"] == listed
    assert rest["next"] is None


def test_the_next_keys_are_published_first_and_sign_when_they_have_been_for_a_day(signing_world: World) -> None:
    client = signing_world.client("aoba")
    refused = client.post(f"{KEYS}/rotate")
    assert (refused.status, refused.code) == (409, "next_key_too_young")
    assert refused.body["ready_at"] == "2026-04-02T01:00:00Z"
    assert states(signing_world) == [(alg, state) for alg in ("ES256", "EdDSA") for state in ("active", "next")]
    signing_world.clock.advance(hours=24)
    done = client.post(f"{KEYS}/rotate", idempotency_key="once")
    assert done.status == 200
    assert client.post(f"{KEYS}/rotate", idempotency_key="once").body == done.body
    assert states(signing_world) == [
        (alg, state) for alg in ("ES256", "EdDSA") for state in ("active", "next", "retiring")
    ]
    assert client.post(f"{KEYS}/rotate").code == "next_key_too_young"


def test_the_wait_is_skipped_outside_production_alone(signing_world: World) -> None:
    refused = signing_world.client("operator").post(f"{KEYS}/rotate", {"now": True})
    assert (refused.status, refused.wrong()) == (422, {"/now": "not_in_production"})
    assert {state for _, state in states(signing_world)} == {"active"}
    world = outside_production(signing_world)
    for _ in range(2):
        assert world.client("operator").post(f"{KEYS}/rotate", {"now": True}).status == 200
    assert len(states(world)) == 8
    assert world.client("operator").post(f"{KEYS}/rotate", {"now": 1, "all": True}).wrong() == {
        "/now": "invalid_type",
        "/all": "unknown_field",
    }


def test_a_tenant_without_a_key_has_none_to_rotate(world: World) -> None:
    done = world.client("aoba").post(f"{KEYS}/rotate")
    assert (done.status, done.body) == (200, {"items": []})


def test_a_compromised_key_is_revoked_at_once_whatever_the_contract_says(signing_world: World) -> None:
    operator = signing_world.client("operator")
    operator.post(f"/contracts/{signing_world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
    assert operator.post(f"{KEYS}/rotate").code == "contract_not_active"
    first = operator.get(KEYS).body["items"][0]
    revoked = operator.post(f"{KEYS}/{first['kid']}/revoke", {"reason": "found on a disk"})
    assert (revoked.status, revoked.body["status"]) == (200, "revoked")
    assert operator.post(f"{KEYS}/{first['kid']}/revoke").body == revoked.body
    assert [state for alg, state in states_of(signing_world) if alg == first["alg"]] == ["active", "revoked"]
    assert operator.post(f"{KEYS}/nonsense/revoke").status == 404
    events = operator.get("/tenants/aoba/audit").body["items"]
    assert "signing_key.revoked" in {event["event"] for event in events}


def states_of(world: World) -> list[tuple[str, str]]:
    listed = world.client("operator").get(KEYS).body["items"]
    return sorted((key["alg"], key["status"]) for key in listed)


def test_keys_are_for_their_tenant_and_for_who_has_the_permission(signing_world: World) -> None:
    kid = signing_world.client("aoba").get(KEYS).body["items"][0]["kid"]
    for name in ("midori", "stranger"):
        assert signing_world.client(name).get(KEYS).status == 404
        assert signing_world.client(name).post(f"{KEYS}/rotate").status == 404
        assert signing_world.client(name).post(f"{KEYS}/{kid}/revoke").status == 404
    assert signing_world.client("midori").post(f"/tenants/midori/keys/{kid}/revoke").status == 404
    reader, writer = signing_world.key("aoba", "keys:read"), signing_world.key("aoba", "keys:write")
    assert (reader.get(KEYS).status, writer.get(KEYS).status) == (200, 403)
    assert (reader.post(f"{KEYS}/rotate").status, writer.post(f"{KEYS}/rotate").status) == (403, 409)
    assert reader.post(f"{KEYS}/{kid}/revoke").status == 403
    assert writer.post(f"{KEYS}/{kid}/revoke").status == 200
