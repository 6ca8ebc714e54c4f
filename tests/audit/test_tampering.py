"""Ten thousand single changes to the trail (`make trail`; some of them here), each found and located; and whatever the
product itself does to a trail, no alarm."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from tests.audit.conftest import Process, act, broken, entries
from tests.audit.tampering import HERE, KINDS, Change, Tamperer, located

from idp import audit, custody
from idp.audit import Entry, Flaw
from idp.audit.chaining import unkeyed
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.db import SQLITE
from idp.kit.units import Unit, Units
from idp.tenants import Tenant

T = TypeVar("T")

CHANGES = int(os.environ.get("CHANGES", "300"))


@pytest.fixture
def trail(units: Units, tenant: Tenant, neighbour: Tenant, process: Process, clock: FixedClock) -> Units:
    """Of two tenants, each in three chains and more that name one another; as it stands in a database."""
    processes = [process() for _ in range(3)]
    for at in range(9):
        clock.advance(seconds=1)
        for owner in (tenant, neighbour):
            act(processes[at % 3], owner, f"usr_{at}_a", f"usr_{at}_b", f"usr_{at}_c")
    return units


@pytest.mark.attack("L1")
def test_every_single_change_is_found_and_located(trail: Units, tenant: Tenant, neighbour: Tenant) -> None:
    chance = random.Random(20_260_401)
    tamperer = Tamperer(trail, [tenant.id, neighbour.id])
    done = Counter[str]()
    while done.total() < CHANGES:
        kind = KINDS[done.total() % len(KINDS)]
        change = kind(chance, tamperer.rows)
        if change is None:
            continue
        found = tamperer.breaks(change, checkpoint=True)
        assert found, (kind.__name__, change)
        assert located(change, found[0]), (kind.__name__, change, found)
        done[kind.__name__] += 1
    print(f"{done.total():,} changes found and located: {dict(done)}")
    for owner in (tenant, neighbour):
        with trail.open(owner.id, actor=SYSTEM) as unit:
            assert audit.verify(unit) is None


def test_a_change_that_is_undone_leaves_no_alarm_and_one_that_stays_does(
    trail: Units, tenant: Tenant, neighbour: Tenant
) -> None:
    """That the check above can fail."""
    tamperer = Tamperer(trail, [tenant.id, neighbour.id])
    assert tamperer.breaks(Change([], (tamperer.rows[0].place, tamperer.rows[-1].place)), checkpoint=True) == []
    last = tamperer.rows[-1]
    cut = Change([(f"DELETE FROM audit_entries {HERE}", last.place.values())], (last.place,), outside=True)
    assert tamperer.breaks(cut, checkpoint=False) == []
    (found,) = tamperer.breaks(cut, checkpoint=True)
    assert located(cut, found)
    assert not located(cut._replace(spots=(tamperer.rows[0].place,)), found)


def test_a_chain_that_lost_its_end_is_found_by_the_one_that_names_it(
    trail: Units, tenant: Tenant, neighbour: Tenant
) -> None:
    """Without any checkpoint."""
    tamperer = Tamperer(trail, [tenant.id, neighbour.id])
    first = [row for row in tamperer.rows if row.entry.chain == tamperer.rows[0].entry.chain]
    for seq in (1, 2):
        gone = [row for row in first if row.entry.seq >= seq]
        change = Change([(f"DELETE FROM audit_entries {HERE}", row.place.values()) for row in gone], (gone[0].place,))
        (found,) = tamperer.breaks(change, checkpoint=False)
        assert located(change, found)


def test_writers_at_work_raise_no_alarm(trail: Units, tenant: Tenant, process: Process) -> None:
    """A verification takes its time, and new chains name heads that it had not seen when it read them."""
    writers = [process() for _ in range(3)]
    at_work = threading.Event()

    def write(units: Units) -> int:
        done = 0
        while not at_work.is_set():
            act(units, tenant, "usr_1", "usr_2")
            done += 1
            time.sleep(0.002)
        return done

    def read(work: Callable[[Unit], T]) -> T:
        with trail.open(tenant.id, actor=SYSTEM, write=False) as unit:
            return work(unit)

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, units) for units in writers]
        try:
            for number in range(8):
                known = read(audit.heads)
                if number % 3 == 2:  # a connection more, and so a chain more
                    act(process(), tenant, "usr_new")
                assert audit.examine(read, known=known, step=3).bad == ()
        finally:
            at_work.set()
        assert all(each.result() > 0 for each in writing)
    assert read(audit.verify) is None


def test_rows_from_before_the_key_are_believed_as_they_stood_when_they_were_vouched_for(
    units: Units, tenant: Tenant, process: Process
) -> None:
    act(units, tenant, "usr_1", "usr_2", "usr_3")
    rows = entries(units, tenant)
    previous = b""
    with units.platform(actor=SYSTEM) as unit:
        if unit.lane.dialect == "postgresql":
            unit.lane.execute("RESET ROLE", {})
        for row in rows:
            previous = unkeyed(tenant.id, row[:-1], previous)
            _set(unit, tenant, row, "hash", previous)
    assert broken(units, tenant).problem == Flaw.ALTERED
    custody.adopt_unkeyed(units)
    assert broken(units, tenant) is None
    act(process(), tenant, "usr_4")
    assert broken(units, tenant) is None
    with units.platform(actor=SYSTEM) as unit:
        if unit.lane.dialect == "postgresql":
            unit.lane.execute("RESET ROLE", {})
        _set(unit, tenant, rows[1], "subject", "usr_forged")
    custody.adopt_unkeyed(units)  # once, and never again
    assert (broken(units, tenant).seq, broken(units, tenant).problem) == (2, Flaw.ALTERED)


def _set(unit: Unit, tenant: Tenant, row: Entry, column: str, value: object) -> None:
    mark = "?" if unit.lane.dialect == "sqlite" else "%s"
    where = f"tenant_id = '{tenant.id}' AND chain = '{row.chain}' AND seq = {row.seq}"
    unit.lane.execute(f"UPDATE audit_entries SET {column} = {mark} WHERE {where}", (value,))


@pytest.mark.attack("L1")
@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("facts", b"\xff\xfe"),
        ("facts", "not json"),
        ("hash", "text"),
        ("subject", b"\xff"),
        ("seq", "abc"),
        ("at", "now"),
    ],
)
def test_a_row_of_other_types_is_found_and_closes_no_list(
    trail: Units, tenant: Tenant, column: str, value: object
) -> None:
    """SQLite keeps any value in any column; PostgreSQL takes none of another type."""
    before = entries(trail, tenant)
    row = before[4]
    sql = f"UPDATE audit_entries SET {column} = :value WHERE tenant_id = :tenant_id AND chain = :chain AND seq = :seq"
    given = {"value": value, "tenant_id": tenant.id, "chain": row.chain, "seq": row.seq}
    with trail.open(tenant.id, actor=SYSTEM) as unit:
        if unit.lane.dialect != SQLITE:
            return
        unit.lane.execute(sql, given)
    found = broken(trail, tenant)
    gone = column == "seq"  # nobody finds it where it was
    assert (found.chain, found.seq, found.problem) == (row.chain, row.seq, Flaw.MISSING if gone else Flaw.ALTERED)
    shown = [audit.to_json(entry) for entry in entries(trail, tenant)]
    assert len(shown) == len(before) - (column == "at")  # no time says when it was
