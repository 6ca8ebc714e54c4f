"""Networks that have names."""

from typing import Any

from idp import access
from idp.access import Network
from idp.configurations.bench import MOST, PAGE, Bench, Likeness, People, pages
from idp.configurations.model import Action, differences
from idp.kit.fields import Fields
from idp.kit.units import Unit


class Networks:
    name = "networks"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:  # noqa: ARG002 - nobody is in a network
        found = ({"id": each.id, **_document(each)} for each in _every(unit))
        return sorted(found, key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held, named = {each.id: each for each in _every(bench.unit)}, set()
        by_name = {each.name: each.id for each in held.values()}
        for each in bench.matched(items, held, kind="net", likely=lambda fields: _likely(fields, by_name)):
            named.add(each.id)
            fields = each.fields
            fields.only({"id", "name", "cidrs"})
            sent = {name: value for name, value in fields.members.items() if name in {"name", "cidrs"}}
            whole = sent if each.held is None else {"cidrs": list(each.held.cidrs), **sent}
            draft = bench.judged(fields.at, lambda whole=whole: access.networks.read(whole))  # type: ignore[misc]
            if draft is None:
                continue
            before = _document(each.held) if each.held else {}
            after = {"name": draft.name, "cidrs": list(draft.cidrs)}
            changes = list(differences(before, after))
            action = Action.CREATE if each.held is None else Action.CHANGE
            bench.tries_policies |= each.held is not None and bool(changes)
            do = _creation(each.id, draft) if each.held is None else _change(each.id, after)
            bench.step(action, self.name, each, draft.name, changes, do)
        for network_id in held.keys() - named:
            bench.unnamed(self.name, network_id, held[network_id].name, _deletion(network_id))


def names(bench: Bench, said: Fields) -> set[str]:
    """That rules may name: those there are, and those that will be."""
    known = set(access.networks.named(bench.unit))
    return known | {name for each in bench.steps if each.kind == Networks.name and (name := each.name)} | _unsaid(said)


def _unsaid(said: Fields) -> set[str]:
    """Of items that are wrong in something else: one fault is enough."""
    value = said.given(Networks.name)
    items = value if isinstance(value, list) else []
    return {each["name"] for each in items if isinstance(each, dict) and isinstance(each.get("name"), str)}


def _every(unit: Unit) -> list[Network]:
    return list(pages(lambda after: access.networks.page(unit, after=after, limit=PAGE), lambda each: each.id))


def _document(network: Network) -> dict[str, Any]:
    return {"name": network.name, "cidrs": list(network.cidrs)}


def _likely(fields: Fields, by_name: dict[str, Any]) -> Likeness:
    name = fields.given("name")
    if not isinstance(name, str):
        return Likeness("", [])
    return Likeness(name, [by_name[name]] if name in by_name else [])


def _creation(network_id: str, draft: Any) -> Any:
    def do(unit: Unit) -> None:
        access.networks.create(unit, draft, known_as=access.NetworkId(network_id))

    return do


def _change(network_id: str, after: dict[str, Any]) -> Any:
    def do(unit: Unit) -> None:
        access.networks.change(unit, network_id, after)

    return do


def _deletion(network_id: str) -> Any:
    def do(unit: Unit) -> None:
        access.networks.remove(unit, network_id)

    return do
