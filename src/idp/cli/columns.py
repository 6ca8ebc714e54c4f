"""Rows under each other: a heading, and columns as wide as what is in them, Japanese counted at its width."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from unicodedata import east_asian_width

_MEASURED = 200
"""Rows by which columns are measured; what is longer later runs over, and no list is held to be printed."""
_GAP = "  "


def told(names: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Line by line. A name such as `term.end_date` goes into a member."""
    lines = ([_cell(row, name) for name in names] for row in rows)
    first = [[name.rpartition(".")[2].upper() for name in names], *islice(lines, _MEASURED)]
    widths = [max(map(_width, column)) for column in zip(*first, strict=True)]
    for cells in first:
        yield _line(cells, widths)
    for cells in lines:
        yield _line(cells, widths)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True))
    return _GAP.join(padded).rstrip()


def _cell(row: Mapping[str, Any], name: str) -> str:
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return "-"
    if isinstance(value, list):
        return " ".join(map(str, value)) or "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
