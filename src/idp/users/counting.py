"""How many IDs have existed at once: kept as it changes, for what is charged by the most in a month.

By the hour, not by the change: an import of thousands leaves one row. Whoever takes or frees a seat holds the tenant's
row of seats, so that changes of one tenant are noted one after the other. No person is in it, and it outlives them all.
"""

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, case, func, select

from idp.kit.clock import SECOND
from idp.kit.db import command, own, query
from idp.kit.units import Unit
from idp.users.tables import seat_counts, seats

HOUR = 3600 * SECOND


class _Count(NamedTuple):
    number: int | None


def _note(dialect: Any) -> Any:
    now = select(seats.c.tenant_id, bindparam("hour", type_=BigInteger), seats.c.used, seats.c.used).where(own(seats))
    statement = dialect.insert(seat_counts).from_select(["tenant_id", "hour", "peak", "used"], now)
    used = statement.excluded.used
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "hour"],
        set_={"used": used, "peak": case((used > seat_counts.c.peak, used), else_=seat_counts.c.peak)},
    )


_NOTE = command(_note)
_BEFORE = query(
    select(seat_counts.c.used.label("number"))
    .where(own(seat_counts), seat_counts.c.hour < bindparam("first"))
    .order_by(seat_counts.c.hour.desc())
    .limit(1),
    _Count,
)
_WITHIN = query(
    select(func.max(seat_counts.c.peak).label("number")).where(
        own(seat_counts), seat_counts.c.hour >= bindparam("first"), seat_counts.c.hour < bindparam("end")
    ),
    _Count,
)


def note(unit: Unit) -> None:
    """In the transaction that changed the number of seats, after it."""
    unit.run(_NOTE, hour=unit.now_us // HOUR)


def peak(unit: Unit, from_us: int, until_us: int) -> int:
    """The most IDs that existed at once in `[from_us, until_us)`, which begins and ends on whole hours of UTC."""
    first, end = from_us // HOUR, until_us // HOUR
    found = (unit.one(_BEFORE, first=first), unit.one(_WITHIN, first=first, end=end))
    return max((row.number or 0 for row in found if row is not None), default=0)
