"""One request and its answer on the wire: the ASGI side of a connection."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import structlog

from idp.web.asgi import CLOSE, WHOLE, App, Fields, Header, Message, Scope
from idp.web.wire import STATUS_LINES, field_lines, shared_lines

if TYPE_CHECKING:
    from idp.web.protocol import Protocol

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_READ_AHEAD: Final = 64 * 1024
_BODILESS: Final = frozenset({204, 304})


class Turn:
    """Receives from the parser, is received from by the application, and writes what the application sends."""

    task: "asyncio.Task[None] | None" = None  # in which the application runs
    whole = False  # the request's body has arrived to its end
    answered = False  # something of the answer is on the wire
    complete = False
    gone = False  # nobody listens any more
    _body = b""
    _delivered = False  # the last piece of the body was received by the application
    _waiter: "asyncio.Future[None] | None" = None
    _head: bytes | None = None  # waits for the first piece of the body: one packet instead of two
    _left = 0  # what the announced length still lacks
    _chunked = False
    _counted = False
    _bodiless = False

    def __init__(self, protocol: "Protocol", scope: Scope, *, keep_alive: bool, awaits_continue: bool) -> None:
        self._protocol = protocol
        self.scope = scope
        self.keep_alive = keep_alive
        self.awaits_continue = awaits_continue

    # From the parser

    def feed(self, piece: bytes) -> bool:
        """Takes a piece of the body; True when the application has enough to do."""
        self._body += piece
        self._wake()
        return len(self._body) > _READ_AHEAD

    def take_whole(self, body: bytes) -> None:
        """The body at once, before the application runs; it is in memory already."""
        self._body = body
        self.whole = True

    def end(self) -> None:
        self.whole = True
        self._wake()

    def abandon(self) -> None:
        """The connection is lost or given up: the application is told at its next question."""
        self.gone = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # From the application

    async def run(self, app: App) -> None:
        try:
            await app(self.scope, self.receive, self.send)
        except Exception as error:
            reference = self.scope["state"].get("reference")
            structlog.get_logger("idp.web").error("broken_off", reference=reference, exc_info=error)
        finally:
            self._protocol.run_out(self)

    async def receive(self) -> Message:
        if self.awaits_continue and not self.answered and not self.gone:
            self.awaits_continue = False
            self._protocol.write(_CONTINUE)
        while not (self.gone or self.complete):
            if self._body or (self.whole and not self._delivered):
                body, self._body = self._body, b""
                self._delivered = self.whole
                self._protocol.resume_reading()
                return {"type": "http.request", "body": body, "more_body": not self.whole}
            self._protocol.resume_reading()
            self._waiter = self._protocol.loop.create_future()
            await self._waiter
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Raises RuntimeError for messages out of order, and for what would not be one HTTP answer."""
        if self._protocol.drained is not None:
            await self._protocol.drained.wait()
        if self.gone:
            return
        kind = message["type"]
        if kind == "http.response.body" and self._head is not None and not self.complete:
            self._send_body(message.get("body", b""), last=not message.get("more_body", False))
        elif kind == WHOLE and self._head is None:
            self._send_whole(message)
        elif kind == "http.response.start" and self._head is None:
            self._head = self._written(message["status"], message.get("headers", ()), message.get("fields", ()))
        else:
            raise RuntimeError(f"{kind} out of order")

    def _send_whole(self, message: Message) -> None:
        """`respond` has said its length."""
        status, headers = message["status"], [*self._protocol.server_state.default_headers, *message["headers"]]
        if CLOSE in headers:
            self.keep_alive = False
        elif not (self.keep_alive and self.whole):
            self.keep_alive = False
            headers.append(CLOSE)
        bodiless = status in _BODILESS or self.scope["method"] == "HEAD"
        self._head = b"%b%b%b\r\n" % (STATUS_LINES[status], shared_lines(message["fields"]), field_lines(headers))
        self.answered = True
        self._protocol.write(self._head if bodiless else self._head + message["body"])
        self._finish()

    def _written(self, status: int, headers: Iterable[Header], shared: Fields) -> bytes:
        """The head of the answer as bytes; decides how the end of its body will be told (RFC 9112 6.3)."""
        # What of the body is still on its way when the answer begins is not waited for.
        self.keep_alive = self.keep_alive and self.whole
        own = [*self._protocol.server_state.default_headers]
        length = None
        for field in headers:
            name, value = field
            if name == b"content-length":
                length = int(value)
            elif name == b"connection":
                self.keep_alive = self.keep_alive and value != b"close"
                continue  # said below, once
            own.append(field)
        self._bodiless = status in _BODILESS or self.scope["method"] == "HEAD"
        self._counted = length is not None
        self._left = length or 0
        if length is None and not self._bodiless:
            self._chunked = self.scope["http_version"] == "1.1"
            if self._chunked:
                own.append((b"transfer-encoding", b"chunked"))
            else:
                self.keep_alive = False
        if not self.keep_alive:
            own.append(CLOSE)
        return b"%b%b%b\r\n" % (STATUS_LINES[status], shared_lines(shared), field_lines(own))

    def _send_body(self, body: bytes, *, last: bool) -> None:
        if self._bodiless:
            body = b""
            self._left = 0
        elif self._chunked:
            body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + (b"0\r\n\r\n" if last else b"")
        elif self._counted:
            self._left -= len(body)
        if self._left < 0 or (last and self._left):
            raise RuntimeError("the body is not as long as the answer said")
        if not self.answered:
            assert self._head is not None
            body = self._head + body
            self.answered = True
        self._protocol.write(body)
        if last:
            self._finish()

    def _finish(self) -> None:
        self.complete = True
        self._wake()
        self._protocol.turn_over(self)
