"""Which groups and networks rules name, so that none is taken away from under them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from idp.access.policies.conditions import AllOf, AnyOf, Condition, Listed, Not, OneOf
from idp.access.policies.model import Rule


class Mentions(NamedTuple):
    """Groups by their ids, networks by their names (and CIDRs, which name nothing)."""

    groups: frozenset[str]
    networks: frozenset[str]


def mentions(rules: Iterable[Rule]) -> Mentions:
    groups: set[str] = set()
    networks: set[str] = set()
    for rule in rules:
        if rule.judged is not None:
            groups |= rule.judged.groups
            networks |= rule.judged.networks
        for leaf in () if rule.condition is None else _leaves(rule.condition):
            if leaf.fact is Listed.GROUP:
                groups.update(leaf.values)
            elif leaf.fact is Listed.NETWORK:
                networks.update(leaf.values)
    return Mentions(frozenset(groups), frozenset(networks))


def _leaves(condition: Condition) -> Iterator[OneOf]:
    match condition:
        case AllOf(of) | AnyOf(of):
            for each in of:
                yield from _leaves(each)
        case Not(inner):
            yield from _leaves(inner)
        case OneOf():
            yield condition
