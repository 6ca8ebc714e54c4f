"""Groups in groups: who is in a group through others. `edges` give for each group those that stand right in it."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from idp.users.model import GroupId

Edges = Mapping[GroupId, AbstractSet[GroupId]]
DEEPEST = 10
"""Of groups in one another, the outermost and the innermost included."""


def pairs(edges: Edges) -> set[tuple[GroupId, GroupId]]:
    """Each group with each that is in it, however deep. The edges have no cycle."""
    return {(outer, inner) for outer in edges for inner in below(edges, outer)}


def below(edges: Edges, group: GroupId) -> set[GroupId]:
    found: set[GroupId] = set()
    waiting = list(edges.get(group, ()))
    while waiting:
        inner = waiting.pop()
        if inner not in found:
            found.add(inner)
            waiting += edges.get(inner, ())
    return found


def path(edges: Edges, start: GroupId, goal: GroupId) -> list[GroupId]:
    """A way from the one down to the other, both included; empty where there is none."""
    came: dict[GroupId, GroupId] = {start: start}
    waiting = [start]
    while waiting and goal not in came:
        group = waiting.pop(0)
        for inner in sorted(edges.get(group, ())):
            if came.setdefault(inner, group) == group and inner != start:
                waiting.append(inner)
    return [] if goal not in came else list(_back(came, goal))[::-1]


def depth(edges: Edges) -> int:
    """How many groups stand in one another at most."""
    known: dict[GroupId, int] = {}

    def of(group: GroupId) -> int:
        if group not in known:
            known[group] = 1 + max((of(inner) for inner in edges.get(group, ())), default=0)
        return known[group]

    return max((of(group) for group in edges), default=1)


def _back(came: Mapping[GroupId, GroupId], at: GroupId) -> Iterator[GroupId]:
    yield at
    while came[at] != at:
        at = came[at]
        yield at
