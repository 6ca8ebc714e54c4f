from datetime import timedelta

import pytest

from idp import credentials
from idp.credentials import EVERYTHING, KeyScope, Noun, Permission, Verb
from idp.kit.clock import rfc3339
from idp.kit.db import Unscoped
from idp.kit.errors import Invalid, NotFound, Refused, Unauthenticated
from idp.kit.sealing import PLATFORM

READ_USERS = Permission(Noun.USERS, Verb.READ)


def make(world, *permissions, scope=KeyScope.TENANT, partner="", grantor=EVERYTHING, **document):
    document = {"name": "nightly", "permissions": list(permissions or ["users:read"]), **document}
    with world.open() if scope is KeyScope.TENANT else world.platform() as unit:
        draft = credentials.read_key(document, now_us=unit.now_us)
        return credentials.create_key(unit, draft, scope=scope, partner_id=partner, grantor=grantor)


def authenticate(world, bearer):
    with world.platform() as unit:
        return credentials.authenticate_key(unit, bearer)


def faults(**document):
    with pytest.raises(Invalid) as raised:
        credentials.read_key(document, now_us=0)
    return {(error.pointer, error.code) for error in raised.value.errors}


def test_a_key_is_known_by_its_secret_and_by_nothing_else(world):
    new = make(world)
    assert new.secret.startswith("ak_")
    assert authenticate(world, new.secret) == new.key
    assert (new.key.tenant, new.key.scope) == (world.aoba, KeyScope.TENANT)
    assert new.key.may(READ_USERS)
    assert not new.key.may(READ_USERS._replace(verb=Verb.WRITE))
    assert new.key.actor.id == new.key.id
    other = make(world)
    swapped = new.secret[:36] + other.secret[36:]
    for wrong in ("", "x", "ak_", new.key.id, new.secret[:-1], new.secret + "x", swapped, new.secret.upper(), "é" * 88):
        with pytest.raises(Unauthenticated):
            authenticate(world, wrong)


def test_the_secret_is_stored_as_a_hash(world):
    new = make(world)
    with world.open() as unit:
        [row] = unit.lane.execute("SELECT * FROM api_keys", {}).fetchall()
    assert new.secret not in repr(row)
    assert new.secret[36:79] not in repr(row)


def test_the_scope_is_where_the_key_was_made(world):
    operator = make(world, "*:*", scope=KeyScope.OPERATOR).key
    partner = make(world, "*:read", scope=KeyScope.PARTNER, partner="prt_1").key
    tenant = make(world).key
    assert (operator.tenant, operator.partner_id) == (PLATFORM, "")
    assert (partner.tenant, partner.partner_id) == (PLATFORM, "prt_1")
    with world.platform() as unit:
        assert credentials.keys(unit) == [operator]
        assert credentials.keys(unit, partner_id="prt_1") == [partner]
        for key, partner_id in ((operator, "prt_1"), (partner, ""), (tenant, "")):
            with pytest.raises(NotFound):
                credentials.delete_key(unit, key.id, partner_id=partner_id)
    with world.open() as unit:
        assert credentials.keys(unit) == [tenant]
    with world.open(world.midori) as unit:
        assert credentials.keys(unit) == []
        with pytest.raises(NotFound):
            credentials.delete_key(unit, tenant.id)


def test_a_key_expires_at_its_instant(world):
    at = rfc3339(world.clock.now_us() + 60_000_000)
    new = make(world, expires_at=at)
    world.clock.advance(seconds=59)
    assert authenticate(world, new.secret).expires_at == new.key.expires_at
    world.clock.advance(seconds=1)
    with pytest.raises(Unauthenticated):
        authenticate(world, new.secret)


def test_a_key_without_an_expiry_has_none(world):
    new = make(world)
    world.clock.advance(weeks=52 * 30)
    assert authenticate(world, new.secret).expires_at is None


def test_a_deleted_key_opens_nothing(world):
    new = make(world)
    with world.open() as unit:
        credentials.delete_key(unit, new.key.id)
    with pytest.raises(Unauthenticated):
        authenticate(world, new.secret)
    with world.open() as unit, pytest.raises(NotFound):
        credentials.delete_key(unit, new.key.id)
    assert [event for event in world.events() if event.startswith("api_key")] == ["api_key.created", "api_key.deleted"]


def test_nobody_makes_a_key_that_holds_more_than_they(world):
    grantor = frozenset({Permission(Noun.USERS, None), Permission(Noun.API_KEYS, None)})
    assert make(world, "users:read", grantor=grantor).key.may(READ_USERS)
    for beyond in ("services:read", "*:read", "*:*"):
        with pytest.raises(Refused, match="forbidden"):
            make(world, "users:read", beyond, grantor=grantor)
    with world.open() as unit:
        assert len(credentials.keys(unit)) == 1


def test_use_is_noted_to_the_hour(world):
    new = make(world)

    def use():
        with world.platform() as unit:
            key = credentials.authenticate_key(unit, new.secret)
            credentials.note_use(unit, key)
            return credentials.authenticate_key(unit, new.secret).used_at

    first = use()
    assert first == world.clock.now_us()
    assert credentials.key_to_json(new.key, first)["last_used_at"] is None
    assert credentials.key_to_json(new.key._replace(used_at=first), first)["last_used_at"] == "2026-04-01T01:00:00Z"
    world.clock.advance(minutes=59)
    assert use() == first
    world.clock.advance(minutes=1)
    assert use() == world.clock.now_us() == first + timedelta(hours=1) // timedelta(microseconds=1)


def test_a_tenant_s_unit_finds_no_key_by_its_secret(world):
    new = make(world)
    with world.open() as unit, pytest.raises(Unscoped):
        credentials.authenticate_key(unit, new.secret)


@pytest.mark.parametrize(
    ("change", "place", "code"),
    [
        ({"name": None}, "name", "required"),
        ({"name": ""}, "name", "invalid_length"),
        ({"permissions": None}, "permissions", "required"),
        ({"permissions": []}, "permissions", "required"),
        ({"permissions": "users:read"}, "permissions", "invalid_type"),
        ({"permissions": ["users:read", "users:fly"]}, "permissions/1", "unknown_value"),
        ({"expires_at": "tomorrow"}, "expires_at", "invalid_format"),
        ({"expires_at": "2027-01-01T00:00:00"}, "expires_at", "invalid_format"),
        ({"expires_at": "1969-01-01T00:00:00Z"}, "expires_at", "past"),
        ({"scope": "operator"}, "scope", "unknown_field"),
        ({"secret": "x"}, "secret", "unknown_field"),
    ],
)
def test_a_fault_is_named_at_its_place(change, place, code):
    assert faults(**{"name": "nightly", "permissions": ["users:read"], **change}) == {(f"/{place}", code)}
