"""A policy as a form: its document in, a rule out, and back."""

from collections.abc import Mapping
from typing import Any

from idp.access.policies.compiling import REQUIRED, needs_of
from idp.access.policies.conditions import (
    WEEK,
    AllOf,
    AnyOf,
    Authentication,
    Browser,
    Condition,
    Device,
    Holidays,
    Not,
    OneOf,
    Window,
)
from idp.access.policies.model import Fact, Rule
from idp.access.policies.reading import LONGEST_AGE, Names, Reader, listed
from idp.access.policies.words import Effect, Requirement
from idp.kit.fields import Fields

MEMBERS = ("name", "effect", "services", "when", "require", "max_age_seconds", "report_only")
EVERY_SERVICE = "*"
FRESH_SECONDS = 300


def read_form(fields: Fields, names: Names, *, rule_id: str) -> Rule:
    """Faults are left in `fields`; the rule is worth something only when there are none."""
    fields.only(MEMBERS)
    effect = _effect(fields)
    condition = Reader(names).read(fields, "when")
    require = _require(fields, effect)
    age = _max_age(fields, require)
    return Rule(
        id=rule_id,
        name=read_name(fields),
        effect=effect,
        services=_services(fields, names),
        condition=condition,
        require=require,
        max_age_seconds=age,
        report_only=fields.flag("report_only", default=False),
        needs=needs_of(condition) | required_facts(require),
    )


def read_name(fields: Fields) -> str:
    fields.required("name")
    return fields.text("name") or ""


def required_facts(require: tuple[Requirement, ...]) -> Fact:
    found = Fact(0)
    for each in require:
        found |= REQUIRED[each]
    return found


def _effect(fields: Fields) -> Effect:
    fields.required("effect")
    return fields.choice("effect", Effect, frozenset(), default=Effect.DENY)


def _services(fields: Fields, names: Names) -> frozenset[str] | None:
    found = listed(fields, "services")
    if EVERY_SERVICE in found.values():
        if len(found) > 1:
            fields.refuse("services", "ambiguous", 'Either ["*"] or the ids of services.')
        return None
    for index, service in found.items():
        if names.services is not None and service not in names.services:
            fields.refuse(f"services/{index}", "unknown_service", "There is no such service.", found=service)
    return frozenset(found.values())


def _require(fields: Fields, effect: Effect) -> tuple[Requirement, ...]:
    if effect is not Effect.STEP_UP:
        for name in ("require", "max_age_seconds"):
            if fields.given(name) is not None:
                fields.refuse(name, "not_allowed", f"{name} belongs to step_up.")
        return ()
    listed(fields, "require")
    if not fields.clean("require"):
        return ()
    found = fields.choices("require", Requirement, frozenset()) or frozenset()
    return tuple(each for each in Requirement if each in found)


def _max_age(fields: Fields, require: tuple[Requirement, ...]) -> int:
    if require and Requirement.FRESH_SIGN_IN not in require and fields.given("max_age_seconds") is not None:
        fields.refuse("max_age_seconds", "not_allowed", "max_age_seconds belongs to fresh_sign_in.")
    return fields.number("max_age_seconds", default=FRESH_SECONDS, lowest=0, highest=LONGEST_AGE)


def form(rule: Rule) -> dict[str, Any] | None:
    """The document of a rule; None where only a text can say it."""
    if rule.condition is None or rule.actions is not None or rule.reason_ja or rule.reason_en:
        return None
    document: dict[str, Any] = {
        "name": rule.name,
        "effect": rule.effect.value,
        "services": [EVERY_SERVICE] if rule.services is None else sorted(rule.services),
        "when": shown(rule.condition),
    }
    if rule.effect is Effect.STEP_UP:
        document["require"] = [each.value for each in rule.require]
        if Requirement.FRESH_SIGN_IN in rule.require:
            document["max_age_seconds"] = rule.max_age_seconds
    if rule.report_only:
        document["report_only"] = True
    return document


def shown(condition: Condition) -> dict[str, Any]:  # noqa: PLR0911  # one for each kind
    """The JSON of a condition."""
    match condition:
        case AllOf(of):
            return {"all": [shown(each) for each in of]}
        case AnyOf(of):
            return {"any": [shown(each) for each in of]}
        case Not(inner):
            return {"not": shown(inner)}
        case OneOf(fact, values):
            return {fact.value: {"in": list(values)}}
        case Window():
            return {"time": _window(condition)}
        case Device(enrolled, compliant, certificate):
            return {"device": _given(enrolled=enrolled, compliant=compliant, certificate=certificate)}
        case Authentication(mfa, age):
            return {"authentication": _given(mfa=mfa, max_age_seconds=age)}
        case Browser(families, version):
            family = None if families is None else {"in": list(families)}
            return {"browser": _given(family=family, min_version=version)}


def _window(window: Window) -> Mapping[str, Any]:
    return _given(
        days=[day.value for day in WEEK if day in window.days],
        **{"from": _clock(window.since), "to": _clock(window.until)},
        holidays=None if window.holidays is Holidays.IGNORE else window.holidays.value,
        time_zone=window.zone,
    )


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _given(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
