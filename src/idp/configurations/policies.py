"""The policies in force, whole. What is planned is put in force with the change itself, and written into the draft set
beside whatever somebody is working on there; work that was never activated is not configuration."""

from collections.abc import Mapping
from typing import Any

from idp import access
from idp.access import PolicyId
from idp.configurations import networks
from idp.configurations.bench import Bench, Likeness, Matched, People
from idp.configurations.model import Action, Change, differences, tidied
from idp.kit.errors import NotFound
from idp.kit.fields import Fields
from idp.kit.units import Unit

Documents = Mapping[str, Mapping[str, Any]]


class Policies:
    name = "policies"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:  # noqa: ARG002 - rules name people by ids
        found = [{"id": each, **_ordered(document)} for each, document in _in_force(unit).items()]
        return sorted(found, key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=access.drafts.MOST)
        if items is None:
            return
        held, named = _in_force(bench.unit), set()
        becomes = dict(held)
        known: dict[str, Any] = {
            "groups": bench.groups.keys(),
            "services": bench.services.keys(),
            "networks": networks.names(bench, said),
        }
        steps = len(bench.steps) + len(bench.deletions)
        for each in bench.matched(items, held, kind="pol", likely=lambda fields: _likely(fields, held)):
            named.add(each.id)
            sent = {name: value for name, value in each.fields.members.items() if name != "id"}
            document = _resolved(bench, sent)
            if bench.judged(each.fields.at, lambda each=each, document=document: access.policies.parse(  # type: ignore[misc]
                document, rule_id=each.id, **known
            )) is None:  # fmt: skip
                continue
            becomes[each.id] = document
            changes = _changes(each, document)
            action = Action.CREATE if each.held is None else Action.CHANGE
            bench.step(action, self.name, each, str(document["name"]), changes, _draft(each.id, document))
        for policy_id in held.keys() - named:
            bench.unnamed(self.name, policy_id, str(held[policy_id]["name"]), _deletion(policy_id))
            if bench.around.prune:
                becomes.pop(policy_id)
        if len(bench.steps) + len(bench.deletions) > steps:
            bench.tries_policies = True
            bench.last.append((f"{bench.place}/{self.name}", lambda unit: access.drafts.put_in_force(unit, becomes)))


def _in_force(unit: Unit) -> dict[str, dict[str, Any]]:
    chosen = access.drafts.in_force(unit)
    rules = () if chosen is None else chosen.rules
    return {rule["id"]: {name: value for name, value in rule.items() if name != "id"} for rule in rules}


def _ordered(document: Mapping[str, Any]) -> dict[str, Any]:
    tidy = tidied(document)
    return {"name": tidy.pop("name"), **tidy}


def _changes(each: Matched, document: Mapping[str, Any]) -> list[Change]:
    """A condition is one whole."""
    before, after = (tidied(each.held) if each.held else {}), tidied(document)
    whole = [
        Change(name, before.pop(name, None), after.pop(name, None))
        for name in ("when",)
        if before.get(name) != after.get(name)
    ]
    for name in ("when",):
        before.pop(name, None)
        after.pop(name, None)
    return [*differences(before, after), *whole]


def _likely(fields: Fields, held: Documents) -> Likeness:
    name = fields.given("name")
    alike = [policy_id for policy_id, document in held.items() if document.get("name") == name]
    return Likeness(str(name), alike, sure=False)


def _resolved(bench: Bench, document: Mapping[str, Any]) -> dict[str, Any]:
    """With the ids of what a form calls by its name."""
    resolved = {name: _plain(value) for name, value in document.items() if value is not None}
    if isinstance(services := resolved.get("services"), list):
        resolved["services"] = [_service(bench, each) for each in services]
    if "when" in resolved:
        resolved["when"] = _condition(bench, resolved["when"])
    return resolved


def _condition(bench: Bench, value: Any) -> Any:
    if isinstance(value, list):
        return [_condition(bench, each) for each in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: _condition(bench, each) for name, each in value.items()}
    inner = found.get("group")
    if isinstance(inner, dict) and isinstance(names := inner.get("in"), list):
        found["group"] = {**inner, "in": [_group(bench, each) for each in names]}
    return found


def _group(bench: Bench, said: Any) -> Any:
    if not isinstance(said, str) or said in bench.groups:
        return said
    return bench.group_named(said) or said


def _service(bench: Bench, said: Any) -> Any:
    if not isinstance(said, str) or said == "*" or said in bench.services:
        return said
    found = bench.services_called(said)
    return found[0] if len(found) == 1 else said


def _plain(value: Any) -> Any:
    """Without what remembers lines."""
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _draft(policy_id: str, document: Mapping[str, Any]) -> Any:
    def do(unit: Unit) -> None:
        try:
            access.drafts.change(unit, policy_id, document)
        except NotFound:
            access.drafts.create(unit, document, known_as=PolicyId(policy_id))

    return do


def _deletion(policy_id: str) -> Any:
    def do(unit: Unit) -> None:
        try:
            access.drafts.delete(unit, policy_id)
        except NotFound:
            return  # in force, and taken out of the draft set by somebody

    return do
