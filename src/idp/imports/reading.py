"""Rows of a CSV file (RFC 4180), one at a time and none of them large, however the file is made."""

import csv
from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import BinaryIO

from idp.imports import columns
from idp.imports.model import Encoding, Row
from idp.kit.errors import Invalid
from idp.kit.fields import shortened

MOST_LINES = 1_000_000
_LONGEST_ROW = 64 * 1024  # bytes
_CODEC = {Encoding.UTF_8: "utf-8", Encoding.SHIFT_JIS: "cp932"}
_BOM = b"\xef\xbb\xbf"
_PIECE = 1 << 20
_DECLARED = "It is read as UTF-8 unless Shift_JIS is declared."


def digest(file: BinaryIO) -> bytes:
    """Of the whole file, which then stands at its beginning. Raises `Invalid` for one with too many lines."""
    lines, found = 0, sha256()
    while piece := file.read(_PIECE):
        lines += piece.count(b"\n")
        found.update(piece)
    if lines > MOST_LINES:
        raise Invalid("too_many_rows", f"A file has at most {MOST_LINES} lines.")
    file.seek(0)
    return found.digest()


class Rows:
    """The header is read at once. Raises `Invalid` when it is not one."""

    def __init__(self, file: BinaryIO, encoding: Encoding, own: Collection[str] = ()) -> None:
        """`own` are the names of the tenant's attributes, which may be columns too."""
        self._lines = _Lines(file, encoding)
        self._reader = csv.reader(self._lines, strict=True)
        self._own = own
        self.columns = self._header()

    def __iter__(self) -> Iterator[Row]:
        while True:
            line = self._lines.begin_row()
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except (csv.Error, _TooLong) as error:
                row = Row(line, self._lines.number, {})
                self._lines.end_quotation()
                yield row._replace(end=self._lines.number, fault=row.wrong("", "malformed_row", _why(error)))
                continue
            if cells:
                yield self._row(Row(line, self._lines.number, {}), cells)

    def _row(self, row: Row, cells: list[str]) -> Row:
        if len(cells) != len(self.columns):
            detail = "The row has another number of cells than the header."
            fault = row.wrong("", "wrong_number_of_cells", detail, found=len(cells), expected=len(self.columns))
            return row._replace(fault=fault)
        named = dict(zip(self.columns, cells, strict=True))
        for name, cell in named.items():
            if not _is_text(cell):
                detail = f"It is not text in the encoding of the file. {_DECLARED}"
                return row._replace(fault=row.wrong(name, "invalid_encoding", detail))
        return row._replace(cells=named)

    def _header(self) -> tuple[str, ...]:
        self._lines.begin_row()
        try:
            cells = next(self._reader)
        except StopIteration:
            cells = []
        except (csv.Error, _TooLong) as error:
            raise Invalid("invalid", f"The first line is no header: {_why(error)}") from None
        if not all(map(_is_text, cells)):
            raise Invalid("invalid", f"The first line is not text in the encoding of the file. {_DECLARED}")
        return columns.check(cells, self._own)


class _TooLong(Exception):
    pass


class _Lines:
    """The lines of the file for the reader of rows; what cannot be decoded comes as surrogates."""

    def __init__(self, file: BinaryIO, encoding: Encoding) -> None:
        self._file = file
        self._codec = _CODEC[encoding]
        self._left = _LONGEST_ROW
        self._quoted = False
        self.number = 0

    def begin_row(self) -> int:
        """The line on which it begins."""
        self._left = _LONGEST_ROW
        self._quoted = False
        return self.number + 1

    def end_quotation(self) -> None:
        """After a row that is wrong: what stands in a cell of it is no row of its own, whatever it looks like."""
        while self._quoted and self._rest_of_line():
            self.number += 1

    def _rest_of_line(self) -> bytes:
        """Its last piece, or nothing at the end of the file."""
        raw = last = self._file.readline(_PIECE)
        while raw and not raw.endswith(b"\n"):
            self._count(raw)
            last, raw = raw, self._file.readline(_PIECE)
        self._count(raw)
        return raw or last

    def _count(self, raw: bytes) -> None:
        if raw.count(b'"') % 2:  # a quotation mark within a cell is doubled (RFC 4180 2.7)
            self._quoted = not self._quoted

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._file.readline(self._left + 1)
        if not raw:
            raise StopIteration
        first, self.number = self.number == 0, self.number + 1
        self._left -= len(raw)
        self._count(raw)
        if self._left < 0:
            if not raw.endswith(b"\n"):
                self._rest_of_line()
            raise _TooLong
        if first and self._codec == "utf-8":
            raw = raw.removeprefix(_BOM)
        return raw.decode(self._codec, "surrogateescape")


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\ud800" <= character <= "\udfff" for character in cell)


def _why(error: Exception) -> str:
    if isinstance(error, _TooLong):
        return f"A row has at most {_LONGEST_ROW} bytes; a quotation mark may be missing."
    return f"It is not as RFC 4180 has it: {shortened(str(error))}."
