"""Windows of time taken apart and put together again, as a Cedar text says them in several comparisons."""

from dataclasses import dataclass, replace

from idp.access.policies.conditions import WEEK, Day, Holidays, Window

DAY_MINUTES = 24 * 60
FULL = frozenset(WEEK)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a window within one day. `eve` True: its days are those before; None: it says nothing of days."""

    zone: str | None
    days: frozenset[Day] = FULL
    since: int = 0
    until: int = DAY_MINUTES
    holidays: Holidays = Holidays.IGNORE
    eve: bool | None = None

    @property
    def whole_day(self) -> bool:
        return (self.since, self.until) == (0, DAY_MINUTES)


def both(one: Span, other: Span) -> Span | None:
    """The span of what lies in both; None where there is no such span."""
    eves = {one.eve, other.eve} - {None}
    kinds = {one.holidays, other.holidays} - {Holidays.IGNORE}
    inclusive = Holidays.INCLUDE in kinds
    if one.zone != other.zone or len(eves) > 1 or len(kinds) > 1:
        return None
    if inclusive and not (_plain(one) or _plain(other)):
        return None
    met = Span(
        one.zone,
        one.days & other.days,
        max(one.since, other.since),
        min(one.until, other.until),
        next(iter(kinds), Holidays.IGNORE),
        next(iter(eves), None),
    )
    return met if met.days and met.since < met.until else None


def _plain(span: Span) -> bool:
    """Whether it says nothing of days."""
    return span.days == FULL and span.holidays is Holidays.IGNORE


def either(one: Span, other: Span) -> Span | Window | None:
    """What lies in one or the other, where a window says it: days or holidays, and the two sides of a midnight."""
    if one.zone != other.zone:
        return None
    if one.whole_day and other.whole_day and one.eve == other.eve and one.holidays is Holidays.IGNORE:
        if other.days == FULL and other.holidays is Holidays.ONLY:
            return replace(one, holidays=Holidays.INCLUDE)
        return None
    same = (one.days, one.holidays) == (other.days, other.holidays)
    parts = one.until == DAY_MINUTES and other.since == 0 and other.until < one.since
    eve = (one.eve, other.eve) == ((None, None) if _plain(one) else (False, True))
    return Window(one.days, one.since, other.until, one.holidays, one.zone) if same and parts and eve else None


def window(span: Span) -> Window | None:
    """None where its days are those before: only the second half of a night has such."""
    return None if span.eve else Window(span.days, span.since, span.until, span.holidays, span.zone)
