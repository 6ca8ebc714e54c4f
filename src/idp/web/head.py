"""The head of a request, field by field as the parser finds it: bounded, and in one reading only (RFC 9112)."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from idp.web.asgi import Header, Scope
from idp.web.wire import WireLimits

_LONGEST_KEPT: Final = 2048
_ABSOLUTE: Final = re.compile(rb"(?i:https?)://(?P<host>[^/?#@]+)(?P<rest>(?:/.*)?)")
_WATCHED: Final = frozenset({b"host", b"transfer-encoding", b"expect"})


class Spoken(NamedTuple):
    """A request as it came, in one piece: a client that keeps its connection says the same head again and again.

    Between two requests the parser remembers nothing, so equal bytes are read equally: they need not be read again.
    """

    head: bytes
    size: int  # of its body
    scope: Scope

    def again(self, data: bytes) -> bytes | None:
        """The body, where `data` is one request with the same head and a body of the same length."""
        if len(data) != len(self.head) + self.size or not data.startswith(self.head):
            return None
        return data[len(self.head) :]


def spoken(data: bytes, size: int, scope: Scope) -> Spoken | None:
    """None for what does not end with its body, and for heads that are not worth keeping for a whole connection."""
    length = data.find(b"\r\n\r\n") + 4
    if length + size != len(data) or length > _LONGEST_KEPT:
        return None
    return Spoken(data[:length], size, {**scope})


class HeadRefused(Exception):
    """Leaves a callback of the parser; the status is what the client is told."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Head:
    """One for each connection; `clear` begins the next request."""

    __slots__ = ("_closed", "_left", "_limits", "_most", "expects_continue", "headers", "url")

    def __init__(self, limits: WireLimits) -> None:
        self._limits = limits
        self._most = limits.head_fields
        self.clear()

    def clear(self) -> None:
        self.url = b""
        self.headers: list[Header] = []
        self.expects_continue = False
        self._closed = False
        self._left = self._limits.head_bytes

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self._limits.head_bytes:
            raise HeadRefused(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._left -= len(name) + len(value) + 4
        if self._left < 0 or len(self.headers) >= self._most:
            # Trailers would join the fields of a request that has been judged already, X-Forwarded-For among them.
            raise HeadRefused(400 if self._closed else 431)
        name = name.lower()
        if name in _WATCHED:
            self._watch(name, value)
        self.headers.append((name, value))

    def _watch(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            if any(other == b"host" for other, _ in self.headers):  # 3.2
                raise HeadRefused(400)
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked":  # 6.1
                raise HeadRefused(501)
        elif name == b"expect":
            if value.lower() != b"100-continue":  # RFC 9110 10.1.1
                raise HeadRefused(417)
            self.expects_continue = True

    def close(self, version: str) -> tuple[str, bytes, bytes]:
        """Judges the whole. The path decoded, the path as it came, and the query."""
        self._closed = True
        self._left = 0
        if version not in ("1.1", "1.0"):
            raise HeadRefused(505)
        if version == "1.0" and any(name == b"transfer-encoding" for name, _ in self.headers):
            raise HeadRefused(400)  # 6.1: framing that an old proxy in front will not have understood
        url = self.url if self.url.startswith(b"/") else self._of_absolute()
        if b"#" in url:
            raise HeadRefused(400)
        raw_path, _, query = url.partition(b"?")
        path = raw_path.decode("ascii")
        return unquote(path) if "%" in path else path, raw_path, query

    def _of_absolute(self) -> bytes:
        """3.2.2. It names a host beside the Host field: taken where both are the same, so that no reader of one of them
        sees another server than a reader of the other."""
        found = _ABSOLUTE.fullmatch(self.url)
        hosts = [value.lower() for name, value in self.headers if name == b"host"]
        if found is None or [found["host"].lower()] != hosts:
            raise HeadRefused(400)
        return found["rest"] or b"/"
