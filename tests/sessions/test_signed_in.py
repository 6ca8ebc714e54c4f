from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.sessions.conftest import HERE, signed_in

from idp import audit, sessions
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock, instant
from idp.kit.ids import Presented, presented
from idp.kit.units import Units
from idp.sessions import Generations, Lifetimes, Method, Opened, Session
from idp.sessions.signed_in import COOKIE
from idp.tenants import Moved, Tenant
from idp.users import Standing, UserId

SECOND = 1_000_000


def shown(opened: Opened) -> Presented:
    found = presented(COOKIE, opened.secret.token)
    assert found is not None
    return found


def live(units: Units, tenant: Tenant, cookie: Presented | None, *, generation: int = 1) -> Session | None:
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        return sessions.live_session(unit, cookie, tenant_generation=generation)


def at(clock: FixedClock, us: int) -> None:
    clock.set(instant(us))


def test_a_session_lives_and_says_how_it_came_about(units: Units, tenant: Tenant, opened: Opened) -> None:
    session = live(units, tenant, shown(opened))
    assert session == opened.session
    assert session.amr == ("pwd",)
    assert session.generations == Generations(1, 1)
    assert session.authenticated_at == session.created_at


def test_the_secret_of_the_cookie_is_not_stored(opened: Opened) -> None:
    secret = opened.secret.token.split("_", 2)[2].rpartition("_")[0]  # may hold an underscore itself
    assert secret not in repr(opened.session)


def test_a_cookie_with_another_secret_opens_nothing(units: Units, tenant: Tenant, opened: Opened) -> None:
    forged = shown(opened)._replace(digest=b"\0" * 32)
    assert live(units, tenant, forged) is None
    assert live(units, tenant, None) is None
    assert live(units, tenant, shown(opened)) is not None


def test_a_session_of_another_tenant_is_unknown(
    units: Units, tenant: Tenant, neighbour: Tenant, opened: Opened
) -> None:
    assert live(units, neighbour, shown(opened)) is None
    with units.open(neighbour.id, actor=SYSTEM) as unit:
        assert not sessions.end_session(unit, opened.session.id)
    assert live(units, tenant, shown(opened)) is not None


def test_a_session_that_lay_idle_is_over(units: Units, tenant: Tenant, opened: Opened, clock: FixedClock) -> None:
    limit = opened.session.created_at + Lifetimes.SESSION_IDLE
    at(clock, limit - 1)
    assert live(units, tenant, shown(opened)) is not None
    at(clock, limit)
    assert live(units, tenant, shown(opened)) is None


def test_being_seen_moves_the_idle_limit_but_never_the_last_one(
    units: Units, tenant: Tenant, opened: Opened, clock: FixedClock
) -> None:
    born = opened.session.created_at
    for hours in (7, 14, 21, 23):
        at(clock, born + hours * 3600 * SECOND)
        with units.open(tenant.id, actor=SYSTEM) as unit:
            session = sessions.live_session(unit, shown(opened), tenant_generation=1)
            assert session is not None
            sessions.seen(unit, session)
    at(clock, born + Lifetimes.SESSION_ABSOLUTE - 1)
    assert live(units, tenant, shown(opened)) is not None
    at(clock, born + Lifetimes.SESSION_ABSOLUTE)
    assert live(units, tenant, shown(opened)) is None


def test_being_seen_is_written_at_most_once_a_minute(
    units: Units, tenant: Tenant, opened: Opened, clock: FixedClock
) -> None:
    for seconds, written in ((59, False), (60, True), (61, False), (119, False), (120, True)):
        at(clock, opened.session.created_at + seconds * SECOND)
        with units.open(tenant.id, actor=SYSTEM) as unit:
            session = sessions.find_session(unit, opened.session.id)
            assert session is not None
            sessions.seen(unit, session)
            after = sessions.find_session(unit, opened.session.id)
        assert after is not None
        assert (after.seen_at == clock.now_us()) is written


