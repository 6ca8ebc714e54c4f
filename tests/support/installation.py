"""An installation of Warifu as processes of its own, reached only by what is documented.

`demo` fills a data directory and serves it; `serve` continues such a directory, also several times beside one another.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from tests.support.processes import tree

ROOT = Path(__file__).parents[2]
PASSWORD = "demo-Passw0rd!"
READY_WITHIN = 30.0
ENDS_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Program:
    """A process that was started here, and the file that it writes to."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-30:]
        return f"; the end of {self.log.name}:\n" + "\n".join(lines)

    def end(self) -> None:
        """SIGTERM; fails when the process or anything below it outlives the time that is documented."""
        members = tree(self.pid)
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDS_WITHIN)
        survivors = [member for member in members if tree(member)]
        for survivor in survivors:
            os.kill(survivor, signal.SIGKILL)
        self.process.wait()
        assert not survivors, f"{survivors} outlived SIGTERM by {ENDS_WITHIN} s{self.last_words()}"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Installation:
    """`settings` are the environment that a further `serve` of the same directory needs."""

    port: int
    data_dir: Path
    api_key: str
    settings: Mapping[str, str]
    program: Program

    @property
    def base_url(self) -> str:
        return self.settings["IDP_BASE_URL"]

    @property
    def issuer(self) -> str:
        return f"{self.base_url}/t/aoba"

    def call(self, method: str, path: str, body: object = None) -> Reply:
        """One request to the admin API; `path` begins after `/api/v1`."""
        url = f"http://127.0.0.1:{self.port}/api/v1{path}"
        headers = {"authorization": f"Bearer {self.api_key}", "host": self.base_url.partition("://")[2]}
        answer = httpx2.request(method, url, headers=headers, json=body, timeout=30, trust_env=False)
        return Reply(answer.status_code, answer.json() if answer.content else None, dict(answer.headers))

    def add_service(self, name: str, **oidc: object) -> dict[str, Any]:
        """A new OIDC service of `aoba`, open to all its IDs: what the API answered under `oidc`, secret included."""
        asked = {"name": name, "protocol": "oidc", "assignment_required": False, "oidc": oidc}
        reply = self.call("POST", "/tenants/aoba/services", asked)
        assert reply.status == 201, reply
        registered: dict[str, Any] = reply.body["oidc"]
        return registered

    def contract(self, tenant: str = "aoba") -> dict[str, Any]:
        """The tenant's contract for the identity product, which is the one that the demo makes active."""
        page = self.call("GET", "/contracts").body
        found: dict[str, Any] = next(item for item in page["items"] if item["tenant"] == tenant)
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo(
    data_dir: Path,
    *,
    workers: int = 1,
    settings: Mapping[str, str] | None = None,
    before: Sequence[str] = (),
) -> Iterator[Installation]:
    """`idp demo` on a free port, ready; ended by SIGTERM. `before` is put in front of the command (taskset …)."""
    port = free_port()
    key_file = data_dir.parent / f"{data_dir.name}.api-key"
    own = {"IDP_RATE_LIMITS": "observe", "IDP_ENVIRONMENT": "test", **(settings or {})}
    command = [
        *("demo", "--port", str(port), "--data-dir", str(data_dir)),
        *("--api-key-file", str(key_file), "--workers", str(workers)),
    ]
    with _running([*before, *_idp(), *command], own, log=data_dir.parent / f"{data_dir.name}.demo.log") as program:
        wait_until_ready(port, program)
        continued = {**own, "IDP_BASE_URL": f"http://localhost:{port}", "IDP_DATA_DIR": str(data_dir)}
        yield Installation(port, data_dir, key_file.read_text().strip(), continued, program)


@contextmanager
def serve(
    left: Installation,
    *,
    workers: int = 1,
    port: int | None = None,
    before: Sequence[str] = (),
) -> Iterator[Installation]:
    """`idp serve` on the directory that a demo left, ready; on another port than its base URL's when one is given."""
    bound = port or left.port
    settings = {**left.settings, "IDP_BIND": f"127.0.0.1:{bound}", "IDP_WORKERS": str(workers)}
    log = left.data_dir.parent / f"{left.data_dir.name}.serve-{bound}.log"
    with _running([*before, *_idp(), "serve"], settings, log=log) as program:
        wait_until_ready(bound, program)
        yield Installation(bound, left.data_dir, left.api_key, left.settings, program)


def wait_until_ready(port: int, program: Program, *, within: float = READY_WITHIN) -> float:
    """Seconds it took from now until readiness was green; fails when the process ends or the time is over."""
    begun = time.monotonic()
    while time.monotonic() - begun < within:
        ended = program.process.poll()
        assert ended is None, f"ended with {ended} before it was ready{program.last_words()}"
        if is_ready(port):
            return time.monotonic() - begun
        time.sleep(0.01)
    raise AssertionError(f"not ready within {within} s{program.last_words()}")


def is_ready(port: int, kept: ExitStack | None = None) -> bool:
    """Whether one request on a connection of its own finds readiness green; the connection lasts as long as `kept`."""
    with ExitStack() as here:
        try:
            line = (kept or here).enter_context(socket.create_connection(("127.0.0.1", port), timeout=2))
            line.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return line.recv(64).split(b" ")[1:2] == [b"200"]
        except OSError:
            return False


def run(settings: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command of `idp` to its end, at most a minute, with the settings of an installation."""
    return subprocess.run(
        [*_idp(), *arguments],
        env=_environment(settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _idp() -> list[str]:
    return [sys.executable, "-m", "idp"]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")}
    return {**inherited, **settings}


@contextmanager
def _running(command: list[str], settings: Mapping[str, str], *, log: Path) -> Iterator[Program]:
    with log.open("ab") as output:
        program = Program(
            subprocess.Popen(
                command, env=_environment(settings), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            ),
            log,
        )
    try:
        yield program
    finally:
        program.end()
