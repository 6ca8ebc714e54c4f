"""Rows whose time is over are removed, those after them still add up, and nobody removes others under this cover."""

import random
from pathlib import Path

import pytest
from tests.audit.conftest import Process, act, broken, entries
from tests.audit.tampering import KINDS, Tamperer, located
from tests.custody.test_checkpoints import rows, standing, taken, tampered

from idp import audit, custody
from idp.audit import Flaw
from idp.kit.actors import SYSTEM
from idp.kit.clock import FixedClock
from idp.kit.units import Unit, Units
from idp.schedule import TrailUpkeep
from idp.settings import SettingsRefused, load
from idp.tenants import Tenant

DAYS = 400


@pytest.fixture
def aged(units: Units, tenant: Tenant, neighbour: Tenant, process: Process, clock: FixedClock) -> Units:
    """Old rows and young ones, in several chains that name one another."""
    processes = [process() for _ in range(3)]
    for at in range(9):
        clock.advance(days=100)
        for owner in (tenant, neighbour):
            act(processes[at % 3], owner, f"usr_{at}_a", f"usr_{at}_b", f"usr_{at}_c")
    return units


def test_old_rows_go_and_the_rest_adds_up(
    aged: Units, tenant: Tenant, process: Process, clock: FixedClock, tmp_path: Path
) -> None:
    before, checkpoint = entries(aged, tenant), taken(aged, tmp_path / "before.jsonl")
    limit = clock.now_us() - DAYS * 86_400 * 1_000_000
    gone = custody.forget(aged, days=DAYS)
    assert gone >= 8
    after = entries(aged, tenant)
    left = {(row.chain, row.seq) for row in after}
    lasts = {row.chain: row.seq for row in sorted(before, key=lambda row: row.seq)}
    for row in before:
        assert ((row.chain, row.seq) in left) == (row.at >= limit or row.seq == lasts[row.chain])
    (told,) = [row for row in after if row.event == "audit.cut"]
    assert '"days":400' in told.facts
    assert standing(aged).broken == standing(aged, checkpoint).broken == 0
    act(process(), tenant, "usr_later")
    act(aged, tenant, "usr_later")
    assert standing(aged, checkpoint, taken(aged, tmp_path / "after.jsonl")).broken == 0
    assert custody.forget(aged, days=DAYS) == 0  # what is told of it is young
    clock.advance(days=DAYS)
    assert custody.forget(aged, days=DAYS) > 0
    assert standing(aged, checkpoint).broken == 0


@pytest.mark.attack("L1")
def test_nothing_else_goes_under_its_cover(aged: Units, tenant: Tenant, neighbour: Tenant) -> None:
    custody.forget(aged, days=DAYS)
    chance, tamperer = random.Random(5), Tamperer(aged, [tenant.id, neighbour.id])
    done = 0
    while done < 60:
        change = KINDS[done % len(KINDS)](chance, tamperer.rows)
        if change is not None:
            found = tamperer.breaks(change, checkpoint=True)
            assert found, change
            assert located(change, found[0]), (change, found)
            done += 1


def test_a_mark_that_was_moved_or_a_row_that_came_back_is_found(aged: Units, tenant: Tenant) -> None:
    before = rows(aged, tenant)
    custody.forget(aged, days=DAYS)
    left = rows(aged, tenant)
    there = {(row.chain, row.seq) for row in left}
    first = next(
        row
        for row in left
        if row.seq > 1 and (row.chain, row.seq - 1) not in there and (row.chain, row.seq + 1) in there
    )
    old = next(row for row in before if (row.chain, row.seq) == (first.chain, first.seq - 1))

    def put_back(unit: Unit) -> None:
        sqlite = unit.lane.dialect == "sqlite"
        marks = ", ".join(["?" if sqlite else "%s"] * (len(old) + 1))
        names = ", ".join(["tenant_id", *old._fields])
        unit.lane.execute(f"INSERT INTO audit_entries ({names}) VALUES ({marks})", (tenant.id, *old))

    tampered(aged, put_back)
    bad = broken(aged, tenant)
    assert (bad.chain, bad.seq, bad.problem) == (old.chain, old.seq, Flaw.OUTDATED)
    tampered(aged, lambda unit: deleted_one(unit, tenant, old))
    assert broken(aged, tenant) is None
    # one row more, and the mark moved up to it: nobody can who lacks the key
    tampered(aged, lambda unit: deleted_one(unit, tenant, first))
    where = f"WHERE tenant_id = '{tenant.id}' AND chain = '{first.chain}'"
    tampered(aged, lambda unit: unit.lane.execute(f"UPDATE audit_marks SET seq = seq + 1 {where}", {}))
    bad = broken(aged, tenant)
    assert (bad.chain, bad.problem) == (first.chain, Flaw.MISSING)


def deleted_one(unit: Unit, tenant: Tenant, row: audit.Entry) -> None:
    where = f"tenant_id = '{tenant.id}' AND chain = '{row.chain}' AND seq = {row.seq}"
    unit.lane.execute(f"DELETE FROM audit_entries WHERE {where}", {})


def test_the_worker_writes_a_checkpoint_a_day_and_removes_what_is_old(
    aged: Units, clock: FixedClock, tmp_path: Path
) -> None:
    home = tmp_path / "outside"
    upkeep = TrailUpkeep(aged, directory=home, days=DAYS)
    count = standing(aged).rows
    assert upkeep() == upkeep() > 0
    assert len(list(home.iterdir())) == 1
    assert standing(aged).rows < count
    clock.advance(days=1)
    upkeep()
    assert len(list(home.iterdir())) == 2
    with aged.platform(actor=SYSTEM, write=False) as unit:
        keys = custody.published(unit)
    found = [custody.read(file, keys) for file in sorted(home.iterdir())]
    assert standing(aged, *found).broken == 0
    nothing = TrailUpkeep(aged, directory=None, days=0)
    clock.advance(days=4000)
    count = standing(aged).rows
    nothing()
    assert (standing(aged).rows, len(list(home.iterdir()))) == (count, 2)


def test_less_than_a_year_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDP_AUDIT_RETENTION_DAYS", "364")
    with pytest.raises(SettingsRefused, match="IDP_AUDIT_RETENTION_DAYS"):
        load(environment="test")
    monkeypatch.setenv("IDP_AUDIT_RETENTION_DAYS", "365")
    assert load(environment="test").audit_retention_days == 365
