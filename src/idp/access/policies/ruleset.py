"""The rules in force, compiled once for a revision, and the order in which their answers make one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from idp.access.policies.compiling import Holds, Named, holds
from idp.access.policies.judging import Texts
from idp.access.policies.known import Known
from idp.access.policies.model import IMPERSONAL, Inputs, Outcome, Rule, RuleResult
from idp.access.policies.translating import Untranslatable, translated
from idp.access.policies.words import Action, Decision, Effect, Requirement, Result, Why

_MOST_PLANS: Final = 1_000


class _Part(NamedTuple):
    """A rule that applies, ready to be asked; its three possible results are made beforehand."""

    rule: Rule
    needs: int
    holds: Holds
    by_cedar: bool
    match: RuleResult
    no_match: RuleResult
    error: RuleResult


class _Plan(NamedTuple):
    """What applies to one service and action; `narrowed`: there are permit rules among them that count."""

    parts: tuple[_Part, ...]
    needs: int
    narrowed: bool
    texts: Texts | None


class RuleSet:
    def __init__(self, rules: Sequence[Rule], networks: Named, *, by_cedar: bool = False) -> None:
        """`by_cedar`: texts are judged by Cedar also where conditions or closures of ours say the same."""
        self.rules = tuple(sorted(rules, key=lambda rule: rule.id))
        self.networks = networks
        self._parts = tuple(_part(rule, networks, by_cedar) for rule in self.rules)
        self._texts: dict[tuple[str, ...], Texts | None] = {}
        self._plans: dict[tuple[str, Action, bool], _Plan] = {}

    def evaluate(self, inputs: Inputs, *, assigned: bool, assignment_required: bool) -> Outcome:
        """After the invariants. Deny wins, an error denies, permits narrow, assignment admits, step-up comes last."""
        plan = self._plan(inputs)
        if not plan.parts:
            return _UNASSIGNED if assignment_required and not assigned else _PERMITTED
        known = Known(inputs)
        absent = known.missing(plan.needs)
        if plan.texts is not None:
            known.verdicts = _verdicts(plan.texts, known, absent)
        results = tuple([_result(part, known, absent) for part in plan.parts])
        counted = [
            (part.rule, result.result)
            for part, result in zip(plan.parts, results, strict=True)
            if not result.report_only and result.result is not Result.NO_MATCH
        ]
        held = [rule for rule, result in counted if result is Result.MATCH]
        denying = [rule for rule in held if rule.effect is Effect.DENY]
        if denying:
            return _outcome(Decision.DENY, Why.POLICY_DENIED, results, denying)
        if len(held) < len(counted):
            return _outcome(Decision.DENY, Why.POLICY_ERROR, results)
        if plan.narrowed and not any(rule.effect is Effect.PERMIT for rule in held):
            return _outcome(Decision.DENY, Why.NO_RULE_PERMITS, results)
        if assignment_required and not assigned:
            return _outcome(Decision.DENY, Why.NOT_ASSIGNED, results)
        return _stepped_up(held, known, results)

    def applying(self, inputs: Inputs) -> tuple[Rule, ...]:
        """The rules that are asked."""
        return tuple(part.rule for part in self._plan(inputs).parts)

    def asked_of_cedar(self, inputs: Inputs) -> int:
        """How many of them Cedar itself judges."""
        return sum(part.by_cedar for part in self._plan(inputs).parts)

    def _plan(self, inputs: Inputs) -> _Plan:
        key = (inputs.service_id, inputs.action, inputs.user_id is None)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
                self._texts.clear()
            plan = self._plans[key] = self._planned(*key)
        return plan

    def _planned(self, service_id: str, action: Action, impersonal: bool) -> _Plan:
        parts = tuple(part for part in self._parts if _applies(part.rule, service_id, action, impersonal))
        needs = 0
        for part in parts:
            needs |= part.needs
        narrowed = any(part.rule.effect is Effect.PERMIT and not part.rule.report_only for part in parts)
        return _Plan(parts, needs, narrowed, self._texts_of(parts))

    def _texts_of(self, parts: tuple[_Part, ...]) -> Texts | None:
        """Parsed once for all services for which the same are asked."""
        rules = [part.rule for part in parts if part.by_cedar]
        key = tuple(rule.id for rule in rules)
        if key not in self._texts:
            self._texts[key] = _texts(rules, self.networks)
        return self._texts[key]


def _applies(rule: Rule, service_id: str, action: Action, impersonal: bool) -> bool:
    """Step-up is asked where a person can answer it. A service that asks in its own name is nobody and nowhere: rules
    about people and places are not about it, unless they name the action `token` themselves."""
    if rule.services is not None and service_id not in rule.services:
        return False
    if rule.actions is not None and action not in rule.actions:
        return False
    if action is Action.TOKEN:
        if rule.effect is Effect.STEP_UP:
            return False
        if impersonal and rule.actions is None:
            return not rule.needs & ~IMPERSONAL
    return True


def _part(rule: Rule, networks: Named, by_cedar: bool) -> _Part:
    def result(of: Result) -> RuleResult:
        return RuleResult(rule.id, rule.name, rule.effect, of, rule.report_only)

    ready = None if by_cedar and rule.judged else _ready(rule, networks)
    return _Part(
        rule,
        int(rule.needs),
        ready or _answered(rule.id),
        ready is None,
        result(Result.MATCH),
        result(Result.NO_MATCH),
        result(Result.ERROR),
    )


def _texts(rules: Sequence[Rule], networks: Named) -> Texts | None:
    """Where they cannot even be asked there is no verdict of any, and that denies."""
    try:
        return Texts(rules, networks) if rules else None
    except Exception:  # whatever it was
        return None


def _verdicts(texts: Texts, known: Known, absent: int) -> Mapping[str, bool]:
    try:
        return texts.verdicts(known, absent)
    except Exception:  # likewise
        return {}


def _answered(rule_id: str) -> Holds:
    return lambda known: known.verdicts[rule_id]


def _ready(rule: Rule, networks: Named) -> Holds | None:
    """None where only Cedar can tell."""
    try:
        if rule.condition is not None:
            return holds(rule.condition, networks)
        return translated(rule.judged.bodies, networks) if rule.judged else _unreadable
    except Untranslatable:
        return None
    except (LookupError, ValueError):  # a network that it names was taken away
        return _unreadable


def _unreadable(_: Known) -> bool:
    raise LookupError("rule")


def _result(part: _Part, known: Known, absent: int) -> RuleResult:
    if part.needs & absent:
        return part.error
    try:
        return part.match if part.holds(known) else part.no_match
    except Exception:  # whatever it was, the rule could not be evaluated, and that denies
        return part.error


def _stepped_up(held: Iterable[Rule], known: Known, results: tuple[RuleResult, ...]) -> Outcome:
    asking: list[Rule] = []
    missing: set[Requirement] = set()
    for rule in held:
        if rule.effect is Effect.STEP_UP:
            lacking = {each for each in rule.require if _LACKS[each](rule, known)}
            if lacking:
                asking.append(rule)
                missing |= lacking
    if not missing:
        return Outcome(Decision.PERMIT, Why.PERMITTED, (), results)
    ordered = tuple(each for each in Requirement if each in missing)
    return _outcome(Decision.STEP_UP, Why.STEP_UP_REQUIRED, results, asking)._replace(missing=ordered)


_LACKS: Final[dict[Requirement, Callable[[Rule, Known], bool]]] = {
    Requirement.MFA: lambda _, known: not known.mfa,
    Requirement.DEVICE_CERTIFICATE: lambda _, known: known.inputs.device_certificate is not True,
    Requirement.FRESH_SIGN_IN: lambda rule, known: (known.inputs.age_seconds or 0) > rule.max_age_seconds,
}


def _outcome(
    decision: Decision, reason: Why, results: tuple[RuleResult, ...], deciding: Iterable[Rule] = ()
) -> Outcome:
    """With the sentences of the first rule that has any, in the order of ids, so that it is always the same."""
    for rule in deciding:
        if rule.reason_ja or rule.reason_en:
            return Outcome(decision, reason, (), results, rule.reason_ja, rule.reason_en)
    return Outcome(decision, reason, (), results)


_PERMITTED: Final = Outcome(Decision.PERMIT, Why.PERMITTED, (), ())
_UNASSIGNED: Final = Outcome(Decision.DENY, Why.NOT_ASSIGNED, (), ())
