"""The instants to come at which a window begins or ends."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from idp.access.policies.calendar import is_holiday
from idp.access.policies.conditions import Holidays, Window
from idp.access.policies.model import Inputs
from idp.access.policies.spans import DAY_MINUTES
from idp.kit.clock import instant, micros

_WEEK, _YEAR = 8, 366


def turns(
    windows: Sequence[Window], start: Inputs, numbers: Iterable[int] | None, zones: AbstractSet[str]
) -> list[int]:
    """Soonest first, of a week; of a year where not every week is like the other. `numbers` are those of texts that ask
    for the time in some way, `zones` the ones that they speak of: every hour may matter then, and each number."""
    asked = {window.zone or start.zone for window in windows} | zones | (set() if numbers is None else {start.zone})
    minutes = {0, *(edge % DAY_MINUTES for window in windows for edge in (window.since, window.until))}
    if numbers is not None:
        minutes |= {hour * 60 for hour in range(24)}
        minutes |= {n + more for n in numbers for more in (0, 1) if n + more < DAY_MINUTES}
    weekly = numbers is None and len(asked) < 2 and all(window.holidays is Holidays.IGNORE for window in windows)
    try:
        return sorted(
            at
            for zone in asked
            for day in _days(start.now_us, zone, _WEEK if weekly else _YEAR, of_each_kind=numbers is not None)
            for minute in sorted(minutes)
            if (at := _at(day, minute, zone)) > start.now_us
        )
    except (ValueError, OverflowError, LookupError, TypeError, OSError):  # what is no instant has none after it
        return []


def _days(now_us: int, zone: str, number: int, *, of_each_kind: bool) -> Iterator[date]:
    """From today on; or only the first of each kind: its weekday, and whether it and the day before are holidays."""
    today = instant(now_us).astimezone(ZoneInfo(zone)).date()
    seen: set[tuple[int, bool, bool]] = set()
    for ahead in range(number):
        day = today + timedelta(days=ahead)
        ordinal = day.toordinal()
        kind = (day.weekday(), is_holiday(ordinal), is_holiday(ordinal - 1)) if of_each_kind else (ahead, False, False)
        if kind not in seen:
            seen.add(kind)
            yield day


def _at(day: date, minute: int, zone: str) -> int:
    return micros(datetime.combine(day, time(minute // 60, minute % 60), ZoneInfo(zone)))
