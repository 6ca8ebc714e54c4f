"""A run: the earliest of all that is due, and then the earliest of what is due then, until nothing is left."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from idp import contracts
from idp.kit.actors import SYSTEM
from idp.kit.clock import micros
from idp.kit.errors import Unavailable
from idp.kit.units import Units
from idp.schedule.model import BEGINNING, Done, Item, Outcome, Step

_AT_ONCE = 100
_LAST_ZONE = "Etc/GMT+12"  # nowhere does a day begin later

Told = Callable[[Item, Done], None]


class _Batch(NamedTuple):
    step: int
    items: list[Item]


def run(
    units: Units,
    steps: Sequence[Step],
    *,
    day: date | None = None,
    told: Told = lambda _item, _done: None,
    leaving: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Everything due at 00:00 of `day` in the zone where it falls due, or without a day, everything due; in both cases
    only what has come by the clock. What falls due at one instant is done in the order of `steps`. `told` hears of each
    item after its commit. Raises Unavailable when the database does not answer."""
    return _Run(units, steps, day, told, leaving).go()


def earliest(units: Units, steps: Sequence[Step]) -> Item | None:
    """The first item that is due by the clock."""
    batch = _Run(units, steps, None, lambda _item, _done: None, lambda: False).next_batch()
    return None if batch is None else batch.items[0]


class _Run:
    def __init__(
        self, units: Units, steps: Sequence[Step], day: date | None, told: Told, leaving: Callable[[], bool]
    ) -> None:
        self._units = units
        self._steps = steps
        self._day = day
        self._told = told
        self._leaving = leaving
        self._places = [BEGINNING for _ in steps]
        self._done = Done()
        self._failed: list[tuple[Item, Exception]] = []

    def go(self) -> Outcome:
        for step in self._steps:
            self._done = self._done.plus(step.resume(self._units))
        while not self._leaving() and (batch := self.next_batch()) is not None:
            for item in batch.items:
                if self._leaving():
                    break
                self._places[batch.step] = item.place
                if self._has_come(item):
                    self._do(batch.step, item)
        return Outcome(self._done, tuple(self._failed))

    def next_batch(self) -> _Batch | None:
        """What the first of the steps that have anything due at the earliest instant has due then."""
        upto = self._upto()
        found: _Batch | None = None
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            for number, step in enumerate(self._steps):
                items = step.due(unit, after=self._places[number], upto=upto, limit=_AT_ONCE)
                if items and (found is None or items[0].at_us < found.items[0].at_us):
                    found = _Batch(number, [item for item in items if item.at_us == items[0].at_us])
        return found

    def _upto(self) -> int:
        now_us = self._units.clock.now_us()
        if self._day is None:
            return now_us
        return min(now_us, micros(contracts.start_of_day(self._day, _LAST_ZONE)))

    def _has_come(self, item: Item) -> bool:
        """It is no later than 00:00 of the day where it falls due: in the east that is before midnight elsewhere."""
        return self._day is None or item.at_us <= micros(contracts.start_of_day(self._day, item.zone))

    def _do(self, step: int, item: Item) -> None:
        try:
            done = self._steps[step].do(self._units, item)
        except Unavailable:
            raise
        except Exception as error:  # one that cannot be done does not keep all others waiting
            self._failed.append((item, error))
            return
        self._done = self._done.plus(done)
        self._told(item, done)
