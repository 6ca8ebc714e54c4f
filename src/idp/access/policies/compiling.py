"""A condition becomes a closure over prepared facts, and the set of facts that it needs."""

from collections.abc import Callable, Mapping, Sequence

from idp.access.policies import calendar
from idp.access.policies.addresses import Networks
from idp.access.policies.conditions import (
    WEEK,
    AllOf,
    AnyOf,
    Authentication,
    Browser,
    Condition,
    Device,
    Holidays,
    Listed,
    Not,
    OneOf,
    Window,
)
from idp.access.policies.known import Known
from idp.access.policies.model import Fact
from idp.access.policies.words import Requirement

Holds = Callable[[Known], bool]
Named = Mapping[str, Sequence[str]]

_LISTED = {
    Listed.NETWORK: Fact.ADDRESS,
    Listed.COUNTRY: Fact.COUNTRY,
    Listed.GROUP: Fact.GROUPS,
    Listed.AFFILIATION: Fact.AFFILIATION,
    Listed.VERIFICATION_STATUS: Fact.VERIFICATION,
}
REQUIRED = {
    Requirement.MFA: Fact.METHODS,
    Requirement.FRESH_SIGN_IN: Fact.AGE,
    Requirement.DEVICE_CERTIFICATE: Fact.DEVICE,
}


def needs_of(condition: Condition) -> Fact:  # noqa: PLR0911  # one for each kind
    """Every fact that is mentioned, whether or not the others already decide."""
    match condition:
        case AllOf(of) | AnyOf(of):
            found = Fact(0)
            for each in of:
                found |= needs_of(each)
            return found
        case Not(inner):
            return needs_of(inner)
        case OneOf(fact):
            return _LISTED[fact]
        case Window(holidays=holidays, zone=zone):
            dated = Fact(0) if holidays is Holidays.IGNORE else Fact.HOLIDAYS
            return Fact.INSTANT | dated | (Fact.ZONE if zone is None else Fact(0))
        case Device():
            return Fact.DEVICE
        case Authentication(mfa, age):
            return _if(mfa is not None, Fact.METHODS) | _if(age is not None, Fact.AGE)
        case Browser(families, version):
            return _if(families is not None, Fact.BROWSER_FAMILY) | _if(version is not None, Fact.BROWSER_VERSION)


def _if(asked: bool, fact: Fact) -> Fact:
    return fact if asked else Fact(0)


def holds(condition: Condition, networks: Named) -> Holds:  # noqa: PLR0911  # one for each kind
    """Raises `LookupError` for the name of a network that there is no more, `ValueError` for a network that is none."""
    match condition:
        case AllOf(of):
            return every(tuple(holds(each, networks) for each in of))
        case AnyOf(of):
            return some(tuple(holds(each, networks) for each in of))
        case Not(inner):
            negated = holds(inner, networks)
            return lambda known: not negated(known)
        case OneOf(fact, values):
            return _one_of(fact, values, networks)
        case Window():
            return _window(condition)
        case Device():
            return _device(condition)
        case Authentication(mfa, age):
            return _authentication(mfa, age)
        case Browser(families, version):
            return _browser(families, version)


def every(parts: Sequence[Holds]) -> Holds:
    def each(known: Known) -> bool:
        for part in parts:  # noqa: SIM110  # a generator would cost more than what it runs over
            if not part(known):
                return False
        return True

    return parts[0] if len(parts) == 1 else each


def some(parts: Sequence[Holds]) -> Holds:
    def one(known: Known) -> bool:
        for part in parts:  # noqa: SIM110  # likewise
            if part(known):
                return True
        return False

    return parts[0] if len(parts) == 1 else one


def _one_of(fact: Listed, values: tuple[str, ...], networks: Named) -> Holds:
    among = frozenset(values)
    match fact:
        case Listed.NETWORK:
            there = Networks(cidr for value in values for cidr in cidrs(value, networks))
            return lambda known: known.address in there
        case Listed.GROUP:
            return lambda known: not among.isdisjoint(known.inputs.groups or ())
        case Listed.COUNTRY:
            return lambda known: known.inputs.country in among
        case Listed.AFFILIATION:
            return lambda known: known.inputs.affiliation in among
        case Listed.VERIFICATION_STATUS:
            return lambda known: known.inputs.verification_status in among


def cidrs(written: str, networks: Named) -> Sequence[str]:
    """A network by its name or by itself."""
    found = networks.get(written)
    if found is not None:
        return found
    if "/" not in written:
        raise LookupError(written)
    return (written,)


def _window(window: Window) -> Holds:
    since, until, zone = window.since, window.until, window.zone
    days = _days(window)

    def within(known: Known) -> bool:
        minute, day = known.wall(zone)
        return since <= minute < until and days(day)

    def across_midnight(known: Known) -> bool:
        minute, day = known.wall(zone)
        return (minute >= since and days(day)) or (minute < until and days(day - 1))

    return within if since < until else across_midnight


def _days(window: Window) -> Callable[[int], bool]:
    """Whether a window that begins on this day is there."""
    named = tuple(day in window.days for day in WEEK)
    is_holiday = calendar.is_holiday
    match window.holidays:
        case Holidays.IGNORE:
            return lambda day: named[(day + 6) % 7]
        case Holidays.EXCLUDE:
            return lambda day: named[(day + 6) % 7] and not is_holiday(day)
        case Holidays.INCLUDE:
            return lambda day: named[(day + 6) % 7] or is_holiday(day)
        case Holidays.ONLY:
            return lambda day: named[(day + 6) % 7] and is_holiday(day)


def _device(device: Device) -> Holds:
    asked = (device.enrolled, device.compliant, device.certificate)

    def matches(known: Known) -> bool:
        inputs = known.inputs
        found = (inputs.device_enrolled, inputs.device_compliant, inputs.device_certificate)
        return all(wanted is None or wanted is (has is True) for wanted, has in zip(asked, found, strict=True))

    return matches


def _authentication(mfa: bool | None, oldest: int | None) -> Holds:
    def matches(known: Known) -> bool:
        if mfa is not None and known.mfa is not mfa:
            return False
        return oldest is None or (known.inputs.age_seconds or 0) <= oldest

    return matches


def _browser(families: tuple[str, ...] | None, lowest: int | None) -> Holds:
    among = None if families is None else frozenset(family.lower() for family in families)

    def matches(known: Known) -> bool:
        if among is not None and (known.inputs.browser_family or "").lower() not in among:
            return False
        return lowest is None or (known.inputs.browser_version or 0) >= lowest

    return matches
