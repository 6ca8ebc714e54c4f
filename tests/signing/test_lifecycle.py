"""A key is published before it signs and after it has; who keeps what is published never meets an unknown key."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp import audit, oidc, signing, tenants
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND, FixedClock
from idp.kit.errors import Conflict, NotFound
from idp.kit.units import Units
from idp.schedule import KeyRotations, key_rotations
from idp.signing import Alg, KeyRing, KeySet, Status, Use
from idp.tenants import Tenant, rotating

TOKENS = (Use.ACCESS_TOKEN, Alg.ES256)


@pytest.fixture
def made(units: Units, tenant: Tenant) -> Tenant:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        tenants.adopt_key(unit, *TOKENS, signing.generate(Alg.ES256))
    return tenant


def turn(units: Units, *, days: int = 90) -> float:
    return KeyRotations(units, period_days=days)()


def loaded(units: Units, tenant: Tenant, ring: KeyRing | None = None) -> KeySet:
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        return (ring or KeyRing()).load(unit)


def by_status(units: Units, tenant: Tenant) -> dict[str, str]:
    """The only key in each state."""
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        keys = signing.every(unit)
    found = {key.status: key.kid for key in keys}
    assert len(found) == len(keys), keys
    return found


def rotate(units: Units, tenant: Tenant, *, at_once: bool = False) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        rotating.rotate(unit, rotating.generate([TOKENS]), at_once=at_once)


def revoke(units: Units, tenant: Tenant, kid: str) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        rotating.revoke(unit, kid)


def test_a_successor_is_published_at_the_schedules_next_turn_and_does_not_sign(units: Units, made: Tenant) -> None:
    before = by_status(units, made)
    assert before.keys() == {"active"}
    assert turn(units) == key_rotations.LOOK
    after = by_status(units, made)
    assert after.keys() == {"active", "next"}
    assert after["active"] == before["active"]
    found = loaded(units, made)
    assert {key.kid for key in found.published} == set(after.values())
    assert {key.public.kid for key in found.active.values()} == {after["active"]}
    turn(units)
    assert by_status(units, made) == after


def test_a_next_key_does_not_sign_before_everybody_could_fetch_it(
    units: Units, made: Tenant, clock: FixedClock
) -> None:
    turn(units)
    before = by_status(units, made)
    clock.advance(hours=23, minutes=59)
    with pytest.raises(Conflict) as refused:
        rotate(units, made)
    assert (refused.value.code, refused.value.members) == ("next_key_too_young", {"ready_at": "2026-04-02T01:00:00Z"})
    assert by_status(units, made) == before
    clock.advance(minutes=1)
    rotate(units, made)
    after = by_status(units, made)
    assert (after["active"], after["retiring"]) == (before["next"], before["active"])
    assert after["next"] not in before.values()


def test_a_retiring_key_stays_until_its_last_token_has_expired_and_not_longer(
    units: Units, made: Tenant, clock: FixedClock
) -> None:
    turn(units)
    rotate(units, made, at_once=True)
    retired = by_status(units, made)["retiring"]
    clock.advance(hours=1, minutes=4)
    turn(units)
    assert by_status(units, made)["retiring"] == retired
    clock.advance(minutes=1)
    turn(units)
    assert retired not in by_status(units, made).values()
    assert retired not in {key.kid for key in loaded(units, made).published}
    with units.open(made.id, actor=SYSTEM, write=False) as unit:
        assert audit.page(unit)[-1].event == "signing_key.removed"


def test_what_signs_no_more_keeps_nothing_to_sign_with(units: Units, made: Tenant) -> None:
    turn(units)
    ring = KeyRing()
    first = loaded(units, made, ring).active[TOKENS].public.kid
    rotate(units, made, at_once=True)
    with units.open(made.id, actor=SYSTEM, write=False) as unit:
        kept = {key.kid: bool(key.private_sealed) for key in signing.every(unit)}
    assert kept.pop(first) is False
    assert all(kept.values())
    assert loaded(units, made, ring).active[TOKENS].public.kid != first
    assert first not in ring._keys[made.id]


def test_the_schedule_replaces_a_key_by_its_age_once_however_often_and_by_how_many_it_is_done(
    units: Units, made: Tenant, clock: FixedClock
) -> None:
    turn(units)
    before = by_status(units, made)
    clock.advance(days=89)
    turn(units)
    assert by_status(units, made) == before
    clock.advance(days=1)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: turn(units), range(8)))
    after = by_status(units, made)
    assert (after["active"], after["retiring"]) == (before["next"], before["active"])
    turn(units)
    assert by_status(units, made) == after


def test_an_old_key_without_a_successor_waits_until_its_successor_was_published_for_long_enough(
    units: Units, made: Tenant, clock: FixedClock
) -> None:
    """An installation that was asleep for a year."""
    first = by_status(units, made)["active"]
    clock.advance(days=365)
    turn(units)
    turn(units)
    assert by_status(units, made)["active"] == first
    clock.advance(days=1)
    turn(units)
    assert by_status(units, made)["retiring"] == first


@pytest.mark.attack("J16")
def test_of_rotations_at_once_each_finds_one_active_and_one_next_key(units: Units, made: Tenant) -> None:
    turn(units)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: rotate(units, made, at_once=True), range(8)))
    with units.open(made.id, actor=SYSTEM, write=False) as unit:
        states = sorted(key.status for key in signing.every(unit))
    assert states == ["active", "next", *["retiring"] * 8]


def test_of_rotations_that_wait_for_the_next_key_one_is_made(units: Units, made: Tenant, clock: FixedClock) -> None:
    turn(units)
    clock.advance(days=1)

    def one(_: int) -> bool:
        try:
            rotate(units, made)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(one, range(8))) == 1
    assert by_status(units, made).keys() == {"active", "next", "retiring"}


def test_a_revoked_key_is_published_no_more_and_the_next_one_signs_at_once(units: Units, made: Tenant) -> None:
    turn(units)
    before = by_status(units, made)
    revoke(units, made, before["active"])
    assert by_status(units, made) == {"revoked": before["active"], "active": before["next"]}
    found = loaded(units, made)
    assert [key.kid for key in found.published] == [before["next"]]
    assert not found.still_vouches(before["active"], Use.ACCESS_TOKEN)
    assert found.still_vouches(before["next"], Use.ACCESS_TOKEN)
    turn(units)
    assert by_status(units, made).keys() == {"revoked", "active", "next"}
    with units.open(made.id, actor=SYSTEM) as unit:
        assert signing.add_key(unit, *TOKENS, signing.generate(Alg.ES256)) is None
        assert rotating.revoke(unit, before["active"]).status == Status.REVOKED  # again
        with pytest.raises(NotFound):
            rotating.revoke(unit, "another")


@pytest.mark.parametrize("state", ["next", "retiring"])
def test_a_key_that_does_not_sign_is_revoked_without_the_one_that_does(units: Units, made: Tenant, state: str) -> None:
    turn(units)
    rotate(units, made, at_once=True)
    before = by_status(units, made)
    revoke(units, made, before[state])
    turn(units)
    after = by_status(units, made)
    assert (after["active"], after["revoked"]) == (before["active"], before[state])
    assert after["next"] != before[state]


def test_a_key_stays_published_for_as_long_as_anything_that_it_signed_is_looked_at() -> None:
    stays = signing.lifecycle.STAYS
    access, hint = stays[Use.ACCESS_TOKEN], stays[Use.ID_TOKEN]
    assert access is not None
    assert hint is not None
    assert access >= 3600 * SECOND
    assert hint >= oidc.model.ID_TOKEN_LIFETIME * SECOND
    assert stays[Use.CERTIFICATE] is None
    assert signing.PUBLISHED_BEFORE >= 300 * SECOND  # what the answer says
