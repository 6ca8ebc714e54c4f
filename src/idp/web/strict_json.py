"""JSON of which there is only one reading (RFC 8259 with the cautions of RFC 7493 made into rules)."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, Never

from idp.kit.errors import Invalid

DEEPEST = 32
TWICE = "a name twice"

# Beyond 64 bits readers disagree (RFC 7493 2.2), and a database refuses what was accepted here.
_MOST, _LEAST = 2**63 - 1, -(2**63)
_LONGEST = 4_000

_SUSPECT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)|[0-9]{19}")


class Unfit(NamedTuple):
    """A value that is JSON and yet of no use: a whole number that readers disagree about, or text with U+0000, which no
    column holds. Of a name that is such text, `pointer` is the object's."""

    pointer: str
    code: str
    detail: str


def loads(body: bytes) -> Any:
    """Objects as dict, arrays as list, numbers as int or float.

    Raises `Invalid` (`malformed_json`) for what is not JSON or not UTF-8, a name twice in an object, NaN and
    infinities, integers beyond 64 bits, more than 32 levels, lone surrogates, and U+0000, which no text column holds.
    """
    value, unfit = read(body)
    if unfit:
        raise _malformed(unfit[0].detail)
    return value


def read(body: bytes) -> tuple[Any, list[Unfit]]:
    """The same, but integers beyond 64 bits and U+0000 are told with their places, for who answers by the field."""
    try:
        value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise _malformed(str(error)) from None
    # One character opens each level, so a document with few of them needs no walk.
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise _malformed("too deep")
    return value, list(_unfit("", value)) if _SUSPECT.search(body) else []


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError(TWICE)
    return value


def _integer(text: str) -> int | float:
    """Infinity, which no document says, for one with more digits than are read here."""
    return int(text) if len(text) < _LONGEST else math.inf


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number beyond double precision")
    return number


def _constant(text: str) -> Never:
    raise ValueError(text)


def _levels(value: object) -> Iterator[list[object]]:
    """The document from the outside in: itself, then all its members and their names, then all of theirs."""
    level = [value]
    while level:
        yield level
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.keys())
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
        level = below


def _depth(value: object) -> int:
    return sum(any(isinstance(item, dict | list) for item in level) for level in _levels(value))


def _unfit(pointer: str, value: object) -> Iterator[Unfit]:
    """Raises `Invalid` for lone surrogates: what holds one is no Unicode text, and no answer could repeat its name."""
    if isinstance(value, str) and not _is_whole(value):
        yield Unfit(pointer, "invalid_text", "It contains U+0000.")
    elif (isinstance(value, int) and not _LEAST <= value <= _MOST) or value == math.inf:
        yield Unfit(pointer, "out_of_range", "It is a whole number beyond 64 bits.")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unfit(f"{pointer}/{index}", item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not _is_whole(name):
                yield Unfit(pointer, "invalid_text", "A name contains U+0000.")
            yield from _unfit(f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", item)  # RFC 6901 3


def _is_whole(text: str) -> bool:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _malformed("a lone surrogate")
    return "\0" not in text


def _malformed(detail: str) -> Invalid:
    return Invalid("malformed_json", "The body is not JSON that can be read in one way only.", detail=detail)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
