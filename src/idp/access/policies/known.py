"""The facts of one question, checked once and prepared for every rule that asks."""

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address

from idp.access.policies import calendar
from idp.access.policies.addresses import address
from idp.access.policies.calendar import Wall
from idp.access.policies.methods import is_mfa
from idp.access.policies.model import Fact, Inputs

_COUNTRY = re.compile(r"[A-Z]{2}")
_TOO_MANY = 2**63
_UNREADABLE = (ValueError, OverflowError, LookupError, OSError, TypeError)


class Known:
    """Only what `missing` found present may be asked for."""

    __slots__ = ("address", "inputs", "mfa", "verdicts", "walls")

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self.address: IPv4Address | IPv6Address
        self.mfa: bool
        self.verdicts: Mapping[str, bool] = {}  # of the texts that could be evaluated
        self.walls: dict[str | None, Wall] = {}

    def wall(self, zone: str | None) -> Wall:
        found = self.walls.get(zone)
        if found is None:
            found = self.walls[zone] = calendar.wall(self.inputs.now_us, zone or self.inputs.zone)
        return found

    def missing(self, needs: int) -> int:
        """Which of the facts are not there, or not what such a fact can be."""
        return sum(fact for fact, present in _PRESENT.items() if needs & fact and not present(self))


def _user(known: Known) -> bool:
    return _text(known.inputs.user_id)


def _groups(known: Known) -> bool:
    return isinstance(known.inputs.groups, frozenset)


def _affiliation(known: Known) -> bool:
    return _text(known.inputs.affiliation)


def _address(known: Known) -> bool:
    if not _text(known.inputs.ip):
        return False
    try:
        known.address = address(known.inputs.ip or "")
    except ValueError:
        return False
    return True


def _country(known: Known) -> bool:
    return isinstance(known.inputs.country, str) and _COUNTRY.fullmatch(known.inputs.country) is not None


def _methods(known: Known) -> bool:
    methods = known.inputs.methods
    if not isinstance(methods, frozenset) or not all(isinstance(each, str) for each in methods):
        return False
    known.mfa = is_mfa(methods)
    return True


def _age(known: Known) -> bool:
    return _count(known.inputs.age_seconds)


def _browser_family(known: Known) -> bool:
    return _text(known.inputs.browser_family)


def _browser_version(known: Known) -> bool:
    return _count(known.inputs.browser_version)


def _verification(known: Known) -> bool:
    return _text(known.inputs.verification_status)


def _instant(known: Known) -> bool:
    """Far enough from the ends of the calendar to have a day before it in every zone."""
    try:
        day = calendar.wall(known.inputs.now_us, "UTC").day
    except _UNREADABLE:
        return False
    return type(known.inputs.now_us) is int and calendar.FIRST_DAY + 2 < day < calendar.LAST_DAY - 2


def _zone(known: Known) -> bool:
    try:
        return known.wall(None).minute >= 0
    except _UNREADABLE:
        return False


def _holidays(known: Known) -> bool:
    try:
        day = calendar.wall(known.inputs.now_us, "UTC").day
        return calendar.days_are_known(day - 1) and calendar.days_are_known(day + 1)
    except _UNREADABLE:
        return False


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _count(value: object) -> bool:
    return type(value) is int and 0 <= value < _TOO_MANY


_PRESENT = {
    int(Fact.USER): _user,
    int(Fact.GROUPS): _groups,
    int(Fact.AFFILIATION): _affiliation,
    int(Fact.ADDRESS): _address,
    int(Fact.COUNTRY): _country,
    int(Fact.METHODS): _methods,
    int(Fact.AGE): _age,
    int(Fact.BROWSER_FAMILY): _browser_family,
    int(Fact.BROWSER_VERSION): _browser_version,
    int(Fact.VERIFICATION): _verification,
    int(Fact.INSTANT): _instant,
    int(Fact.ZONE): _zone,
    int(Fact.HOLIDAYS): _holidays,
}
