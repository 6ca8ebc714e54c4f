"""Imports: a file of people becomes IDs, row by row, in the steps of a single creation and a single change.

Owns the columns of the file, the reading of CSV (RFC 4180), and how far an import has come: batches of rows are
committed with their own mark, so that whoever runs the same file again goes on behind the last one. It spans IDs, their
first passwords and the contract's number of IDs, which is why it stands above them; what an ID may be is theirs to say.

A row whose user name nobody has makes an ID, any other changes the one that has it; a file that is imported twice
changes nothing. What is wrong with a row is told and stops no other one.
"""

from idp.imports.columns import COLUMNS
from idp.imports.model import Counts, Encoding, Fault, Report
from idp.imports.reading import MOST_LINES
from idp.imports.report import to_json
from idp.imports.running import HashAll, Order, run
from idp.imports.store import SWEEPS

__all__ = [
    "COLUMNS",
    "MOST_LINES",
    "SWEEPS",
    "Counts",
    "Encoding",
    "Fault",
    "HashAll",
    "Order",
    "Report",
    "run",
    "to_json",
]
