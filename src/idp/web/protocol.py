"""HTTP/1.1 on one connection, safe to face the network: bounded in size, number and time, and with one reading only.

uvicorn's own protocol has no timeout for headers, takes 64 KB of them and two Host fields, and lets trailers into the
scope of a running request. This one keeps uvicorn's server around it and httptools (llhttp, strict) below it: llhttp
refuses a length beside chunked coding, bare CR and LF, folded lines and white space in names by itself.
"""

import asyncio
from collections import deque
from enum import Enum
from typing import Any, Final, cast

import httptools
from uvicorn import Config
from uvicorn.protocols.utils import get_local_addr, get_remote_addr
from uvicorn.server import ServerState

from idp.web.asgi import BODY, KEPT, WHOLE, Scope
from idp.web.head import Head, HeadRefused, Spoken, spoken
from idp.web.turn import Turn
from idp.web.wire import WireLimits, brief_answer

# Heads of a connection, such as those of a service that asks for a token and then what it is worth.
_REMEMBERED: Final = 2


class _Place(Enum):
    """Where in a request the parser stands."""

    BETWEEN = 0
    HEAD = 1
    BODY = 2


class Protocol(asyncio.Protocol):
    """`due` is when patience ends; whoever watches the connections calls `expire` then."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: WireLimits,
    ) -> None:
        self.loop = _loop or asyncio.get_running_loop()
        self.server_state = server_state
        self.drained: asyncio.Event | None = None  # waited for while the transport's buffer is full
        self.due = self.loop.time() + limits.head_seconds
        self._app = config.loaded_app
        self._app_state = app_state
        self._limits = limits
        self._head = Head(limits)
        self.on_url, self.on_header = self._head.on_url, self._head.on_header  # the parser looks for them here
        self._parser = httptools.HttpRequestParser(self)
        # Else a request after `Connection: close` is an error, and its answer would stand in place of the first one's.
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._turn: Turn | None = None  # the one being answered
        self._waiting: deque[Turn] = deque()  # pipelined behind it
        self._newest: Turn | None = None  # the one whose body is being read
        self._place = _Place.BETWEEN
        self._spoken: deque[Spoken] = deque(maxlen=_REMEMBERED)
        self._deaf = False  # nothing that arrives is parsed any more
        self._discarded = 0
        self._last = False  # the server is stopping: one more answer, then close
        self._paused = False
        self._began = self.due
        self._head_seen = 0  # since the chunk in which the head began
        self._body_size = 0  # decoded
        self._body_seen = 0  # on the wire, since the chunk in which the body began

    # The connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server = get_local_addr(self._transport)
        self._client = get_remote_addr(self._transport)
        connections = cast("set[Protocol]", self.server_state.connections)
        connections.add(self)
        if len(connections) > self._limits.connections:
            self._say_and_close(503)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so
        self._deaf = True
        cast("set[Protocol]", self.server_state.connections).discard(self)
        for turn in (self._turn, *self._waiting):
            if turn is not None:
                turn.abandon()
        self._waiting.clear()
        self.resume_writing()

    def shutdown(self) -> None:
        """The server stops: what is being answered is finished, an idle client has a moment left."""
        self._last = True
        if self._turn is not None:
            self._turn.keep_alive = False
        elif not self._deaf:
            self.due = min(self.due, self.loop.time() + self._limits.farewell_seconds)

    def break_away(self) -> None:
        """The server's own patience has ended."""
        self._transport.abort()

    def expire(self) -> None:
        """Patience has ended."""
        turn = self._turn
        if self._transport.is_closing() or (self._deaf and turn is None):
            self._transport.abort()
        elif turn is not None:
            self._give_up(turn, 503 if turn.whole else 408)
        elif self._place is _Place.HEAD:
            self._say_and_close(408)
        else:
            self._transport.close()
            self.due = self.loop.time() + self._limits.linger_seconds

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._discard(len(data))
            return
        alone = self._place is _Place.BETWEEN and self._turn is None
        if alone:
            for known in self._spoken:
                if (body := known.again(data)) is not None:
                    self._take_again(known.scope, body)
                    return
        self._feed(data)
        if alone:
            self._keep(data)

    def _take_again(self, scope: Scope, body: bytes) -> None:
        self._began = self.loop.time()
        scope = {**scope, "state": self._app_state.copy(), BODY: body}
        turn = Turn(self, scope, keep_alive=not self._last, awaits_continue=False)
        turn.take_whole(body)
        self._start(turn)

    def _keep(self, data: bytes) -> None:
        """What may be said again: a whole request, after which the connection goes on."""
        turn = self._turn
        if turn is None or not turn.keep_alive or turn.awaits_continue or self._place is not _Place.BETWEEN:
            self._spoken.clear()
        elif (kept := spoken(data, self._body_size, turn.scope)) is not None:
            self._spoken.append(kept)

    def _feed(self, data: bytes) -> None:
        if self._place is _Place.HEAD:
            self._head_seen += len(data)
        elif self._place is _Place.BODY:
            self._body_seen += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._deaf = True  # the request stands and is answered in HTTP/1.1; nothing else is spoken here
        except httptools.HttpParserError as error:
            refused = error.__context__
            self._refuse(refused.status if isinstance(refused, HeadRefused) else 400)
        else:
            self._refuse_excess()

    def _refuse_excess(self) -> None:
        """What the parser keeps to itself: a field without end, and bodies that are all framing."""
        if self._place is _Place.HEAD and self._head_seen > self._limits.head_bytes:
            self._refuse(414 if self._head.url and not self._head.headers else 431)
        elif self._place is _Place.BODY and self._body_seen > 2 * self._body_size + self._limits.head_bytes:
            self._refuse(400)

    # Callbacks of the parser

    def on_message_begin(self) -> None:
        if len(self._waiting) >= self._limits.pipelined:
            raise HeadRefused(400)
        self._place = _Place.HEAD
        self._head.clear()
        self._head_seen = 0
        if self._turn is None:
            self._began = self.loop.time()
            self.due = self._began + self._limits.head_seconds

    def on_headers_complete(self) -> None:
        version = self._parser.get_http_version()
        turn = Turn(
            self,
            self._scope(version),
            keep_alive=version == "1.1"
            and not self._last
            and self._parser.should_keep_alive()
            and not self._parser.should_upgrade(),
            awaits_continue=self._head.expects_continue and version == "1.1",
        )
        self._place = _Place.BODY
        self._body_seen = self._body_size = 0
        self._newest = turn
        if self._turn is None:
            self._start(turn)
        else:
            self._waiting.append(turn)
            self._pause_reading()

    def on_body(self, piece: bytes) -> None:
        self._body_size += len(piece)
        if self._newest is not None and self._newest.feed(piece):
            self._pause_reading()

    def on_message_complete(self) -> None:
        self._place = _Place.BETWEEN
        turn, self._newest = self._newest, None
        if turn is None:
            return
        turn.end()
        if turn is self._turn:
            self.due = self._began + self._limits.request_seconds

    def _scope(self, version: str) -> Scope:
        path, raw_path, query = self._head.close(version)
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "method": self._parser.get_method().decode("ascii"),
            "scheme": "http",
            "path": path,
            "raw_path": raw_path,
            "query_string": query,
            "root_path": "",
            "headers": self._head.headers,
            "server": self._server,
            "client": self._client,
            "state": self._app_state.copy(),
            "extensions": {WHOLE: {}, KEPT: {}},
        }

    # Turns

    def _start(self, turn: Turn) -> None:
        self._turn = turn
        self.due = self._began + self._limits.request_seconds
        if not turn.whole:
            self.due = min(self.due, self.loop.time() + self._limits.body_seconds)
        turn.task = self.loop.create_task(turn.run(self._app))
        self.server_state.tasks.add(turn.task)

    def run_out(self, turn: Turn) -> None:
        """The application has ended."""
        if turn.task is not None:
            self.server_state.tasks.discard(turn.task)
        if not turn.complete:
            self._break_off(turn)

    def turn_over(self, turn: Turn) -> None:
        """The answer is complete."""
        self.server_state.total_requests += 1
        self._turn = None
        if self._transport.is_closing():
            return
        if turn.keep_alive and self._waiting:
            self._began = self.loop.time()
            self._start(self._waiting.popleft())
        elif turn.keep_alive and not self._deaf:
            self.resume_reading()
            self._await_request()
        else:
            self._close()

    def _break_off(self, turn: Turn) -> None:
        """Without a complete answer."""
        if turn is self._turn:
            self._turn = None
        if turn.gone:
            return
        if turn.answered:
            self._transport.close()  # the announced length, or the last chunk, is missing: the client can tell
        else:
            self._say_and_close(503 if self._last else 500)

    def _await_request(self) -> None:
        now = self.loop.time()
        if self._place is _Place.HEAD:
            self._began = now
            self.due = now + self._limits.head_seconds
        else:
            self.due = now + (self._limits.farewell_seconds if self._last else self._limits.idle_seconds)

    def _refuse(self, status: int) -> None:
        """What was parsed last cannot be taken. Whatever came before it on this connection is still answered."""
        self._deaf = True
        broken, turn = self._newest, self._turn
        if turn is None:
            self._say_and_close(status)
        elif broken is turn:
            self._give_up(turn, status)
        elif broken is not None:
            self._waiting.remove(broken)

    def _give_up(self, turn: Turn, status: int) -> None:
        turn.abandon()
        self._turn = None
        if turn.answered:
            self._transport.abort()
        else:
            self._say_and_close(status)

    # Writing and closing

    def write(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    def pause_writing(self) -> None:
        self.drained = asyncio.Event()

    def resume_writing(self) -> None:
        if self.drained is not None:
            self.drained.set()
            self.drained = None

    def _pause_reading(self) -> None:
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._paused and not self._waiting and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    def _say_and_close(self, status: int) -> None:
        self.write(brief_answer(status))
        self._close(unread=True)

    def _close(self, *, unread: bool = False) -> None:
        """Closes in order. A socket closed over unread bytes resets the connection, and the answer with it."""
        self._deaf = True
        self._waiting.clear()
        if (unread or self._place is not _Place.BETWEEN) and self._transport.can_write_eof():
            self._transport.write_eof()
            self.due = self.loop.time() + (self._limits.farewell_seconds if self._last else self._limits.linger_seconds)
            self.resume_reading()
        else:
            self._transport.close()

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > self._limits.linger_bytes:
            self._transport.abort()
