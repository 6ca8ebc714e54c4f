"""Who is assigned to a service, as a document says it: by names."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from idp import federation, users
from idp.configurations.bench import PAGE, Bench, People, pages
from idp.federation import Assignee, AssigneeKind, Assignment, Registered
from idp.kit.fields import Fields
from idp.kit.units import Unit

_MOST = 1_000_000
_LONGEST = 256


class Wanted(NamedTuple):
    """`shown` is how it will stand in a document."""

    shown: list[dict[str, str]]
    joins: list[Assignee]
    leaves: list[str]


def shown(unit: Unit, registered: Registered, people: People) -> dict[str, Any]:
    found = [Assignee(each.kind, each.subject_id) for each in _of(unit, registered)]
    names = {each.id: _group_name(unit, each.id) for each in found if each.kind is AssigneeKind.GROUP}
    return {"assignments": _said(found, names, people)}


def wanted(bench: Bench, fields: Fields, before: Registered | None) -> Wanted:
    present = {} if before is None else {Assignee(each.kind, each.subject_id): each for each in _of(bench.unit, before)}
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


def assign(unit: Unit, service_id: str, wanted: Wanted) -> None:
    for assignee in wanted.joins:
        federation.assign_to(unit, service_id, assignee)
    for assignment_id in wanted.leaves:
        federation.unassign(unit, service_id, assignment_id)


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


def _said(assignees: list[Assignee], groups: dict[str, str], people: People) -> list[dict[str, str]]:
    by_name = [
        (each.kind.value, name)
        for each in assignees
        if (name := groups.get(each.id) if each.kind is AssigneeKind.GROUP else people.name(each.id)) is not None
    ]
    return [{kind: name} for kind, name in sorted(by_name)]


def _of(unit: Unit, registered: Registered) -> Iterator[Assignment]:
    def page(after: str) -> list[Assignment]:
        return federation.assignments_of(unit, registered.service.id, after=after, limit=PAGE)

    return pages(page, lambda each: each.id)


def _group_name(unit: Unit, group_id: str) -> str:
    return users.groups.get(unit, group_id).name
