"""The audit trail: what was done, by whom, in the transaction that did it.

Rows are hash-chained for each tenant and writer (a writer is one database connection, so chains never wait for each
other); the first row of a chain names the head of the chain opened before it. A row holds ids and codes, never a name,
an address or a secret. Nothing here changes or deletes a row.
"""

from idp.audit.events import Event
from idp.audit.trail import BEGINNING, Entry, Place, page, record, verify, write_journal

__all__ = ["BEGINNING", "Entry", "Event", "Place", "page", "record", "verify", "write_journal"]
