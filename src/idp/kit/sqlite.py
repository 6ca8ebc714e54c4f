"""The embedded database: WAL, every commit on disk before it is acknowledged, one writer at a time.

Hot writes share transactions (`group_commit`): a unit that fails undoes only itself, while an error that ends the
transaction (disk full, I/O) fails them all. Hot reads run inline on a connection of their own: under WAL they wait
for nobody.
"""

import asyncio
import queue
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import NoneType
from typing import Final, TypeVar

from idp.kit import db, ids
from idp.kit.aside import Aside
from idp.kit.db import Values
from idp.kit.errors import Unavailable
from idp.kit.group_commit import GroupCommit, down
from idp.kit.lanes import Lane
from idp.kit.turnstile import Turnstile

T = TypeVar("T")

_PATIENCE: Final = 4000  # milliseconds, with writers that know nothing of turns
_PRAGMAS: Final = (
    f"PRAGMA busy_timeout={_PATIENCE}",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA wal_autocheckpoint=4000",
)


def _bind_as_they_are() -> None:
    """Bytes and NULL are what SQLite takes, but the module asks them for a conversion at each binding, and two of its
    three questions are answered by an exception: both are told to stay what they are."""
    sqlite3.register_adapter(bytes, bytes)
    sqlite3.register_adapter(NoneType, {None: None}.__getitem__)


class SqliteLane(Lane):
    dialect = db.SQLITE

    def __init__(self, path: Path, *, write: bool, hot: bool = False) -> None:
        self.id = ids.new("lane")
        self.memory = {}
        self.seen = {}
        self.boxes = {}
        self.appended = defaultdict(list)
        self.raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        for pragma in _PRAGMAS:
            self.raw.execute(pragma)
        self._turnstile = Turnstile(path) if write else None
        if not write:
            self.raw.execute("PRAGMA query_only=ON")
        self._hot = hot
        self._version = (0,)
        if hot:
            self.raw.execute("PRAGMA busy_timeout=0")

    def execute(self, sql: str, values: Values = ()) -> sqlite3.Cursor:
        return self.raw.execute(sql, values)

    def execute_many(self, sql: str, rows: Sequence[Values]) -> None:
        self.raw.executemany(sql, rows)

    def begin(self) -> None:
        if self._turnstile is None:
            self.start_afresh()
            self.raw.execute("BEGIN")
            return
        self._turnstile.enter()
        try:
            if self._hot:
                self.raw.execute(f"PRAGMA busy_timeout={_PATIENCE}")
            self.raw.execute("BEGIN IMMEDIATE")
            if self._hot:
                self.raw.execute("PRAGMA busy_timeout=0")
            self._look_about()
        except BaseException:
            self.rollback()
            raise

    def try_begin(self) -> bool:
        """False when it would have to wait; needs a hot lane."""
        if self._turnstile is None or not self._turnstile.try_enter():
            return False
        try:
            self.raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._turnstile.leave()
            return False
        self._look_about()
        return True

    def _look_about(self) -> None:
        """What was seen still holds unless another connection has committed since; until the end of this transaction
        nobody else can."""
        self.boxes.clear()
        version = self.raw.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version = version
            self.seen.clear()

    def start_over(self) -> None:
        self.forget()
        self.raw.execute("ROLLBACK")
        self.raw.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        try:
            self.raw.execute("COMMIT")
        except BaseException:
            self.rollback()
            raise
        if self._turnstile is not None:
            self._turnstile.leave()

    def rollback(self) -> None:
        self.forget()
        if self.raw.in_transaction:
            with suppress(sqlite3.Error):
                self.raw.execute("ROLLBACK")
        if self._turnstile is not None:
            self._turnstile.leave()

    def close(self) -> None:
        self.raw.close()
        if self._turnstile is not None:
            self._turnstile.close()


class Sqlite:
    dialect = db.SQLITE

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: dict[bool, queue.LifoQueue[SqliteLane]] = {True: queue.LifoQueue(), False: queue.LifoQueue()}
        self._reader: SqliteLane | None = None
        self._groups: dict[asyncio.AbstractEventLoop, GroupCommit] = {}
        self._aside = Aside("sqlite-commit")
        self._closed = False
        _bind_as_they_are()

    @contextmanager
    def transaction(self, scope: str, *, write: bool) -> Iterator[SqliteLane]:  # noqa: ARG002 - RLS is PostgreSQL's
        with _translated():
            lane = self._take(write=write)
            try:
                lane.begin()
            except BaseException:
                lane.close()
                raise
            try:
                yield lane
                lane.flush()
            except BaseException:
                lane.rollback()
                raise
            else:
                lane.commit()
            finally:
                self._idle[write].put(lane)

    async def read(self, scope: str, work: Callable[[SqliteLane], T]) -> T:  # noqa: ARG002
        try:
            lane = self._reader = self._reader or SqliteLane(self._path, write=False)
            lane.begin()
            try:
                return work(lane)
            finally:
                lane.raw.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise down(error) from error

    def commit(self, scope: str, work: Callable[[SqliteLane], T]) -> Awaitable[T]:  # noqa: ARG002
        if self._closed:
            raise Unavailable("the database is closed")
        group = self._groups.get(asyncio.get_running_loop()) or self._new_group()
        return group.submit(work)

    def ping(self) -> None:
        # A disk that is full, or a file that somebody holds, still reads well: after a write that failed, only one that
        # succeeds counts.
        failed = [group for group in self._groups.values() if group.failed]
        with self.transaction("", write=bool(failed)) as lane:
            lane.execute("SELECT 1 FROM alembic_version").fetchone()
            if failed:
                lane.execute("UPDATE alembic_version SET version_num = version_num")
        for group in failed:
            group.failed = False

    def close(self) -> None:
        self._closed = True
        self._aside.close()
        for group in self._groups.values():
            group.close()
        if self._reader is not None:
            self._reader.close()
        for idle in self._idle.values():
            while not idle.empty():
                idle.get().close()

    def _take(self, *, write: bool) -> SqliteLane:
        try:
            return self._idle[write].get_nowait()
        except queue.Empty:
            return SqliteLane(self._path, write=write)

    def _new_group(self) -> GroupCommit:
        group = GroupCommit(lambda: SqliteLane(self._path, write=True, hot=True), self._aside)
        self._groups[asyncio.get_running_loop()] = group
        return group


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise down(error) from error
