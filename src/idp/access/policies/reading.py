"""Reads a condition from the JSON of a form and remembers every fault, so that its author learns all at once."""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from idp.access.policies import calendar
from idp.access.policies.addresses import network
from idp.access.policies.conditions import (
    WEEK,
    AllOf,
    AnyOf,
    Authentication,
    Browser,
    Condition,
    Day,
    Device,
    Holidays,
    Listed,
    Not,
    OneOf,
    Window,
)
from idp.access.policies.countries import COUNTRIES
from idp.federation import VerificationStatus
from idp.kit.fields import Fields
from idp.users import Affiliation

DEEPEST = 20
MOST_CONDITIONS = 500  # in one policy
MOST_VALUES = 500  # in one list
LONGEST_AGE = 10 * 366 * 86_400
LATEST_VERSION = 1_000_000

DAY_MINUTES = 24 * 60
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_LIKE_A_NETWORK = re.compile(r"[0-9.]+|.*[:/%].*", re.DOTALL)
_NOTHING = AllOf(())


@dataclass(frozen=True, slots=True)
class Names:
    """What a rule may refer to; None where references are not looked up, because they were when it was saved."""

    groups: Container[str] | None = None
    services: Container[str] | None = None
    networks: Container[str] | None = None


class Reader:
    """One condition, whole. What is wrong gives a condition that means nothing, and a fault."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._seen = 0

    def read(self, owner: Fields, member: str, *, level: int = 1) -> Condition:
        value = owner.given(member)
        if value is None:
            owner.refuse(member, "required", "A condition is needed.")
            return _NOTHING
        return self._condition(owner, member, value, level)

    def _condition(self, owner: Fields, path: str, value: object, level: int) -> Condition:
        self._seen += 1
        if level > DEEPEST:
            owner.refuse(path, "too_deep", f"Conditions have at most {DEEPEST} levels.", expected=DEEPEST)
        elif self._seen > MOST_CONDITIONS:
            if self._seen == MOST_CONDITIONS + 1:
                detail = f"A policy has at most {MOST_CONDITIONS} conditions."
                owner.refuse(path, "too_many", detail, expected=MOST_CONDITIONS)
        elif not isinstance(value, Mapping):
            owner.refuse(path, "invalid_type", "A condition is an object.", found=value, expected="object")
        else:
            return self._named(Fields(value, at=f"{owner.at}/{path}", errors=owner.errors), owner, path, level)
        return _NOTHING

    def _named(self, fields: Fields, owner: Fields, path: str, level: int) -> Condition:
        fields.only(KINDS)
        known = [name for name in fields.members if name in KINDS]
        if len(fields.members) != 1:
            owner.refuse(path, "one_condition", "A condition has one member, which says its kind.", expected=KINDS)
        if len(fields.members) != 1 or not known:
            return _NOTHING
        (kind,) = known
        if kind in {"all", "any"}:
            parts = self._parts(fields, kind, level)
            return AllOf(parts) if kind == "all" else AnyOf(parts)
        if kind == "not":
            return Not(self.read(fields, kind, level=level + 1))
        fields.required(kind)
        if kind in _LISTS:
            return self._one_of(Listed(kind), fields.inner(kind))
        return _LEAVES[kind](fields.inner(kind))

    def _parts(self, fields: Fields, kind: str, level: int) -> tuple[Condition, ...]:
        value = fields.given(kind)
        if not isinstance(value, list):
            fields.refuse(kind, "invalid_type", f"{kind} takes an array of conditions.", found=value, expected="array")
            return ()
        if len(value) > MOST_CONDITIONS:
            fields.refuse(kind, "too_many", f"At most {MOST_CONDITIONS}.", found=len(value), expected=MOST_CONDITIONS)
            return ()
        return tuple(self._condition(fields, f"{kind}/{index}", part, level + 1) for index, part in enumerate(value))

    def _one_of(self, fact: Listed, fields: Fields) -> OneOf:
        fields.only({"in"})
        values = listed(fields, "in")
        known = self._known(fact)
        for index, value in values.items():
            if (wrong := known(value)) is not None:
                fields.refuse(f"in/{index}", *wrong, found=value)
        return OneOf(fact, tuple(values.values()))

    def _known(self, fact: Listed) -> Callable[[str], tuple[str, str] | None]:
        match fact:
            case Listed.NETWORK:
                return self._wrong_network
            case Listed.GROUP:
                return _unless_in(self._names.groups, "unknown_group", "There is no such group.")
            case Listed.COUNTRY:
                return _unless_in(COUNTRIES, "unknown_value", "Countries are written as in ISO 3166-1 alpha-2.")
            case Listed.AFFILIATION:
                return _unless_in({each.value for each in Affiliation}, "unknown_value", "Nobody has this affiliation.")
            case Listed.VERIFICATION_STATUS:
                words = {each.value for each in VerificationStatus}
                return _unless_in(words, "unknown_value", "No service has this status.")

    def _wrong_network(self, value: str) -> tuple[str, str] | None:
        names = self._names.networks
        if names is not None and value in names:
            return None
        if _LIKE_A_NETWORK.fullmatch(value):
            try:
                network(value)
            except ValueError:
                return "invalid_network", "A network is written address/prefix, without host bits and zone id."
            return None
        return None if names is None else ("unknown_network", "There is no network of this name.")


def _unless_in(known: Container[str] | None, code: str, detail: str) -> Callable[[str], tuple[str, str] | None]:
    return lambda value: None if known is None or value in known else (code, detail)


def listed(fields: Fields, name: str) -> dict[int, str]:
    """A list of words that is not empty."""
    fields.required(name)
    found = fields.texts(name, most=MOST_VALUES, longest=200)
    if fields.given(name) == []:
        fields.refuse(name, "required", f"{name} needs at least one entry.")
    return found or {}


def _window(fields: Fields) -> Window:
    fields.only({"days", "from", "to", "holidays", "time_zone"})
    days = frozenset(WEEK)
    if fields.given("days") is not None:
        listed(fields, "days")
        days = fields.choices("days", Day, frozenset()) or days
    since, until = _minute(fields, "from", 0), _minute(fields, "to", DAY_MINUTES)
    for here, there in (("from", "to"), ("to", "from")):
        if fields.given(here) is None and fields.given(there) is not None:
            fields.refuse(here, "required", f"{there} needs {here} beside it.")
    if fields.clean("from", "to") and since == until:
        fields.refuse("to", "empty_window", "from and to must differ; a whole day is 00:00 to 24:00.")
    zone = fields.text("time_zone", longest=64)
    if zone is not None and zone not in calendar.zones():
        fields.refuse("time_zone", "unknown_value", "This time zone is not known.", found=zone)
    holidays = fields.choice("holidays", Holidays, frozenset(), default=Holidays.IGNORE)
    return Window(days, since, until, holidays, zone)


def _minute(fields: Fields, name: str, default: int) -> int:
    text = fields.text(name, longest=10)
    if text is None:
        return default
    if text == "24:00" and name == "to":
        return DAY_MINUTES
    found = _CLOCK.fullmatch(text)
    if found is None:
        expected = "00:00 to 24:00" if name == "to" else "00:00 to 23:59"
        fields.refuse(name, "invalid_format", "A time of day is written HH:MM.", found=text, expected=expected)
        return default
    return int(found[1]) * 60 + int(found[2])


def _asked(fields: Fields, name: str) -> bool | None:
    return None if fields.given(name) is None else fields.flag(name, default=False)


def _number(fields: Fields, name: str, highest: int) -> int | None:
    return None if fields.given(name) is None else fields.number(name, default=0, lowest=0, highest=highest)


def _some(fields: Fields, *names: str) -> None:
    """A condition about nothing is a mistake."""
    fields.only(names)
    if not any(fields.given(name) is not None for name in names):
        fields.refuse(names[0], "required", f"At least one of {', '.join(names)} is needed.")


def _device(fields: Fields) -> Device:
    _some(fields, "enrolled", "compliant", "certificate")
    return Device(_asked(fields, "enrolled"), _asked(fields, "compliant"), _asked(fields, "certificate"))


def _authentication(fields: Fields) -> Authentication:
    _some(fields, "mfa", "max_age_seconds")
    return Authentication(_asked(fields, "mfa"), _number(fields, "max_age_seconds", LONGEST_AGE))


def _browser(fields: Fields) -> Browser:
    _some(fields, "family", "min_version")
    families = None
    if fields.given("family") is not None:
        inner = fields.inner("family")
        inner.only({"in"})
        families = tuple(listed(inner, "in").values())
    return Browser(families, _number(fields, "min_version", LATEST_VERSION))


_LISTS = {each.value for each in Listed}
_LEAVES: dict[str, Callable[[Fields], Condition]] = {
    "time": _window,
    "device": _device,
    "authentication": _authentication,
    "browser": _browser,
}
KINDS = ["all", "any", "not", *sorted(_LISTS), *_LEAVES]
