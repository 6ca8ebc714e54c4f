"""The record brought up to what the calendar says: renewals and the end that no run has written yet.

The status shown never waits for this; the history does. Whatever changes a contract settles it first, so that the
history stays in the order of time and each row follows legally from the one before.
"""

from datetime import datetime

from idp.contracts.lifecycle import Event, Status, after
from idp.contracts.model import Change
from idp.contracts.record import Record, agreement
from idp.contracts.standing import due, ending
from idp.kit.actors import SYSTEM


def settled(record: Record, now: datetime) -> tuple[Record, list[Change]]:
    """The record as it would be had everything due by `now` been written, and the rows that the history lacks."""
    changes = []
    agreed = agreement(record)
    for event, at_us in due(agreed, now):
        before = Status(record.status)
        status = after(before, event)
        changes.append(Change(record.changes + 1, at_us, event, before, status, SYSTEM.id, SYSTEM.source, reason=""))
        record = record._replace(changes=record.changes + 1)
        if event is Event.RENEWED:
            record = record._replace(renewals=record.renewals + 1)
        elif (end := ending(agreed)) is not None:
            record = record.with_end(end)._replace(status=status.value, entered_by=event.value)
    return record, changes
