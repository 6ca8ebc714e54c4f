"""A draft tried on what was decided: who would be refused, let in or asked now who was not then."""

from collections.abc import Iterator
from typing import NamedTuple

from idp.access import records
from idp.access.deciding import decide_again
from idp.access.in_force import Rules
from idp.access.model import Decision, Outcome, Reason
from idp.access.records import Chosen, Remembered
from idp.kit.units import Unit

_STRETCH = 500
# What rules can change; the other reasons stand before all rules.
_BY_RULES = frozenset(
    {
        Reason.POLICY_DENIED,
        Reason.POLICY_ERROR,
        Reason.NO_RULE_PERMITS,
        Reason.NOT_ASSIGNED,
        Reason.DEVICE_ENTITLEMENT_ENDED,
        Reason.STEP_UP_REQUIRED,
        Reason.PERMITTED,
    }
)


class Tried(NamedTuple):
    """`users` are those newly denied, by id, in the order in which they come up."""

    evaluated: int
    newly_denied: int
    newly_permitted: int
    newly_step_up: int
    users: tuple[str, ...]


def backtest(unit: Unit, rules: Rules, chosen: Chosen) -> Tried:
    """Groups, place, device and time are those of the decision; the same function decides as did then."""
    new = dict.fromkeys(Outcome, 0)
    users: dict[str, None] = {}
    evaluated = 0
    for remembered in _all(unit, chosen):
        evaluated += 1
        after = _again(remembered.decision, rules)
        if after is not remembered.decision.outcome:
            new[after] += 1
            if after is Outcome.DENY and remembered.user_id is not None:
                users[remembered.user_id] = None
    return Tried(evaluated, new[Outcome.DENY], new[Outcome.PERMIT], new[Outcome.STEP_UP], tuple(users))


def _all(unit: Unit, chosen: Chosen) -> Iterator[Remembered]:
    after = ""
    while stretch := records.page(unit, chosen, after=after, limit=_STRETCH):
        yield from stretch
        after = stretch[-1].id


def _again(decision: Decision, rules: Rules) -> Outcome:
    if decision.reason not in _BY_RULES:
        return decision.outcome
    return decide_again(decision, rules, entitled=decision.reason is not Reason.DEVICE_ENTITLEMENT_ENDED).outcome
