"""What a service may still do that is refused otherwise, and until when: an exception without a date is a rule."""

from datetime import UTC, date, datetime, time, timedelta

from idp.kit.clock import instant, micros
from idp.kit.fields import Fields

NAMES = frozenset({"sha1_until"})
_LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)


def read_sha1(fields: Fields) -> str | None:
    """The last day (UTC) on which a request that is signed by RSA with SHA-1 is taken, `YYYY-MM-DD`."""
    text = fields.text("sha1_until")
    try:
        return None if text is None else date.fromisoformat(text).isoformat()
    except ValueError:
        fields.refuse("sha1_until", "invalid_format", "This is no day.", found=text, expected="YYYY-MM-DD")
        return None


def is_over(day: str, now_us: int) -> bool:
    """Whether that day is over."""
    end = datetime.combine(date.fromisoformat(day), time.min, UTC) + _DAY
    return micros(end) <= now_us


def judge(fields: Fields, day: str, now_us: int) -> None:
    """A day that is neither over nor further away than a year."""
    latest = (instant(now_us) + _LONGEST).date()
    if is_over(day, now_us) or date.fromisoformat(day) > latest:
        detail = "An exception is for a while: up to a year from now."
        fields.refuse("sha1_until", "out_of_range", detail, found=day, expected=latest.isoformat())
