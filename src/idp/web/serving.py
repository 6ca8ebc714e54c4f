"""One worker: uvicorn's server around our protocol, on sockets that somebody else opened."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

import uvicorn

from idp.web.asgi import App
from idp.web.protocol import Protocol
from idp.web.wire import WireLimits

BACKLOG = 2048

# Requests leave few cycles behind; to look for them every seven hundred objects costs more than they do.
_COLLECT_EVERY = 20_000

# Descriptors for everything that is not a client: databases, keys, logs, outbound calls.
_RESERVED_FILES = 256


class Server(uvicorn.Server):
    """Watches over the patience of its connections, and leaves in order."""

    def __init__(
        self,
        app: App,
        *,
        limits: WireLimits,
        drain_seconds: float,
        ready: int | None = None,
    ) -> None:
        """`ready` is a file descriptor that is written to once connections are taken."""
        config = uvicorn.Config(
            cast("Any", app),
            http=cast("Any", partial(Protocol, limits=limits)),
            loop="uvloop",
            ws="none",
            lifespan="on",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,  # uvicorn would believe whatever loopback forwards
            server_header=False,
            backlog=BACKLOG,
        )
        super().__init__(config)
        self._drain_seconds = drain_seconds
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready is not None:
            os.write(self._ready, b"1")
            os.close(self._ready)

    async def on_tick(self, counter: int) -> bool:
        """uvicorn calls it ten times a second. To look at every connection now and then costs less than a timer for
        each request, which would be set and cancelled several times.
        """
        if counter % 2 == 0:
            self._expire()
        return await super().on_tick(counter)

    def _expire(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in [each for each in self._protocols() if each.due <= now]:
            connection.expire()

    def _protocols(self) -> set[Protocol]:
        return cast("set[Protocol]", self.server_state.connections)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Takes no new connection, finishes what is being answered, and after `drain_seconds` leaves regardless."""
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        for connection in list(self._protocols()):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        end = loop.time() + self._drain_seconds
        while (self.server_state.connections or self.server_state.tasks) and loop.time() < end and not self.force_exit:
            await asyncio.sleep(0.02)
            self._expire()
        for connection in list(self._protocols()):
            connection.break_away()
        for task in list(self.server_state.tasks):
            task.cancel()
        await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Unlike uvicorn's, does not raise the signal again at the end: to have left in order is success."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)


def run_worker(
    app: App,
    *,
    sockets: Sequence[socket.socket] = (),
    limits: WireLimits | None = None,
    drain_seconds: float = 15,
) -> None:
    """Serves until SIGTERM or SIGINT, or until the supervisor is gone.

    `sockets` are listening already. None means those of a supervisor, whose numbers stand on the standard input, after
    that of the descriptor to which a worker writes when it is ready.
    """
    limits = limits or WireLimits()
    ready = None
    if not sockets:
        # The supervisor writes one line, and holds its end open for as long as it lives.
        lifeline = sys.stdin.fileno()
        ready, *listening = map(int, os.read(lifeline, 4096).split())
        sockets = [socket.socket(fileno=number) for number in listening]
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the terminal's farewell is for the supervisor to hear
        _live_no_longer_than(lifeline, grace=drain_seconds + 1)
    limits = _within_files(limits)
    # What was built so far lives as long as the process; the collector need not look at it again.
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY)
    Server(app, limits=limits, drain_seconds=drain_seconds, ready=ready).run(list(sockets))


def _within_files(limits: WireLimits) -> WireLimits:
    """As many connections as the process may have files open; raises the soft limit as far as it goes first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.connections + _RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        limits = replace(limits, connections=min(limits.connections, max(soft - _RESERVED_FILES, soft // 2)))
    return limits


def _live_no_longer_than(lifeline: int, *, grace: float) -> None:
    """Ends this process when the other end of the pipe is closed, that is when its supervisor has died.

    A thread, so that an event loop that hangs cannot keep an orphan alive on the sockets of the next server.
    """

    def watch() -> None:
        os.read(lifeline, 1)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(grace)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
