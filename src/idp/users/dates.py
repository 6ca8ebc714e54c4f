"""The ends of IDs as they are stored, and what is done when one comes: what was signed in ends, and is told of it.

That an ID has ended, decisions see by the clock; nothing of that waits for what is done here.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, or_, select, update

from idp import audit, delivery, tenants
from idp.audit import Event
from idp.kit.clock import rfc3339
from idp.kit.db import command, own, query
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.users.frames import Frame, frame
from idp.users.model import Identity
from idp.users.tables import users
from idp.users.validity import Span, Validity, next_look

ENDS = "ids.end"
"""In the outbox, to the tenant: IDs whose `last_day` is near."""
_AT_ONCE = 200


class DueEnds(NamedTuple):
    """IDs of one tenant with something to do about their ends at one instant."""

    tenant_id: TenantId
    at_us: int


class _Ending(NamedTuple):
    id: str
    valid_until: str | None
    ends_at: int | None
    stops_at: int | None


_DUE = query(
    select(users.c.tenant_id, users.c.look_at.label("at_us"))
    .where(
        users.c.look_at <= bindparam("upto"),
        or_(
            users.c.look_at > bindparam("after_us"),
            and_(users.c.look_at == bindparam("after_us"), users.c.tenant_id > bindparam("after_tenant")),
        ),
    )
    .distinct()
    .order_by(users.c.look_at, users.c.tenant_id)
    .limit(bindparam("limit")),
    DueEnds,
    platform=True,
)
_LOOKED_FOR = query(
    select(users.c.id, users.c.valid_until, users.c.ends_at, users.c.stops_at)
    .where(own(users), users.c.look_at == bindparam("at"))
    .order_by(users.c.id)
    .limit(_AT_ONCE),
    _Ending,
)
_LOOK_AGAIN = command(
    update(users)
    .where(own(users), users.c.id == bindparam("user"), users.c.look_at == bindparam("at"))
    .values(look_at=bindparam("next"))
)
_END = command(
    update(users)
    .where(own(users), users.c.id == bindparam("user"), users.c.look_at == bindparam("at"))
    .values(look_at=bindparam("next"), generation=users.c.generation + 1, version=users.c.version + 1)
)


_STOP = command(
    update(users)
    .where(own(users), users.c.id == bindparam("user"))
    .values(
        starts_at=bindparam("new_starts_at"),
        ends_at=bindparam("new_ends_at"),
        stops_at=bindparam("new_stops_at"),
        look_at=bindparam("new_look_at"),
        version=users.c.version + 1,
    )
)


class Spans:
    """What follows from the dates of many; the tenant is asked once, and only if there are any."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._frame: Frame | None = None

    def columns(self, validity: Validity, stops_at: int | None = None) -> dict[str, Any]:
        """`stops_at` is the first instant planned from which nobody gets in."""
        first, last = validity
        span, look_at = Span(), None
        if first is not None or last is not None:
            asked = self._frame = self._frame or frame(self._unit)
            span = _stopped(validity.instants(asked.zone), stops_at)
            look_at = _look(asked, last, span, self._unit.now_us)
        elif stops_at is not None:
            span, look_at = Span(None, stops_at), stops_at if stops_at > self._unit.now_us else None
        return {
            "valid_from": None if first is None else first.isoformat(),
            "valid_until": None if last is None else last.isoformat(),
            **span._asdict(),
            "stops_at": stops_at,
            "look_at": look_at,
        }


def stop_at(unit: Unit, identity: Identity, at_us: int | None) -> None:
    """From that instant on nobody gets in with it; None: no longer so."""
    columns = Spans(unit).columns(identity.validity, at_us)
    kept = {name: columns[name] for name in ("starts_at", "ends_at", "stops_at", "look_at")}
    unit.run(_STOP, user=identity.id, **{f"new_{name}": value for name, value in kept.items()})


def due_ends(unit: Unit, *, after: tuple[int, str], upto: int, limit: int) -> list[DueEnds]:
    """In a unit of the platform, in order, beyond the instant and the tenant of `after`."""
    return unit.all(_DUE, after_us=after[0], after_tenant=after[1], upto=upto, limit=limit)


def end_due(unit: Unit, at_us: int) -> bool:
    """Some of what is due at this instant: False when there is nothing left. Whoever comes second finds nothing."""
    tenants.touch(unit)
    found = unit.all(_LOOKED_FOR, at=at_us)
    if found:
        _do(unit, found, at_us)
    return len(found) == _AT_ONCE


def _do(unit: Unit, found: Sequence[_Ending], at_us: int) -> None:
    asked = frame(unit)
    near: dict[str, list[str]] = {}
    for each in found:
        span = Span(None, each.ends_at)
        last = None if each.valid_until is None else date.fromisoformat(each.valid_until)
        ended = span.has_ended(at_us)
        again = _look(asked, last, span, at_us)
        if not unit.run(_END if ended else _LOOK_AGAIN, user=each.id, at=at_us, next=again):
            continue
        if ended and each.stops_at != each.ends_at:  # what was planned says itself what it does
            audit.record(unit, Event.USER_ENDED, subject=each.id, ended_at=rfc3339(at_us))
        elif not ended and each.valid_until is not None and not span.has_ended(unit.now_us):
            near.setdefault(each.valid_until, []).append(each.id)
    for valid_until, ids in sorted(near.items()):
        payload = {"last_day": valid_until, "ids_ending": str(len(ids)), "users": ids}
        delivery.enqueue(unit, ENDS, receiver="tenant", payload=payload)


def _look(asked: Frame, last: date | None, span: Span, now_us: int) -> int | None:
    return next_look(last, span, asked.zone, reminder_days=asked.staffing.reminder_days, now_us=now_us)


def _stopped(span: Span, stops_at: int | None) -> Span:
    ends = [at_us for at_us in (span.ends_at, stops_at) if at_us is not None]
    return span._replace(ends_at=min(ends, default=None))
