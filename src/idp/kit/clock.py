"""Time, handed in. Everything that the product calls now comes from a `Clock`; only this module asks the machine."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Protocol

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000  # instants are stored as microseconds since the epoch

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def micros(instant: datetime) -> int:
    """Exact: no float takes part."""
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def instant(us: int) -> datetime:
    return EPOCH + timedelta(microseconds=us)


def rfc3339(us: int) -> str:
    """`2026-04-01T00:00:00Z`, with a fraction only where there is one."""
    return instant(us).isoformat().replace("+00:00", "Z")


def monotonic() -> float:
    """Seconds for timeouts, untouched by a clock under test."""
    return time.monotonic()


machine_ns = time.time_ns
"""The machine's own time, for ordering ids; never for a decision."""


class Clock(Protocol):
    def now_us(self) -> int:
        """Microseconds since the epoch, UTC."""


class SystemClock:
    def now_us(self) -> int:
        return time.time_ns() // 1000


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._us = micros(at)

    def now_us(self) -> int:
        return self._us

    def advance(self, **span: float) -> None:
        self._us += timedelta(**span) // timedelta(microseconds=1)

    def set(self, at: datetime) -> None:
        self._us = micros(at)


class FileClock:
    """The instant written in a file, read anew at each look: one file moves every process at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._last = ""

    def now_us(self) -> int:
        # a file that is being written over is empty for a moment: time stands still meanwhile
        self._last = self._path.read_text(encoding="ascii").strip() or self._last
        return micros(parse(self._last))


def parse(text: str) -> datetime:
    """An instant as in RFC 3339 5.6, `ValueError` for anything else; of its fraction, microseconds are kept."""
    if not _RFC3339.fullmatch(text):
        raise ValueError(f"{text!r} is no instant of RFC 3339 with its offset from UTC")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:  # the offset leads out of the years 1 to 9999
        raise ValueError(f"{text!r} is not in the years 1 to 9999 UTC") from None


def from_setting(value: str) -> Clock:
    """`system`, an RFC 3339 instant, or `file:PATH`."""
    if value == "system":
        return SystemClock()
    if value.startswith("file:"):
        return FileClock(Path(value.removeprefix("file:")))
    return FixedClock(parse(value))
