"""Why was it decided so: as it was, or as it would have been at another instant."""

from idp import users
from idp.access import deciding, in_force, networks
from idp.access.facts import Facts
from idp.access.in_force import NO_RULES
from idp.access.model import Decision, Outcome
from idp.access.records import Remembered
from idp.access.vocabulary import Reason
from idp.contracts import reason_against
from idp.kit.units import Unit

# What depends on neither the time nor the rules: it was so then, and nothing says that it was otherwise before.
_STANDING = frozenset(
    {Reason.ID_UNKNOWN, Reason.ID_DISABLED, Reason.SERVICE_UNKNOWN, Reason.OUTSIDE_JAPAN, Reason.COUNTRY_UNKNOWN}
)


def as_of(unit: Unit, facts: Facts, remembered: Remembered, at_us: int) -> Decision:
    """The same person in the same situation, at that instant and under the rules and contract dates of it."""
    past = remembered.decision
    found = in_force.set_at(unit, at_us)
    rules = NO_RULES if found is None else in_force.compiled(found, networks.named(unit))
    question = past._replace(
        at_us=at_us,
        inputs=past.inputs._replace(now_us=at_us),
        set_id=rules.set_id,
        outcome=Outcome.DENY,
        missing=(),
        rules=(),
        reason_ja="",
        reason_en="",
    )
    against = reason_against(facts.contract, at_us)
    if against is not None:
        return question._replace(reason=Reason(against.value))
    if past.reason in _STANDING:
        return question._replace(reason=past.reason)
    dated = _by_dates(unit, remembered, at_us)
    if dated is not None:
        return question._replace(reason=dated)
    return deciding.decide_again(question, rules, entitled=deciding.device_entitled(facts, at_us))


def _by_dates(unit: Unit, remembered: Remembered, at_us: int) -> Reason | None:
    """By the first and last day of the ID as they are known now."""
    user = users.standing(unit, remembered.user_id) if remembered.user_id else None
    against = None if user is None else deciding.reason_against_id(user, at_us)
    return against if against in (Reason.ID_ENDED, Reason.ID_NOT_STARTED) else None
