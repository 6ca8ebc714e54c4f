"""JSON of which there is only one reading (RFC 8259 with the cautions of RFC 7493 made into rules)."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Never

from idp.kit.errors import Invalid

DEEPEST = 32
TWICE = "a name twice"

# Beyond 64 bits readers disagree (RFC 7493 2.2), and a database refuses what was accepted here.
_MOST, _LEAST = 2**63 - 1, -(2**63)

_SUSPECT_ESCAPE = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")


def loads(body: bytes) -> Any:
    """Objects as dict, arrays as list, numbers as int or float.

    Raises `Invalid` (`malformed_json`) for what is not JSON or not UTF-8, a name twice in an object, NaN and
    infinities, integers beyond 64 bits, more than 32 levels, lone surrogates, and U+0000, which no text column holds.
    """
    try:
        value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError) as error:
        raise _malformed(str(error)) from None
    # One character opens each level, so a document with few of them needs no walk.
    if body.count(b"[") + body.count(b"{") > DEEPEST and _depth(value) > DEEPEST:
        raise _malformed("too deep")
    if _SUSPECT_ESCAPE.search(body) and not all(_is_text(item) for level in _levels(value) for item in level):
        raise _malformed("a lone surrogate or U+0000")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError(TWICE)
    return value


def _integer(text: str) -> int:
    number = int(text)
    if not _LEAST <= number <= _MOST:
        raise ValueError("an integer beyond 64 bits")
    return number


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


def _is_text(item: object) -> bool:
    return not isinstance(item, str) or not any(
        "\ud800" <= character <= "\udfff" or character == "\0" for character in item
    )


def _malformed(detail: str) -> Invalid:
    return Invalid("malformed_json", "The body is not JSON that can be read in one way only.", detail=detail)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant)
