"""Which set of rules holds at an instant: by the dates alone, whether or not anything was written since."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from idp.access import networks, policies, rulebook
from idp.access.policies import Fact, Rule, RuleSet
from idp.access.rulebook import PolicySet
from idp.kit.units import Unit

Named = Mapping[str, Sequence[str]]


class Rules(NamedTuple):
    """Compiled with the networks that they name; `set_id` None where they are no set that was put in force."""

    set_id: str | None
    compiled: RuleSet
    networks: Named
    devices: frozenset[str]  # those that ask for a device


class InForce(NamedTuple):
    """`newest` holds before `until_us`, `after` from then on; they are one where nothing waits for a confirmation."""

    newest: Rules
    until_us: int
    after: Rules


def compile_rules(set_id: str | None, rules: Sequence[Rule], named: Named) -> Rules:
    devices = frozenset(rule.id for rule in rules if rule.needs & Fact.DEVICE)
    return Rules(set_id, policies.compile(rules, named), named, devices)


NO_RULES = compile_rules(None, (), {})
NONE_IN_FORCE = InForce(NO_RULES, 0, NO_RULES)


def in_force(newest: PolicySet | None, confirmed: PolicySet | None, at_us: int) -> PolicySet | None:
    """The newest one while it may still be confirmed or has been, otherwise the last confirmed; None: no rules."""
    if newest is None or at_us < newest.confirm_by:
        return newest
    return confirmed


def load(unit: Unit, before: InForce | None) -> InForce:
    """What holds now and what will, compiled anew only where it differs from `before`: most changes of a tenant are
    none of its rules."""
    newest, confirmed = rulebook.newest_set(unit), rulebook.newest_confirmed(unit)
    named = networks.named(unit)
    known = (before.newest, before.after) if before else ()
    if newest is None:
        return NONE_IN_FORCE
    after = _compiled(confirmed, named, known)
    if confirmed is not None and newest.id == confirmed.id:
        return InForce(after, 0, after)
    return InForce(_compiled(newest, named, known), newest.confirm_by, after)


def _compiled(chosen: PolicySet | None, named: Named, known: Iterable[Rules]) -> Rules:
    if chosen is None:
        return NO_RULES
    for rules in known:
        if rules.set_id == chosen.id and rules.networks == named:
            return rules
    return compiled(chosen, named)


def compiled(chosen: PolicySet, named: Named) -> Rules:
    return compile_rules(chosen.id, rulebook.rules_of(chosen), named)


def set_at(unit: Unit, at_us: int) -> PolicySet | None:
    """Of the past as of the present."""
    newest, confirmed = rulebook.newest_set(unit, at_us=at_us), rulebook.newest_confirmed(unit, at_us=at_us)
    return in_force(newest, confirmed, at_us)
