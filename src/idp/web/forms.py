"""Forms and query strings, read once and strictly: what two readers could read differently is refused."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus

from idp.kit.errors import Invalid
from idp.web.asgi import Receive
from idp.web.failures import Disconnected, Refusal, too_large

MOST_FIELDS: Final = 100

_HEX = "0123456789ABCDEFabcdef"
_BYTES: Final[Mapping[bytes, bytes]] = {(a + b).encode(): bytes.fromhex(a + b) for a in _HEX for b in _HEX}

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
# Of each byte, also of those that stand for themselves: what is missing here is told by an exception.
_ESCAPES: Final = {byte: quote_plus(bytes([byte])) for byte in range(256)}

_FORM: Final = b"application/x-www-form-urlencoded"
_AND, _ESCAPE, _NUL = b"&%\0"  # as numbers, like those of `web.wire`


_NONE: Final[frozenset[str]] = frozenset()


class Form:
    """Fields in the order they came. `get` gives the first value of a name, or None; whether there are more is in
    `repeated`. An empty value is a value: a reader whose protocol says "treat as omitted" (RFC 6749 3.1) writes
    `form.get(name) or None`.
    """

    __slots__ = ("_first", "fields", "get", "repeated")

    def __init__(self, fields: tuple[tuple[str, str], ...]) -> None:
        self.fields = fields
        self._first = dict(fields)
        self.repeated: frozenset[str] = _NONE
        if len(self._first) != len(fields):
            self._first = dict(reversed(fields))
            names = [name for name, _ in fields]
            self.repeated = frozenset(name for name in self._first if names.count(name) > 1)
        self.get: Callable[[str], str | None] = self._first.get  # the dict's own: asked for at every turn

    @property
    def names(self) -> AbstractSet[str]:
        return self._first.keys()

    def given(self) -> "Form":
        """Without the fields that have no value. What was given more than once still was."""
        if "" not in self._first.values() and not self.repeated:
            return self
        found = Form(tuple(field for field in self.fields if field[1]))
        found.repeated = self.repeated
        return found

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for field, value in self.fields if field == name)

    def __contains__(self, name: str) -> bool:
        return name in self._first


def is_form(content_type: bytes | None) -> bool:
    kind, *parameters = (content_type or b"").lower().split(b";")
    return kind.strip() == _FORM and all(
        parameter.strip() in (b"charset=utf-8", b'charset="utf-8"') for parameter in parameters
    )


def parse_form(body: bytes, content_type: bytes | None) -> Form:
    """A body of `application/x-www-form-urlencoded` in UTF-8 (RFC 6749 appendix B).

    Raises `Refusal` (415) for any other type or charset, and `Invalid` (`malformed_form`).
    """
    if content_type != _FORM and not is_form(content_type):
        raise Refusal(415, "unsupported_media_type", "Only application/x-www-form-urlencoded in UTF-8 is taken here.")
    return _parse(body)


def parse_query(raw: bytes) -> Form:
    """The query as it came over the wire. Raises `Invalid` (`malformed_form`)."""
    return _parse(raw)


def encode(fields: Mapping[str, str]) -> str:
    """What `parse_query` reads; names are our own and plain."""
    return "&".join([f"{name}={value if _PLAIN(value) else _escaped(value)}" for name, value in fields.items()])


@lru_cache(256)
def _escaped(value: str) -> str:
    """Mostly an issuer, which stands in every answer; what is secret is plain."""
    return value.encode().decode("latin-1").translate(_ESCAPES)


def _parse(raw: bytes) -> Form:
    if not raw:
        return Form(())
    if raw.count(_AND) >= MOST_FIELDS:
        raise _malformed(f"more than {MOST_FIELDS} fields")
    try:
        # A colon and a slash end nothing: with the escapes of every address gone, hardly any are left.
        fields = _fields(raw.replace(b"+", b" ").replace(b"%3A", b":").replace(b"%2F", b"/"))
    except (KeyError, UnicodeDecodeError):
        raise _malformed("an escape or a character that is not UTF-8") from None
    if _NUL in raw or b"%00" in raw:
        raise _malformed("a NUL character")
    return Form(tuple(fields))


def _fields(raw: bytes) -> list[tuple[str, str]]:
    """Raises KeyError for a broken escape and UnicodeDecodeError for what is not UTF-8, surrogates included."""
    if _ESCAPE in raw:
        return [_decoded(pair) for pair in raw.split(b"&") if pair]
    return [pair.partition("=")[::2] for pair in raw.decode().split("&") if pair]


def _decoded(pair: bytes) -> tuple[str, str]:
    name, _, value = pair.partition(b"=")
    return _decode(name), _decode(value)


def _decode(raw: bytes) -> str:
    first, *escaped = raw.split(b"%")
    return (first + b"".join([_BYTES[piece[:2]] + piece[2:] for piece in escaped])).decode()


def _malformed(detail: str) -> Invalid:
    return Invalid("malformed_form", "The form or query cannot be read.", detail=detail)


async def read_body(receive: Receive, *, limit: int) -> bytes:
    """The whole body.

    Raises `Refusal` (413) past `limit` bytes and `Disconnected` when the client leaves first.
    """
    chunks = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)
