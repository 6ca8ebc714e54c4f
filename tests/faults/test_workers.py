"""Workers that die, hang, cannot start or are told to go, under a supervisor in a process of its own."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

SUPERVISOR = """
import structlog, sys
from idp.cli.supervisor import Supervisor, listen
structlog.configure(
    processors=[structlog.processors.JSONRenderer()], logger_factory=structlog.PrintLoggerFactory(file=sys.stderr)
)
worker, workers = sys.argv[1], int(sys.argv[2])
sockets = listen("localhost", 0)
print(sockets[0].getsockname()[1], flush=True)
sys.exit(Supervisor([sys.executable, "-c", worker], sockets=sockets, workers=workers, drain_seconds=4).run())
"""

WORKER = """
import asyncio, os, sys, time
from idp.web.asgi import respond
from idp.web.serving import run_worker

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})
    elif scope["path"] == "/hang":
        time.sleep(600)
    else:
        await asyncio.sleep(float(scope["query_string"] or 0))
        await respond(send, 200, (), b"%d" % os.getpid())

run_worker(app, drain_seconds=4)
"""


@dataclass
class Served:
    process: subprocess.Popen
    port: int
    log: Path

    def ask(self, path: str = "/", *, timeout: float = 5) -> int | None:
        """The worker's process id, or None when nobody answered."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as sock:
                sock.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                raw = b"".join(iter(lambda: sock.recv(65536), b""))
        except OSError:
            return None
        return int(raw.rpartition(b"\r\n\r\n")[2]) if raw.startswith(b"HTTP/1.1 200") else None

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in children.split()}

    def until(self, condition, *, seconds: float = 3) -> float:
        """The seconds until the condition held."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < seconds, self.log.read_text()[-3000:]
            time.sleep(0.02)
        return time.monotonic() - began

    def settle(self) -> set[int]:
        """Waits until both workers serve."""

        def settled() -> bool:
            ready = re.findall(r'"pid": (\d+), "event": "worker ready"', self.log.read_text())
            return len(self.workers()) == 2 and self.workers() <= set(map(int, ready))

        self.until(settled, seconds=8)
        return self.workers()

    def ready(self) -> int:
        return self.log.read_text().count("worker ready")

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """The exit status, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(10)
        return status, time.monotonic() - began


@contextlib.contextmanager
def supervised(tmp_path: Path, *, worker: str = WORKER, workers: int = 2) -> Iterator[Served]:
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, worker, str(workers)],
            stdout=subprocess.PIPE,
            stderr=output,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
    assert process.stdout is not None
    served = Served(process, int(process.stdout.readline()), log)
    try:
        yield served
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with supervised(tmp_path_factory.mktemp("served")) as served:
        served.settle()
        yield served


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[Served]:
    """For tests after which nothing is left."""
    with supervised(tmp_path) as served:
        served.settle()
        yield served


def test_both_loopback_addresses_are_served(served) -> None:
    for host in ("127.0.0.1", "::1"):
        with socket.create_connection((host, served.port), timeout=2) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert sock.recv(100).startswith(b"HTTP/1.1 200")


def test_a_killed_worker_is_back_at_once_and_no_request_is_refused_meanwhile(served) -> None:
    (victim, other) = served.settle()
    time.sleep(1)  # stable
    ready = served.ready()
    os.kill(victim, signal.SIGKILL)
    assert served.until(lambda: len(served.workers() - {victim}) == 2) < 2
    while served.ready() == ready:
        assert served.ask() in served.workers()
    assert other in served.workers()


def test_all_workers_killed_at_once_are_back_within_three_seconds(served) -> None:
    victims = served.settle()
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    assert served.until(lambda: (served.ask() or 0) in served.workers() - victims) < 3


