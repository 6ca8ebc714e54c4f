"""The smallest change under which a refused person would have got in."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from idp.access import in_force, networks, policies, rulebook
from idp.access.deciding import DEVICE_PRODUCTS, JAPAN
from idp.access.in_force import NO_RULES
from idp.access.model import Decision, Outcome
from idp.access.policies import Inputs
from idp.access.vocabulary import Reason
from idp.kit.clock import rfc3339
from idp.kit.units import Unit

_CONTRACT = frozenset(
    {
        Reason.CONTRACT_NOT_ESTABLISHED,
        Reason.CONTRACT_NOT_STARTED,
        Reason.CONTRACT_SUSPENDED,
        Reason.CONTRACT_ENDED,
    }
)
_RULED = frozenset(
    {
        Reason.POLICY_DENIED,
        Reason.POLICY_ERROR,
        Reason.NO_RULE_PERMITS,
        Reason.NOT_ASSIGNED,
        Reason.STEP_UP_REQUIRED,
    }
)


class Remedy(NamedTuple):
    """One fact that would be otherwise; `before` and `after` are ready for JSON."""

    fact: str
    before: Any
    after: Any


def smallest_change(unit: Unit, decision: Decision) -> list[Remedy]:
    """Under the rules of then and the named networks of now; none where it was permitted, or nothing would do."""
    if decision.outcome is Outcome.PERMIT:
        return []
    if decision.reason in _RULED:
        return list(_of_rules(unit, decision))
    if decision.reason in _CONTRACT:
        return [Remedy("contract", decision.reason.value.removeprefix("contract_"), "active")]
    return _STANDING.get(decision.reason, _nothing)(decision.inputs)


def _of_rules(unit: Unit, decision: Decision) -> Iterator[Remedy]:
    chosen = rulebook.find_set(unit, decision.set_id) if decision.set_id else None
    rules = NO_RULES if chosen is None else in_force.compiled(chosen, networks.named(unit))
    found = policies.smallest_change(
        rules.compiled,
        decision.inputs,
        assigned=decision.assigned,
        assignment_required=decision.assignment_required,
    )
    for changed, values in () if found is None else found.changes.items():
        before = {name: decision.assigned if name == "assigned" else getattr(decision.inputs, name) for name in values}
        yield Remedy(changed.value, _shown(before.items()), _shown(values.items()))


def _shown(values: Iterable[tuple[str, object]]) -> dict[str, object]:
    return {_NAMES.get(name, name): _json(name, value) for name, value in values}


def _json(name: str, value: Any) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    return rfc3339(value) if name == "now_us" else value


def _nothing(_: Inputs) -> list[Remedy]:
    return []


_NAMES = {"now_us": "time"}
_STANDING: Mapping[Reason, Callable[[Inputs], list[Remedy]]] = {
    Reason.ID_DISABLED: lambda _: [Remedy("id_status", "disabled", "active")],
    Reason.ID_NOT_STARTED: lambda _: [Remedy("id_valid_from", "later", "earlier")],
    Reason.ID_ENDED: lambda _: [Remedy("id_valid_until", "past", "later")],
    Reason.SERVICE_UNKNOWN: lambda inputs: [Remedy("service_status", "disabled", "enabled")] * bool(inputs.service_id),
    Reason.OUTSIDE_JAPAN: lambda inputs: [Remedy("country", inputs.country, JAPAN)],
    Reason.COUNTRY_UNKNOWN: lambda inputs: [Remedy("country", inputs.country, JAPAN)],
    Reason.DEVICE_ENTITLEMENT_ENDED: lambda _: [
        Remedy("contracts", None, [product.value for product in DEVICE_PRODUCTS])
    ],
}
