"""The ASGI vocabulary of the doors, and the few lines that answer a request."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any, Final, TypeVar

from idp.kit import compact

T = TypeVar("T")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

Fields = tuple[Header, ...]
"""Constants: fields that many answers share. What is made of them is made once, and kept."""

WHOLE: Final = "http.response.whole"
"""A message of our own, from the doors through the hallway to the wire: start and body in one, with `fields` beside the
answer's own `headers`. A server that understands it says so among the scope's `extensions`; for any other one the
hallway spells it out."""

BODY = "warifu.body"
"""In the scope: the whole body where it came together with its head. `receive` gives it too."""

KEPT: Final = "warifu.kept"
"""Among the scope's `extensions`: a dict that lasts while a client says the same head again on its connection."""

_NOTHING: Final[Mapping[str, Any]] = {}

LEFT_OUT = b""
"""The value of a shared field that is not said at all, not even as the hallway would say it."""

JSON: Final[Header] = (b"content-type", b"application/json")
CLOSE: Header = (b"connection", b"close")


def kept(scope: Scope, name: str, make: Callable[[], T]) -> T:
    """Made once while the same head is said again: what follows from the head and our settings alone, and never a
    decision."""
    memory: dict[str, T] | None = scope.get("extensions", _NOTHING).get(KEPT)
    if memory is None:
        return make()
    found = memory.get(name)
    if found is None:
        found = memory[name] = make()
    return found


def spelled_out(message: Message) -> Iterator[Message]:
    """The beginning of an answer, or a whole one, as every server understands it."""
    yield {
        "type": "http.response.start",
        "status": message["status"],
        "headers": [*message["fields"], *message["headers"]],
    }
    if message["type"] == WHOLE:
        yield {"type": "http.response.body", "body": message["body"]}


def respond(
    send: Send, status: int, headers: Iterable[Header] = (), body: bytes = b"", *, fields: Fields = ()
) -> Awaitable[None]:
    """Sends a whole answer; header names in lower case, the length is added. No secrets in `fields`."""
    own = [*headers]
    if status not in (204, 304):  # RFC 9110 8.6: no length where there can be no content
        own.append((b"content-length", b"%d" % len(body)))
    return send({"type": WHOLE, "status": status, "headers": own, "fields": fields, "body": body})


def json_response(send: Send, status: int, value: object, headers: Iterable[Header] = ()) -> Awaitable[None]:
    return respond(send, status, headers, compact.encode(value), fields=(JSON,))
