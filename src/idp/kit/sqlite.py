"""The embedded database: WAL, every commit on disk before it is acknowledged, one writer at a time.

Hot writes are handed to one thread, which lets the units of work that wait at the same moment share one transaction
and one fsync, each in a savepoint of its own: a unit that fails undoes only itself, while an error that ends the
transaction (disk full, I/O) fails them all. Hot reads run inline on a connection of their own: under WAL they wait
for nobody.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from idp.kit import db, ids
from idp.kit.errors import Unavailable
from idp.kit.turnstile import Turnstile

T = TypeVar("T")

_BATCH = 128
_QUEUE = 4096
_PRAGMAS = (
    "PRAGMA busy_timeout=4000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA wal_autocheckpoint=4000",
)


class SqliteLane:
    dialect = db.SQLITE

    def __init__(self, path: Path, *, write: bool) -> None:
        self.id = ids.new("lane")
        self.memory: dict[str, Any] = {}
        self.raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        for pragma in _PRAGMAS:
            self.raw.execute(pragma)
        self._turnstile = Turnstile(path) if write else None
        if not write:
            self.raw.execute("PRAGMA query_only=ON")
        self.execute = self.raw.execute

    def execute_many(self, sql: str, rows: list[dict[str, Any]]) -> None:
        self.raw.executemany(sql, rows)

    def begin(self) -> None:
        if self._turnstile is None:
            self.raw.execute("BEGIN")
            return
        self._turnstile.enter()
        try:
            self.raw.execute("BEGIN IMMEDIATE")
        except BaseException:
            self._turnstile.leave()
            raise

    def commit(self) -> None:
        try:
            self.raw.execute("COMMIT")
        except BaseException:
            self.rollback()
            raise
        if self._turnstile is not None:
            self._turnstile.leave()

    def rollback(self) -> None:
        self.memory.clear()
        if self.raw.in_transaction:
            with suppress(sqlite3.Error):
                self.raw.execute("ROLLBACK")
        if self._turnstile is not None:
            self._turnstile.leave()

    def close(self) -> None:
        self.raw.close()
        if self._turnstile is not None:
            self._turnstile.close()


class _Job(NamedTuple):
    work: Callable[[SqliteLane], Any]
    answer: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


class Sqlite:
    dialect = db.SQLITE

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: dict[bool, queue.LifoQueue[SqliteLane]] = {True: queue.LifoQueue(), False: queue.LifoQueue()}
        self._reader: SqliteLane | None = None
        self._writer: _Writer | None = None
        self._starting = threading.Lock()

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
            except BaseException:
                lane.rollback()
                raise
            else:
                lane.commit()
            finally:
                self._idle[write].put(lane)

    async def read(self, scope: str, work: Callable[[SqliteLane], T]) -> T:  # noqa: ARG002
        with _translated():
            lane = self._reader = self._reader or SqliteLane(self._path, write=False)
            lane.raw.execute("BEGIN")
            try:
                return work(lane)
            finally:
                lane.raw.execute("COMMIT")

    async def commit(self, scope: str, work: Callable[[SqliteLane], T]) -> T:  # noqa: ARG002
        writer = self._writer or self._start_writer()
        result: T = await writer.submit(work)
        return result

    def ping(self) -> None:
        with self.transaction("", write=False) as lane:
            lane.execute("SELECT 1 FROM alembic_version").fetchone()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.stop()
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

    def _start_writer(self) -> "_Writer":
        with self._starting:
            if self._writer is None:
                self._writer = _Writer(self._path)
            return self._writer


class _Writer:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[SqliteLane], T]) -> "asyncio.Future[T]":
        if self._stopped or self._jobs.qsize() > _QUEUE:
            raise Unavailable("the database is closed, or too many units of work wait for it")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(work, answer, loop))
        return answer

    def stop(self) -> None:
        """What was handed in before is still done."""
        self._stopped = True
        self._jobs.put(None)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        lane: SqliteLane | None = None
        while (first := self._jobs.get()) is not None:
            batch = [first]
            try:
                lane = lane or SqliteLane(self._path, write=True)
                lane.begin()
                self._gather(batch)
                answers = _run_batch(lane, batch)
            except (sqlite3.Error, Unavailable) as error:
                self._gather(batch)  # they have waited as long, and would fail alike
                answers = [_down(error) for _ in batch]
            except BaseException as error:
                answers = [error for _ in batch]
            _deliver(batch, answers)
        if lane is not None:
            lane.close()

    def _gather(self, batch: list[_Job]) -> None:
        """Whoever has come while we waited for our turn goes along."""
        with suppress(queue.Empty):
            while len(batch) < _BATCH:
                job = self._jobs.get_nowait()
                if job is None:
                    self._jobs.put(None)
                    break
                batch.append(job)


def _run_batch(lane: SqliteLane, batch: list[_Job]) -> list[Any]:
    try:
        answers = [_in_savepoint(lane, job.work) for job in batch]
    except BaseException:
        lane.rollback()
        raise
    lane.commit()
    return answers


def _in_savepoint(lane: SqliteLane, work: Callable[[SqliteLane], Any]) -> Any:
    """The result of `work`, or the exception that undid it; raises only when the transaction itself is lost."""
    lane.execute("SAVEPOINT unit")
    try:
        result = work(lane)
    except Exception as error:
        if not lane.raw.in_transaction:
            raise _down(error) from error
        lane.memory.clear()
        lane.execute("ROLLBACK TO unit")
        result = _down(error) if isinstance(error, sqlite3.OperationalError) else error
    lane.execute("RELEASE unit")
    return result


def _deliver(batch: list[_Job], answers: list[Any]) -> None:
    """One wake-up of the event loop for the whole batch."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for job, answer in zip(batch, answers, strict=True):
        by_loop.setdefault(job.loop, []).append((job.answer, answer))
    for loop, settled in by_loop.items():
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_settle, settled)


def _settle(settled: list[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, answer in settled:
        if future.done():
            continue
        if isinstance(answer, BaseException):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _down(error: Exception) -> Unavailable:
    return Unavailable(f"sqlite: {error}")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise _down(error) from error
