"""When metadata is fetched again: pure functions of what they say and of now, in microseconds.

A service may wish to be asked often or rarely (`cacheDuration`); it gets what it wishes between an hour and a week,
and otherwise a day. Metadata that end are fetched well before: after half of the time that is left, so that a failure
has time to be mended. After a failure it is tried again, each time later, up to a day.
"""

import re

from idp.kit.clock import SECOND

HOUR = 3_600 * SECOND
DAY = 24 * HOUR
FLOOR = HOUR
CEILING = 7 * DAY
USUAL = DAY
_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,11})(?:\.\d+)?S)?)?",
    re.ASCII,
)
_LENGTHS = {
    "years": 365 * DAY,
    "months": 30 * DAY,
    "days": DAY,
    "hours": HOUR,
    "minutes": 60 * SECOND,
    "seconds": SECOND,
}


def duration(text: str) -> int | None:
    """XML Schema 2, 3.2.6; years and months are rough. None for what is none, or is negative."""
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groupdict().values()):
        return None
    return sum(int(count) * _LENGTHS[name] for name, count in found.groupdict().items() if count)


def next_look(now_us: int, *, cached: int | None, valid_until: int | None) -> int:
    """After a fetch that worked."""
    pause = min(max(USUAL if cached is None else cached, FLOOR), CEILING)
    if valid_until is not None:
        pause = max(min(pause, (valid_until - now_us) // 2), FLOOR)
    return now_us + pause


def after_failure(now_us: int, failures: int) -> int:
    """`failures` in a row."""
    return now_us + min(FLOOR << min(failures - 1, 10), DAY)
