"""The values at which rules begin to say something else: whoever tries them has tried all that can come up.

Between two values that a rule names nothing changes, so of all the values of a fact that no condition tells apart one
is enough. Exact for conditions; of a text that no form can express every value that is written in it is tried.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice, product
from typing import Any

from idp.access.policies.addresses import address, network
from idp.access.policies.compiling import Holds, Named, cidrs, holds
from idp.access.policies.conditions import (
    AllOf,
    AnyOf,
    Authentication,
    Browser,
    Condition,
    Device,
    Listed,
    Not,
    OneOf,
    Window,
)
from idp.access.policies.countries import COUNTRIES
from idp.access.policies.known import Known
from idp.access.policies.methods import FACTORS
from idp.access.policies.model import Fact, Inputs, Rule
from idp.access.policies.ruleset import RuleSet
from idp.access.policies.turns import turns
from idp.access.policies.words import Requirement
from idp.federation import VerificationStatus

Values = dict[str, Any]  # members of Inputs


class Axis(StrEnum):
    """What can be otherwise about a question, person and service being as they are."""

    AUTHENTICATION = "authentication"
    AGE = "age"
    NETWORK = "network"
    TIME = "time"
    COUNTRY = "country"
    DEVICE = "device"
    BROWSER = "browser"
    BROWSER_VERSION = "browser_version"
    VERIFICATION_STATUS = "verification_status"


_FACTS = {
    Axis.AUTHENTICATION: Fact.METHODS,
    Axis.AGE: Fact.AGE,
    Axis.NETWORK: Fact.ADDRESS,
    Axis.TIME: Fact.INSTANT,
    Axis.COUNTRY: Fact.COUNTRY,
    Axis.DEVICE: Fact.DEVICE,
    Axis.BROWSER: Fact.BROWSER_FAMILY,
    Axis.BROWSER_VERSION: Fact.BROWSER_VERSION,
    Axis.VERIFICATION_STATUS: Fact.VERIFICATION,
}
# A hostile set names thousands of values: what is beyond these is not tried, and so not found.
_MOST_VALUES = 20_000  # of one fact
_MOST_TOLD = 300_000  # conditions asked for which of them differ
_LEAST_TOLD = 100
_SOMEWHERE = ("203.0.113.1", "2001:db8:ffff::1")
_METHODS = frozenset(method for kind in FACTORS for method in kind)
_DEVICE = ("device_enrolled", "device_compliant", "device_certificate")
_DEVICES = [dict(zip(_DEVICE, flags, strict=True)) for flags in product((True, False), repeat=3)]
_QUOTED = re.compile(r'"([^"\\]*)"')
_NUMBER = re.compile(r"\b\d{1,9}\b")


def boundary_inputs(ruleset: RuleSet, start: Inputs, *, places: Sequence[str] = ()) -> Iterator[Inputs]:
    """Every situation that the rules tell apart, as it is at `start` first: each combination of the boundaries of
    every fact. As many as the boundaries' numbers multiplied; it is for the caller to stop. `places` are networks that
    matter beside those of the rules; times are those of the year that begins at `start`.
    """
    for chosen in product(*boundaries(ruleset.rules, ruleset.networks, start, places=places).values()):
        yield start._replace(**{name: value for values in chosen for name, value in values.items()})


def boundaries(
    rules: Sequence[Rule], networks: Named, start: Inputs, *, places: Sequence[str] = ()
) -> Mapping[Axis, list[Values]]:
    """One value for each difference it makes, the present one first."""
    search = _Search(rules, networks, start, places)
    return {axis: search.values(axis) for axis in Axis}


class _Search:
    def __init__(self, rules: Sequence[Rule], networks: Named, start: Inputs, places: Sequence[str]) -> None:
        self._start = start
        self._rules = rules
        self._networks = networks
        self._places = places
        self._leaves = [leaf for rule in self._rules for leaf in leaves(rule.condition)]
        self._texts = [rule for rule in self._rules if rule.text is not None and rule.condition is None]
        self._words = sorted({word for rule in self._texts for word in _QUOTED.findall(rule.text or "")})
        self._numbers = sorted({int(n) for rule in self._texts for n in _NUMBER.findall(rule.text or "")})

    def values(self, axis: Axis) -> list[Values]:
        fact = _FACTS[axis]
        present = {name: getattr(self._start, name) for name in _MEMBERS[axis]}
        if not any(rule.needs & fact for rule in self._rules) and not (axis is Axis.NETWORK and self._places):
            return [present]
        others = (values for values in islice(self._tried(axis), _MOST_VALUES) if values != present)
        tried = [present, *others]
        if any(rule.needs & fact for rule in self._texts):
            return tried
        tests = self._tests(axis)
        tried = tried[: max(_LEAST_TOLD, _MOST_TOLD // max(1, len(tests)))]
        found: dict[tuple[object, ...], Values] = {}
        for values in tried:
            known = Known(self._start._replace(**values))
            absent = known.missing(fact)
            told = tuple(_told(test, known) for test in tests)
            found.setdefault((absent, told), values)
        return list(found.values())

    def _tests(self, axis: Axis) -> list[Holds]:
        """What tells values of this fact apart."""
        asked = [leaf for leaf in self._leaves if _axis_of(leaf) is axis]
        if axis is Axis.NETWORK and self._places:
            asked.append(OneOf(Listed.NETWORK, tuple(self._places)))
        if axis is Axis.AUTHENTICATION:
            asked.append(Authentication(True, None))
        if axis is Axis.DEVICE:
            asked.append(Device(None, None, True))
        if axis is Axis.AGE:
            asked += [Authentication(None, rule.max_age_seconds) for rule in self._rules if rule.require]
        tests: list[Holds] = []
        for leaf in asked:
            try:
                tests.append(holds(leaf, self._networks))
            except (LookupError, ValueError):  # such a rule is an error whatever is tried
                continue
        return tests

    def _tried(self, axis: Axis) -> Iterable[Values]:  # noqa: PLR0911  # one for each
        match axis:
            case Axis.AUTHENTICATION:
                words = [{each} for each in self._words if each in _METHODS]
                return ({"methods": frozenset(each)} for each in ({"pwd"}, {"pwd", "otp"}, *words))
            case Axis.AGE:
                return ({"age_seconds": age} for age in self._ages())
            case Axis.NETWORK:
                return ({"ip": at} for at in self._addresses())
            case Axis.TIME:
                return ({"now_us": at} for at in self._instants())
            case Axis.COUNTRY:
                return ({"country": country} for country in self._countries())
            case Axis.DEVICE:
                return sorted(
                    _DEVICES, key=lambda flags: sum(getattr(self._start, name) != flags[name] for name in flags)
                )
            case Axis.BROWSER:
                return ({"browser_family": family} for family in (*self._families(), "other"))
            case Axis.BROWSER_VERSION:
                return ({"browser_version": version} for version in self._versions())
            case Axis.VERIFICATION_STATUS:
                return ({"verification_status": each.value} for each in VerificationStatus)

    def _ages(self) -> list[int]:
        limits = {leaf.max_age_seconds for leaf in self._leaves if isinstance(leaf, Authentication)} - {None}
        limits |= {rule.max_age_seconds for rule in self._rules if Requirement.FRESH_SIGN_IN in rule.require}
        limits |= set(self._numbers)
        return sorted({0, *(limit + more for limit in limits if limit is not None for more in (0, 1))})

    def _addresses(self) -> Iterator[str]:
        """Where each network begins, and the first address after it: no other is told apart."""
        yield from _SOMEWHERE
        for value in [*_listed(self._leaves, Listed.NETWORK), *self._words, *self._networks, *self._places]:
            try:
                ranges = [network(cidr) for cidr in cidrs(_range(value), self._networks)]
            except (LookupError, ValueError):
                continue
            for range_ in ranges:
                yield str(range_.network_address)
                if int(range_.broadcast_address) + 1 < 2**range_.max_prefixlen:
                    yield str(range_.broadcast_address + 1)

    def _countries(self) -> Iterator[str]:
        named = [*_listed(self._leaves, Listed.COUNTRY), *(word for word in self._words if word in COUNTRIES)]
        yield from dict.fromkeys(["JP", *named])
        yield next(country for country in sorted(COUNTRIES) if country not in named)

    def _families(self) -> list[str]:
        named = [family for leaf in self._leaves if isinstance(leaf, Browser) for family in leaf.families or ()]
        return list(dict.fromkeys([*named, *self._words]))

    def _versions(self) -> list[int]:
        named = {leaf.min_version for leaf in self._leaves if isinstance(leaf, Browser)} - {None}
        return sorted({0, *(n + more for n in {*named, *self._numbers} if n for more in (-1, 0, 1))})

    def _instants(self) -> list[int]:
        windows = [leaf for leaf in self._leaves if isinstance(leaf, Window)]
        texts = [rule for rule in self._texts if rule.needs & Fact.INSTANT]
        zones = {zone for rule in texts if rule.judged for zone in rule.judged.zones}
        return turns(windows, self._start, self._numbers if texts else None, zones)


_MEMBERS: Mapping[Axis, tuple[str, ...]] = {
    Axis.AUTHENTICATION: ("methods",),
    Axis.AGE: ("age_seconds",),
    Axis.NETWORK: ("ip",),
    Axis.TIME: ("now_us",),
    Axis.COUNTRY: ("country",),
    Axis.DEVICE: _DEVICE,
    Axis.BROWSER: ("browser_family",),
    Axis.BROWSER_VERSION: ("browser_version",),
    Axis.VERIFICATION_STATUS: ("verification_status",),
}
_LEAVES: Mapping[type, Axis] = {
    Window: Axis.TIME,
    Device: Axis.DEVICE,
    Authentication: Axis.AUTHENTICATION,
    Browser: Axis.BROWSER,
}
_LISTED = {
    Listed.NETWORK: Axis.NETWORK,
    Listed.COUNTRY: Axis.COUNTRY,
    Listed.VERIFICATION_STATUS: Axis.VERIFICATION_STATUS,
}


def leaves(condition: Condition | None) -> Iterator[Condition]:
    """Its conditions that ask for one fact each."""
    match condition:
        case AllOf(of) | AnyOf(of):
            for each in of:
                yield from leaves(each)
        case Not(inner):
            yield from leaves(inner)
        case Authentication(mfa, age) if mfa is not None and age is not None:
            yield from (Authentication(mfa, None), Authentication(None, age))
        case Browser(families, version) if families is not None and version is not None:
            yield from (Browser(families, None), Browser(None, version))
        case None:
            return
        case _:
            yield condition


def _axis_of(leaf: Condition) -> Axis | None:
    match leaf:
        case OneOf(fact):
            return _LISTED.get(fact)
        case Authentication(None, _):
            return Axis.AGE
        case Browser(None, _):
            return Axis.BROWSER_VERSION
        case _:
            return _LEAVES.get(type(leaf))


def _listed(of: Iterable[Condition], fact: Listed) -> list[str]:
    return [value for leaf in of if isinstance(leaf, OneOf) and leaf.fact is fact for value in leaf.values]


def _range(value: str) -> str:
    """An address that stands in a text is a network of one."""
    try:
        found = address(value)
    except ValueError:
        return value
    return f"{found}/{found.max_prefixlen}"


def _told(test: Holds, known: Known) -> bool | None:
    try:
        return test(known)
    except Exception:  # it cannot be evaluated with this value, whatever the reason
        return None
