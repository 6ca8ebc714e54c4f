"""The trail: what is recorded with the act, what is not without it, and which tampering shows."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.audit.conftest import OPERATOR, Process, act, broken, entries, subjects

from idp import audit
from idp.audit import Event
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.errors import Refused
from idp.kit.units import Unit, Units
from idp.tenants import Tenant, touch


@pytest.fixture
def trail(units: Units, tenant: Tenant, neighbour: Tenant, process: Process, clock: FixedClock) -> Units:
    """Of two tenants, each in three chains that name one another; as it stands in a database."""
    processes = [process() for _ in range(3)]
    for at, writer in enumerate([*processes, processes[0], processes[2], processes[1]]):
        clock.advance(seconds=1)
        for owner in (tenant, neighbour):
            act(writer, owner, f"usr_{at}_a", f"usr_{at}_b")
    return units


def test_what_was_done_is_found_with_who_did_it_and_when(units: Units, tenant: Tenant, clock: FixedClock) -> None:
    act(units, tenant, "usr_1")
    (entry,) = entries(units, tenant)
    assert (entry.event, entry.subject, entry.seq) == ("user.changed", "usr_1", 1)
    assert (entry.actor_kind, entry.actor_id, entry.source) == ("operator", "usr_1", "api")
    assert entry.at == clock.now_us()
    assert '"fields":["name","氏名"],"count":2' in entry.facts


def test_an_untouched_trail_verifies(trail: Units, tenant: Tenant, neighbour: Tenant) -> None:
    for owner in (tenant, neighbour):
        # one for each connection that wrote: a process's pool may have opened a second one meanwhile
        assert len({entry.chain for entry in entries(trail, owner)}) >= 3
        assert len(entries(trail, owner)) == 12
        assert broken(trail, owner) is None


def test_an_empty_trail_verifies(units: Units, tenant: Tenant) -> None:
    assert broken(units, tenant) is None


def cold(units: Units, tenant: Tenant, work: Callable[[Unit], None]) -> None:
    with units.open(tenant.id, actor=OPERATOR) as unit:
        work(unit)


def hot(units: Units, tenant: Tenant, work: Callable[[Unit], None]) -> None:
    asyncio.run(units.commit(tenant.id, work, actor=OPERATOR))


@pytest.mark.parametrize("do", [cold, hot])
def test_nothing_is_recorded_of_a_unit_that_fails_and_nothing_is_missing_after_it(
    units: Units, tenant: Tenant, do: Callable[[Units, Tenant, Callable[[Unit], None]], None]
) -> None:
    def record(subject: str) -> Callable[[Unit], None]:
        return lambda unit: audit.record(unit, Event.USER_CHANGED, subject=subject)

    def fail(unit: Unit) -> None:
        audit.record(unit, Event.USER_CHANGED, subject="undone")
        unit.after_rollback(record("evidence"))
        raise Refused("no")

    do(units, tenant, record("before"))
    with pytest.raises(Refused):
        do(units, tenant, fail)
    do(units, tenant, record("after"))
    assert subjects(units, tenant) == ["after", "before", "evidence"]
    assert broken(units, tenant) is None


@pytest.mark.parametrize("do", [cold, hot])
def test_what_cannot_be_recorded_is_not_done(
    units: Units, tenant: Tenant, do: Callable[[Units, Tenant, Callable[[Unit], None]], None]
) -> None:
    def work(unit: Unit) -> None:
        touch(unit)
        audit.record(unit, Event.USER_CHANGED, subject="usr_1")
        audit.record(unit, Event.USER_CHANGED, subject="usr_1", facts=object())

    with pytest.raises(TypeError, match="JSON"):
        do(units, tenant, work)
    assert entries(units, tenant) == []
    do(units, tenant, lambda unit: audit.record(unit, Event.USER_CHANGED, subject="usr_2"))
    assert broken(units, tenant) is None


def test_a_unit_that_only_reads_cannot_pass_over_what_it_was_to_record(units: Units, tenant: Tenant) -> None:
    with pytest.raises(RuntimeError, match="only reads"):
        asyncio.run(units.read(tenant.id, lambda unit: audit.record(unit, Event.USER_CHANGED)))


def test_a_new_chain_names_the_newest_one(units: Units, tenant: Tenant, process: Process) -> None:
    first, second, third = process(), process(), process()
    act(first, tenant, "a", "b")
    act(second, tenant, "c")
    act(third, tenant, "e")
    by_subject = {entry.subject: entry for entry in entries(units, tenant)}
    assert '"after":["",0,""]' in by_subject["a"].facts
    for later, named in (("c", "b"), ("e", "c")):
        head = by_subject[named]
        assert f'"after":["{head.chain}",{head.seq},"{head.hash.hex()}"]' in by_subject[later].facts
    assert by_subject["b"].chain == by_subject["a"].chain
    assert "after" not in by_subject["b"].facts


def test_many_writers_of_two_processes_break_nothing_and_lose_nothing(
    units: Units, tenant: Tenant, neighbour: Tenant, process: Process
) -> None:
    processes = [process(), process()]
    fails = 7

    def write(number: int) -> None:
        owner = tenant if number % 2 else neighbour
        with units_of(number).open(owner.id, actor=OPERATOR) as unit:
            audit.record(unit, Event.USER_CHANGED, subject=f"{number:03d}")
            audit.record(unit, Event.USER_CHANGED, subject=f"{number:03d}")
            if number % fails == 0:
                raise Refused("no")

    def units_of(number: int) -> Units:
        return processes[number % 2]

    def write_or_fail(number: int) -> None:
        if number % fails == 0:
            with pytest.raises(Refused):
                write(number)
        else:
            write(number)

    async def hot_writers() -> None:
        def work(number: int) -> Callable[[Unit], None]:
            return lambda unit: audit.record(unit, Event.USER_CHANGED, subject=f"hot {number:03d}")

        await asyncio.gather(*[processes[0].commit(tenant.id, work(number)) for number in range(60)])

    with ThreadPoolExecutor(8) as pool:
        cold_writers = pool.map(write_or_fail, range(100))
        asyncio.run(hot_writers())
        list(cold_writers)
    expected = [number for number in range(100) if number % fails]
    assert len(entries(units, neighbour)) == 2 * sum(number % 2 == 0 for number in expected)
    assert len(entries(units, tenant)) == 2 * sum(number % 2 for number in expected) + 60
    assert broken(units, tenant) is None
    assert broken(units, neighbour) is None


def test_the_product_itself_cannot_change_the_trail_on_postgresql(trail: Units, tenant: Tenant) -> None:
    if trail.database.dialect == "sqlite":  # there whoever writes the file may write any of it
        return
    for statement in ("UPDATE audit_entries SET subject = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"):
        with (
            pytest.raises(Exception, match="permission denied"),
            trail.open(tenant.id, actor=SYSTEM) as unit,
        ):
            unit.lane.execute(statement, {})
