"""The grammar of conditions: what a form says, read and judged."""

from dataclasses import dataclass
from enum import StrEnum


class Listed(StrEnum):
    """Facts that are compared with a list."""

    NETWORK = "network"
    COUNTRY = "country"
    GROUP = "group"
    AFFILIATION = "affiliation"
    VERIFICATION_STATUS = "verification_status"


class Day(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


WEEK = tuple(Day)


class Holidays(StrEnum):
    """What a public holiday of Japan is to a window: nothing, never its day, also its day, or a day only if it is one.

    `ONLY` keeps the days that are both named and holidays.
    """

    IGNORE = "ignore"
    EXCLUDE = "exclude"
    INCLUDE = "include"
    ONLY = "only"


@dataclass(frozen=True, slots=True)
class AllOf:
    """True when empty."""

    of: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """False when empty."""

    of: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    of: "Condition"


@dataclass(frozen=True, slots=True)
class OneOf:
    """The fact is one of the values; for groups: the person is in one of them; for networks: the address is."""

    fact: Listed
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day, half-open. Where `until` is before `since`, it ends on the day after the one it belongs to.

    `zone` None is the tenant's.
    """

    days: frozenset[Day]
    since: int
    until: int
    holidays: Holidays
    zone: str | None


@dataclass(frozen=True, slots=True)
class Device:
    """What is None is not asked."""

    enrolled: bool | None
    compliant: bool | None
    certificate: bool | None


@dataclass(frozen=True, slots=True)
class Authentication:
    mfa: bool | None
    max_age_seconds: int | None


@dataclass(frozen=True, slots=True)
class Browser:
    """Families are compared without regard to case."""

    families: tuple[str, ...] | None
    min_version: int | None


Condition = AllOf | AnyOf | Not | OneOf | Window | Device | Authentication | Browser
