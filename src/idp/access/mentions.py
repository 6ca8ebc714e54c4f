"""What the rules that a tenant has stored name: it is not taken away, nor called something else, while they do."""

from collections.abc import Iterable

from idp.access import policies
from idp.access.policies import Mentions, Rule
from idp.kit.errors import Conflict
from idp.kit.units import Unit


def of(unit: Unit) -> Mentions:
    return policies.mentioned(_stored(unit))


def refuse_mentioned_group(unit: Unit, group_id: str) -> None:
    """Raises `Conflict("named_by_policy")`."""
    if group_id in of(unit).groups:
        raise Conflict("named_by_policy", "A policy names this group.")


def _stored(_unit: Unit) -> Iterable[Rule]:
    """Nothing stores a rule yet."""
    return ()
