"""A rule as a Cedar text that means the same."""

from collections.abc import Iterable, Sequence

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
from idp.access.policies.lexing import quoted
from idp.access.policies.model import Rule
from idp.access.policies.spans import DAY_MINUTES, FULL
from idp.access.policies.words import Effect, Requirement

_LONGEST_CHAIN = 16
_PATHS = {
    Listed.COUNTRY: "context.country",
    Listed.AFFILIATION: "principal.affiliation",
    Listed.VERIFICATION_STATUS: "context.verification_status",
}


def text(rule: Rule) -> str:
    """As it was written, or what a form means. Raises `LookupError` for a rule that cannot be read any more."""
    if rule.text is not None:
        return rule.text
    if rule.condition is None:
        raise LookupError(rule.id)
    word = "permit" if rule.effect is Effect.PERMIT else "forbid"
    services = [f"Service::{quoted(each)}" for each in sorted(rule.services or ())]
    resource = f"resource == {services[0]}" if len(services) == 1 else "resource"
    clauses = [f"resource in [{', '.join(services)}]"] if len(services) > 1 else []
    clauses.append(expression(rule.condition))
    whens = "\n".join(f"when {{ {clause} }}" for clause in clauses)
    return f"{_annotations(rule)}{word} (principal, action, {resource})\n{whens};\n"


def _annotations(rule: Rule) -> str:
    if rule.effect is not Effect.STEP_UP:
        return ""
    written = f"@step_up({quoted(', '.join(rule.require))})\n"
    if Requirement.FRESH_SIGN_IN in rule.require:
        written += f'@max_age_seconds("{rule.max_age_seconds}")\n'
    return written


def expression(condition: Condition) -> str:  # noqa: PLR0911  # one for each kind
    match condition:
        case AllOf(of):
            return _joined("&&", [expression(each) for each in of], empty="true")
        case AnyOf(of):
            return _joined("||", [expression(each) for each in of], empty="false")
        case Not(inner):
            return f"!({expression(inner)})"
        case OneOf(fact, values):
            return _one_of(fact, values)
        case Window():
            return _window(condition)
        case Device(enrolled, compliant, certificate):
            asked = {"enrolled": enrolled, "compliant": compliant, "certificate": certificate}
            parts = [
                f"{'' if wanted else '!'}context.device.{name}" for name, wanted in asked.items() if wanted is not None
            ]
            return _joined("&&", parts)
        case Authentication(mfa, age):
            parts = [] if mfa is None else ["context.mfa" if mfa else "!context.mfa"]
            return _joined("&&", parts + ([] if age is None else [f"context.age_seconds <= {age}"]))
        case Browser(families, version):
            parts = [] if families is None else [_among("context.browser.family", families)]
            return _joined("&&", parts + ([] if version is None else [f"context.browser.version >= {version}"]))


def _joined(operator: str, parts: Sequence[str], *, empty: str = "true") -> str:
    """Long chains in halves: Cedar's evaluator goes one level deeper with each part."""
    if not parts:
        return empty
    if len(parts) > _LONGEST_CHAIN:
        half = len(parts) // 2
        parts = [_joined(operator, parts[:half]), _joined(operator, parts[half:])]
    return parts[0] if len(parts) == 1 else f" {operator} ".join(_bracketed(part) for part in parts)


def _bracketed(part: str) -> str:
    return f"({part})" if " && " in part or " || " in part else part


def _among(path: str, values: Sequence[str]) -> str:
    if len(values) == 1:
        return f"{path} == {quoted(values[0])}"
    return f"[{', '.join(map(quoted, values))}].contains({path})"


def _one_of(fact: Listed, values: Sequence[str]) -> str:
    if fact is Listed.GROUP:
        groups = [f"Group::{quoted(value)}" for value in values]
        return f"principal in {groups[0]}" if len(groups) == 1 else f"principal in [{', '.join(groups)}]"
    if fact is Listed.NETWORK:
        return _joined("||", [_inside(value) for value in values])
    return _among(_PATHS[fact], values)


def _inside(value: str) -> str:
    try:
        return f'context.ip.isInRange(ip("{network(value)}"))'
    except ValueError:
        return f"context.networks.contains({quoted(value)})"


def _window(window: Window) -> str:
    moment = "context.time" if window.zone is None else f"context.zones[{quoted(window.zone)}]"
    since, until = f"{moment}.minute_of_day >= {window.since}", f"{moment}.minute_of_day < {window.until}"
    today, eve = (list(_days(window, moment, prefix)) for prefix in ("", "previous_"))
    if window.since < window.until:
        minutes = [since] if window.since > 0 else []
        minutes += [until] if window.until < DAY_MINUTES else []
        return _joined("&&", [*today, *minutes] or [_on(FULL, f"{moment}.weekday")])
    if window.until == 0:
        return _joined("&&", [*today, since])
    return _joined("||", [_joined("&&", [*today, since]), _joined("&&", [*eve, until])])


def _days(window: Window, moment: str, prefix: str) -> Iterable[str]:
    named = _on(window.days, f"{moment}.{prefix}weekday")
    holiday = f"{moment}.{prefix}holiday"
    if window.holidays is Holidays.INCLUDE:
        yield f"{named} || {holiday}"
        return
    if window.days != FULL:
        yield named
    if window.holidays is not Holidays.IGNORE:
        yield holiday if window.holidays is Holidays.ONLY else f"!{holiday}"


def _on(days: frozenset[Day], path: str) -> str:
    return _among(path, [day.value for day in WEEK if day in days])
