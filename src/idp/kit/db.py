"""Statements: SQLAlchemy Core, compiled once per dialect to the SQL of the raw driver, checked for their tenant."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import cache, partial
from operator import itemgetter
from typing import Any, Final, Generic, NamedTuple, TypeVar

from sqlalchemy import Boolean, Column, ForeignKey, MetaData, Table, Text, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ColumnElement, Executable, visitors
from sqlalchemy.sql.selectable import FromClause

from idp.kit.scoping import Unscoped, refuse_unscoped

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

R = TypeVar("R")

# Every table of a tenant's data says in its `info` what becomes of the rows of a tenant that is erased (Art. 9.2).
FATE = "on_erasure"
ERASED = {FATE: "erased"}
KEPT = {FATE: "kept"}

# What becomes of a table's rows, whoever's they are, when a database is put back from a backup.
ON_RESTORE = "on_restore"


class OnRestore(StrEnum):
    STAYS = "stays"
    SPENT = "spent"  # may have been used since: taken for used
    WITHDRAWN = "withdrawn"  # may have been withdrawn since: taken for withdrawn, unless the operator knows better


SPENT = {ON_RESTORE: OnRestore.SPENT}
WITHDRAWN = {ON_RESTORE: OnRestore.WITHDRAWN}

SQLITE: Final = "sqlite"
POSTGRESQL = "postgresql"


def tenant_id() -> Column[str]:
    """The first column of every table of a tenant's data, part of its primary key."""
    return Column("tenant_id", Text, ForeignKey("tenants.id"), primary_key=True)


def own(table: FromClause) -> ColumnElement[bool]:
    return table.c.tenant_id == bindparam("tenant_id")


Values = dict[str, Any] | Sequence[Any]
"""By name on PostgreSQL, by position on SQLite."""


class Compiled(NamedTuple):
    """The text, the values that it carries itself, and how all of them are put in the order in which SQLite takes them:
    binding by position costs a fraction of binding by name. None where they go by name. `changes` is the table that it
    writes, or nothing; `tables` are all that it names."""

    text: str
    literals: dict[str, Any]
    in_order: Callable[[dict[str, Any]], Sequence[Any]] | None
    changes: str
    tables: frozenset[str]


class Statement:
    """Compiled on first use and kept."""

    def __init__(self, build: Executable | Callable[[Any], Executable], *, platform: bool) -> None:
        self._build = build
        self.platform = platform
        self.sql: Callable[[str], Compiled] = cache(self._compile)
        """For a dialect."""

    def _compile(self, dialect: str) -> Compiled:
        statement = self.build(dialect)
        if not self.platform:
            refuse_unscoped(statement)
        compiled = statement.compile(dialect=sqlite.dialect(paramstyle="qmark") if dialect == SQLITE else _postgresql())
        asked = {bind.key for bind in compiled.binds.values() if bind.required}
        expanded = compiled.construct_expanded_state(dict.fromkeys(asked))
        literals = {name: value for name, value in expanded.parameters.items() if name not in asked}
        if "tenant_id" in literals and not self.platform:
            raise Unscoped("a statement carries a tenant of its own choice")
        in_order = _in_order(expanded.positiontup) if dialect == SQLITE else None
        changes = "" if statement.is_select else statement.table.name
        tables = frozenset(each.name for each in visitors.iterate(statement) if isinstance(each, Table))
        return Compiled(expanded.statement, literals, in_order, changes, tables)

    def build(self, dialect: str) -> Any:
        """The statement before it is compiled."""
        if isinstance(self._build, Executable):
            return self._build
        return self._build(sqlite if dialect == SQLITE else postgresql)


class Query(Statement, Generic[R]):
    """Gives rows, each made into `row` (a NamedTuple whose fields are the statement's columns, in their order)."""

    def __init__(self, build: Any, row: Callable[..., R], *, platform: bool) -> None:
        super().__init__(build, platform=platform)
        self.make: Callable[[Iterable[Any]], R] = maker(row)
        self.row = row

    def _compile(self, dialect: str) -> Compiled:
        fields = getattr(self.row, "_fields", None)
        columns = self.build(dialect).exported_columns
        names = [str(column.key) for column in columns]
        if fields is not None and list(fields) != names:
            msg = f"{self.row.__name__} has the fields {list(fields)}, the statement the columns {names}"
            raise TypeError(msg)
        truths = [place for place, column in enumerate(columns) if isinstance(column.type, Boolean)]
        if truths:
            self.make = _telling_truths(maker(self.row), truths)
        return super()._compile(dialect)


class Command(Statement):
    """Changes rows and says how many."""


class Addition(Statement):
    """Adds rows that nothing in the same transaction reads: each a `row` (a NamedTuple whose fields are the table's
    columns, in their order, but for the tenant)."""

    def __init__(self, table: Table, row: type[tuple[Any, ...]]) -> None:
        super().__init__(insert(table), platform=False)
        self.columns = tuple(table.c.keys())
        self.row = row

    def _compile(self, dialect: str) -> Compiled:
        fields: tuple[str, ...] = getattr(self.row, "_fields", ())
        if self.columns != ("tenant_id", *fields):
            msg = f"{self.row.__name__} has the fields {list(fields)}, the table the columns {list(self.columns)}"
            raise TypeError(msg)
        return super()._compile(dialect)

    def bound(self, rows: Sequence[tuple[Any, ...]], dialect: str) -> Sequence[Values]:
        """Rows with their tenant, as the dialect takes them."""
        return rows if dialect == SQLITE else [dict(zip(self.columns, row, strict=True)) for row in rows]


def query(statement: Any, row: Callable[..., R], *, platform: bool = False) -> Query[R]:
    return Query(statement, row, platform=platform)


def command(statement: Any, *, platform: bool = False) -> Command:
    return Command(statement, platform=platform)


def addition(table: Table, row: type[tuple[Any, ...]]) -> Addition:
    return Addition(table, row)


def add_new(table: Table, *, platform: bool = False) -> Command:
    """Insert unless a unique key is taken; `unit.run` says 1 or 0, and the transaction lives on."""
    return Command(lambda dialect: dialect.insert(table).on_conflict_do_nothing(), platform=platform)


def _postgresql() -> Any:
    return postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]


def _in_order(names: Sequence[str]) -> Callable[[dict[str, Any]], Sequence[Any]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]  # an `itemgetter` of one gives it bare


def maker(row: Callable[..., R]) -> Callable[[Iterable[Any]], R]:
    """For a NamedTuple what its `_make` does, without counting its columns for each row."""
    if isinstance(row, type) and hasattr(row, "_fields"):
        return partial(tuple.__new__, row)
    return lambda values: row(*values)


def _telling_truths(make: Callable[[Iterable[Any]], R], truths: Sequence[int]) -> Callable[[Iterable[Any]], R]:
    """Of SQLite's 0 and 1 it makes false and true."""

    def made(values: Iterable[Any]) -> R:
        told = list(values)
        for place in truths:
            told[place] = None if told[place] is None else bool(told[place])
        return make(told)

    return made
