from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Encoding(StrEnum):
    """How the text of a file is written; `SHIFT_JIS` is read as Windows-31J, which spreadsheets in Japan mean by it."""

    UTF_8 = "utf-8"
    SHIFT_JIS = "shift_jis"


class Fault(NamedTuple):
    """What is wrong with one row. `line` is where it begins in the file, whose header is line 1; `column` is empty
    where the row itself is meant."""

    line: int
    column: str
    code: str
    detail: str
    found: object = None
    expected: object = None


class Row(NamedTuple):
    """A row of the file, from its `line` up to the line `end`: its cells by column, or what is wrong with it."""

    line: int
    end: int
    cells: Mapping[str, str]
    fault: Fault | None = None

    def wrong(self, column: str, code: str, detail: str, *, found: object = None, expected: object = None) -> Fault:
        return Fault(self.line, column, code, detail, found, expected)


class Counts(NamedTuple):
    """What became of rows."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: int = 0

    def plus(self, other: "Counts") -> "Counts":
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))


class Report(NamedTuple):
    """`faults` in the order of the file, those of the first `MOST_FAULTS` rows that failed. `resumed_after` is the line
    up to which an earlier run had come."""

    dry_run: bool
    counts: Counts
    faults: tuple[Fault, ...]
    resumed_after: int | None = None
