"""What a tenant keeps of its people beside what everybody has. What people have of it is theirs: an attribute that has
values is not pruned away."""

from typing import Any

from idp import users
from idp.configurations.bench import MOST, Bench, Matched, People
from idp.configurations.model import Action, differences, tidied
from idp.kit.errors import FieldError
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import Definition


class Attributes:
    name = "attributes"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:  # noqa: ARG002 - nobody is in a schema
        return [_document(each) for each in sorted(users.attribute_schema.definitions(unit))]

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held, named = {each.name: each for each in users.attribute_schema.definitions(bench.unit)}, dict[str, str]()
        for fields in items.values():
            name = str(fields.given("name"))
            if name in named:
                bench.errors.append(
                    FieldError(fields.at, "named_twice", f"This is the same as at {named[name]}.", name)
                )
                continue
            named[name] = fields.at
            self._plan_one(bench, Matched(fields, name, held.get(name)))
        for name in held.keys() - named.keys():
            bench.unnamed(self.name, name, name, _deletion(name))

    def _plan_one(self, bench: Bench, each: Matched) -> None:
        sent = dict(each.fields.members)
        if each.held is None:
            read = bench.judged(each.fields.at, lambda: users.read_definition(sent))
        else:
            whole = {**dict.fromkeys(_document(each.held)), **sent} if bench.around.prune else sent
            read = bench.judged(each.fields.at, lambda: users.read_attribute_change(each.held, whole))
        if read is None:
            return
        bench.definitions[each.id] = read
        definition, before = read, _document(each.held) if each.held else {}

        def do(unit: Unit) -> None:
            change = users.attribute_schema.Change(definition)
            if each.held is None:
                users.attribute_schema.create(unit, change)
            else:
                users.attribute_schema.change(unit, change, before=each.held)

        action = Action.CREATE if each.held is None else Action.CHANGE
        bench.step(action, self.name, each, each.id, differences(before, _document(definition)), do)


def _document(definition: Definition) -> dict[str, Any]:
    tidy = tidied(users.definition_to_document(definition))
    return {"name": tidy.pop("name"), **tidy}


def _deletion(name: str) -> Any:
    def do(unit: Unit) -> None:
        prepared = users.attribute_schema.Change(users.attribute_schema.get(unit, name))
        users.attribute_schema.delete(unit, prepared, discard=False)

    return do
