"""Exchanges with services, remembered for whoever administers the tenant: what a service sent, how far it came, which
field was wrong, and what it was told.

One trace for each sign-on and logout that came to an end: with an answer, a page that says no, or a message that nobody
believed. It has the reference that the person was shown and that stands in the log; where the gate was asked it names
the decision as well, and either finds it. What was exchanged lies sealed, as the door has redacted it: no value that a
service was told of a person is in it, only its shape. Doors of any protocol may keep theirs here; so far SAML does.

It is written in the commit of its effect, as one more row. What is refused before there is an effect has no commit: it
gets one of its own after it was answered, so that nobody learns from the time of an answer who is registered, and only
as often as `Allowance` has it, for anybody can send nonsense in the name of a service. Of a sender that is not
registered nothing is kept. Traces live for a week, and no more than the newest of them: where refusals are many they
push out refusals alone. There is no switch: what is kept is bounded, and who needs a trace needs that of yesterday.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select

from idp.access.tables import traces
from idp.kit import compact, ids
from idp.kit.clock import SECOND
from idp.kit.db import addition, own, query
from idp.kit.errors import NotFound
from idp.kit.sweeping import Sweep, before
from idp.kit.units import Unit

KEPT = 7 * 86_400 * SECOND


class Kind(StrEnum):
    SIGN_ON = "sign_on"
    LOGOUT = "logout"


class End(StrEnum):
    """How it ended: the service got what it asked for, or an answer that says why not; a page of ours told the person;
    or the message was not believed."""

    ALLOWED = "allowed"
    DECLINED = "declined"
    DENIED = "denied"
    REFUSED = "refused"


class Step(StrEnum):
    """What is looked at, in this order."""

    MESSAGE = "message"
    SERVICE = "service"
    SIGNATURE = "signature"
    ADDRESSEE = "addressee"
    ADDRESS = "address"
    WISHES = "wishes"
    SESSION = "session"
    DECISION = "decision"
    NAME = "name"
    ONCE = "once"
    ANSWER = "answer"


class Fault(NamedTuple):
    """The field that was wrong; `found` and `expected` as far as they can be said."""

    field: str
    found: str | None = None
    expected: str | list[str] | None = None
    detail: str = ""


class Trace(NamedTuple):
    """`failed` is where it ended, None where it went through; `decision` the reference of what the gate said."""

    reference: str
    at_us: int
    service_id: str
    protocol: str
    kind: Kind
    end: End
    code: str
    decision: str | None = None
    failed: Step | None = None
    fault: Fault | None = None
    request: Mapping[str, Any] | None = None
    answer: Mapping[str, Any] | None = None

    @property
    def steps(self) -> list[tuple[Step, str]]:
        """Each with what came of it."""
        if self.failed is None:
            return [(step, "passed") for step in Step]
        ended = list(Step).index(self.failed)
        results = ["passed"] * ended + ["failed"] + ["not_reached"] * len(Step)
        return list(zip(Step, results, strict=False))


class Kept(NamedTuple):
    """`id` orders traces as they were written."""

    id: str
    trace: Trace


class Wanted(NamedTuple):
    """What a list shows; empty is everything. Instants in microseconds, half-open."""

    service_id: str = ""
    end: str = ""
    from_us: int = 0
    to_us: int = 2**62


class _Row(NamedTuple):
    id: str
    reference: str
    at: int
    service_id: str
    protocol: str
    kind: str
    outcome: str
    code: str
    decision: str | None
    record: bytes


_COLUMNS = [traces.c[name] for name in _Row._fields]
_ADD = addition(traces, _Row)
_FIND = query(
    select(*_COLUMNS)
    .where(own(traces), or_(traces.c.reference == bindparam("reference"), traces.c.decision == bindparam("reference")))
    .order_by(traces.c.id.desc())
    .limit(1),
    _Row,
)
_PAGE = query(
    select(*_COLUMNS)
    .where(
        own(traces),
        or_(bindparam("after") == "", traces.c.id < bindparam("after")),
        traces.c.at >= bindparam("since"),
        traces.c.at < bindparam("until"),
        or_(bindparam("service") == "", traces.c.service_id == bindparam("service")),
        or_(bindparam("wanted") == "", traces.c.outcome == bindparam("wanted")),
    )
    .order_by(traces.c.id.desc())
    .limit(bindparam("limit")),
    _Row,
)


def remember(unit: Unit, trace: Trace) -> None:
    """In the unit of its effect."""
    row = ids.new("trc")
    told = [trace.failed, trace.fault, trace.request, trace.answer]
    record = unit.seal("traces", "record", row, compact.encode(told, list))  # a fault is a tuple of a kind
    kind, end = trace.kind.value, trace.end.value
    unit.append(
        _ADD,
        (row, trace.reference, trace.at_us, trace.service_id, trace.protocol, kind, end, trace.code, trace.decision,
         record),
    )  # fmt: skip


def find(unit: Unit, reference: str) -> Kept:
    """As it is read out, in any case; the newest of that reference. Raises `NotFound`."""
    row = unit.one(_FIND, reference=reference.upper())
    if row is None:
        raise NotFound("trace")
    return _kept(unit, row)


def page(unit: Unit, wanted: Wanted, *, after: str = "", limit: int = 50) -> list[Kept]:
    """Newest first; `after` is the id of the last one seen."""
    rows = unit.all(
        _PAGE,
        after=after,
        since=wanted.from_us,
        until=wanted.to_us,
        service=wanted.service_id,
        wanted=wanted.end,
        limit=limit,
    )
    return [_kept(unit, row) for row in rows]


def _kept(unit: Unit, row: _Row) -> Kept:
    failed, fault, request, answer = compact.decode(unit.open_sealed("traces", "record", row.id, row.record))
    trace = Trace(
        reference=row.reference,
        at_us=row.at,
        service_id=row.service_id,
        protocol=row.protocol,
        kind=Kind(row.kind),
        end=End(row.outcome),
        code=row.code,
        decision=row.decision,
        failed=None if failed is None else Step(failed),
        fault=None if fault is None else Fault(*fault),
        request=request,
        answer=answer,
    )
    return Kept(row.id, trace)


def _beyond(most: int, *, refused: bool) -> Any:
    """Those that are older than the newest `most`."""
    other = traces.alias()
    alike = other.c.outcome == End.REFUSED.value if refused else other.c.outcome != End.REFUSED.value
    oldest = select(other.c.id).where(own(other), alike).order_by(other.c.id.desc()).offset(most - 1).limit(1)
    mine = traces.c.outcome == End.REFUSED.value if refused else traces.c.outcome != End.REFUSED.value
    return and_(mine, traces.c.id < func.coalesce(oldest.scalar_subquery(), ""))


def bounded(*, most: int = 20_000, most_refused: int = 2_000) -> tuple[Sweep, ...]:
    """What is older than a week, or than so many newer ones of a tenant."""
    over = (traces.c.at < before(), _beyond(most, refused=False), _beyond(most_refused, refused=True))
    return (Sweep(traces.c.id, or_(*over), grace=KEPT),)


SWEEPS = bounded()


class Allowance:
    """How often something may be kept that anybody can bring about: a few at once, then one a minute, for each service
    and in each worker. Who exceeds it loses the trace alone; the log has a line for each."""

    def __init__(self, *, burst: int = 20, step_us: int = 60 * SECOND, most: int = 10_000) -> None:
        self._burst_us = burst * step_us
        self._step_us = step_us
        self._most = most
        self._free_at: dict[str, int] = {}

    def take(self, service_id: str, *, now_us: int) -> bool:
        free_at = max(self._free_at.get(service_id, 0), now_us) + self._step_us
        if free_at > now_us + self._burst_us:
            return False
        if len(self._free_at) >= self._most:
            self._free_at.clear()
        self._free_at[service_id] = free_at
        return True
