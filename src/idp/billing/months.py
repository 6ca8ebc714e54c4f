"""Calendar months in Japan, in which statements are made whatever zone a contract keeps its dates in."""

from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from idp.kit.clock import instant, micros

_JAPAN = ZoneInfo("Asia/Tokyo")


class Span(NamedTuple):
    """`[from_us, until_us)`, microseconds since the epoch."""

    from_us: int
    until_us: int


class Month(NamedTuple):
    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def following(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def span(self) -> Span:
        return Span(_begins_us(self), _begins_us(self.following))


def parse(text: str) -> Month:
    """Of its own form alone."""
    year, number = text.split("-")
    return Month(int(year), int(number))


def month_of(us: int) -> Month:
    day = day_of(us)
    return Month(day.year, day.month)


def day_of(us: int) -> date:
    return instant(us).astimezone(_JAPAN).date()


def _begins_us(month: Month) -> int:
    return micros(datetime(month.year, month.number, 1, tzinfo=_JAPAN).astimezone(UTC))
