"""Who is assigned to a service, as a document says it: by names."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from idp import federation
from idp.configurations.bench import Bench, People
from idp.federation import Assignee, AssigneeKind, Assignment
from idp.kit.fields import Fields
from idp.kit.units import Unit

_MOST = 1_000_000
_LONGEST = 256


class Wanted(NamedTuple):
    """`shown` is how it will stand in a document."""

    shown: list[dict[str, str]]
    joins: list[Assignee]
    leaves: list[str]


class Present:
    """Who is assigned to any of these services, read all at once."""

    def __init__(self, unit: Unit, service_ids: Collection[str], groups: Mapping[str, str], people: People) -> None:
        self._of = federation.assignments_among(unit, service_ids)
        self._groups = groups
        self._people = people
        every = (each for found in self._of.values() for each in found)
        people.load({each.subject_id for each in every if each.kind is AssigneeKind.USER})

    def at(self, service_id: str) -> dict[Assignee, Assignment]:
        return {Assignee(each.kind, each.subject_id): each for each in self._of.get(service_id, ())}

    def shown(self, service_id: str) -> dict[str, Any]:
        return {"assignments": _said(list(self.at(service_id)), self._groups, self._people)}


def wanted(bench: Bench, fields: Fields, present: Mapping[Assignee, Assignment]) -> Wanted:
    items = fields.objects("assignments", most=_MOST)
    if items is None:
        said = set(present)
    else:
        said = set(_read(bench, items))
        said = said if bench.around.prune else said | present.keys()
    return Wanted(
        _said(sorted(said), bench.groups, bench.people),
        sorted(said - present.keys()),
        sorted(present[each].id for each in present.keys() - said),
    )


def _read(bench: Bench, items: dict[int, Fields]) -> Iterator[Assignee]:
    names: dict[int, str] = {}
    for place, inner in items.items():
        inner.only([kind.value for kind in AssigneeKind])
        given = [kind for kind in AssigneeKind if inner.given(kind) is not None]
        name = inner.text(given[0], longest=_LONGEST) if len(given) == 1 else None
        if len(given) != 1:
            inner.refuse(
                AssigneeKind.USER, "one_of", "Either an ID or a group, by its name.", expected=list(AssigneeKind)
            )
        elif name is not None and given[0] is AssigneeKind.USER:
            names[place] = name
        elif name is not None:
            group_id = name if name in bench.groups else bench.group_named(name)
            if group_id is None:
                inner.refuse(AssigneeKind.GROUP, "unknown_value", "There is no such group.", found=name)
            else:
                yield Assignee(AssigneeKind.GROUP, group_id)
    found = bench.people.ids(names)
    for place, name in names.items():
        if place not in found:
            items[place].refuse(AssigneeKind.USER, "unknown_value", "There is no such ID.", found=name)
        else:
            yield Assignee(AssigneeKind.USER, found[place])


def _said(assignees: list[Assignee], groups: Mapping[str, str], people: People) -> list[dict[str, str]]:
    by_name = [
        (each.kind.value, name)
        for each in assignees
        if (name := groups.get(each.id) if each.kind is AssigneeKind.GROUP else people.name(each.id)) is not None
    ]
    return [{kind: name} for kind, name in sorted(by_name)]
