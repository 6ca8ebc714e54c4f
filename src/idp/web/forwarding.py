"""What proxies say about the client in front of them: X-Forwarded-For, and Forwarded (RFC 7239).

Both are lists to which each proxy adds the address that it saw; what stands left of the first untrusted one is hearsay.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum

from idp.kit.addresses import Address, canonical


class ForwardedField(StrEnum):
    """The one field that the operator's proxies write. The other one is whatever a client sent: never believed."""

    X_FORWARDED_FOR = "x-forwarded-for"
    FORWARDED = "forwarded"


_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110 5.6.2
_QUOTED = r'"(?:[\t \x21\x23-\x5b\x5d-\x7e]|\\[\t \x21-\x7e])*"'
_PAIR = re.compile(rf"({_TOKEN})=({_TOKEN}|{_QUOTED})")
_ESCAPED = re.compile(r"\\(.)")
_OBFUSCATED = re.compile(r"unknown|_[A-Za-z0-9._-]+", re.IGNORECASE)  # RFC 7239 6


def hops(field: ForwardedField, value: str) -> Iterator[Address | None]:
    """From right to left: the nearest proxy's word first. None where it did not say, or hides it.

    Raises ValueError at an entry that is neither.
    """
    return _READERS[field](value)


def _x_forwarded_for(value: str) -> Iterator[Address | None]:
    for entry in reversed(value.split(",")):
        yield canonical(without_port(entry.strip(" \t")))


def _forwarded(value: str) -> Iterator[Address | None]:
    # Read whole before anything is believed: a quote that a client left open must not swallow what a proxy added.
    for node in reversed(list(_nodes(value))):
        yield None if node is None or _OBFUSCATED.fullmatch(node) else canonical(without_port(node))


def _nodes(value: str) -> Iterator[str | None]:
    """The `for` of each element, from left to right (RFC 7239 4)."""
    rest = value
    while True:
        node, rest = _element(rest.lstrip(" \t"))
        yield node
        rest = rest.lstrip(" \t")
        if not rest:
            return
        if rest[0] != ",":
            raise ValueError(value)
        rest = rest[1:]


def _element(text: str) -> tuple[str | None, str]:
    """The `for` of the element at the beginning, and what follows it."""
    said: dict[str, str] = {}
    while True:
        pair = _PAIR.match(text)
        if pair is None or pair[1].lower() in said:
            raise ValueError(text)
        said[pair[1].lower()] = _plain(pair[2])
        text = text[pair.end() :]
        if not text.startswith(";"):
            return said.get("for"), text
        text = text[1:]


def _plain(value: str) -> str:
    return _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value


def without_port(entry: str) -> str:
    """`192.0.2.1:4711` and `[2001:db8::1]:4711` as some proxies write them. Raises ValueError."""
    if entry.startswith("["):
        address, bracket, port = entry[1:].partition("]")
        if not bracket or ":" not in address or (port and not _is_port(port)):
            raise ValueError(entry)
        return address
    if entry.count(":") == 1:
        address, _, port = entry.partition(":")
        if not _is_port(":" + port):
            raise ValueError(entry)
        return address
    return entry


def _is_port(text: str) -> bool:
    return text[:1] == ":" and text[1:].isascii() and text[1:].isdigit() and len(text) <= 6


_READERS: dict[ForwardedField, Callable[[str], Iterator[Address | None]]] = {
    ForwardedField.X_FORWARDED_FOR: _x_forwarded_for,
    ForwardedField.FORWARDED: _forwarded,
}
