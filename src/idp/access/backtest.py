"""A draft tried on what was decided: who would be refused, let in or asked now who was not then."""

from collections.abc import Iterator
from typing import NamedTuple

from idp.access import records
from idp.access.deciding import decide_again
from idp.access.in_force import Rules
from idp.access.model import Decision, Outcome
from idp.access.records import Chosen, Remembered
from idp.access.vocabulary import Reason
from idp.kit.units import Unit

_STRETCH = 500
_MOST = 50_000  # decisions
_MOST_ASKED = 2_000_000  # rules in them: seconds, and one tenant has no more of a worker than that
_LEAST = 5_000
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
    """`users` are those newly denied, by id, in the order in which they come up. `truncated`: there were more decisions
    than are tried at once; the last one tried is of the instant `covered_until`, None where there was none."""

    evaluated: int
    newly_denied: int
    newly_permitted: int
    newly_step_up: int
    users: tuple[str, ...]
    truncated: bool
    covered_until: int | None


def backtest(unit: Unit, rules: Rules, chosen: Chosen) -> Tried:
    """Groups, place, device and time are those of the decision; the same function decides as did then. From the oldest
    on, as many as a limited number of questions to rules allows."""
    new = dict.fromkeys(Outcome, 0)
    users: dict[str, None] = {}
    evaluated, covered_until, truncated = 0, None, False
    most = max(_LEAST, min(_MOST, _MOST_ASKED // max(1, len(rules.compiled.rules))))
    for remembered in _all(unit, chosen):
        truncated = evaluated == most
        if truncated:
            break
        evaluated, covered_until = evaluated + 1, remembered.decision.at_us
        after = _again(remembered.decision, rules)
        if after is not remembered.decision.outcome:
            new[after] += 1
            if after is Outcome.DENY and remembered.user_id is not None:
                users[remembered.user_id] = None
    return Tried(
        evaluated,
        new[Outcome.DENY],
        new[Outcome.PERMIT],
        new[Outcome.STEP_UP],
        tuple(users),
        truncated=truncated,
        covered_until=covered_until,
    )


def _all(unit: Unit, chosen: Chosen) -> Iterator[Remembered]:
    after = ""
    while stretch := records.page(unit, chosen, after=after, limit=_STRETCH):
        yield from stretch
        after = stretch[-1].id


def _again(decision: Decision, rules: Rules) -> Outcome:
    if decision.reason not in _BY_RULES:
        return decision.outcome
    return decide_again(decision, rules, entitled=decision.reason is not Reason.DEVICE_ENTITLEMENT_ENDED).outcome
