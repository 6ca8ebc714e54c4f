"""An application called in this process, as the server calls it: nothing is normalised on the way."""

import asyncio
import base64
import json
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, quote_plus, unquote, urlencode, urlsplit

from idp.web.asgi import App, Message, Scope

T = TypeVar("T")

FORM = "application/x-www-form-urlencoded"
Fields = Mapping[str, str | None] | Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Those that come once; no name of ours may come twice, cookies apart."""
        single = [field for field in self.fields if field[0] != "set-cookie"]
        assert len(dict(single)) == len(single), single
        return dict(single)

    @property
    def cookies(self) -> list[str]:
        return [value for name, value in self.fields if name == "set-cookie"]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def query(self) -> dict[str, str]:
        """What a redirect carries to the service; no name twice."""
        pairs = parse_qsl(urlsplit(self.location).query, keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), self.location
        return dict(pairs)

    @property
    def fragment(self) -> dict[str, str]:
        """What a redirect carries to the browser's own page; no name twice."""
        pairs = parse_qsl(urlsplit(self.location).fragment, keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), self.location
        return dict(pairs)

    def json(self) -> Any:
        return json.loads(self.body)


# What a worker of a test could not answer: nothing that attackers try may ever bring that about.
FAILED: list[Answer] = []


class Running:
    """One worker: the application between its start and its end, on an event loop that moves only when it is called."""

    def __init__(self, app: App, *, host: str, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._host = host
        self.loop = loop
        self.caller = "133.11.0.1"
        self._ended = asyncio.Event()
        self._lifespan = loop.create_task(self._live())

    def close(self) -> None:
        async def end() -> None:
            self._ended.set()
            await self._lifespan

        self.loop.run_until_complete(end())

    async def _live(self) -> None:
        begun: list[bool] = []

        async def receive() -> Message:
            if begun:
                await self._ended.wait()
                return {"type": "lifespan.shutdown"}
            begun.append(True)
            return {"type": "lifespan.startup"}

        async def send(message: Message) -> None:
            assert message["type"].endswith(".complete"), message

        await self._app({"type": "lifespan"}, receive, send)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def call(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
        return self.run(self.send(method, target, headers, body))

    async def send(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """`target` is what stands on the request line; `headers` in lower case, `host` unless it is given."""
        named = {"host": self._host, **(headers or {})}
        if body:
            named.setdefault("content-length", str(len(body)))
        return await self.exchange(
            method, target, [(name.encode(), value.encode("latin-1")) for name, value in named.items()], body
        )

    async def exchange(self, method: str, target: str, fields: list[tuple[bytes, bytes]], body: bytes = b"") -> Answer:
        path, _, query = target.partition("?")
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": fields,
            "server": ("127.0.0.1", 8080),
            "client": (self.caller, 50_000),
            "state": {},
        }
        sent: list[Message] = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        start, *pieces = sent
        answered = tuple((name.decode(), value.decode("latin-1")) for name, value in start["headers"])
        answer = Answer(start["status"], answered, b"".join(piece.get("body", b"") for piece in pieces))
        if answer.status >= 500:
            FAILED.append(answer)
        return answer


def encoded(fields: Fields) -> bytes:
    """As a form; a field that is None is left out."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    return urlencode([(name, value) for name, value in pairs if value is not None]).encode()


def basic(client_id: str, secret: str) -> str:
    """RFC 6749 2.3.1: each half form-encoded, then joined."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
