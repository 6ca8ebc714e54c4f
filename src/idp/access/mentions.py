"""What the rules that a tenant has stored name: it is not taken away, nor called something else, while they do."""

from collections.abc import Iterator

from idp.access import policies, rulebook
from idp.access.policies import Mentions, Rule
from idp.kit.errors import Conflict
from idp.kit.units import Unit


def of(unit: Unit) -> Mentions:
    return policies.mentioned(_stored(unit))


def refuse_mentioned_group(unit: Unit, group_id: str) -> None:
    """Raises `Conflict("named_by_policy")`."""
    if group_id in of(unit).groups:
        raise Conflict("named_by_policy", "A policy names this group.")


def _stored(unit: Unit) -> Iterator[Rule]:
    """The draft set, the set in force, and the one that would be again."""
    for policy in rulebook.draft(unit):
        yield policies.restore(policy.document, rule_id=policy.id)
    for chosen in (rulebook.newest_set(unit), rulebook.newest_confirmed(unit)):
        if chosen is not None:
            yield from rulebook.rules_of(chosen)
