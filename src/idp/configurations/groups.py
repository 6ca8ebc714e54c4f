"""Groups and who is in them, by their user names."""

from typing import Any

from idp import access, federation, users
from idp.configurations.bench import MOST, Bench, Likeness, Matched, People, every_group, pages
from idp.configurations.model import Action, differences
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import GroupId

_LONGEST = 100


class Groups:
    name = "groups"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:
        every, nesting = {group.id: group for group in every_group(unit)}, users.groups.every_nesting(unit)
        found = (
            {
                "id": group.id,
                "name": group.name,
                "groups": sorted(every[each].name for each in nesting.get(group.id, ())),
                "members": people.names(_members(unit, group.id)),
            }
            for group in every.values()
        )
        return sorted(found, key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held = {group.id: group for group in every_group(bench.unit)}
        known = dict(bench.groups)
        by_name = {users.look_up_key(name): group_id for group_id, name in known.items()}
        matched = list(bench.matched(items, held, kind="grp", likely=lambda fields: _likely(fields, by_name)))
        names = {each.id: _name(bench, each) for each in matched}
        bench.groups.update((group_id, name) for group_id, name in names.items() if name is not None)
        nesting = users.groups.every_nesting(bench.unit)
        for each in matched:
            if (name := names[each.id]) is not None:
                self._plan_one(bench, each, name, {str(inner) for inner in nesting.get(GroupId(each.id), ())})
        for group_id in held.keys() - names.keys():
            bench.unnamed(self.name, group_id, known[group_id], _deletion(group_id))
            if bench.around.prune:
                bench.groups.pop(group_id, None)

    def _plan_one(self, bench: Bench, each: Matched, name: str, inside: set[str]) -> None:
        fields, held = each.fields, each.held
        present = set() if held is None else set(_members(bench.unit, each.id))
        wanted = bench.people.wanted(fields, "members", present, prune=bench.around.prune)
        inner = _wanted_inside(bench, fields, inside)
        before = (
            {"name": held.name, "members": bench.people.names(present), "groups": _named(bench, inside)} if held else {}
        )
        after = {"name": name, "members": bench.people.names(wanted), "groups": _named(bench, inner)}
        joins, leaves = sorted(wanted - present), sorted(present - wanted)

        def do(unit: Unit) -> None:
            if held is None:
                users.groups.create(unit, name, known_as=GroupId(each.id))
            elif held.name != name:
                users.groups.rename(unit, each.id, {"name": name})
            for group_id in sorted(inside - inner):
                users.groups.unnest(unit, each.id, group_id)
            for user_id in joins:
                users.groups.add_member(unit, each.id, user_id)
            for user_id in leaves:
                users.groups.remove_member(unit, each.id, user_id)

        action = Action.CREATE if held is None else Action.CHANGE
        bench.step(action, self.name, each, name, differences(before, after), do)
        for group_id in sorted(inner - inside):  # when every group is there
            bench.last.append((f"{fields.at}/groups", _nesting(each.id, group_id)))


def _name(bench: Bench, each: Matched) -> str | None:
    each.fields.only({"id", "name", "members", "groups"})
    return bench.judged(each.fields.at, lambda: users.groups.read({"name": each.fields.given("name")}))


def _wanted_inside(bench: Bench, fields: Fields, inside: set[str]) -> set[str]:
    names = fields.texts("groups", most=MOST, longest=_LONGEST)
    if names is None:
        return inside
    found = {place: name if name in bench.groups else bench.group_named(name) for place, name in names.items()}
    for place, group_id in found.items():
        if group_id is None:
            fields.refuse(f"groups/{place}", "unknown_value", "There is no such group.", found=names[place])
    wanted = {each for each in found.values() if each is not None}
    return wanted if bench.around.prune else wanted | inside


def _named(bench: Bench, group_ids: set[str]) -> list[str]:
    return sorted(bench.groups.get(each) or users.groups.get(bench.unit, each).name for each in group_ids)


def _nesting(outer: str, inner: str) -> Any:
    return lambda unit: users.groups.nest(unit, outer, inner)


def _likely(fields: Fields, by_name: dict[bytes, str]) -> Likeness:
    name = fields.given("name")
    if not isinstance(name, str):
        return Likeness("", [])
    found = by_name.get(users.look_up_key(name))
    return Likeness(users.canonical(name), [] if found is None else [found])


def _members(unit: Unit, group_id: str) -> list[str]:
    every = pages(lambda after: users.groups.members_of(unit, group_id, after=after, limit=1_000), lambda each: each.id)
    return [member.user_id for member in every]


def _deletion(group_id: str) -> Any:
    def do(unit: Unit) -> None:
        access.refuse_mentioned_group(unit, group_id)
        users.groups.delete(unit, group_id)
        federation.forget_group(unit, group_id)

    return do
