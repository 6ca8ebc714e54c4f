"""One transaction and one fsync for the units of work that wait at the same moment, each in a savepoint of its own.

The statements run on the event loop's own thread and only what waits leaves it: for the disk, and for another writer's
turn. A thread of its own for the statements would have to take the interpreter's lock back from the loop after each of
them, which costs more than the statement.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from idp.kit.aside import Aside
from idp.kit.errors import Unavailable
from idp.kit.lanes import Lane

T = TypeVar("T")

_BATCH: Final = 128
_QUEUE: Final = 4096
_ROUNDS: Final = 2  # from a request's arrival to its unit


class WriteLane(Lane, Protocol):
    raw: sqlite3.Connection

    def try_begin(self) -> bool: ...

    def begin(self) -> None: ...

    def start_over(self) -> None:
        """Undo the transaction and begin it again, in the same turn; raises when it is lost already."""

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


_Job = tuple[Callable[[Any], Any], "asyncio.Future[Any]"]
"""A unit of work and its answer."""


class GroupCommit:
    """Of one event loop. `open_lane` is called when there is something to write; `aside` does the waiting."""

    def __init__(self, open_lane: Callable[[], WriteLane], aside: Aside) -> None:
        self._open_lane = open_lane
        self._aside = aside
        self._loop = asyncio.get_running_loop()
        self._lane: WriteLane | None = None
        self._waiting: deque[_Job] = deque()
        self._running: asyncio.Task[None] | None = None
        self.failed = False  # the last batch, for a reason that lies in the database

    def submit(self, work: Callable[[Any], T]) -> "asyncio.Future[T]":
        """Raises `Unavailable` when too many wait already."""
        if len(self._waiting) >= _QUEUE:
            raise Unavailable("too many units of work wait for the database")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append((work, answer))
        if self._running is None:
            self._running = self._loop.create_task(self._run())
        return answer

    def close(self) -> None:
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._lull()
                await self._commit_some()
        finally:
            self._running = None

    async def _lull(self) -> None:
        """Lets units join that are on their way already, since a commit costs hardly more for many than for one: the
        loop goes round, without waiting, until it brings no more."""
        rounds, known = 0, len(self._waiting)
        while rounds < _ROUNDS and known < _BATCH:
            await asyncio.sleep(0)
            rounds = rounds + 1 if len(self._waiting) == known else 0
            known = len(self._waiting)

    async def _commit_some(self) -> None:
        batch: list[_Job] = []
        try:
            lane = self._lane = self._lane or self._open_lane()
            if not lane.try_begin():
                await self._aside.do(lane.begin)
            self._gather(batch, most=_BATCH)
            answers = _run(lane, batch)
            await self._aside.do(lane.commit)
            self.failed = False
        except Exception as error:
            self._gather(batch, most=_QUEUE)  # they have waited as long, and would fail alike
            self.failed = True
            answers = [down(error) for _ in batch]  # one for each: a traceback is its raiser's own
        _settle(batch, answers)

    def _gather(self, batch: list[_Job], *, most: int) -> None:
        while self._waiting and len(batch) < most:
            batch.append(self._waiting.popleft())


def down(error: Exception) -> Unavailable:
    return Unavailable(f"sqlite: {error}")


def _run(lane: WriteLane, batch: list[_Job]) -> list[Any]:
    """The results, or the exceptions that undid single units; raises when the transaction itself is lost.

    Hardly ever does a unit fail, and a savepoint for each costs as much as a statement: so first without, and once
    more with them when one has failed. Units bear being run again; until the commit nothing of them is seen.
    """
    try:
        try:
            answers = [work(lane) for work, _ in batch]
            lane.flush()
        except Exception:
            lane.start_over()
            answers = [_in_savepoint(lane, work) for work, _ in batch]
    except BaseException:
        lane.rollback()
        raise
    return answers


def _in_savepoint(lane: WriteLane, work: Callable[[Any], Any]) -> Any:
    """The result of `work`, or the exception that undid it; raises only when the transaction itself is lost."""
    lane.raw.execute("SAVEPOINT unit")
    try:
        result = work(lane)
        lane.flush()
    except Exception as error:
        if not lane.raw.in_transaction:
            raise down(error) from error
        lane.forget()
        lane.raw.execute("ROLLBACK TO unit")
        result = down(error) if isinstance(error, sqlite3.OperationalError) else error
    lane.raw.execute("RELEASE unit")
    return result


def _settle(batch: list[_Job], answers: list[Any]) -> None:
    for (_, waiting), answer in zip(batch, answers, strict=True):
        if waiting.done():
            continue  # whoever asked has left
        if isinstance(answer, BaseException):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)
