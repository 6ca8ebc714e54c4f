"""The head of a request, field by field as the parser finds it: bounded, and in one reading only (RFC 9112)."""

from urllib.parse import unquote

from idp.web.asgi import Header
from idp.web.wire import WireLimits


class HeadRefused(Exception):
    """Leaves a callback of the parser; the status is what the client is told."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Head:
    """One for each connection; `clear` begins the next request."""

    __slots__ = ("_limits", "_size", "closed", "expects_continue", "headers", "url")

    def __init__(self, limits: WireLimits) -> None:
        self._limits = limits
        self.clear()

    def clear(self) -> None:
        self.url = b""
        self.headers: list[Header] = []
        self.expects_continue = False
        self.closed = False
        self._size = 0

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > self._limits.head_bytes:
            raise HeadRefused(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._size += len(name) + len(value) + 4
        headers = self.headers
        if self._size > self._limits.head_bytes or len(headers) >= self._limits.head_fields:
            raise HeadRefused(431)
        if self.closed:
            # Trailers would join the fields of a request that has been judged already, X-Forwarded-For among them.
            raise HeadRefused(400)
        name = name.lower()
        if name == b"host":
            if any(other == b"host" for other, _ in headers):  # 3.2
                raise HeadRefused(400)
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked":  # 6.1
                raise HeadRefused(501)
        elif name == b"expect":
            if value.lower() != b"100-continue":  # RFC 9110 10.1.1
                raise HeadRefused(417)
            self.expects_continue = True
        headers.append((name, value))

    def close(self, version: str) -> tuple[str, bytes, bytes]:
        """Judges the whole. The path decoded, the path as it came, and the query."""
        self.closed = True
        if version not in ("1.1", "1.0"):
            raise HeadRefused(505)
        if version == "1.0" and any(name == b"transfer-encoding" for name, _ in self.headers):
            raise HeadRefused(400)  # 6.1: framing that an old proxy in front will not have understood
        # The origin form alone (3.2.1): an absolute form names a second host, beside the Host field.
        if not self.url.startswith(b"/") or b"#" in self.url:
            raise HeadRefused(400)
        raw_path, _, query = self.url.partition(b"?")
        path = raw_path.decode("ascii")
        return unquote(path) if "%" in path else path, raw_path, query
