"""CSV (RFC 4180) that a spreadsheet takes for text."""

import csv
import io
from collections.abc import Iterable

MARK = "\ufeff".encode()
"""Before the first row, or Excel takes it for another encoding."""
# A cell that begins so is a formula to a spreadsheet; in Japan the wide signs are one, too.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def row(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()


def harmless(text: str) -> str:
    """With an apostrophe before what would be a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
