"""One thread that waits in an event loop's stead: for a disk, for a turn. A pool would keep books on each wait."""

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from idp.kit.errors import Unavailable


class _Wait(NamedTuple):
    work: Callable[[], object]
    done: "asyncio.Future[None]"
    loop: asyncio.AbstractEventLoop


class Aside:
    def __init__(self, name: str) -> None:
        self._waits: queue.SimpleQueue[_Wait | None] = queue.SimpleQueue()
        self._running = threading.Thread(target=self._run, name=name, daemon=True)
        self._starting = threading.Lock()
        self._closed = False

    async def do(self, work: Callable[[], object]) -> None:
        """Raises what `work` raises; it is done even if nobody waits for it any more."""
        if self._closed:
            raise Unavailable("the database is closed")
        with self._starting:
            if not self._running.ident:
                self._running.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waits.put(_Wait(work, done, loop))
        await done

    def close(self) -> None:
        """What was handed in before is still done."""
        self._closed = True
        if self._running.ident:
            self._waits.put(None)
            self._running.join()

    def _run(self) -> None:
        while (wait := self._waits.get()) is not None:
            error: BaseException | None = None
            try:
                wait.work()
            except BaseException as raised:
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                wait.loop.call_soon_threadsafe(_settle, wait.done, error)


def _settle(done: "asyncio.Future[None]", error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)
