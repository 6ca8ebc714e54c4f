"""The number of IDs over time; pure functions of dates.

A contract begins with the number that was applied for. Each change says a number and the day from which it holds, so
that the number on a day is the same whenever and by whom it is read. More is possible on any day; fewer only from the
first day of a later term.
"""

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple


class Step(NamedTuple):
    """So many IDs from 00:00 of the day on; `asked_at` in microseconds."""

    start: date
    ids: int
    asked_at: int


Steps = tuple[Step, ...]
"""By their days, at most one for each."""


def pack(steps: Iterable[Step]) -> str:
    return json.dumps([[step.start.isoformat(), step.ids, step.asked_at] for step in steps])


def unpack(packed: str) -> Steps:
    return tuple(Step(date.fromisoformat(start), ids, asked_at) for start, ids, asked_at in json.loads(packed))


def number_on(filed: int, steps: Steps, day: date) -> int:
    """`filed` is the number that was applied for."""
    return next((step.ids for step in reversed(steps) if step.start <= day), filed)


def ahead(steps: Steps, day: date) -> Steps:
    """What is to change after the day."""
    return tuple(step for step in steps if step.start > day)


def lowest(filed: int, steps: Steps, day: date) -> int:
    """The least number that holds on the day or at any time after it."""
    return min([number_on(filed, steps, day), *(step.ids for step in ahead(steps, day))])


def before(filed: int, steps: Steps, step: Step, today: date) -> int:
    """The number that `step` would change: of today the one that holds already, of a later day what comes before."""
    earlier = tuple(each for each in steps if each.start < step.start or each.start <= today)
    return number_on(filed, earlier, step.start)


def with_step(filed: int, steps: Steps, step: Step, today: date, *, begins_term: Callable[[date], bool]) -> Steps:
    """The last word about a day counts. Of what was asked for later days, that goes which changes nothing any more,
    and a rise that would now be a fall in the midst of a term."""
    kept = [each for each in steps if each.start <= today and each.start != step.start]
    rest = [step, *(each for each in steps if each.start > today and each.start != step.start)]
    for each in sorted(rest):
        number = number_on(filed, tuple(kept), each.start)
        if each.ids > number or (each.ids < number and begins_term(each.start)):
            kept.append(each)
    return tuple(kept)
