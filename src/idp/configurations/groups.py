"""Groups and who is in them, by their user names."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from idp import access, federation, users
from idp.configurations.bench import MOST, PAGE, Bench, Likeness, Matched, People, every_group, pages
from idp.configurations.faults import placed
from idp.configurations.model import Action, differences, tidied
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import Group, GroupId

Rule = Mapping[str, Any]
_Found = tuple[str, Rule | None]


class _Nest(NamedTuple):
    place: str
    outer: str
    inner: str


class _Later(NamedTuple):
    """What is done of all groups at once, when every group is there."""

    joins: list[tuple[str, str]]
    nests: list[_Nest]


_LONGEST = 100


class Groups:
    name = "groups"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:
        every, nesting = {group.id: group for group in every_group(unit)}, users.groups.every_nesting(unit)
        names = {str(group_id): group.name for group_id, group in every.items()}
        found = [
            {"id": group.id, "name": group.name, **_document(group, _inside(nesting, group.id), names, unit, people)}
            for group in every.values()
        ]
        return sorted(found, key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held = {group.id: group for group in every_group(bench.unit)}
        known = dict(bench.groups)
        by_name = {users.look_up_key(name): group_id for group_id, name in known.items()}
        matched = list(bench.matched(items, held, kind="grp", likely=lambda fields: _likely(fields, by_name)))
        judged = {each.id: _judged(bench, each) for each in matched}
        bench.groups.update((group_id, found[0]) for group_id, found in judged.items() if found is not None)
        nesting = users.groups.every_nesting(bench.unit)
        later = _Later([], [])
        for each in matched:
            if (found := judged[each.id]) is not None:
                self._plan_one(bench, each, found, _inside(nesting, each.id), later)
        if later.joins:
            bench.last.append((f"{bench.place}/{self.name}", lambda unit: users.groups.add_members(unit, later.joins)))
        if later.nests:
            bench.last.append((f"{bench.place}/{self.name}", lambda unit: _nest(unit, later.nests)))
        for group_id in held.keys() - judged.keys():
            bench.unnamed(self.name, group_id, known[group_id], _deletion(group_id))
            if bench.around.prune:
                bench.groups.pop(group_id, None)

    def _plan_one(self, bench: Bench, each: Matched, found: _Found, inside: set[str], later: _Later) -> None:
        fields, held, (name, rule) = each.fields, each.held, found
        by_hand = held is not None and held.rule is None
        present = set(_members(bench.unit, each.id)) if by_hand else set()
        wanted = bench.people.wanted(fields, "members", present, prune=bench.around.prune)
        inner = _wanted_inside(bench, fields, inside)
        if rule is not None and bench.around.prune:  # nobody is in it by hand as well
            wanted, inner = set(), set()
        before = {} if held is None else {"name": held.name, **_said(held.rule, present, inside, bench)}
        after = {"name": name, **_said(rule, wanted, inner, bench)}
        leaves = sorted(present - wanted)
        later.joins.extend((each.id, user_id) for user_id in sorted(wanted - present))
        later.nests.extend(_Nest(f"{fields.at}/groups", each.id, group_id) for group_id in sorted(inner - inside))

        def do(unit: Unit) -> None:
            for group_id in sorted(inside - inner):
                users.groups.unnest(unit, each.id, group_id)
            if leaves:  # nobody is in it by hand once it has a rule
                users.groups.remove_members(unit, each.id, leaves)
            if held is None:
                change = None if rule is None else users.groups.RuleChange(rule)
                users.groups.create(unit, name, change, known_as=GroupId(each.id))
            else:
                users.groups.rename(unit, each.id, {"name": name})
                users.groups.rule(unit, each.id, users.groups.RuleChange(rule))

        action = Action.CREATE if held is None else Action.CHANGE
        bench.step(action, self.name, each, name, differences(before, after), do)


def _judged(bench: Bench, each: Matched) -> _Found | None:
    """The name, and the rule that it is to have."""
    fields = each.fields
    fields.only({"id", "name", "rule", "members", "groups"})
    stays = each.held.rule if each.held and not bench.around.prune and "rule" not in fields.members else None
    sent = {"name": fields.given("name"), "rule": fields.given("rule")}
    found = bench.judged(fields.at, lambda: users.groups.judge(sent, bench.definitions.values()))
    if found is None:
        return None
    name, rule = found[0], found[1] or stays
    if rule is not None and (fields.given("members") or fields.given("groups")):
        fields.refuse("rule", "inconsistent", "Who is in the group is said by its rule, or by hand.")
        return None
    return name, rule


def _document(group: Group, inside: set[str], names: Mapping[str, str], unit: Unit, people: People) -> dict[str, Any]:
    if group.rule is not None:
        return {"rule": tidied(group.rule)}
    return {
        "groups": sorted(names[each] for each in inside),
        "members": people.names(_members(unit, group.id)),
    }


def _said(rule: Rule | None, members: set[str], inside: set[str], bench: Bench) -> dict[str, Any]:
    if rule is not None:
        return {"rule": [tidied(rule)]}  # one whole
    return {"members": bench.people.names(members), "groups": _named(bench, inside)}


def _inside(nesting: Mapping[GroupId, Any], group_id: str) -> set[str]:
    return {str(inner) for inner in nesting.get(GroupId(group_id), ())}


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


def _nest(unit: Unit, nests: Iterable[_Nest]) -> None:
    with users.groups.nesting_many(unit) as put:
        for place, outer, inner in nests:
            with placed(place):
                put(outer, inner)


def _likely(fields: Fields, by_name: dict[bytes, str]) -> Likeness:
    name = fields.given("name")
    if not isinstance(name, str):
        return Likeness("", [])
    found = by_name.get(users.look_up_key(name))
    return Likeness(users.canonical(name), [] if found is None else [found])


def _members(unit: Unit, group_id: str) -> list[str]:
    every = pages(lambda after: users.groups.members_of(unit, group_id, after=after, limit=PAGE), lambda each: each.id)
    return [member.user_id for member in every]


def _deletion(group_id: str) -> Any:
    def do(unit: Unit) -> None:
        access.refuse_mentioned_group(unit, group_id)
        users.groups.delete(unit, group_id)
        federation.forget_group(unit, group_id)

    return do
