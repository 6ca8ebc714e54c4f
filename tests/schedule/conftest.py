"""The operator's desk of the contracts' tests, and what a run has left behind."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from tests.contracts.conftest import NOON, OPERATOR, Desk

from idp import delivery, schedule
from idp.contracts import Contract, Status
from idp.kit.clock import FixedClock, rfc3339
from idp.kit.units import Units
from idp.schedule import Done, Outcome, Step


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@dataclass(frozen=True)
class Office(Desk):
    clock: FixedClock

    def until(self, at: str) -> "Office":
        """The clock stands at this wall time in Tokyo."""
        self.clock.set(datetime.fromisoformat(at + "+09:00"))
        return self

    def run(self, day: str | None = None, *, steps: Sequence[Step] = (schedule.ContractDates(),)) -> Outcome:
        return schedule.run(self.units, steps, day=None if day is None else date.fromisoformat(day))

    def done(self, day: str | None = None) -> Done:
        outcome = self.run(day)
        assert outcome.failed == ()
        return outcome.done

    def rows(self, contract: Contract) -> list[tuple[str, str]]:
        """What the schedule wrote in the history."""
        found = [row for row in self.history(contract.id) if row.source == "schedule"]
        assert {row.actor for row in found} <= {"system"}
        return [(row.event.value, rfc3339(row.at)) for row in found]

    def active(self, **changes: Any) -> Contract:
        return self.bring(Status.ACTIVE, **changes)

    def told(self, contract: Contract, event: str) -> list[dict[str, Any]]:
        """The payloads of its deliveries of this kind."""
        with self.units.open(self.get(contract.id).tenant, actor=OPERATOR, write=False) as unit:
            found = [json.loads(row.payload) for row in delivery.pending(unit, limit=500) if row.event == event]
        return [payload for payload in found if payload["contract"] == contract.id]


@pytest.fixture
def office(units: Units, clock: FixedClock) -> Office:
    return Office(units, clock)
