"""Refresh tokens: rotation, reuse found out, and what else ends a family."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.sessions.conftest import BORN, granted

from idp import audit, sessions
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock, instant
from idp.kit.errors import Refused
from idp.kit.ids import Minted, Presented, mint, presented
from idp.kit.units import Unit, Units
from idp.sessions import Generations, Grant, Lifetimes, Opened, Whereabouts
from idp.sessions.grants import KIND
from idp.tenants import Tenant


def shown(minted: Minted) -> Presented:
    found = presented(KIND, minted.token)
    assert found is not None
    return found


def begun(units: Units, tenant: Tenant, opened: Opened, *, offline: bool = True) -> tuple[Grant, Minted]:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        grant = granted(unit, session_id=opened.session.id, offline=offline)
        first = sessions.begin_grant(unit, grant, whereabouts=Whereabouts(), refreshable=True)
    assert first is not None
    return grant, first


def use(units: Units, tenant: Tenant, grant: Grant, token: Minted, *, rotate: bool = True) -> Minted | None:
    """The successor, where it rotates."""
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return sessions.use_refresh_token(unit, shown(token), grant=grant, rotate=rotate)


def refused(units: Units, tenant: Tenant, grant: Grant, token: Minted, *, rotate: bool = True) -> bool:
    try:
        use(units, tenant, grant, token, rotate=rotate)
    except Refused as refusal:
        return refusal.code == "invalid_grant"
    return False


def ended(units: Units, tenant: Tenant, grant: Grant) -> bool:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        stored = sessions.find_grant(unit, grant.id)
    assert stored is not None
    return stored.ended_at is not None


def usable(units: Units, tenant: Tenant, token: Minted) -> bool:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        return sessions.usable_grant(unit, shown(token)) is not None


def test_a_token_is_used_once_and_replaced(units: Units, tenant: Tenant, opened: Opened) -> None:
    grant, first = begun(units, tenant, opened)
    second = use(units, tenant, grant, first)
    assert second is not None
    third = use(units, tenant, grant, second)
    assert third is not None
    assert [usable(units, tenant, token) for token in (first, second, third)] == [False, False, True]
    assert not ended(units, tenant, grant)


def test_a_grant_that_may_not_refresh_has_no_token(units: Units, tenant: Tenant, opened: Opened) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        grant = granted(unit, session_id=opened.session.id)
        assert sessions.begin_grant(unit, grant, whereabouts=Whereabouts(), refreshable=False) is None
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert sessions.find_grant(unit, grant.id) == grant


def test_a_token_that_was_replaced_ends_its_family_and_leaves_evidence(
    units: Units, tenant: Tenant, opened: Opened
) -> None:
    """RFC 9700 4.14.2: either the thief or the owner shows it, and nobody can tell which."""
    grant, first = begun(units, tenant, opened)
    other, bystander = begun(units, tenant, opened)
    second = use(units, tenant, grant, first)
    assert second is not None
    assert refused(units, tenant, grant, first)
    assert ended(units, tenant, grant)
    assert refused(units, tenant, grant, second)
    assert use(units, tenant, other, bystander) is not None
    with units.open(tenant.id, actor=SYSTEM) as unit:
        replays = [entry for entry in audit.page(unit) if entry.event == "refresh.replayed"]
    assert [(entry.subject, grant.id in entry.facts) for entry in replays] == [("usr_1", True)]


@pytest.mark.parametrize("path", ["threads", "hot"])
def test_of_sixteen_that_use_a_token_at_once_one_gets_a_successor_and_the_family_ends(
    units: Units, tenant: Tenant, opened: Opened, path: str
) -> None:
    grant, first = begun(units, tenant, opened)

    def one(_: int) -> Minted | None:
        try:
            return use(units, tenant, grant, first)
        except Refused:
            return None

    async def all_at_once() -> list[Minted | None]:
        def work(unit: Unit) -> Minted | None:
            return sessions.use_refresh_token(unit, shown(first), grant=grant, rotate=True)

        tasks = [units.commit(tenant.id, work) for _ in range(16)]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(answer, (Minted, Refused)) for answer in answers)
        return [answer if isinstance(answer, Minted) else None for answer in answers]

    if path == "hot":
        answers = asyncio.run(all_at_once())
    else:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(one, range(16)))
    (successor,) = [answer for answer in answers if answer is not None]
    assert ended(units, tenant, grant)
    assert refused(units, tenant, grant, successor)


def test_a_token_whose_secret_is_wrong_is_refused_and_ends_nothing(
    units: Units, tenant: Tenant, opened: Opened
) -> None:
    """Or whoever learns an id, which may be logged, could end anybody's access."""
    grant, first = begun(units, tenant, opened)
    forged = first._replace(token=_with_another_secret(first))
    second = use(units, tenant, grant, first)
    assert second is not None
    assert refused(units, tenant, grant, forged)
    assert not ended(units, tenant, grant)
    assert use(units, tenant, grant, second) is not None


