"""PostgreSQL, for many workers and machines: READ COMMITTED and conditional writes, on the primary only.

Each transaction takes an unprivileged role and names the tenant whose rows it may see; row-level security is the wall
behind the statements' own. Transactions of concurrent requests are not joined: they run on a few connections, and the
server shares their fsyncs.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors as pg
from psycopg.pq import TransactionStatus
from psycopg_pool import ConnectionPool, PoolTimeout

from idp.kit import db, ids
from idp.kit.clock import monotonic
from idp.kit.db import Values
from idp.kit.errors import Unavailable
from idp.kit.lanes import Lane

T = TypeVar("T")

ROLE: Final = "warifu_tenant"
TENANTS: Final = "idp.tenants"
_SCOPE: Final = re.compile(r"\*|[a-z0-9_]{1,64}")
_THREADS: Final = 6
_OPTIONS: Final = "-c statement_timeout=4500 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=30000"
_TICK: Final = 0.1
_WAIT: Final = 2.0  # seconds for a connection
_PATIENCE: Final = 5.0  # seconds for any answer: a server that is stopped, or cut off, sends no error
_DOWN: Final = (psycopg.OperationalError, psycopg.InterfaceError, pg.ReadOnlySqlTransaction, PoolTimeout)
_PASSING: Final = (pg.LockNotAvailable, pg.QueryCanceled, pg.DeadlockDetected, pg.SerializationFailure)


class PostgresLane(Lane):
    dialect = db.POSTGRESQL

    def __init__(self, raw: "psycopg.Connection[Any]") -> None:
        self.id = ids.new("lane")
        self.memory = {}
        self.seen = {}
        self.boxes = {}
        self.appended = defaultdict(list)
        self.raw = raw
        # Without the role the login's own rights count; FORCE ROW LEVEL SECURITY still holds for a table's owner.
        found = raw.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'MEMBER')", (ROLE,)
        ).fetchone()
        self._role = f"SET LOCAL ROLE {ROLE};" if found else ""

    def execute(self, sql: str, values: Values) -> Any:
        return self.raw.execute(sql, values)

    def execute_many(self, sql: str, rows: Sequence[Values]) -> None:
        with self.raw.cursor() as cursor:
            cursor.executemany(sql, rows)

    def begin(self, scope: str, *, write: bool) -> None:
        if not _SCOPE.fullmatch(scope):
            msg = f"{scope!r} is no scope"
            raise ValueError(msg)
        self.start_afresh()
        mode = "BEGIN" if write else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        self.raw.execute(f"{mode}; {self._role} SET LOCAL {TENANTS} = '{scope}'")

    def replan(self) -> None:
        self.raw.execute("DISCARD PLANS")

    def commit(self) -> None:
        # after an error that somebody caught, COMMIT would roll back and report no error
        if self.raw.info.transaction_status is not TransactionStatus.INTRANS:
            raise Unavailable("postgresql: the transaction was lost before its commit")
        self.raw.execute("COMMIT")

    def rollback(self) -> None:
        self.forget()
        with suppress(psycopg.Error):
            self.raw.execute("ROLLBACK")


class _Connection(psycopg.Connection[Any]):
    lane: PostgresLane | None = None

    def wait(self, gen: Any, interval: float = _TICK, timeout: float | None = _PATIENCE) -> Any:
        return super().wait(gen, interval, timeout)


class Postgres:
    dialect = db.POSTGRESQL

    def __init__(self, url: str) -> None:
        self._pool = ConnectionPool(
            url,
            connection_class=_Connection,
            min_size=1,
            max_size=_THREADS + 4,
            timeout=_WAIT,
            reconnect_timeout=_WAIT,  # then whoever asks next tries anew, so we are back as soon as the server is
            open=False,
            kwargs={"autocommit": True, "connect_timeout": 2, "options": _OPTIONS, "application_name": "warifu"},
        )
        self._closed = False
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="postgres")

    @contextmanager
    def transaction(self, scope: str, *, write: bool) -> Iterator[PostgresLane]:
        with _translated():
            self._pool.open()
            raw, lane = self._begin(scope, write=write)
            try:
                yield lane
                lane.flush()
                lane.commit()
            except BaseException:
                lane.rollback()
                raise
            finally:
                self._pool.putconn(raw)

    async def read(self, scope: str, work: Callable[[PostgresLane], T]) -> T:
        return await self._in_thread(scope, work, write=False)

    async def commit(self, scope: str, work: Callable[[PostgresLane], T]) -> T:
        return await self._in_thread(scope, work, write=True)

    async def _in_thread(self, scope: str, work: Callable[[PostgresLane], T], *, write: bool) -> T:
        def run() -> T:
            with self.transaction(scope, write=write) as lane:
                return work(lane)

        if self._closed:
            raise Unavailable("postgresql: the database is closed")
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.get_running_loop().run_in_executor(self._threads, run)
        except TimeoutError:
            raise Unavailable("postgresql: no answer in time") from None

    def ping(self) -> None:
        with self.transaction("*", write=False) as lane:
            lane.execute("SELECT 1 FROM alembic_version", {}).fetchone()

    def close(self) -> None:
        self._closed = True
        self._threads.shutdown(cancel_futures=True)
        self._pool.close()

    def _begin(self, scope: str, *, write: bool) -> tuple[_Connection, PostgresLane]:
        """BEGIN is the proof that a connection lives: one that the server ended meanwhile is replaced unseen."""
        until = monotonic() + _WAIT
        while True:
            raw = self._pool.getconn()
            try:
                lane = raw.lane = raw.lane or PostgresLane(raw)
                lane.begin(scope, write=write)
            except BaseException:
                self._pool.putconn(raw)
                if not raw.closed or monotonic() > until:
                    raise
                self._pool.drain()  # those that lay idle beside it have most likely died with it
            else:
                return raw, lane


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (*_PASSING, *_DOWN) as error:
        raise Unavailable(f"postgresql: {type(error).__name__}: {error}") from error
