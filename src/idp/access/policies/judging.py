"""The texts that apply to one question, asked together: one request with every fact that one of them needs."""

from collections.abc import Iterable, Mapping, Sequence

from idp.access.policies import cedar
from idp.access.policies.addresses import Networks
from idp.access.policies.calendar import Wall, is_holiday
from idp.access.policies.compiling import Named, cidrs
from idp.access.policies.conditions import WEEK
from idp.access.policies.known import Known
from idp.access.policies.model import Fact, Rule

_NOBODY = {"type": "ID", "id": ""}


class Texts:
    def __init__(self, rules: Sequence[Rule], networks: Named) -> None:
        """A rule that names a network that there is no more is left out, and so is an error. Raises `Unreadable`."""
        judged = [(rule, rule.judged) for rule in rules if rule.judged and rule.judged.networks <= networks.keys()]
        self._ids = [rule.id for rule, _ in judged]
        self._groups = _all(each.groups for _, each in judged)
        self._zones = sorted(_all(each.zones for _, each in judged))
        self._networks = {name: Networks(cidrs(name, networks)) for name in _all(each.networks for _, each in judged)}
        self._needs = 0
        for rule, _ in judged:
            self._needs |= rule.needs
        self._judge = cedar.Judge([each.text for _, each in judged])

    def verdicts(self, known: Known, absent: int) -> Mapping[str, bool]:
        """Of those that could be evaluated, whether they hold. `absent` are the facts that are not there: who needs one
        of them may get a verdict here, and is an error all the same. Raises what was in the way of asking at all."""
        there = self._needs & ~absent
        held = self._judge.holds(self._request(known, there), [self._person(known, there)])
        return {rule_id: holds for rule_id, holds in zip(self._ids, held, strict=True) if holds is not None}

    def _request(self, known: Known, there: int) -> dict[str, object]:
        inputs = known.inputs
        return {
            "principal": _person_id(known, there),
            "action": {"type": "Action", "id": inputs.action.value},
            "resource": {"type": "Service", "id": inputs.service_id},
            "context": self._context(known, there),
        }

    def _person(self, known: Known, there: int) -> dict[str, object]:
        groups = (known.inputs.groups or frozenset()) & self._groups if there & Fact.GROUPS else ()
        return {
            "uid": _person_id(known, there),
            "attrs": {"affiliation": known.inputs.affiliation} if there & Fact.AFFILIATION else {},
            "parents": [{"type": "Group", "id": group} for group in groups],
        }

    def _context(self, known: Known, there: int) -> dict[str, object]:
        inputs = known.inputs
        found: dict[str, object] = {}
        if there & Fact.ADDRESS:
            found["ip"] = {"__extn": {"fn": "ip", "arg": str(known.address)}}
            found["networks"] = [name for name, range_ in self._networks.items() if known.address in range_]
        if there & Fact.COUNTRY:
            found["country"] = inputs.country
        if there & Fact.METHODS:
            found |= {"amr": sorted(inputs.methods or ()), "mfa": known.mfa}
        if there & Fact.AGE:
            found["age_seconds"] = inputs.age_seconds
        if there & Fact.INSTANT:
            dated = bool(there & Fact.HOLIDAYS)
            found["zones"] = {zone: _moment(known.wall(zone), dated) for zone in self._zones}
            if there & Fact.ZONE:
                found["time"] = _moment(known.wall(None), dated)
        if there & Fact.DEVICE:
            flags = (inputs.device_enrolled, inputs.device_compliant, inputs.device_certificate)
            names = ("enrolled", "compliant", "certificate")
            found["device"] = {name: flag is True for name, flag in zip(names, flags, strict=True)}
        if there & Fact.VERIFICATION:
            found["verification_status"] = inputs.verification_status
        browser = _browser(known, there)
        return found | ({"browser": browser} if browser else {})


def _all(named: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset[str]().union(*named)


def _person_id(known: Known, there: int) -> dict[str, str]:
    return {"type": "ID", "id": known.inputs.user_id or ""} if there & Fact.USER else _NOBODY


def _browser(known: Known, there: int) -> dict[str, object]:
    found: dict[str, object] = {}
    if there & Fact.BROWSER_FAMILY:
        found["family"] = (known.inputs.browser_family or "").lower()
    if there & Fact.BROWSER_VERSION:
        found["version"] = known.inputs.browser_version
    return found


def _moment(wall: Wall, dated: bool) -> dict[str, object]:
    """`dated`: it is known which days are holidays."""
    eve = (wall.weekday - 1) % 7
    found: dict[str, object] = {
        "hour": wall.minute // 60,
        "minute_of_day": wall.minute,
        "weekday": WEEK[wall.weekday].value,
        "previous_weekday": WEEK[eve].value,
    }
    if dated:
        found["holiday"] = is_holiday(wall.day)
        found["previous_holiday"] = is_holiday(wall.day - 1)
    return found