def _with_another_secret(minted: Minted) -> str:
    return mint(KIND, minted.id).token


def test_a_token_is_unknown_to_another_tenant(units: Units, tenant: Tenant, neighbour: Tenant, opened: Opened) -> None:
    grant, first = begun(units, tenant, opened)
    assert refused(units, neighbour, grant, first)
    with units.open(neighbour.id, actor=SYSTEM) as unit:
        assert sessions.grant_of_refresh_token(unit, shown(first)) is None
    assert use(units, tenant, grant, first) is not None


def test_without_rotation_a_client_keeps_its_token(units: Units, tenant: Tenant, opened: Opened) -> None:
    """FAPI 2.0 5.3.2.1: a confidential client proves itself at each use."""
    grant, first = begun(units, tenant, opened)
    for _ in range(3):
        assert use(units, tenant, grant, first, rotate=False) is None
    assert usable(units, tenant, first)
    assert not ended(units, tenant, grant)


@pytest.mark.parametrize("rotate", [True, False])
def test_a_token_that_lay_idle_is_refused(
    units: Units, tenant: Tenant, opened: Opened, clock: FixedClock, *, rotate: bool
) -> None:
    grant, first = begun(units, tenant, opened)
    born = clock.now_us()
    clock.set(instant(born + Lifetimes.REFRESH_IDLE - 1))
    successor = use(units, tenant, grant, first, rotate=rotate) or first
    clock.set(instant(born + 2 * Lifetimes.REFRESH_IDLE - 1))
    assert not usable(units, tenant, successor)
    assert refused(units, tenant, grant, successor, rotate=rotate)
    assert not ended(units, tenant, grant)


@pytest.mark.parametrize("rotate", [True, False])
def test_a_token_of_a_grant_that_was_ended_meanwhile_is_refused_by_the_write_itself(
    units: Units, tenant: Tenant, opened: Opened, *, rotate: bool
) -> None:
    """Whoever read the grant while it lived does not get past its end."""
    grant, first = begun(units, tenant, opened)
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert sessions.end_grant(unit, grant.id)
        assert not sessions.end_grant(unit, grant.id)
    assert refused(units, tenant, grant, first, rotate=rotate)


@pytest.mark.parametrize("offline", [True, False])
def test_without_offline_access_a_grant_dies_with_its_session(
    units: Units, tenant: Tenant, opened: Opened, *, offline: bool
) -> None:
    grant, _ = begun(units, tenant, opened, offline=offline)

    def alive() -> bool:
        with units.open(tenant.id, actor=SYSTEM) as unit:
            session = sessions.find_session(unit, opened.session.id)
            return sessions.grant_is_alive(grant, session, unit.now_us, present=BORN)

    assert alive()
    with units.open(tenant.id, actor=SYSTEM) as unit:
        sessions.end_session(unit, opened.session.id)
    assert alive() is offline


def test_without_its_session_only_an_offline_grant_lives(units: Units, tenant: Tenant, opened: Opened) -> None:
    for offline in (True, False):
        grant, _ = begun(units, tenant, opened, offline=offline)
        assert sessions.grant_is_alive(grant, None, grant.created_at, present=BORN) is offline


@pytest.mark.parametrize(
    "present", [Generations(2, 1, 1), Generations(1, 2, 1), Generations(1, 1, 2), Generations(0, 1, 1)]
)
def test_a_grant_of_another_generation_is_dead(
    units: Units, tenant: Tenant, opened: Opened, present: Generations
) -> None:
    grant, _ = begun(units, tenant, opened)
    assert sessions.grant_is_alive(grant, opened.session, grant.created_at, present=BORN)
    assert not sessions.grant_is_alive(grant, opened.session, grant.created_at, present=present)


def test_a_grant_ends_at_its_last_instant_however_often_it_was_used(
    units: Units, tenant: Tenant, opened: Opened
) -> None:
    grant, _ = begun(units, tenant, opened)
    last = grant.created_at + Lifetimes.REFRESH_ABSOLUTE
    assert sessions.grant_is_alive(grant, None, last - 1, present=BORN)
    assert not sessions.grant_is_alive(grant, None, last, present=BORN)
    assert not sessions.grant_is_alive(grant._replace(ended_at=1), None, last - 1, present=BORN)
