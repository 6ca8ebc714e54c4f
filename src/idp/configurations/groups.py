"""Groups and who is in them, by their user names."""

from collections.abc import Iterable
from typing import Any

from idp import access, federation, users
from idp.configurations.bench import MOST, Bench, Likeness, Matched, People, every_group, pages
from idp.configurations.model import Action, Change, differences
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import GroupId


class Groups:
    name = "groups"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:
        found = (
            {"id": group.id, "name": group.name, "members": people.names(_members(unit, group.id))}
            for group in every_group(unit)
        )
        return sorted(found, key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held, named = {group.id: group for group in every_group(bench.unit)}, set()
        known = dict(bench.groups)
        by_name = {users.look_up_key(name): group_id for group_id, name in known.items()}
        for each in bench.matched(items, held, kind="grp", likely=lambda fields: _likely(fields, by_name)):
            named.add(each.id)
            self._plan_one(bench, each)
        for group_id in held.keys() - named:
            bench.unnamed(self.name, group_id, known[group_id], _deletion(group_id))
            if bench.around.prune:
                bench.groups.pop(group_id, None)

    def _plan_one(self, bench: Bench, each: Matched) -> None:
        fields = each.fields
        fields.only({"id", "name", "members"})
        name = bench.judged(fields.at, lambda: users.groups.read({"name": fields.given("name")}))
        if name is None:
            return
        bench.groups[each.id] = name
        present = set() if each.held is None else set(_members(bench.unit, each.id))
        wanted = bench.people.wanted(fields, "members", present, prune=bench.around.prune)
        before = {"name": each.held.name, "members": bench.people.names(present)} if each.held else {}
        after = {"name": name, "members": bench.people.names(wanted)}
        joins, leaves, held = sorted(wanted - present), sorted(present - wanted), each.held

        def do(unit: Unit) -> None:
            if held is None:
                users.groups.create(unit, name, known_as=GroupId(each.id))
            elif held.name != name:
                users.groups.rename(unit, each.id, {"name": name})
            for user_id in joins:
                users.groups.add_member(unit, each.id, user_id)
            for user_id in leaves:
                users.groups.remove_member(unit, each.id, user_id)

        action = Action.CREATE if held is None else Action.CHANGE
        changes: Iterable[Change] = differences(before, after)
        bench.step(action, self.name, each, name, changes, do)


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