def test_a_session_that_was_ended_is_over_and_ends_once(units: Units, tenant: Tenant, opened: Opened) -> None:
    def end(_: int) -> bool:
        with units.open(tenant.id, actor=SYSTEM) as unit:
            return sessions.end_session(unit, opened.session.id) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(end, range(8))) == [False] * 7 + [True]
    assert live(units, tenant, shown(opened)) is None
    with units.open(tenant.id, actor=SYSTEM) as unit:
        assert [(entry.event, entry.subject) for entry in audit.page(unit)] == [("session.ended", opened.session.id)]


@pytest.mark.parametrize(("generation", "lives"), [(1, True), (2, False), (0, False)])
def test_a_session_of_another_generation_of_the_tenant_is_over(
    units: Units, tenant: Tenant, opened: Opened, *, generation: int, lives: bool
) -> None:
    assert (live(units, tenant, shown(opened), generation=generation) is not None) is lives


def test_a_sign_in_gives_a_new_session_and_ends_the_one_that_the_browser_held(
    units: Units, tenant: Tenant, opened: Opened
) -> None:
    """Session fixation: whoever planted the old cookie has nothing of what was proved after."""
    with units.open(tenant.id, actor=SYSTEM) as unit:
        fresh = signed_in(unit, replaces=opened.session.id)
        other = signed_in(unit)
    assert len({opened.session.id, fresh.session.id, other.session.id}) == 3
    assert live(units, tenant, shown(opened)) is None
    assert live(units, tenant, shown(fresh)) is not None
    assert live(units, tenant, shown(other)) is not None
    mixed = Presented(fresh.session.id, opened.secret.digest)
    assert live(units, tenant, mixed) is None


def test_methods_are_those_that_were_proved(units: Units, tenant: Tenant) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        bare = sessions.open_session(unit, user_id="usr_1", generations=Generations(1, 1), methods=[], whereabouts=HERE)
        every = sessions.open_session(
            unit, user_id="usr_1", generations=Generations(1, 1), methods=list(Method), whereabouts=HERE
        )
    assert bare.session.amr == ()
    assert every.session.amr == tuple(method.value for method in Method)


def held(units: Units, tenant: Tenant, decided_on: Session, user: Standing | None = None) -> int:
    with units.open(tenant.id, actor=SYSTEM, write=False) as unit:
        return sessions.hold(unit, decided_on, user)


def test_what_was_decided_on_a_session_holds_while_it_is_merely_used(
    units: Units, tenant: Tenant, opened: Opened, clock: FixedClock
) -> None:
    assert held(units, tenant, opened.session) == opened.session.seen_at
    at(clock, opened.session.created_at + 60 * SECOND)
    with units.open(tenant.id, actor=SYSTEM) as unit:
        sessions.seen(unit, opened.session)
    assert held(units, tenant, opened.session) == clock.now_us()


def test_what_was_decided_on_a_session_falls_with_it(units: Units, tenant: Tenant, opened: Opened) -> None:
    with units.open(tenant.id, actor=SYSTEM) as unit:
        sessions.end_session(unit, opened.session.id)
    with pytest.raises(Moved):
        held(units, tenant, opened.session)


def test_what_was_decided_on_a_session_falls_when_more_is_proved_in_it(
    units: Units, tenant: Tenant, opened: Opened
) -> None:
    proved = opened.session.evidence
    with units.open(tenant.id, actor=SYSTEM) as unit:
        raised = sessions.raise_session(unit, opened.session, shown(opened), proved, HERE)
    assert raised is not None
    with pytest.raises(Moved):
        held(units, tenant, opened.session)
    assert held(units, tenant, raised.session) == opened.session.seen_at


def test_what_was_decided_on_another_standing_of_the_id_falls(units: Units, tenant: Tenant, opened: Opened) -> None:
    with pytest.raises(Moved):
        held(units, tenant, opened.session, Standing(UserId("usr_1"), "active", 1))
