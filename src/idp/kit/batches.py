"""Many rows in a few statements: each names so many values, and what is wanting is the last one again."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.sql import ColumnElement

AT_ONCE = 100


def among(column: ColumnElement[Any], name: str = "one") -> ColumnElement[bool]:
    """Whether it is one of a batch."""
    return column.in_([bindparam(f"{name}_{number}", type_=column.type) for number in range(AT_ONCE)])


def batches(values: Collection[Any]) -> Iterator[list[Any]]:
    every = list(values)
    yield from (every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE))


def binds(batch: list[Any], name: str = "one") -> dict[str, Any]:
    """For the `among` of this name."""
    filled = [*batch, *batch[-1:] * (AT_ONCE - len(batch))]
    return {f"{name}_{number}": value for number, value in enumerate(filled)}
