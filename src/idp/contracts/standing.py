"""What the dates of a contract say at an instant, whether or not any job has run.

`Agreement` is what the record says; `standing` reads the calendar from it, for people and forms. `Window` is the same
reduced to integers for the gate: the days are turned into instants once, when a contract is loaded, so that a request
costs two comparisons and no time zone.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import Final, NamedTuple

from idp.contracts import terms_calendar as calendar
from idp.contracts.instants import day_of, end_of_day, start_of_day
from idp.contracts.lifecycle import EndReason, Event, Status
from idp.contracts.terms_calendar import Term
from idp.kit.clock import instant, micros


class Reason(StrEnum):
    """Why a contract does not let anybody through; the order in which several contracts of a product are read."""

    SUSPENDED = "contract_suspended"
    NOT_STARTED = "contract_not_started"
    ENDED = "contract_ended"
    NOT_ESTABLISHED = "contract_not_established"


class Ending(NamedTuple):
    """`on` is the last day, `at_us` the first instant at which the contract is over."""

    reason: EndReason
    on: date
    at_us: int


class Agreement(NamedTuple):
    """What the record says about time. `first_day` is of the first term, None until the contract is established;
    `renewals` counts those that the history has; `ended` is set once the end itself is recorded."""

    status: Status
    entered_by: Event
    zone: str
    months: int
    auto_renewal: bool
    first_day: date | None = None
    non_renewal: date | None = None
    stop: date | None = None
    renewals: int = 0
    ended: Ending | None = None


class Standing(NamedTuple):
    """`term` is the present one, the first before it has begun, the last after the end. `last_day_to_ask` is that of
    the present term and may lie before it; `next_possible_end` is the end that can still be asked for."""

    status: Status
    term: Term | None = None
    ended: Ending | None = None
    last_day_to_ask: date | None = None
    next_possible_end: date | None = None


class Due(NamedTuple):
    """An event that the calendar has brought about and the history does not have yet."""

    event: Event
    at_us: int


class Window(NamedTuple):
    """`[starts_us, ends_us)`; None: no first day yet, no end in sight."""

    status: Status
    starts_us: int | None
    ends_us: int | None


RUNNING: Final = (Status.ACTIVE, Status.SUSPENDED)
_OVER: Final = (Status.ENDED, Status.ERASED)


def ending(agreement: Agreement) -> Ending | None:
    """The end that is recorded, or that the calendar has in store; None when it renews without end.

    A stop on the very day on which the term runs out is a stop: it was asked for, and it promises erasure (Art. 9.2).
    """
    if agreement.ended is not None or agreement.first_day is None:
        return agreement.ended
    ends = []
    if agreement.stop is not None:
        ends.append((agreement.stop, EndReason.STOPPED))
    if not agreement.auto_renewal:
        ends.append((calendar.term_end(agreement.first_day, agreement.months), EndReason.EXPIRED))
    elif agreement.non_renewal is not None:
        ends.append((agreement.non_renewal, EndReason.NOT_RENEWED))
    if not ends:
        return None
    day, reason = min(ends, key=lambda end: end[0])
    return Ending(reason, day, micros(end_of_day(day, agreement.zone)))


def window(agreement: Agreement) -> Window:
    end = ending(agreement)
    first = agreement.first_day
    return Window(
        status=agreement.status,
        starts_us=None if first is None else micros(start_of_day(first, agreement.zone)),
        ends_us=None if end is None else end.at_us,
    )


def status_at(facts: Window, now_us: int) -> Status:
    if facts.status in RUNNING and facts.ends_us is not None and now_us >= facts.ends_us:
        return Status.ENDED
    return facts.status


def reason_at(facts: Window, now_us: int) -> Reason | None:
    """Why nobody may use a service under this contract now; None: the contract does not stand in the way."""
    status = status_at(facts, now_us)
    if status is Status.ACTIVE:
        started = facts.starts_us is not None and now_us >= facts.starts_us
        return None if started else Reason.NOT_STARTED
    if status is Status.SUSPENDED:
        return Reason.SUSPENDED
    return Reason.ENDED if status in _OVER else Reason.NOT_ESTABLISHED


def standing(agreement: Agreement, now: datetime) -> Standing:
    status = status_at(window(agreement), micros(now))
    if agreement.first_day is None:
        return Standing(status)
    today = day_of(now, agreement.zone)
    if status not in RUNNING:
        end = ending(agreement)
        last = calendar.term_on(agreement.first_day, agreement.months, today if end is None else end.on)
        return Standing(status, last, end)
    term = calendar.term_on(agreement.first_day, agreement.months, today)
    if not agreement.auto_renewal:
        return Standing(status, term)
    return Standing(
        status,
        term,
        last_day_to_ask=calendar.last_day_to_ask(term.last),
        next_possible_end=calendar.next_possible_end(agreement.first_day, agreement.months, today).last,
    )


def ahead(agreement: Agreement) -> Iterator[Due]:
    """What the calendar brings about beyond the history, oldest first, each at its contractual instant: 00:00 of the
    first day that it concerns. Never ends for a contract that renews without end."""
    if agreement.first_day is None or agreement.status not in RUNNING:
        return
    end = ending(agreement)
    recorded = calendar.nth_term(agreement.first_day, agreement.months, agreement.renewals + 1)
    term = calendar.next_term(recorded, agreement.months)
    while end is None or term.first <= end.on:
        yield Due(Event.RENEWED, micros(start_of_day(term.first, agreement.zone)))
        term = calendar.next_term(term, agreement.months)
    if end is not None:
        yield Due(end.reason.event, end.at_us)


def due(agreement: Agreement, now: datetime) -> Iterator[Due]:
    """What the calendar has done since the history was last written."""
    now_us = micros(now)
    return takewhile(lambda event: event.at_us <= now_us, ahead(agreement))


def terminated_at(now_us: int, zone: str) -> Ending:
    """The end by the operator's hand takes effect at once (Art. 14.2); its date is the day on which it was done."""
    return Ending(EndReason.TERMINATED, day_of(instant(now_us), zone), now_us)


def export_until(end: Ending, grace_days: int) -> date:
    """The last day on which the tenant's administrators can fetch their data; erasure is due on the day after. A stop
    leaves no grace (Art. 9.2)."""
    return end.on if end.reason is EndReason.STOPPED else end.on + timedelta(days=grace_days)
