"""The instants to come at which a window begins or ends."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from itertools import islice

from idp.access.policies.calendar import is_holiday, zone_of
from idp.access.policies.conditions import Holidays, Window
from idp.access.policies.model import Inputs
from idp.access.policies.spans import DAY_MINUTES
from idp.kit.clock import instant, micros

_WEEK, _YEAR = 8, 366
_MOST, _MOST_ZONES = 5_000, 50


def turns(
    windows: Sequence[Window], start: Inputs, numbers: Iterable[int] | None, zones: AbstractSet[str]
) -> list[int]:
    """Soonest first; of a week, of a year where not every week is like the other, some thousands at most. `numbers` are
    those of texts that ask for the time in some way, `zones` the ones that they speak of: every hour may matter then,
    and each number."""
    asked = {window.zone or start.zone for window in windows} | zones | (set() if numbers is None else {start.zone})
    minutes = {0, *(edge % DAY_MINUTES for window in windows for edge in (window.since, window.until))}
    if numbers is not None:
        minutes |= {hour * 60 for hour in range(24)}
        minutes |= {n + more for n in numbers for more in (0, 1) if n + more < DAY_MINUTES}
    places = sorted(asked, key=lambda zone: (zone != start.zone, zone))[:_MOST_ZONES]
    weekly = numbers is None and len(asked) < 2 and all(window.holidays is Holidays.IGNORE for window in windows)
    try:
        each = _MOST // max(1, len(places))
        return sorted(
            at
            for zone in places
            for at in islice(_of(zone, start, sorted(minutes), weekly=weekly, of_each_kind=numbers is not None), each)
        )
    except (ValueError, OverflowError, LookupError, TypeError, OSError):  # what is no instant has none after it
        return []


def _of(zone: str, start: Inputs, minutes: Sequence[int], *, weekly: bool, of_each_kind: bool) -> Iterator[int]:
    for day in _days(start.now_us, zone, _WEEK if weekly else _YEAR, of_each_kind=of_each_kind):
        for minute in minutes:
            at = _at(day, minute, zone)
            if at > start.now_us:
                yield at


def _days(now_us: int, zone: str, number: int, *, of_each_kind: bool) -> Iterator[date]:
    """From today on; or only the first of each kind: its weekday, and whether it and the day before are holidays."""
    today = instant(now_us).astimezone(zone_of(zone)).date()
    seen: set[tuple[int, bool, bool]] = set()
    for ahead in range(number):
        day = today + timedelta(days=ahead)
        ordinal = day.toordinal()
        kind = (day.weekday(), is_holiday(ordinal), is_holiday(ordinal - 1)) if of_each_kind else (ahead, False, False)
        if kind not in seen:
            seen.add(kind)
            yield day


def _at(day: date, minute: int, zone: str) -> int:
    return micros(datetime.combine(day, time(minute // 60, minute % 60), zone_of(zone)))
