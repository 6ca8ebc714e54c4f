"""Terms and deadlines as the Japanese Civil Code counts months (Art. 143); pure functions of calendar dates.

A term is counted from its own first day. The day of the month on which the first term began is not remembered:
a contract begun on 31 January for a month runs to 28 February, and from then on from the first to the last of a month.
"""

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

_DAY = timedelta(days=1)
_EVERY_MONTH_HAS = 28
REMINDER_DAYS = (60, 30, 7)


class Term(NamedTuple):
    number: int
    first: date
    last: date


class Reminder(NamedTuple):
    """`on` is the day on which to remind, so many `days` before the day `of` which it reminds."""

    term: int
    days: int
    of: date
    on: date


class Outlook(NamedTuple):
    """What somebody should know who is about to apply. With terms of one month the last day to ask lies before the
    first term, and `earliest_end` is the end of the next."""

    term: Term
    last_day_to_ask: date
    earliest_end: date


def term_end(first: date, months: int) -> date:
    """The last day of a term of `months` that begins on `first`: the day before the corresponding day of the last
    month, or that month's last day where it has no corresponding day (Civil Code Art. 143 (2))."""
    year, month = _shifted(first, months)
    if first.day > monthrange(year, month)[1]:
        return date(year, month, monthrange(year, month)[1])
    return date(year, month, first.day) - _DAY


def first_term(first: date, months: int) -> Term:
    return Term(1, first, term_end(first, months))


def next_term(term: Term, months: int) -> Term:
    first = term.last + _DAY
    return Term(term.number + 1, first, term_end(first, months))


def term_on(first: date, months: int, day: date) -> Term:
    """The term in which `day` lies; the first one for days before it."""
    term = first_term(first, months)
    while term.last < day:
        term = next_term(_leap(term, months, day), months)
    return term


def nth_term(first: date, months: int, number: int) -> Term:
    term = first_term(first, months)
    while term.number < number:
        term = next_term(term, months)
    return term


def last_day_to_ask(end: date) -> date:
    """The last day on which not renewing can be asked for a term that ends on `end` (terms of service, Art. 5.5).

    One month counted backwards from the last day of the term, never forwards from the request.
    """
    year, month = _shifted(end, -1)
    return date(year, month, min(end.day, monthrange(year, month)[1]))


def next_possible_end(first: date, months: int, today: date) -> Term:
    """The earliest term whose end can still be asked for today."""
    term = term_on(first, months, today)
    while last_day_to_ask(term.last) < today:
        term = next_term(term, months)
    return term


def outlook(first: date, months: int) -> Outlook:
    """Of terms of `months`, if the first begins on `first`."""
    term = first_term(first, months)
    return Outlook(term, last_day_to_ask(term.last), next_possible_end(first, months, first).last)


def reminders(term: Term, *, auto_renewal: bool) -> tuple[Reminder, ...]:
    """When to remind of what becomes of `term`, ascending: before the last day to ask where it would renew, before its
    end where it does not. None before the term began."""
    of = last_day_to_ask(term.last) if auto_renewal else term.last
    found = (Reminder(term.number, days, of, of - timedelta(days=days)) for days in REMINDER_DAYS)
    return tuple(reminder for reminder in found if reminder.on >= term.first)


def _leap(term: Term, months: int, day: date) -> Term:
    """A later term, still before the one of `day`. Terms that begin on a day which every month has repeat exactly,
    so a far date (a client's, in a request) costs no walk through centuries of one-month terms."""
    if term.first.day > _EVERY_MONTH_HAS:
        return term
    apart = (day.year - term.first.year) * 12 + day.month - term.first.month
    terms = apart // months - 2
    if terms < 1:
        return term
    year, month = _shifted(term.first, terms * months)
    first = date(year, month, term.first.day)
    return Term(term.number + terms, first, term_end(first, months))


def _shifted(day: date, months: int) -> tuple[int, int]:
    index = day.year * 12 + day.month - 1 + months
    return index // 12, index % 12 + 1
