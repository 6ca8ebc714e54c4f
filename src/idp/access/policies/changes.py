"""The least that would have to be otherwise for a permit: found by trying, and so never wrong."""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import combinations, islice, product
from typing import Any, NamedTuple

from idp.access.policies.boundaries import Values, boundaries, leaves
from idp.access.policies.conditions import Listed, OneOf
from idp.access.policies.model import Fact, Inputs, Rule
from idp.access.policies.ruleset import RuleSet
from idp.access.policies.words import Decision
from idp.users import Affiliation

MOST_TRIED = 5_000
_MOST_ASKED = 200_000  # rules in them
_CEDARS = 20  # what Cedar judges costs as much as so many


class Changed(StrEnum):
    """What would be otherwise. `GROUPS` are those of the person, `ASSIGNMENT` that of the service to the person."""

    AUTHENTICATION = "authentication"
    AGE = "age"
    DEVICE = "device"
    NETWORK = "network"
    TIME = "time"
    COUNTRY = "country"
    BROWSER = "browser"
    BROWSER_VERSION = "browser_version"
    ASSIGNMENT = "assignment"
    GROUPS = "groups"
    AFFILIATION = "affiliation"
    VERIFICATION_STATUS = "verification_status"


class SmallestChange(NamedTuple):
    """`changes` is what would be otherwise, with the values that were tried; `inputs` and `assigned` are the question
    that is permitted then. No changes: it is permitted as it is."""

    changes: Mapping[Changed, Mapping[str, object]]
    inputs: Inputs
    assigned: bool


def smallest_change(
    ruleset: RuleSet, inputs: Inputs, *, assigned: bool, assignment_required: bool
) -> SmallestChange | None:
    """As few facts as possible, and of as few the one that a person can change most easily: in the order of `Changed`.

    None where nothing was found that would do, trying the boundaries of every fact, fewest together first, 5,000
    combinations at most, fewer where many rules are asked. Who it is, which service and what for are never changed.
    """
    most, tried = _most(ruleset, inputs), 0
    axes = _axes(ruleset, inputs, assigned=assigned, required=assignment_required)
    for number in range(len(axes) + 1):
        for chosen in combinations(axes, number):
            for values in product(*(axes[each] for each in chosen)):
                tried += 1
                if tried > most:
                    return None
                found = _tried(inputs, assigned, dict(zip(chosen, values, strict=True)))
                outcome = ruleset.evaluate(
                    found.inputs, assigned=found.assigned, assignment_required=assignment_required
                )
                if outcome.decision is Decision.PERMIT:
                    return found
    return None


def _most(ruleset: RuleSet, inputs: Inputs) -> int:
    asked = len(ruleset.applying(inputs)) + _CEDARS * ruleset.asked_of_cedar(inputs)
    return min(MOST_TRIED, _MOST_ASKED // max(1, asked))


def _tried(inputs: Inputs, assigned: bool, changes: Mapping[Changed, Values]) -> SmallestChange:
    members: dict[str, Any] = {}
    for values in changes.values():
        members |= values
    assigned = members.pop("assigned", assigned)
    return SmallestChange(changes, inputs._replace(**members), assigned)


def _axes(ruleset: RuleSet, inputs: Inputs, *, assigned: bool, required: bool) -> dict[Changed, list[Values]]:
    """For each that could be otherwise, how; in the order of `Changed`."""
    rules = [rule for rule in ruleset.applying(inputs) if not rule.report_only]
    if any(rule.broken for rule in rules):
        return {}
    around = boundaries(rules, ruleset.networks, inputs)
    found = {Changed(axis.value): values[1:] for axis, values in around.items()}
    if required and not assigned:
        found[Changed.ASSIGNMENT] = [{"assigned": True}]
    found[Changed.GROUPS] = list(islice(_groups(rules, inputs), MOST_TRIED))
    if any(rule.needs & Fact.AFFILIATION for rule in rules):
        others = (each.value for each in Affiliation if each.value != inputs.affiliation)
        found[Changed.AFFILIATION] = [{"affiliation": each} for each in others]
    return {changed: found[changed] for changed in Changed if found.get(changed)}


def _groups(rules: Sequence[Rule], inputs: Inputs) -> Iterator[Values]:
    """One group or two more or less; none where it is not known which."""
    if not any(rule.needs & Fact.GROUPS for rule in rules):
        return
    if inputs.groups is None:
        yield {"groups": frozenset()}
    mine = inputs.groups or frozenset()
    for number in (1, 2):
        for groups in combinations(_named(rules), number):
            yield {"groups": mine ^ frozenset(groups)}


def _named(rules: Sequence[Rule]) -> Sequence[str]:
    written = [leaf for rule in rules for leaf in leaves(rule.condition)]
    named = {
        value for leaf in written if isinstance(leaf, OneOf) and leaf.fact is Listed.GROUP for value in leaf.values
    }
    for rule in rules:
        if rule.judged is not None:
            named |= rule.judged.groups
    return sorted(named)
