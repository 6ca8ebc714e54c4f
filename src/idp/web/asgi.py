"""The ASGI vocabulary of the doors, and the few lines that answer a request."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from idp.kit import compact

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

JSON: Header = (b"content-type", b"application/json")


async def respond(send: Send, status: int, headers: Iterable[Header] = (), body: bytes = b"") -> None:
    """Sends a whole answer; header names in lower case, the length is added."""
    fields = [*headers]
    if status not in (204, 304):  # RFC 9110 8.6: no length where there can be no content
        fields.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def json_response(send: Send, status: int, value: object, headers: Iterable[Header] = ()) -> None:
    body = compact.encode(value)
    await respond(send, status, (JSON, *headers), body)
