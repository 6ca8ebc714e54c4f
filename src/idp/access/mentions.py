"""What the rules that a tenant has stored name: it is not taken away, nor called something else, while they do.

Hundreds of rules take a while to be read: that is done in a unit that only reads, and under the lock of the change only
what was written in between.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

from idp.access import policies, rulebook
from idp.access.policies import Mentions
from idp.access.rulebook import Document
from idp.kit.errors import Conflict
from idp.kit.units import Unit

Told = Mapping[str, Mentions]
"""What each document names, by the document."""


def told(unit: Unit, before: Told | None = None) -> Told:
    """Of every document that is stored; what was told `before` is not read again."""
    known = before or {}
    return {each: known[each] if each in known else _read(each) for each in _stored(unit)}


def refuse_mentioned_group(unit: Unit, group_id: str, before: Told | None = None) -> None:
    """Raises `Conflict("named_by_policy")`."""
    if any(group_id in each.groups for each in told(unit, before).values()):
        raise Conflict("named_by_policy", "A policy names this group.")


def refuse_mentioned_network(unit: Unit, name: str, before: Told | None = None) -> None:
    """Raises `Conflict("named_by_policy")`."""
    if any(name in each.networks for each in told(unit, before).values()):
        raise Conflict("named_by_policy", "A policy names this network.")


def _read(document: str) -> Mentions:
    return policies.mentioned([policies.restore(json.loads(document), rule_id="")])


def _stored(unit: Unit) -> Iterator[str]:
    """The draft set, the set in force, and the one that would be again."""
    yield from _dumped(policy.document for policy in rulebook.draft(unit))
    for chosen in (rulebook.newest_set(unit), rulebook.newest_confirmed(unit)):
        if chosen is not None:
            yield from _dumped(chosen.rules)


def _dumped(documents: Iterable[Document]) -> Iterator[str]:
    return (
        json.dumps({name: value for name, value in each.items() if name != "id"}, sort_keys=True) for each in documents
    )
