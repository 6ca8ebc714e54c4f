"""The calendar of terms once more, by somebody who only knows which day follows which and what a clock on a wall shows.

It shares no code with the product: it walks through the days one at a time and looks at clocks in steps of a quarter
of an hour.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

Day = tuple[int, int, int]

QUARTER = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
WIDEST = timedelta(hours=14)  # no clock is farther ahead of UTC


class Case(NamedTuple):
    start: date
    months: int
    zone: str


def cases(number: int, seed: int) -> Iterator[Case]:
    """The last days of months and of February come more often than by chance; so do terms of a month and a year."""
    draw = random.Random(seed)
    zones = sorted(available_timezones() - {"localtime", "Factory"})
    for _ in range(number):
        start = date(2000, 1, 1) + timedelta(days=draw.randrange(36_500))
        if draw.random() < 0.4:
            following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
            start = following - timedelta(days=draw.choice([1, 1, 1, 2, 3]))
        months = draw.choice([1, 1, 2, 3, 6, 12, 12, draw.randint(1, 24), draw.randint(1, 120)])
        yield Case(start, months, draw.choice(zones))


def following(day: Day) -> Day:
    year, month, number = day
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = (29 if leap else 28) if month == 2 else 30 if month in (4, 6, 9, 11) else 31
    if number < last:
        return year, month, number + 1
    return (year, month + 1, 1) if month < 12 else (year + 1, 1, 1)


def last_day(start: date, months: int) -> date:
    """Until the day before the corresponding day of the last month, or until that month is over without one."""
    day = (start.year, start.month, start.day)
    begun = 0
    while True:
        after = following(day)
        begun += after[2] == 1
        if begun == months and after[2] == start.day:
            return date(*day)
        if begun > months:
            return date(*day)
        day = after


def last_day_to_ask(end: date) -> date:
    """Back from `end`, day by day, to the same number in the month before, or to that month's last day."""
    day = end
    while True:
        day -= timedelta(days=1)
        if day.month != end.month and day.day <= end.day:
            return day


def first_instant_after(day: date, zone: str) -> datetime:
    """When a clock on a wall of that zone first shows a later day."""
    place = ZoneInfo(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    at = midnight - WIDEST
    while at.astimezone(place).date() <= day:
        at += QUARTER
    while (at - MINUTE).astimezone(place).date() > day:
        at -= MINUTE
    return at
