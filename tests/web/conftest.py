"""A real server on a real socket, and a client that can say what no honest one would."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from idp.web.asgi import App, Receive, Scope, Send, json_response
from idp.web.forms import read_body
from idp.web.serving import Server
from idp.web.wire import WireLimits


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        values = [value for field, value in self.headers if field == name]
        assert len(values) < 2, f"{name} is said twice"
        return values[0] if values else None

    def json(self) -> dict:
        return json.loads(self.body)


def _read_answer(wire: socket.socket) -> Answer | None:
    """None when the connection was closed without an answer."""
    raw = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := wire.recv(65536):
            raw += chunk
    if not raw:
        return None
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines)]
    return Answer(int(first.split(" ")[1]), headers, body)


@dataclass
class Wire:
    """One server; each call is a connection of its own, ended by us after what was sent."""

    port: int
    log: list[dict] = field(default_factory=list)

    def connect(self, *, timeout: float = 5) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def logged(self, answer: Answer) -> list[dict]:
        """The lines about the request that was answered so; the last of them is written after the answer."""
        end = time.monotonic() + 2
        while time.monotonic() < end:
            lines = [line for line in self.log if line.get("reference") == answer.header("x-request-id")]
            if any(line["event"] == "request" for line in lines):
                return lines
            time.sleep(0.001)
        pytest.fail("nothing was logged")

    def say(self, raw: bytes) -> Answer | None:
        with self.connect() as wire:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                wire.sendall(raw)
            return _read_answer(wire)

    def ask(
        self,
        path: str,
        *headers: str,
        method: str = "GET",
        host: str | None = "idp.example",
        body: bytes = b"",
    ) -> Answer | None:
        lines = [f"{method} {path} HTTP/1.1", *([f"Host: {host}"] if host is not None else []), *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: close")
        return self.say("\r\n".join([*lines, "", ""]).encode("latin-1") + body)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells what a door would see."""
    body = await read_body(receive, limit=10_000_000)
    state = scope["state"]
    seen = {
        "path": scope["path"],
        "scheme": scope["scheme"],
        "client": scope["client"],
        "address": state["client_address"],
        "reference": state["reference"],
        "endpoint": state.get("endpoint"),
        "tenant": state.get("tenant_slug"),
        "method": scope["method"],
        "fields": [name.decode() for name, _ in scope["headers"]],
        "table": [name.decode() for name in state["headers"]],
        "length": len(body),
    }
    await json_response(send, 200, seen)


def _living(app: App) -> App:
    """Takes part in start and end, as the real application does."""

    async def living(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await app(scope, receive, send)
            return
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})

    return living


@contextlib.contextmanager
def _serving(app: App, *, drain_seconds: float = 1, **limits: float) -> Iterator[Wire]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(_living(app), limits=WireLimits(**limits), drain_seconds=drain_seconds)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield Wire(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def serving() -> Callable[[App], contextlib.AbstractContextManager[Wire]]:
    return _serving


@pytest.fixture(scope="session")
def echoing() -> App:
    return echo
