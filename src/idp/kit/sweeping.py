"""What is long over, found and deleted in small steps.

A table is walked along its key, `STEP` rows at a time: however many rows live in it, one look reads and one deletion
locks no more than these, and no index is needed beside the primary key's.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, BindParameter, Column, bindparam, delete, select, update
from sqlalchemy.sql import ColumnElement

from idp.kit.db import command, own, query
from idp.kit.units import Unit

STEP = 500


class _Row(NamedTuple):
    key: Any
    over: bool | None


class Seen(NamedTuple):
    """A stretch of the table up to the key `last`, and whether anything in it is over; `whole`: more may follow."""

    last: Any
    over: bool
    whole: bool


def before() -> BindParameter[int]:
    """The instant, in microseconds, that a row must lie behind to be over; it carries the sweep's own grace."""
    return bindparam("before", type_=BigInteger)


class Sweep:
    """Rows of one table that nobody can need any more: those for which `over` holds, a condition on `before()`. They
    are deleted, or where something of them must stay, `cleared` of the rest."""

    def __init__(
        self,
        key: Column[Any],
        over: ColumnElement[bool],
        *,
        grace: int,
        start: Any = "",
        clock: Callable[[], int] | None = None,
        cleared: Mapping[str, Any] | None = None,
    ) -> None:
        """`key` orders the table and is unique enough to walk along; `start` lies before all keys; `grace` is in
        microseconds; `clock` where the rows go by another time than the unit's; `cleared` are columns with what they
        become."""
        self.start = start
        self._grace = grace
        self._clock = clock
        further = (own(key.table), key > bindparam("after"))
        self._look = query(select(key.label("key"), over.label("over")).where(*further).order_by(key).limit(STEP), _Row)
        stretch = (*further, key <= bindparam("upto"), over)
        self._delete = command(
            delete(key.table).where(*stretch)
            if cleared is None
            else update(key.table).where(*stretch).values(**cleared)
        )

    def look(self, unit: Unit, after: Any) -> Seen | None:
        """The stretch behind `after`; None at the end of the table."""
        rows = unit.all(self._look, after=after, before=self._before(unit))
        if not rows:
            return None
        return Seen(rows[-1].key, any(row.over for row in rows), len(rows) == STEP)

    def delete(self, unit: Unit, after: Any, upto: Any) -> int:
        """What is over behind `after`, up to and with `upto`, deleted or cleared; doing it twice does no harm."""
        return unit.run(self._delete, after=after, upto=upto, before=self._before(unit))

    def _before(self, unit: Unit) -> int:
        return (self._clock() if self._clock else unit.now_us) - self._grace
