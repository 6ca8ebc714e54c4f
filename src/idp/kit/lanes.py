"""What a unit of work needs of a database, whichever it is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

EVERY_TENANT = "*"

Values = dict[str, Any] | list[Any]
"""By name on PostgreSQL, by position on SQLite."""


class Lane(Protocol):
    """One connection inside one transaction. `memory` lives as long as the connection and is emptied when a
    transaction fails: it may remember only what that connection itself has written."""

    dialect: str
    id: str
    memory: dict[str, Any]

    def execute(self, sql: str, values: Values) -> Any:
        """A DB-API cursor."""

    def execute_many(self, sql: str, rows: list[Values]) -> None: ...


class Database(Protocol):
    """`scope` is the tenant whose rows the transaction may see, or `EVERY_TENANT`. All raise `Unavailable` within
    about five seconds when the database is down, locked or full."""

    dialect: str

    def transaction(self, scope: str, *, write: bool) -> AbstractContextManager[Lane]:
        """Cold path: blocks the calling thread; commits on leaving, rolls back on an exception."""

    async def read(self, scope: str, work: Callable[[Lane], T]) -> T:
        """Hot path: one consistent snapshot, read only."""

    async def commit(self, scope: str, work: Callable[[Lane], T]) -> T:
        """Hot path: durable when it returns; an exception of `work` undoes its own writes and no one else's."""

    def ping(self) -> None: ...

    def close(self) -> None: ...
