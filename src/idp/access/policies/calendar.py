"""The time on a wall in some zone, and the public holidays of Japan."""

from datetime import date, timedelta
from functools import cache, lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from idp.kit.clock import instant

# The Public Holiday Act came into force in 1948; the equinoxes are computed up to 2099.
FIRST_YEAR, LAST_YEAR = 1949, 2099
# The library itself keeps eight, and reads the file of a ninth each time.
zone_of = lru_cache(maxsize=1024)(ZoneInfo)
FIRST_DAY, LAST_DAY = date.min.toordinal(), date.max.toordinal()


class Wall(NamedTuple):
    """A minute of a day: 0 to 1439, and the day's ordinal as `date.toordinal` counts."""

    minute: int
    day: int

    @property
    def weekday(self) -> int:
        """0 is Monday."""
        return (self.day + 6) % 7


def wall(now_us: int, zone: str) -> Wall:
    """Raises `ValueError`, `OverflowError` or `ZoneInfoNotFoundError` (a `KeyError`)."""
    local = instant(now_us).astimezone(zone_of(zone))
    return Wall(local.hour * 60 + local.minute, local.toordinal())


@cache
def zones() -> frozenset[str]:
    """The IANA names that may be written in a rule."""
    return frozenset(available_timezones() - {"localtime", "Factory"})


def is_holiday(day: int) -> bool:
    """Substitute holidays and days between two holidays included (Act on National Holidays, Art. 3).

    Raises `LookupError` for years of which they are not known.
    """
    return day in _holidays(date.fromordinal(day).year)


@cache
def _holidays(year: int) -> frozenset[int]:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise LookupError(year)
    from holidays import country_holidays

    return frozenset(day.toordinal() for day in country_holidays("JP", years=year))


def days_are_known(day: int) -> bool:
    """Whether holidays are known of this day and of the one before."""
    first, last = date.fromordinal(day) - timedelta(days=1), date.fromordinal(day)
    return first.year >= FIRST_YEAR and last.year <= LAST_YEAR