def test_a_stop_finishes_what_is_being_answered_and_does_not_wait_for_idle_clients(ending) -> None:
    with contextlib.ExitStack() as idle, ThreadPoolExecutor() as clients:
        for number in range(20):
            sock = idle.enter_context(socket.create_connection(("127.0.0.1", ending.port), timeout=5))
            sock.sendall(
                b"GET / HTTP/1.1\r\nHost: a\r\n" + b"\r\n" * (number % 2)
            )  # idle after an answer, or in a head
        working = clients.submit(ending.ask, "/?0.8")
        time.sleep(0.2)
        status, seconds = ending.end()
        assert working.result() is not None
    assert status == 0
    assert seconds < 3
    assert ending.ask() is None


def test_a_stop_does_not_wait_beyond_the_drain_for_anybody(ending) -> None:
    with ThreadPoolExecutor() as clients:
        slow, hanging = clients.submit(ending.ask, "/?600"), clients.submit(ending.ask, "/hang", timeout=10)
        time.sleep(0.2)
        status, seconds = ending.end(signal.SIGINT)
        assert (slow.result(), hanging.result()) == (None, None)
    assert status == 0
    assert 3 < seconds < 9


def test_a_rolling_restart_replaces_every_worker_and_loses_no_request(served) -> None:
    before = served.settle()
    left = served.log.read_text().count("worker left")
    answered, lost = set(), 0
    with ThreadPoolExecutor() as clients:
        served.process.send_signal(signal.SIGHUP)
        while served.log.read_text().count("worker left") < left + 2:
            batch = [clients.submit(served.ask) for _ in range(8)]
            answers = [future.result() for future in batch]
            lost += answers.count(None)
            answered.update(answers)
    assert lost == 0
    assert not before & served.workers()
    assert len(served.workers()) == 2
    assert answered - before


def test_workers_do_not_outlive_their_supervisor_and_free_the_port(ending) -> None:
    workers = ending.workers()
    with ThreadPoolExecutor() as clients:
        clients.submit(ending.ask, "/hang", timeout=10)
        time.sleep(0.2)
        ending.process.kill()
        ending.process.wait()
        ending.until(lambda: not any(_is_alive(pid) for pid in workers), seconds=10)
    socket.create_server(("127.0.0.1", ending.port)).close()


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_a_worker_that_cannot_start_is_tried_later_and_later_and_then_given_up(tmp_path) -> None:
    began = time.monotonic()
    with supervised(tmp_path, worker="import sys; sys.exit(7)", workers=1) as served:
        assert served.process.wait(10) == 1
    assert 1.7 < time.monotonic() - began < 6
    assert len(re.findall(r'"status": 7, "event": "worker died"', served.log.read_text())) == 4


def test_a_crash_loop_after_a_first_start_backs_off_and_is_never_given_up(tmp_path) -> None:
    flag = tmp_path / "broken"
    worker = f"import os, sys\nif os.path.exists({str(flag)!r}): sys.exit(7)\n" + WORKER
    with supervised(tmp_path, worker=worker, workers=1) as served:
        served.until(lambda: served.ready() == 1, seconds=8)
        flag.touch()
        os.kill(*served.workers(), signal.SIGKILL)
        time.sleep(1.8)
        deaths = served.log.read_text().count("worker died")
        assert 3 <= deaths <= 5
        flag.unlink()
        served.until(lambda: served.ready() == 2, seconds=6)
        assert served.ask() in served.workers()


def test_a_restart_with_a_worker_that_cannot_start_keeps_the_old_ones(tmp_path) -> None:
    flag = tmp_path / "broken"
    worker = f"import os, sys\nif os.path.exists({str(flag)!r}): sys.exit(7)\n" + WORKER
    with supervised(tmp_path, worker=worker, workers=1) as served:
        served.until(lambda: served.ready() == 1, seconds=8)
        (old,) = served.workers()
        flag.touch()
        served.process.send_signal(signal.SIGHUP)
        served.until(lambda: "restart given up" in served.log.read_text())
        assert served.ask() == old
        time.sleep(0.5)
        assert served.workers() == {old}
