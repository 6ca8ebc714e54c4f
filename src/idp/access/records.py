"""Decisions remembered: written in the transaction of their effect, read again by their reference.

Where a person was, with what, and in which groups is theirs: it lies sealed with the tenant's data key, and so does
what the rules made of it. In the open stand ids and codes, by which decisions are found and counted.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from idp.access.model import Admission, Decision, Moment, Outcome
from idp.access.policies import Action, Effect, Inputs, Result, RuleResult
from idp.access.tables import decisions
from idp.access.vocabulary import Needed, Reason
from idp.kit import compact, ids
from idp.kit.asking import Filter, Text, Words, asked
from idp.kit.clock import SECOND
from idp.kit.db import addition, own, query
from idp.kit.errors import NotFound
from idp.kit.listing import Listing
from idp.kit.sweeping import Sweep, before
from idp.kit.units import Unit

_DAY = 86_400 * SECOND
KEPT = 90 * _DAY
# A visitor whom nobody knew can come again without end, and leaves little to be explained.
KEPT_OF_NOBODY = 7 * _DAY

SWEEPS = (
    Sweep(decisions.c.id, decisions.c.at < before(), grace=KEPT),
    Sweep(decisions.c.id, and_(decisions.c.at < before(), decisions.c.user_id.is_(None)), grace=KEPT_OF_NOBODY),
)


class Remembered(NamedTuple):
    """A row: `id` orders decisions as they were written."""

    id: str
    user_id: str | None
    service_id: str | None
    decision: Decision


class Chosen(NamedTuple):
    """What a list shows; empty is everything. Instants in microseconds, half-open."""

    user_id: str = ""
    service_id: str = ""
    outcome: str = ""
    from_us: int = 0
    to_us: int = 2**62


class _Row(NamedTuple):
    id: str
    reference: str
    at: int
    user_id: str | None
    service_id: str | None
    moment: str
    outcome: str
    reason: str
    record: bytes


_COLUMNS = [decisions.c[name] for name in _Row._fields]
_ADD: Final = addition(decisions, _Row)
# Of two that were given the same ten letters the newer one is meant: it is the one somebody reads out.
_FIND: Final = query(
    select(*_COLUMNS)
    .where(own(decisions), decisions.c.reference == bindparam("reference"))
    .order_by(decisions.c.id.desc())
    .limit(1),
    _Row,
)
_PAGE: Final = query(
    select(*_COLUMNS)
    .where(
        own(decisions),
        decisions.c.id > bindparam("after"),
        decisions.c.at >= bindparam("since"),
        decisions.c.at < bindparam("until"),
        or_(bindparam("user") == "", decisions.c.user_id == bindparam("user")),
        or_(bindparam("service") == "", decisions.c.service_id == bindparam("service")),
        or_(bindparam("wanted") == "", decisions.c.outcome == bindparam("wanted")),
    )
    .order_by(decisions.c.id)
    .limit(bindparam("limit")),
    _Row,
)


def remember(unit: Unit, decision: Decision, *, named: tuple[str | None, str | None] | None = None) -> None:
    """`named` are user and service where they are not those of the inputs: a question may name what does not exist."""
    row = ids.new("dec")
    inputs = decision.inputs
    user, service = (inputs.user_id, inputs.service_id) if named is None else named
    record = unit.seal("decisions", "record", row, _record(decision))
    moment, outcome, reason = map(str, (decision.moment, decision.outcome, decision.reason))
    unit.append(_ADD, (row, decision.reference, decision.at_us, user, service, moment, outcome, reason, record))


def remember_admission(unit: Unit, admission: Admission) -> None:
    """In the unit of its effect. Where a service asks in its own name its token's row says all there is to say."""
    if admission.decision is not None:
        remember(unit, admission.decision)
    for decision in admission.along:
        remember(unit, decision)


def find(unit: Unit, reference: str) -> Remembered:
    """As it is read out: in any case. Raises `NotFound`."""
    row = unit.one(_FIND, reference=reference.upper())
    if row is None:
        raise NotFound("decision")
    return _remembered(unit, row)


def page(unit: Unit, chosen: Chosen, *, after: str = "", limit: int = 50) -> list[Remembered]:
    """Oldest first; `after` is the id of the last one seen."""
    rows = unit.all(
        _PAGE,
        after=after,
        since=chosen.from_us,
        until=chosen.to_us,
        user=chosen.user_id,
        service=chosen.service_id,
        wanted=chosen.outcome,
        limit=limit,
    )
    return [_remembered(unit, row) for row in rows]


def _record(decision: Decision) -> bytes:
    """What is left out of the columns; by position, so `Inputs` and `RuleResult` only ever grow at their end."""
    told = [
        [*decision.inputs],
        [*map(list, decision.rules)],
        decision.missing,
        decision.assigned,
        decision.assignment_required,
        decision.set_id,
        decision.reason_ja,
        decision.reason_en,
    ]
    return compact.encode(told, sorted)  # as which sets are written


def _remembered(unit: Unit, row: _Row) -> Remembered:
    inputs, rules, missing, assigned, required, set_id, ja, en = compact.decode(
        unit.open_sealed("decisions", "record", row.id, row.record)
    )
    decision = Decision(
        reference=row.reference,
        at_us=row.at,
        moment=Moment(row.moment),
        outcome=Outcome(row.outcome),
        reason=Reason(row.reason),
        inputs=_inputs(inputs),
        assigned=assigned,
        assignment_required=required,
        missing=tuple(map(Needed, missing)),
        rules=tuple(
            RuleResult(rule, name, Effect(effect), Result(result), report_only)
            for rule, name, effect, result, report_only in rules
        ),
        set_id=set_id,
        reason_ja=ja,
        reason_en=en,
    )
    return Remembered(row.id, row.user_id, row.service_id, decision)


def _inputs(values: Iterable[Any]) -> Inputs:
    told = dict(zip(Inputs._fields, values, strict=False))
    told["action"] = Action(told["action"])
    for name in ("groups", "methods"):
        told[name] = None if told[name] is None else frozenset(told[name])
    return Inputs(**told)


LISTED: Listing[Remembered] = Listing(
    rows=select(*_COLUMNS).where(
        own(decisions), decisions.c.at >= bindparam("since"), decisions.c.at < bindparam("until")
    ),
    row=_Row,
    make=_remembered,
    natural="at",
    filters={
        "user": Filter(
            takes=Text("usr_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="Those about one ID.",
            where=decisions.c.user_id == asked("user"),
        ),
        "service": Filter(
            takes=Text("svc_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="Those about one service.",
            where=decisions.c.service_id == asked("service"),
        ),
        "decision": Filter(
            takes=Words(Outcome), meaning="Those that came out so.", where=decisions.c.outcome == asked("decision")
        ),
        "reason": Filter(takes=Words(Reason), meaning="Those for it.", where=decisions.c.reason == asked("reason")),
        "moment": Filter(
            takes=Words(Moment), meaning="Those that were made then.", where=decisions.c.moment == asked("moment")
        ),
    },
)
