"""Changing the rules: the draft set, putting it in force, and keeping it there.

Nothing of the draft decides anything. An activation is in force at once and falls back by the clock unless it is
confirmed: whoever made a mistake need not be able to sign in to undo it.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from idp import audit, contracts, federation, tenants, users
from idp.access import locked_out, networks, policies, rulebook
from idp.access.deciding import DEVICE_PRODUCTS
from idp.access.in_force import Rules, compile_rules, set_at
from idp.access.policies import Fact, Rule
from idp.access.rulebook import LISTED, Document, Policy, PolicyId, PolicySet, get, page
from idp.audit import Event
from idp.kit import ids
from idp.kit.clock import SECOND, rfc3339
from idp.kit.errors import Conflict, FieldError, Invalid, Stale
from idp.kit.units import Unit

__all__ = [
    "CONFIRM_WITHIN",
    "LISTED",
    "LONGEST_TO_CONFIRM",
    "MOST",
    "Activation",
    "activate",
    "change",
    "confirm",
    "create",
    "delete",
    "describe",
    "described",
    "get",
    "hold",
    "in_force",
    "page",
    "put_in_force",
    "stand_ins",
    "try_network",
    "try_out",
    "would_lock_out",
]

CONFIRM_WITHIN = 600  # seconds
LONGEST_TO_CONFIRM = 86_400
MOST = 200  # rules in a set


class Activation(NamedTuple):
    """`confirm_by` in microseconds."""

    id: str
    confirm_by: int


class _Ids:
    """Ids that exist, asked one by one: a tenant may have ten thousand."""

    def __init__(self, exists: Callable[[str], bool]) -> None:
        self._exists = exists

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._exists(name)


class References(NamedTuple):
    """What a rule may name."""

    groups: Container[str]
    services: Container[str]
    networks: Container[str]


def references(unit: Unit) -> References:
    return References(
        groups=_Ids(lambda name: users.groups.find(unit, name) is not None),
        services=_Ids(lambda name: federation.find(unit, name) is not None),
        networks=networks.named(unit),
    )


def read(unit: Unit, document: Document, *, rule_id: str = "", at: str = "") -> Rule:
    """A rule that could be saved. Raises `Invalid`, `Conflict("contract_required")`."""
    known = references(unit)
    rule = policies.parse(document, **known._asdict(), rule_id=rule_id, at=at)
    _refuse_unentitled(unit, rule)
    return rule


def stand_ins(unit: Unit, documents: Sequence[Any], *, at: str = "/policies") -> Rules:
    """A set that stands in for the one in force. Raises as `read`, with what is wrong with all of them."""
    rules, errors = list[Rule](), list[FieldError]()
    for index, each in enumerate(documents):
        try:
            rules.append(read(unit, _sent(each), rule_id=_name_of(each, index), at=f"{at}/{index}"))
        except Invalid as wrong:
            errors += wrong.errors
    if errors:
        raise Invalid("invalid", "Some fields are wrong.", errors=errors)
    named = networks.named(unit)
    return compile_rules(None, rules, named)


def in_force(unit: Unit) -> PolicySet | None:
    """The set that decides at this instant."""
    return set_at(unit, unit.now_us)


def describe(policy: Policy) -> dict[str, Any]:
    """As it was sent, and the other way to write it: a form where there is one, and a text."""
    return described(policy.document)


def described(document: Document) -> dict[str, Any]:
    """The same of a document, with its id or without."""
    document = {name: value for name, value in document.items() if name != "id"}
    rule = policies.restore(document, rule_id="")
    absent = {"name": rule.name, "effect": rule.effect.value, "services": None, "when": None}
    return {
        "require": None,
        "max_age_seconds": None,
        **(policies.form(rule) or absent),
        "report_only": rule.report_only,
        "text": "" if rule.broken else policies.text(rule),
        **document,
        "source": "text" if "text" in document else "form",
    }


def create(unit: Unit, document: Document, *, known_as: PolicyId | None = None) -> Policy:
    """Under the id that it was `known_as`, if it was before. Raises `Invalid`, `Conflict`: `contract_required`,
    `policy_limit_reached`."""
    policy_id = known_as or PolicyId(ids.new("pol"))
    read(unit, document, rule_id=policy_id)
    if len(rulebook.draft(unit)) >= MOST:
        raise _too_many()
    rulebook.add(unit, policy_id, document)
    audit.record(unit, Event.POLICY_CREATED, subject=policy_id)
    return rulebook.get(unit, policy_id)


def change(unit: Unit, policy_id: str, document: Document, *, version: int | None = None) -> Policy:
    """Raises `NotFound`, `Stale`, and as `create`."""
    policy = _held(unit, policy_id, version)
    read(unit, document, rule_id=policy.id)
    if document != policy.document:
        rulebook.change(unit, policy.id, document)
        audit.record(unit, Event.POLICY_CHANGED, subject=policy.id)
    return rulebook.get(unit, policy_id)


def delete(unit: Unit, policy_id: str, *, version: int | None = None) -> None:
    """From the draft set. Raises `NotFound`, `Stale`."""
    policy = _held(unit, policy_id, version)
    rulebook.remove(unit, policy.id)
    audit.record(unit, Event.POLICY_DELETED, subject=policy.id)


def try_out(unit: Unit) -> int:
    """The revision at which the draft set leaves some administrator a way in. It may take seconds: for a unit that only
    reads, or one tenant would keep all others from writing.

    Raises `Conflict`: `last_admin_locked_out`.
    """
    revision = tenants.get(unit).revision  # first: what is read after a later change is not activated
    rules = [policies.restore(policy.document, rule_id=policy.id) for policy in rulebook.draft(unit)]
    if locked_out.everybody(unit, rules):
        raise _locked_out()
    return revision


def try_network(unit: Unit, network_id: str, patch: Mapping[str, object]) -> int | None:
    """The same of a change of a network, under the rules in force and those that may be again; None where nothing that
    rules go by would change.

    Raises `NotFound`, `Invalid`, `Conflict`: `last_admin_locked_out`.
    """
    revision = tenants.get(unit).revision
    before = networks.get(unit, network_id)
    cidrs = networks.read_change(before, patch).cidrs
    if cidrs == before.cidrs:
        return None
    named = {**networks.named(unit), before.name: cidrs}
    sets = {each.id: each for each in (rulebook.newest_set(unit), rulebook.newest_confirmed(unit)) if each is not None}
    for each in sets.values():
        rules = rulebook.rules_of(each)
        if locked_out.everybody(unit, rules, named) and not locked_out.everybody(unit, rules):
            raise _locked_out()
    return revision


def hold(unit: Unit, tried_at: int) -> None:
    """In a unit that has just touched the tenant. Raises `tenants.Moved` where it is not what was tried out at that
    revision."""
    if tenants.revision(unit) != tried_at + 1:
        raise tenants.Moved


def activate(unit: Unit, *, tried_at: int, confirm_within: int = CONFIRM_WITHIN) -> Activation:
    """The draft set, in force from this commit on; `confirm_within` in seconds. First thing in its unit.

    Raises `tenants.Moved` where it is not what was tried out at that revision.
    """
    tenants.touch(unit)
    hold(unit, tried_at)
    draft = rulebook.draft(unit)
    activation = Activation(ids.new("act"), unit.now_us + confirm_within * SECOND)
    rulebook.add_set(unit, activation.id, _documents(draft), confirm_by=activation.confirm_by)
    audit.record(unit, Event.POLICIES_ACTIVATED, subject=activation.id, policies=[policy.id for policy in draft])
    return activation


def put_in_force(unit: Unit, rules: Mapping[str, Document]) -> str:
    """These documents by their ids, from this commit on and for good, whatever the draft set says beside them. Whether
    an administrator could still sign in is for the caller to ask. The id of the activation.

    Raises `Invalid`, `Conflict`: `contract_required`, `policy_limit_reached`, `activation_unconfirmed` where a set is
    in force that nobody has confirmed yet.
    """
    tenants.touch(unit)
    newest, confirmed = rulebook.newest_set(unit), rulebook.newest_confirmed(unit)
    if newest is not None and newest != confirmed and unit.now_us < newest.confirm_by:
        said = "Policies were activated that wait to be confirmed: confirm them, or let them lapse."
        raise Conflict("activation_unconfirmed", said, confirm_by=rfc3339(newest.confirm_by))
    if len(rules) > MOST:
        raise _too_many()
    for rule_id, document in rules.items():
        read(unit, document, rule_id=rule_id)
    activation = ids.new("act")
    documents = ({**document, "id": rule_id} for rule_id, document in sorted(rules.items()))
    rulebook.add_set(unit, activation, documents, confirm_by=unit.now_us + CONFIRM_WITHIN * SECOND)
    audit.record(unit, Event.POLICIES_ACTIVATED, subject=activation, policies=sorted(rules))
    confirm(unit, activation)
    return activation


def would_lock_out(unit: Unit) -> Callable[[], bool]:
    """Whether the sets that hold, and may hold again, would leave no administrator a way in: what is to be known for it
    is read now, and judged when it is asked, which may take seconds and needs no unit."""
    sets = {each.id: each for each in (rulebook.newest_set(unit), rulebook.newest_confirmed(unit)) if each is not None}
    trials = [locked_out.trial(unit, rulebook.rules_of(each)) for each in sets.values()]
    return lambda: any(each is not None and each.locks_everybody_out() for each in trials)


def confirm(unit: Unit, activation: str) -> None:
    """Again is the same. Raises `Conflict("confirmation_expired")` for one that is over, overtaken, or none."""
    tenants.touch(unit)
    if rulebook.confirm(unit, activation):
        audit.record(unit, Event.POLICIES_CONFIRMED, subject=activation)
        return
    newest = rulebook.newest_set(unit, at_us=unit.now_us)
    if newest is None or newest.id != activation or newest.confirmed_at is None:
        raise Conflict("confirmation_expired", "This activation is no longer there to be confirmed.")


def _too_many() -> Conflict:
    return Conflict("policy_limit_reached", f"A set has at most {MOST} policies.", limit=MOST)


def _locked_out() -> Conflict:
    return Conflict("last_admin_locked_out", "Under these policies no administrator could sign in.")


def _held(unit: Unit, policy_id: str, version: int | None) -> Policy:
    policy = rulebook.get(unit, policy_id)
    if version is not None and version != policy.version:
        raise Stale("policy")
    return policy


def _refuse_unentitled(unit: Unit, rule: Rule) -> None:
    """Art. 3.2: what asks for a device needs the products that know devices."""
    if not rule.needs & Fact.DEVICE:
        return
    facts = contracts.facts(unit)
    for product in DEVICE_PRODUCTS:
        if contracts.reason_against(facts, unit.now_us, product) is not None:
            detail = f"A condition on devices needs an active contract for {product.value}."
            raise Conflict("contract_required", detail, product=product.value)


def _documents(draft: Iterable[Policy]) -> Iterator[Mapping[str, Any]]:
    return ({**policy.document, "id": policy.id} for policy in draft)


def _sent(document: Any) -> Any:
    if not isinstance(document, Mapping):
        return document
    return {name: value for name, value in document.items() if name != "id"}


def _name_of(document: object, index: int) -> str:
    """A rule that has an id keeps it, so that an answer about it says which one is meant."""
    given = document.get("id") if isinstance(document, Mapping) else None
    return given if isinstance(given, str) else str(index)
