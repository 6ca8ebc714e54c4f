"""Where calendar days begin and end in a time zone, as instants. Days are half-open: the end of one begins the next."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def start_of_day(day: date, zone: str) -> datetime:
    """00:00 of `day` in `zone`, in UTC.

    Where that wall time does not exist, fold=0 (PEP 495) gives the moment at which the clocks were put forward;
    where it comes twice, its first coming.
    """
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """24:00 of `day`: the first instant that is no longer part of it."""
    return start_of_day(day + timedelta(days=1), zone)


def day_of(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()
