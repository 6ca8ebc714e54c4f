"""The schedule by eight processes at once, and killed wherever it can be killed: each effect exactly once."""

import json
import os
import random
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest
from tests.contracts.conftest import NOON, OPERATOR, Desk
from tests.faults.runs import POINTS, SLOWEST, Runner

from idp import audit, delivery, erasure
from idp.contracts import Contract, Status
from idp.kit.clock import FixedClock
from idp.kit.units import Units
from idp.schedule import ContractDates, Erasures

KILLS = int(os.environ.get("KILLS", "25"))
LATER = datetime(2027, 5, 10, 3, tzinfo=UTC)  # 400 days and more after the first terms began
AT_ONCE = 8
SEED = 20261123

pytestmark = [pytest.mark.rewired, pytest.mark.slow, pytest.mark.timeout(300 + 2 * KILLS)]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def desk(units: Units) -> Desk:
    return Desk(units)


@pytest.fixture
def runner(installed_url: str, tmp_path: Path) -> Runner:
    return Runner(installed_url, tmp_path / "keys" / "master.key", LATER, (ContractDates(),))


@pytest.fixture
def eraser(runner: Runner) -> Runner:
    """Erasures too, on their days."""
    return replace(runner, steps=(ContractDates(), Erasures(grace_days=30)))


def contracts(desk: Desk, number: int) -> list[Contract]:
    """Of every kind, `number` of each."""
    found = []
    for each in range(number):
        found.append(desk.bring(Status.ACTIVE, tenant=f"renewing-{each}", term_months=3))
        found.append(desk.bring(Status.ACTIVE, tenant=f"expiring-{each}", auto_renewal=False))
        held = desk.bring(Status.SUSPENDED, tenant=f"held-{each}")
        desk.act("ask_stop", held.id, stop_date=date(2027, 5, 1))
        found.append(held)
    return found


RENEWED = [f"renewed {day}" for day in ("2026-06-30", "2026-09-30", "2026-12-31", "2027-03-31")]
WRITTEN = {
    "renewing": RENEWED,
    "expiring": ["expired 2027-03-31"],
    "held": ["renewed 2027-03-31", "stopped 2027-05-01"],
}
TOLD = {
    "renewing": {"contract.reminder": 11},
    "expiring": {"contract.reminder": 3, "contract.expired": 1},
    "held": {"contract.reminder": 3, "contract.stopped": 1},
}
GENERATIONS = {"renewing": 1, "expiring": 2, "held": 3}


def check(desk: Desk, contract: Contract) -> None:
    """Each effect once: in the history, in the trail, in the outbox, and on everybody's sessions."""
    kind = contract.application.slug.partition("-")[0]
    rows = [row for row in desk.history(contract.id) if row.source == "schedule"]
    days = [datetime.fromtimestamp(row.at / 1e6, UTC).date() for row in rows]
    assert [f"{row.event.value} {day}" for row, day in zip(rows, days, strict=True)] == WRITTEN[kind]
    with desk.units.open(contract.tenant, actor=OPERATOR, write=False) as unit:
        told = Counter(
            each.event
            for each in delivery.pending(unit, limit=500)
            if each.event not in {"contract.established", "contract.suspended", "user.invited"}
        )
        moved = [
            json.loads(entry.facts)["seq"]
            for entry in audit.page(unit, limit=500)
            if (entry.subject, entry.source) == (contract.id, "schedule")
        ]
        assert audit.verify(unit) is None
    assert told == TOLD[kind]
    assert sorted(moved) == [row.seq for row in rows]
    assert desk.counters(contract.tenant)[1] == GENERATIONS[kind]
    assert desk.get(contract.id).version == len(desk.history(contract.id))


def test_killed_at_every_point_of_every_item_it_leaves_each_effect_whole_and_once(desk: Desk, runner: Runner) -> None:
    made = contracts(desk, 1)
    killed = 0
    for number in count():
        if runner.finished(survives=number % len(POINTS)):
            break
        killed += 1
    items = sum(map(len, WRITTEN.values())) + sum(kind["contract.reminder"] for kind in TOLD.values())
    assert killed == len(POINTS) * (items - 2)  # twice a reminder comes with a renewal
    for contract in made:
        check(desk, contract)


def test_eight_at_once_do_it_once(desk: Desk, runner: Runner) -> None:
    made = contracts(desk, 6)
    running = [runner.start() for _ in range(AT_ONCE)]
    for process in running:
        process.join(SLOWEST)
    assert [process.exitcode for process in running] == [0] * AT_ONCE
    for contract in made:
        check(desk, contract)


def test_eight_at_once_with_some_of_them_killed_at_random_do_it_once(desk: Desk, runner: Runner) -> None:
    made = contracts(desk, 4)
    draw = random.Random(SEED)
    running = [runner.start() for _ in range(AT_ONCE)]
    for _ in range(KILLS):
        time.sleep(draw.uniform(0, 0.1))
        doomed = draw.choice(running)
        doomed.kill()
        doomed.join(SLOWEST)
        running[running.index(doomed)] = runner.start()
    for process in running:
        process.join(SLOWEST)
    assert {process.exitcode for process in running} == {0}
    for contract in made:
        check(desk, contract)


def check_erased(desk: Desk, contract: Contract) -> None:
    """Once, after everything else, and for good."""
    events = [row.event.value for row in desk.history(contract.id)]
    assert events[-1] == "erased"
    assert [event for event in events if event in {"erased", "stopped", "expired"}] == events[-2:]
    assert not desk.units.keys.holds(contract.tenant)
    with desk.units.platform(actor=OPERATOR, write=False) as unit:
        inner = unit.inside(contract.tenant)
        assert erasure.certificate_of(inner, contract.id) is not None
        trail = [entry.event for entry in audit.page(inner, limit=500) if entry.subject == contract.id]
        assert audit.verify(inner) is None
    assert trail.count("contract.erased") == 1


def erased(desk: Desk, made: list[Contract]) -> int:
    """How many of them were, each in order; those that are renewed were not."""
    over = [contract for contract in made if not contract.application.slug.startswith("renewing")]
    for contract in over:
        check_erased(desk, contract)
    for contract in made:
        if contract not in over:
            check(desk, contract)
    return len(over)


def test_killed_at_every_point_of_every_item_it_erases_whole_and_once(desk: Desk, eraser: Runner) -> None:
    made = contracts(desk, 1)
    for number in count():
        if eraser.finished(survives=number % (len(POINTS) + 1)):
            break
    assert erased(desk, made) == 2


def test_eight_at_once_erase_once(desk: Desk, eraser: Runner) -> None:
    made = contracts(desk, 3)
    running = [eraser.start() for _ in range(AT_ONCE)]
    for process in running:
        process.join(SLOWEST)
    assert [process.exitcode for process in running] == [0] * AT_ONCE
    assert erased(desk, made) == 6
