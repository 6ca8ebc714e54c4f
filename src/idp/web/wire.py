"""The limits of the wire, and the few bytes that are said below ASGI."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from idp.web.asgi import Fields, Header

STATUS_LINES: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}

_LINE: Final = b"%b: %b\r\n".__mod__
# As numbers: of a byte string the interpreter asks first whether it is one, and is answered by an exception.
_LF, _CR, _NUL = b"\n\r\0"
_FRAMING: Final = frozenset({b"connection", b"content-length", b"transfer-encoding"})


def field_lines(fields: Sequence[Header]) -> bytes:
    """Raises RuntimeError where a line is not one field: a value with a line break would be a second field, or a second
    answer."""
    lines = b"".join(map(_LINE, fields))
    if lines.count(_LF) != len(fields) or lines.count(_CR) != len(fields) or _NUL in lines:
        raise RuntimeError("a header field with a line break or a NUL")
    return lines


@lru_cache(256)
def shared_lines(fields: Fields) -> bytes:
    """Raises RuntimeError as `field_lines`, and where the framing of one answer is said for many."""
    if not _FRAMING.isdisjoint(name for name, _ in fields):
        raise RuntimeError("the framing of an answer is its own")
    return field_lines(fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """What one connection, and all together, may cost this process. Times are in seconds."""

    connections: int = 10_000
    head_bytes: int = 16 * 1024
    head_fields: int = 100
    head_seconds: float = 10
    body_seconds: float = 30
    request_seconds: float = 60
    # Longer than proxies keep their side open (60 by default), so that it is they who close an idle connection: the
    # other way round a request may cross the closing and is lost.
    idle_seconds: float = 75
    # How long a client may go on sending what is no longer read, so that it gets to read its answer before the reset.
    linger_seconds: float = 2
    linger_bytes: int = 1024 * 1024
    # How long an idle connection is kept after the signal to stop, for a request that is already on its way.
    farewell_seconds: float = 0.5
    pipelined: int = 16


def brief_answer(status: int) -> bytes:
    """A whole answer that ends the connection, for requests that never reach the application."""
    text = f"{status} {HTTPStatus(status).phrase}\n".encode("ascii")
    return (
        STATUS_LINES[status]
        + b"content-type: text/plain; charset=utf-8\r\n"
        + b"cache-control: no-store\r\n"
        + b"x-content-type-options: nosniff\r\n"
        + b"connection: close\r\n"
        + b"content-length: %d\r\n\r\n" % len(text)
        + text
    )
