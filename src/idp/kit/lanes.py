"""What a unit of work needs of a database, whichever it is."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from idp.kit.db import Addition, Query, Values
from idp.kit.ids import TenantId
from idp.kit.sealing import Box

T = TypeVar("T")

EVERY_TENANT = "*"


class Lane(Protocol):
    """One connection inside one transaction.

    `memory` lives as long as the connection and is emptied when a transaction fails: it may remember only what that
    connection itself has written. `seen` is what was read, while nobody can have written to it since, and `boxes` are
    the keys that this transaction has begun to use. `appended` are rows that nothing in the transaction reads: they are
    written before the commit, those of a kind together, by `flush`.
    """

    dialect: str
    id: str
    memory: dict[str, Any]
    seen: dict[Query[Any], dict[Any, Any]]
    boxes: dict[TenantId, Box]
    appended: defaultdict[Addition, list[tuple[Any, ...]]]

    def execute(self, sql: str, values: Values) -> Any:
        """A DB-API cursor."""

    def execute_many(self, sql: str, rows: Sequence[Values]) -> None: ...

    def start_afresh(self) -> None:
        """Another one begins."""
        self.seen.clear()
        self.boxes.clear()

    def outdate(self, table: str) -> None:
        """It is written to."""
        for query, rows in self.seen.items():
            if rows and table in query.sql(self.dialect).tables:
                rows.clear()

    def flush(self) -> None:
        for addition, rows in self.appended.items():
            compiled = addition.sql(self.dialect)
            self.outdate(compiled.changes)
            self.execute_many(compiled.text, addition.bound(rows, self.dialect))
        self.appended.clear()

    def replan(self) -> None:
        """Tables have grown: a plan that was made while they were small may read all of one for each row."""
        return

    def forget(self) -> None:
        """Something was undone, perhaps what these hang on."""
        self.memory.clear()
        self.appended.clear()
        self.start_afresh()


class Database(Protocol):
    """`scope` is the tenant whose rows the transaction may see, or `EVERY_TENANT`. All raise `Unavailable` within
    about five seconds when the database is down, locked or full."""

    dialect: str

    def transaction(self, scope: str, *, write: bool) -> AbstractContextManager[Lane]:
        """Cold path: blocks the calling thread; commits on leaving, rolls back on an exception."""

    async def read(self, scope: str, work: Callable[[Lane], T]) -> T:
        """Hot path: one consistent snapshot, read only."""

    def commit(self, scope: str, work: Callable[[Lane], T]) -> Awaitable[T]:
        """Hot path: durable when it returns; an exception of `work` undoes its own writes and no one else's."""

    def ping(self) -> None: ...

    def close(self) -> None: ...
