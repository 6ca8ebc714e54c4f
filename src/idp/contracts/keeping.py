"""The calendar carried out: what the dates of a contract have brought about is written down and told, once.

However many try at the same moment, one writes over the record that it has read; the others read again and find
nothing left to do.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from idp import delivery, tenants
from idp.contracts import store
from idp.contracts.dues import DueReminder, next_due, reminders_ahead
from idp.contracts.engine import ATTEMPTS
from idp.contracts.lifecycle import Event
from idp.contracts.record import Record
from idp.contracts.settling import settled
from idp.contracts.store import Waiting
from idp.contracts.telling import tell
from idp.kit.clock import instant
from idp.kit.errors import Unavailable
from idp.kit.units import Unit


class Kept(NamedTuple):
    """How many of each were done."""

    renewed: int = 0
    ended: int = 0
    reminders: int = 0


def waiting(unit: Unit, *, after_at: int, after_id: str, upto: int, limit: int) -> list[Waiting]:
    """Contracts for which the calendar has something to do by the instant `upto`, beyond the place (`after_at`,
    `after_id`) in their order; needs a unit of the platform."""
    return store.waiting(unit, after_at=after_at, after_id=after_id, upto=upto, limit=limit)


def keep(unit: Unit, contract_id: str, *, upto: int) -> Kept:
    """Renewals, the end and reminders that are due by `upto` (an instant, but never later than the unit's own), as the
    history dates them; needs a unit of the contract's tenant."""
    until = min(upto, unit.now_us)
    for _ in range(ATTEMPTS):
        read = store.find(unit, contract_id)
        if read is None:
            return Kept()
        record, changes = settled(read, instant(until))
        due = list(takewhile(lambda each: each.at_us <= until, reminders_ahead(read)))
        reminded_on = due[-1].reminder.on.isoformat() if due else read.reminded_on
        if changes:
            tenants.touch(unit)
            written = store.replace(unit, read, record._replace(reminded_on=reminded_on))
        elif due or read.due_at != next_due(read):
            written = store.remind(unit, read, reminded_on)
        else:
            return Kept()
        if written:
            _remind(unit, read, due)
            if changes:
                tell(unit, record, changes)
            renewed = sum(change.event is Event.RENEWED for change in changes)
            return Kept(renewed, len(changes) - renewed, len(due))
    raise Unavailable(f"contract {contract_id} changes all the time")


def _remind(unit: Unit, record: Record, due: Sequence[DueReminder]) -> None:
    for reminder, _ in due:
        payload = {
            "contract": record.id,
            "product": record.product,
            "status": record.status,
            "term": reminder.term,
            "days": reminder.days,
            "on": reminder.on.isoformat(),
            "last_day_to_ask" if record.auto_renewal else "end_date": reminder.of.isoformat(),
        }
        delivery.enqueue(unit, "contract.reminder", receiver="tenant", payload=payload)
