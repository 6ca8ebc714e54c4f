"""Worker processes on shared sockets: started, watched, replaced and ended by one parent that serves nothing itself.

The parent opens the listening sockets once and keeps them, so no connection is refused while workers come and go: what
arrives in between waits in the kernel's queue.
"""

import contextlib
import errno
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType

import structlog

from idp.web.serving import BACKLOG

_PATIENCE = 60.0  # for a worker to become ready
_STABLE = 1.0  # alive for so long after it was ready, a worker that dies is a stroke of fate, not a crash loop
_FIRST_DELAY = 0.25
_LONGEST_DELAY = 30.0
_LONGEST_ONCE_READY = 0.5
_HOPELESS = 4  # deaths in a row before any worker has ever been ready: it will not get better by itself
_GRACE = 1.0  # beyond the drain, before a worker is killed


def listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for an address, or for both loopback addresses when the host is `localhost`.

    Raises OSError, which names the port, when it is taken. Port 0 takes a free one, the same for both.
    """
    hosts = ["127.0.0.1", "::1"] if host == "localhost" else [host]
    sockets: list[socket.socket] = []
    for address in hosts:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            sockets.append(_listening(family, address, sockets[0].getsockname()[1] if sockets else port))
        except OSError as error:
            # A machine without IPv6 still has a localhost.
            if not sockets or error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                for each in sockets:
                    each.close()
                raise
    return sockets


def _listening(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"{error.strerror}: port {port} of {address}; another one can be chosen") from error
    return listener


@dataclass(eq=False)
class _Worker:
    process: subprocess.Popen[bytes]
    announcement: int  # readable when it is ready, ended when it has died
    start_by: float
    ready_since: float | None = None
    leave_by: float | None = None  # it was told to go


class Supervisor:
    """SIGTERM and SIGINT end everything in order, a second one at once; SIGHUP replaces the workers one by one."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        sockets: Sequence[socket.socket],
        workers: int,
        drain_seconds: float = 15,
    ) -> None:
        """`command` must end in `run_worker` with the same `drain_seconds`; told its sockets on its standard input."""
        self._command = list(command)
        self._sockets = list(sockets)
        self._count = workers
        self._drain = drain_seconds
        self._workers: list[_Worker] = []
        self._beside: list[subprocess.Popen[bytes]] = []
        self._outgoing: list[_Worker] = []  # in a rolling restart, those that wait for their successor
        self._deaths = 0  # in a row, without a stable life between them
        self._start_at = 0.0
        self._ever_ready = False
        self._stopping = False
        self._failed = False
        self._selector = selectors.DefaultSelector()
        self._log = structlog.get_logger("idp.supervisor")

    def take_along(self, process: subprocess.Popen[bytes]) -> None:
        """Something that runs beside the workers, and is told to go when they are: so nobody waits for it twice."""
        self._beside.append(process)

    def run(self) -> int:
        """Until told to stop. Returns the exit status: 1 when no worker could ever start."""
        with self._hearing_signals():
            while self._workers or not self._stopping:
                self._bury()
                self._end_patience()
                self._renew()
                self._fill()
                self._wait()
        return 1 if self._failed else 0

    # What a signal asks for

    def _obey(self, number: int) -> None:
        """Between two rounds: in a handler it could come in the middle of starting a worker."""
        if number in (signal.SIGTERM, signal.SIGINT):
            self._stop()
        elif number == signal.SIGHUP:
            self._restart()

    def _stop(self) -> None:
        if self._stopping:
            for worker in self._workers:
                worker.process.kill()
            return
        self._stopping = True
        self._outgoing.clear()
        for listener in self._sockets:
            listener.close()  # what still arrives is refused, not left hanging in a queue that nobody serves
        for process in self._beside:
            process.terminate()
        for worker in self._workers:
            self._dismiss(worker)

    def _restart(self) -> None:
        if not self._stopping:
            self._outgoing = self._staying()

    # The steps of a round

    def _bury(self) -> None:
        for worker in [each for each in self._workers if each.process.poll() is not None]:
            self._workers.remove(worker)
            self._unhear(worker)
            assert worker.process.stdin is not None
            worker.process.stdin.close()
            status = worker.process.returncode
            if worker.leave_by is not None:
                self._log.info("worker left", pid=worker.process.pid, status=status)
                continue
            self._log.error("worker died", pid=worker.process.pid, status=status)
            self._mourn(worker)

    def _mourn(self, worker: _Worker) -> None:
        """When to try again: at once after a stable life, later and later in a crash loop."""
        now = time.monotonic()
        if worker in self._outgoing:
            self._outgoing.remove(worker)
        elif worker.ready_since is None and self._outgoing:
            self._log.error("restart given up: the new worker does not start")
            self._outgoing.clear()
        if worker.ready_since is not None and now - worker.ready_since >= _STABLE:
            self._deaths = 0
            return
        self._deaths += 1
        # One that did start is killed from outside more often than it kills itself: it is wanted back soon.
        longest = _LONGEST_DELAY if worker.ready_since is None else _LONGEST_ONCE_READY
        self._start_at = now + min(_FIRST_DELAY * 2 ** (self._deaths - 1), longest)
        if not self._ever_ready and self._deaths >= _HOPELESS and not self._stopping:
            self._failed = True
            self._stop()

    def _end_patience(self) -> None:
        now = time.monotonic()
        for worker in self._workers:
            late = worker.ready_since is None and now >= worker.start_by
            if late or (worker.leave_by is not None and now >= worker.leave_by):
                worker.process.kill()

    def _renew(self) -> None:
        """A worker goes when one more than wanted is ready."""
        staying = self._staying()
        if self._outgoing and len(staying) > self._count and all(each.ready_since is not None for each in staying):
            self._dismiss(self._outgoing.pop(0))

    def _fill(self) -> None:
        if self._stopping:
            return
        missing = self._count + bool(self._outgoing) - len(self._staying())
        if missing > 0 and time.monotonic() >= self._start_at:
            for _ in range(missing):
                self._workers.append(self._start())

    def _wait(self) -> None:
        settled = not self._stopping and len(self._workers) == self._count and not self._outgoing
        settled = settled and all(each.ready_since is not None for each in self._workers)
        for key, _ in self._selector.select(None if settled else 0.05):
            worker = key.data
            if worker is None:
                for number in os.read(key.fd, 4096):
                    self._obey(number)
            elif os.read(key.fd, 1):
                worker.ready_since = time.monotonic()
                self._ever_ready = True
                self._log.info("worker ready", pid=worker.process.pid)
            else:
                self._unhear(worker)

    # Workers

    def _staying(self) -> list[_Worker]:
        return [each for each in self._workers if each.leave_by is None]

    def _start(self) -> _Worker:
        announcement, announce = os.pipe()
        handed_down = [announce, *(each.fileno() for each in self._sockets)]
        # Its standard input tells it the numbers, and ends when this process does, however that ends.
        process = subprocess.Popen(self._command, pass_fds=handed_down, stdin=subprocess.PIPE)  # noqa: S603 - our own
        os.close(announce)
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died already, and will be found dead
            os.write(process.stdin.fileno(), " ".join(map(str, handed_down)).encode() + b"\n")
        worker = _Worker(process, announcement, start_by=time.monotonic() + _PATIENCE)
        self._selector.register(announcement, selectors.EVENT_READ, worker)
        self._log.info("worker started", pid=process.pid)
        return worker

    def _dismiss(self, worker: _Worker) -> None:
        worker.leave_by = time.monotonic() + self._drain + _GRACE
        worker.process.terminate()

    def _unhear(self, worker: _Worker) -> None:
        if worker.announcement >= 0:
            self._selector.unregister(worker.announcement)
            os.close(worker.announcement)
            worker.announcement = -1

    @contextlib.contextmanager
    def _hearing_signals(self) -> Iterator[None]:
        wakes, wake = os.pipe()
        os.set_blocking(wake, False)
        self._selector.register(wakes, selectors.EVENT_READ, None)
        numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
        before = {number: signal.signal(number, _only_wake) for number in numbers}
        previous = signal.set_wakeup_fd(wake)
        try:
            yield
        finally:
            signal.set_wakeup_fd(previous)
            for number, handler in before.items():
                signal.signal(number, handler)
            self._selector.close()
            os.close(wakes)
            os.close(wake)


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """The number arrives through the wake-up pipe."""
