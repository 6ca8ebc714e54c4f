"""Every table's rows, read page by page out of one snapshot and written into another database.

The values are those of JSON, the same from both databases: bytes in base64, booleans as such.
"""

import base64
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Boolean, LargeBinary, MetaData, Table, bindparam, delete, insert, select, tuple_

from idp.kit.db import FATE, ON_RESTORE, POSTGRESQL, Command, OnRestore, Query, command, query
from idp.kit.units import Unit

_PAGE = 200  # rows of some tables hold a picture each
_REVISION = "SELECT version_num FROM alembic_version"

Row = list[Any]


class Shelf(NamedTuple):
    """One table, and the statements on all of its rows."""

    table: Table
    first: Query[Row]
    further: Query[Row]
    add: Command
    clear: Command

    @property
    def name(self) -> str:
        return str(self.table.name)

    @property
    def columns(self) -> list[str]:
        return [str(column.name) for column in self.table.c]

    @property
    def fate(self) -> object:
        return self.table.info.get(FATE)

    @property
    def on_restore(self) -> OnRestore:
        return OnRestore(self.table.info.get(ON_RESTORE, OnRestore.STAYS))

    def rows(self, unit: Unit) -> Iterator[Row]:
        """Needs a unit of the platform; in the order of the primary key, as the database sorts."""
        places = [self.columns.index(str(column.name)) for column in self.table.primary_key]
        page = unit.all(self.first, limit=_PAGE)
        while page:
            yield from (self._shown(row) for row in page)
            after = {f"after_{at}": page[-1][place] for at, place in enumerate(places)}
            page = unit.all(self.further, limit=_PAGE, **after) if len(page) == _PAGE else []

    def has_more_than(self, unit: Unit, rows: int) -> bool:
        return len(unit.all(self.first, limit=rows + 1)) > rows

    def load(self, unit: Unit, rows: Sequence[Row]) -> None:
        columns = self.columns
        unit.run_many(self.add, [dict(zip(columns, self._stored(row), strict=True)) for row in rows])

    def _shown(self, row: Row) -> Row:
        return [to_json(column, value) for column, value in zip(self.table.c, row, strict=True)]

    def _stored(self, row: Row) -> Row:
        return [from_json(column, value) for column, value in zip(self.table.c, row, strict=True)]


@cache
def shelves(metadata: MetaData, tables: int) -> tuple[Shelf, ...]:  # noqa: ARG001 - made anew when more are loaded
    """Those that others refer to first."""
    return tuple(_shelf(table) for table in metadata.sorted_tables)


def revision(unit: Unit) -> str:
    """Of the schema, as the unit's snapshot has it."""
    return str(unit.lane.execute(_REVISION, {}).fetchone()[0])


def take_ownership(unit: Unit) -> None:
    """For the rest of the transaction: the role of other transactions may not write over what is only added to."""
    if unit.lane.dialect == POSTGRESQL:
        unit.lane.execute("RESET ROLE", {})


def _shelf(table: Table) -> Shelf:
    key = list(table.primary_key)
    after = tuple_(*key) > tuple_(*(bindparam(f"after_{at}", type_=column.type) for at, column in enumerate(key)))
    in_order = select(table).order_by(*key).limit(bindparam("limit"))
    return Shelf(
        table,
        query(in_order, _row, platform=True),
        query(in_order.where(after), _row, platform=True),
        command(insert(table), platform=True),
        command(delete(table), platform=True),
    )


def _row(*values: Any) -> Row:
    return list(values)


def to_json(column: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64encode(value).decode()
    return bool(value) if isinstance(column.type, Boolean) else value


def from_json(column: Any, value: Any) -> Any:
    return base64.b64decode(value) if value is not None and isinstance(column.type, LargeBinary) else value
