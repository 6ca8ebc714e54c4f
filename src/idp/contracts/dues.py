"""What the calendar still has to do for a contract: renewals, its end, and reminders of either."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from idp.contracts import terms_calendar as calendar
from idp.contracts.instants import start_of_day
from idp.contracts.record import Record, agreement
from idp.contracts.standing import RUNNING, ahead, ending
from idp.contracts.terms_calendar import Reminder
from idp.kit.clock import micros


class DueReminder(NamedTuple):
    reminder: Reminder
    at_us: int


def reminders_ahead(record: Record) -> Iterator[DueReminder]:
    """Those that were not sent yet, oldest first, each at 00:00 of its day; none once the contract is over."""
    agreed = agreement(record)
    if agreed.first_day is None or agreed.status not in RUNNING:
        return
    end = ending(agreed)
    start = agreed.first_day
    if record.reminded_on is not None:
        start = date.fromisoformat(record.reminded_on) + timedelta(days=1)
    term = calendar.term_on(agreed.first_day, agreed.months, start)
    # A term too short for any reminder is followed by others just as short.
    while (end is None or term.first <= end.on) and (
        found := calendar.reminders(term, auto_renewal=agreed.auto_renewal)
    ):
        for reminder in found:
            at_us = micros(start_of_day(reminder.on, agreed.zone))
            if reminder.on >= start and (end is None or at_us < end.at_us):
                yield DueReminder(reminder, at_us)
        term = calendar.next_term(term, agreed.months)


def next_due(record: Record) -> int | None:
    """The instant at which something is to be done next; None: never."""
    event = next(ahead(agreement(record)), None)
    reminder = next(reminders_ahead(record), None)
    return min((each.at_us for each in (event, reminder) if each is not None), default=None)
