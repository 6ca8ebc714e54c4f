"""Roles that the tenant has made, and who has them, by their user names; those that are built in are everybody's."""

from collections.abc import Mapping
from typing import Any

from idp import credentials
from idp.configurations.bench import MOST, PAGE, Bench, Likeness, Matched, People, pages
from idp.configurations.model import Action, differences, tidied
from idp.credentials import EVERYTHING, KeyScope, MadeRole
from idp.kit.fields import Fields
from idp.kit.units import Unit

_MEMBERS = ("name", "description", "permissions")


class Roles:
    name = "roles"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:
        found = (
            {"id": each.id, **_document(each), "holders": people.names(credentials.roles.held_of(unit, each.id))}
            for each in _every(unit)
        )
        return sorted(map(_ordered, found), key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held, named = {each.id: each for each in _every(bench.unit)}, set()
        by_name = {each.name: each.id for each in held.values()}
        for each in bench.matched(items, held, kind="rol", likely=lambda fields: _likely(fields, by_name)):
            named.add(each.id)
            self._plan_one(bench, each)
        for role_id in held.keys() - named:
            bench.unnamed(self.name, role_id, held[role_id].name, _deletion(role_id))

    def _plan_one(self, bench: Bench, each: Matched) -> None:
        fields = each.fields
        fields.only({*_MEMBERS, "id", "holders"})
        sent = {name: value for name, value in fields.members.items() if name in _MEMBERS}
        stays = {} if each.held is None or bench.around.prune else _document(each.held)
        draft = bench.judged(fields.at, lambda: credentials.roles.read({**stays, **sent}))
        if draft is None:
            return
        present = set() if each.held is None else set(credentials.roles.held_of(bench.unit, each.id))
        wanted = bench.people.wanted(fields, "holders", present, prune=bench.around.prune)
        before = {**_document(each.held), "holders": bench.people.names(present)} if each.held else {}
        becomes = tidied({"name": draft.name, "description": draft.description or None,
                          "permissions": sorted(map(str, draft.permissions))})  # fmt: skip
        after = {**becomes, "holders": bench.people.names(wanted)}
        gets, loses, held = sorted(wanted - present), sorted(present - wanted), each.held

        def do(unit: Unit) -> None:
            if held is None:
                credentials.roles.create(unit, becomes, granting=EVERYTHING, known_as=each.id)
            elif becomes != _document(held):
                patch = {"description": None, **becomes}
                credentials.roles.change(unit, KeyScope.TENANT, each.id, patch, granting=EVERYTHING)
            for user_id in gets:
                credentials.roles.give(unit, KeyScope.TENANT, each.id, user_id, granting=EVERYTHING)
            for user_id in loses:
                credentials.roles.take(unit, KeyScope.TENANT, each.id, user_id)

        action = Action.CREATE if held is None else Action.CHANGE
        bench.step(action, self.name, each, draft.name, differences(before, after), do)


def _every(unit: Unit) -> list[MadeRole]:
    def page(after: str) -> list[Any]:
        return credentials.roles.page(unit, KeyScope.TENANT, after=after, limit=PAGE)

    return [each for each in pages(page, lambda each: each.id) if isinstance(each, MadeRole)]


def _document(role: MadeRole) -> dict[str, Any]:
    permissions = sorted(map(str, role.permissions))
    said = {"name": role.name, "description": role.description or None, "permissions": permissions}
    return tidied(said)  # type: ignore[no-any-return]


def _ordered(role: dict[str, Any]) -> dict[str, Any]:
    return {"id": role.pop("id"), "name": role.pop("name"), **tidied(role)}


def _likely(fields: Fields, by_name: Mapping[str, str]) -> Likeness:
    name = fields.given("name")
    if not isinstance(name, str):
        return Likeness("", [])
    return Likeness(name, [by_name[name]] if name in by_name else [])


def _deletion(role_id: str) -> Any:
    def do(unit: Unit) -> None:
        for user_id in credentials.roles.held_of(unit, role_id):
            credentials.roles.take(unit, KeyScope.TENANT, role_id, user_id)
        credentials.roles.delete(unit, KeyScope.TENANT, role_id)

    return do
