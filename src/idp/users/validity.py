"""From when until when an ID may be used: calendar dates of the tenant's zone, and the instants that follow from them.

Whoever decides compares the instants with the clock: nothing has to run for an ID to begin or to end.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from idp.kit.clock import micros
from idp.kit.fields import Fields

FIRST_DATE, LAST_DATE = date(2000, 1, 1), date(2199, 12, 31)


class Validity(NamedTuple):
    """`first` and `last` are days, both included; None: without end."""

    first: date | None = None
    last: date | None = None

    def instants(self, zone: str) -> "Span":
        first = None if self.first is None else start_of_day(self.first, zone)
        end = None if self.last is None else start_of_day(self.last + timedelta(days=1), zone)
        return Span(first, end)


ALWAYS = Validity()


class Span(NamedTuple):
    """`[starts_at, ends_at)` in microseconds since the epoch; None: without end."""

    starts_at: int | None = None
    ends_at: int | None = None

    def has_begun(self, now_us: int) -> bool:
        return self.starts_at is None or self.starts_at <= now_us

    def has_ended(self, now_us: int) -> bool:
        return self.ends_at is not None and self.ends_at <= now_us

    def holds(self, now_us: int) -> bool:
        return self.has_begun(now_us) and not self.has_ended(now_us)


UNLIMITED = Span()


def start_of_day(day: date, zone: str) -> int:
    """00:00 of `day` in `zone`, in microseconds."""
    return micros(datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC))


def next_look(last: date | None, span: Span, zone: str, *, reminder_days: int, now_us: int) -> int | None:
    """The next instant at which something is to be done about an end: a reminder of the last day, the end itself."""
    coming = {span.ends_at}
    if last is not None and reminder_days:
        coming.add(start_of_day(last - timedelta(days=reminder_days), zone))
    return min((at_us for at_us in coming if at_us is not None and at_us > now_us), default=None)


def read(fields: Fields) -> Validity:
    """`valid_from` and `valid_until`."""
    first, last = _day(fields, "valid_from"), _day(fields, "valid_until")
    if first is not None and last is not None and last < first:
        detail = "The last day is before the first."
        fields.refuse("valid_until", "out_of_range", detail, found=last.isoformat(), expected=first.isoformat())
    return Validity(first, last)


def _day(fields: Fields, name: str) -> date | None:
    text = fields.text(name, longest=10)
    if text is None:
        return None
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        day = None
    if day is None or not FIRST_DATE <= day <= LAST_DATE:
        fields.refuse(name, "invalid_format", f"{name} is not a day (YYYY-MM-DD).", found=text, expected="YYYY-MM-DD")
        return None
    return day
