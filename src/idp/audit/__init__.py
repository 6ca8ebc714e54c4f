"""The audit trail: what was done, by whom, in the transaction that did it.

Rows are hash-chained for each tenant and writer (a writer is one database connection, so chains never wait for each
other); the first row of a chain names the head of the chain opened before it. The hashes are keyed: whoever has the
database alone can neither change a row nor add one. A row holds ids and codes, never a name, an address or a secret.
Nothing here changes a row, and only those are removed whose time is over; what is left still adds up.
"""

from idp.audit.choosing import chosen, is_known
from idp.audit.cutting import cut
from idp.audit.events import Event
from idp.audit.heads import heads
from idp.audit.model import BEGINNING, END, Break, Entry, Flaw, Head, Place, Verdict
from idp.audit.searching import EVERYTHING, MOST_EVENTS, Wanted, following, page
from idp.audit.showing import COLUMNS, to_csv, to_json
from idp.audit.trail import record, write_journal
from idp.audit.verifying import Read, examine, verify
from idp.audit.vouching import vouch

__all__ = [
    "BEGINNING",
    "COLUMNS",
    "END",
    "EVERYTHING",
    "MOST_EVENTS",
    "Break",
    "Entry",
    "Event",
    "Flaw",
    "Head",
    "Place",
    "Read",
    "Verdict",
    "Wanted",
    "chosen",
    "cut",
    "examine",
    "following",
    "heads",
    "is_known",
    "page",
    "record",
    "to_csv",
    "to_json",
    "verify",
    "vouch",
    "write_journal",
]
