"""Many requests at once over keep-alive connections, with the instants at which each began and was answered."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.support.relying import Request

ANSWERED_WITHIN = 15.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`began` and `ended` on the machine's monotonic clock: before the first byte was sent, after the last came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    began: float
    ended: float

    def json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.body)
        return told


class Line:
    """One connection to one port; `host` is the name asked for, which need not be where the port is.

    A line that breaks raises `OSError` or `EOFError` once and connects anew for the next request.
    """

    def __init__(self, port: int, host: str) -> None:
        self._port = port
        self._host = host
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> "Line":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()

    def drop(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    async def send(self, request: Request) -> Answer:
        try:
            async with asyncio.timeout(ANSWERED_WITHIN):
                return await self._exchange(request)
        except BaseException:
            self.drop()
            raise

    async def _exchange(self, request: Request) -> Answer:
        reader, writer = await self.connect()
        lines = [f"{request.method} {request.path} HTTP/1.1", f"host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in request.headers]
        if request.method != "GET":
            lines.append(f"content-length: {len(request.body)}")
        began = time.monotonic()
        writer.write("\r\n".join([*lines, "", request.body]).encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
        body = await _body(reader, headers)
        ended = time.monotonic()
        if headers.get("connection", "").lower() == "close":
            self.drop()
        return Answer(int(head[0].split()[1]), headers, body, began, ended)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", "0")))
    parts = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)
