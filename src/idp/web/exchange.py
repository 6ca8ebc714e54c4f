"""One request and its answer, as the hallway watches them go by."""

from functools import lru_cache
from time import perf_counter
from typing import Final

import structlog
from starlette.requests import ClientDisconnect

from idp.kit.errors import Failure
from idp.kit.references import new_reference
from idp.web.asgi import LEFT_OUT, WHOLE, Fields, Message, Receive, Scope, Send, respond, spelled_out
from idp.web.failures import Disconnected, Refusal, RenderFailure, render, status_of, too_large
from idp.web.request_log import Line, RequestLog

NOBODY_LEFT: Final = 499
"""Logged as the status where the client went away before there was an answer (nginx's number for it)."""

_INTERNAL: Final = Refusal(500, "internal", "Something went wrong here. The reference finds it in the log.")


class Habits:
    """What every exchange of one hallway does alike: default headers, the page of a failure, the log."""

    __slots__ = ("_headers", "completed", "header_names", "log", "names_addresses", "page", "requests")

    def __init__(
        self,
        *,
        headers: Fields,
        page: RenderFailure | None,
        requests: RequestLog,
        names_addresses: bool,
    ) -> None:
        self._headers = headers
        self.completed = lru_cache(256)(self._completed)
        self.header_names = frozenset(name for name, _ in headers)
        self.page = page
        self.requests = requests
        self.names_addresses = names_addresses
        self.log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.web").bind()

    def _completed(self, fields: Fields, said: frozenset[bytes]) -> Fields:
        """With the default headers that are neither in `fields` nor said beside them, and without what is left out."""
        names = said.union(name for name, _ in fields)
        whole = (*fields, *(header for header in self._headers if header[0] not in names))
        return tuple(header for header in whole if header[1] != LEFT_OUT)


class Exchange:
    """Holds the body to its limit, completes the headers of the answer, and writes one line into the log."""

    limit = 0
    _received = 0
    _sent = 0
    _status = 0
    _over = False  # answered here: whatever the application still says is dropped
    _gone = False

    def __init__(self, habits: Habits, scope: Scope, receive: Receive, send: Send) -> None:
        self._began = perf_counter()
        self._habits = habits
        self._scope = scope
        self._receive = receive
        self._send = send
        self._plain = WHOLE not in scope.get("extensions", ())
        self.reference = new_reference()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self._gone = True
            return message
        self._received += len(message.get("body", b""))
        if self._received <= self.limit:
            return message
        # Answered here, not raised: a framework would turn the exception into an answer of its own.
        await self.refuse(too_large(self.limit))
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self._over:
            return
        if message["type"] != "http.response.body":
            self._status = message["status"]
            self._complete(message)
        self._sent += len(message.get("body", b""))
        if self._plain and "fields" in message:
            for piece in spelled_out(message):
                await self._send(piece)
        else:
            await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Answers in the application's stead, unless it has begun to answer: then the rest is dropped."""
        if self._status:
            self._over = True
            return
        headers, body = render(self._scope, refusal, self.reference, self._habits.page)
        await respond(self.send, refusal.status, [*headers, *refusal.headers], body)
        self._over = True

    async def fail(self, error: Exception) -> None:
        """Answers 500 for what nobody foresaw.

        Raises it again when half an answer is out, so that the server breaks the connection off.
        """
        if self._over or (self._gone and isinstance(error, Disconnected | ClientDisconnect | OSError)):
            return
        if isinstance(error, Failure):
            await self._tell(error)
            return
        self._habits.log.error("unhandled", reference=self.reference, endpoint=self._endpoint(), exc_info=error)
        if self._status:
            raise error
        await self.refuse(_INTERNAL)

    async def _tell(self, failure: Failure) -> None:
        """A meaning that no door rendered; the client loses the door's grammar, not the meaning."""
        status = status_of(failure)
        facts = {"reference": self.reference, "endpoint": self._endpoint()}
        self._habits.log.warning("unrendered", code=failure.code, detail=failure.detail, **facts)
        retry_after = getattr(failure, "retry_after", None)
        headers = [(b"retry-after", b"%d" % retry_after)] if retry_after else []
        await self.refuse(Refusal(status, failure.code, failure.public, headers=headers))

    @property
    def silent(self) -> bool:
        """Somebody waits for an answer, and nothing was said."""
        return not (self._status or self._gone)

    async def conclude(self) -> None:
        """An application that returned without a word has failed too."""
        self._habits.log.error("unanswered", reference=self.reference, endpoint=self._endpoint())
        await self.refuse(_INTERNAL)

    def record(self) -> None:
        address = self._scope["state"].get("client_address") if self._habits.names_addresses else None
        ms = int((perf_counter() - self._began) * 100_000) / 100
        status = self._status or NOBODY_LEFT
        self._habits.requests(
            Line(self.reference, self._scope["method"], self._endpoint(), status, ms, self._sent, address)
        )

    def _complete(self, message: Message) -> None:
        """A door's own word counts: defaults fill in what it did not say."""
        habits, own = self._habits, [*message.get("headers", ())]
        said = dict(own)
        message["fields"] = habits.completed(message.get("fields", ()), habits.header_names.intersection(said))
        if b"x-request-id" not in said:
            own.append((b"x-request-id", self.reference.encode("ascii")))
        message["headers"] = own

    def _endpoint(self) -> str | None:
        """The name that the dispatcher gave, or the template of the framework's route: both are of our own writing."""
        named: str | None = self._scope["state"].get("endpoint")
        return named or getattr(self._scope.get("route"), "path", None)
