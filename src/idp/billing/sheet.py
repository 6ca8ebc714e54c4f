"""A statement as CSV (RFC 4180), for programs and spreadsheets.

A header, then one record for each line, for each rate of tax and for the total; the amounts of `line` and `tax` records
add up to that of `total`. Whole yen without separators. UTF-8; with a byte order mark only where it is asked for: Excel
needs one to open the file by a double click, and other readers take it for a part of the first name.
"""

import csv
from collections.abc import Iterator
from io import StringIO

from idp.billing.model import Statement
from idp.kit.spreadsheets import harmless

HEADER = ("number", "month", "record", "description", "unit_price", "quantity", "base", "tax_rate", "amount")
_MARK = "\ufeff"

_Cell = str | int


def to_csv(statement: Statement, *, marked: bool = False) -> bytes:
    """`marked`: with a byte order mark."""
    text = StringIO(_MARK if marked else "", newline="")
    text.seek(0, 2)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for record in _records(statement):
        writer.writerow([statement.number, str(statement.month), *map(_plain, record)])
    return text.getvalue().encode()


def _records(statement: Statement) -> Iterator[tuple[_Cell, ...]]:
    bill = statement.bill
    for line in bill.lines:
        yield "line", line.description, line.unit_price, line.quantity, "", str(line.tax_rate), line.amount
    for tax in bill.taxes:
        yield "tax", "消費税 / Consumption tax", "", "", tax.base, str(tax.rate), tax.tax
    yield "total", "合計 / Total", "", "", "", "", bill.total


def _plain(cell: _Cell) -> _Cell:
    """Names of plans are words that somebody chose."""
    return harmless(cell) if isinstance(cell, str) else cell
