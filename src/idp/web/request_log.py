"""The one line that is written about a request: never its path, query, headers or body."""

import asyncio
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, TextIO

import structlog

from idp.kit.clock import machine_ns, rfc3339

_PATIENCE: Final = 0.02  # seconds in which lines wait for company: a write for each costs more than the line


class Line(NamedTuple):
    """`size` is that of the answer's body in bytes; `address` is None unless addresses are to be logged."""

    reference: str
    method: str
    endpoint: str | None
    status: int
    ms: float
    size: int
    address: str | None


RequestLog = Callable[[Line], None]


class StructuredLog:
    """By structlog, as it was configured when this was made."""

    def __init__(self) -> None:
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.web").bind()

    def __call__(self, line: Line) -> None:
        facts = line._asdict()
        facts["bytes"] = facts.pop("size")
        if line.address is None:
            del facts["address"]
        self._log.info("request", **facts)


class JsonLines:
    """The line that structlog's JSON renderer would write, at a fifth of the cost: it is on every hot path."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._second = -1
        self._date_and_time = ""
        self._waiting: list[str] = []

    def __call__(self, line: Line) -> None:
        reference, method, endpoint, status, ms, size, address = line
        second, micros = divmod(machine_ns() // 1000, 1_000_000)
        if second != self._second:
            self._second = second
            self._date_and_time = rfc3339(second * 1_000_000).removesuffix("Z")
        origin = "" if address is None else f', "address": {_quoted(address)}'
        self._write(
            f'{{"reference": "{reference}", {_whereto(method, endpoint)}, '
            f'"status": {status}, "ms": {ms}{origin}, "bytes": {size}, "event": "request", "level": "info", '
            f'"timestamp": "{self._date_and_time}.{micros:06d}Z"}}\n'
        )

    def _write(self, line: str) -> None:
        self._waiting.append(line)
        if len(self._waiting) > 1:
            return
        try:
            asyncio.get_running_loop().call_later(_PATIENCE, self.flush)
        except RuntimeError:  # outside an event loop nobody would come by again
            self.flush()

    def flush(self) -> None:
        """What waits, in one write."""
        text = "".join(self._waiting)
        self._waiting.clear()
        self._stream.write(text)
        self._stream.flush()


@lru_cache(1024)
def _whereto(method: str, endpoint: str | None) -> str:
    return f'"method": {_quoted(method)}, "endpoint": {_quoted(endpoint)}'


def _quoted(text: str | None) -> str:
    """Escaped as JSON: should anybody outside ever choose one of these, it still stays in its line."""
    return json.dumps(text)
