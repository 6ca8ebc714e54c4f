"""The rules of a tenant: the draft set, and putting it in force."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from idp import access, tenants
from idp.access import Policy
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import policies as shapes
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import Unavailable
from idp.kit.fields import Fields, merged

_TRIES = 20  # each of those who activate at once makes the others try again
_FORM = frozenset({"effect", "services", "when", "require", "max_age_seconds"})
_NO_SET = dict.fromkeys(("activation", "activated_at", "confirm_by", "confirmed_at"))
_OURS = frozenset({"id", "source", "created_at", "changed_at"})


def create(call: Call) -> Answer:
    """Add a policy to the draft set, as a form or as Cedar text. Nothing is decided by it until it is activated."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        policy = access.drafts.create(unit, call.document)
        where = f"/tenants/{call.tenant.slug}/policies/{policy.id}"
        return call.done(unit, to_json(policy), status=201, version=policy.version, location=where)


def listing(call: Call) -> Answer:
    """The draft set, in the order of creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(access.drafts.LISTED.page(unit, call.page.question), to_json)


def in_force(call: Call) -> Answer:
    """The set that decides now: as it was activated, whatever became of the draft since."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        chosen = access.drafts.in_force(unit)
        if chosen is None:
            return Answer(200, {**_NO_SET, "policies": []})
        confirmed = None if chosen.confirmed_at is None else rfc3339(chosen.confirmed_at)
        body = {
            "activation": chosen.id,
            "activated_at": rfc3339(chosen.activated_at),
            "confirm_by": rfc3339(chosen.confirm_by),
            "confirmed_at": confirmed,
            "policies": [{"id": rule["id"], **access.drafts.described(rule)} for rule in chosen.rules],
        }
        return Answer(200, body)


def shown(call: Call) -> Answer:
    """One policy of the draft set, as a form and as the text that means the same."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        policy = access.drafts.get(unit, call.names["policy"])
        return call.shown(to_json(policy), version=policy.version)


def change(call: Call) -> Answer:
    """Change a policy of the draft set. A text put in place of a form replaces it, and the other way round."""
    return _changed(call, lambda policy: patched(policy.document, _without_echo(policy, call.document)))


def replace(call: Call) -> Answer:
    """Put another policy in the place of this one of the draft set."""
    return _changed(call, lambda policy: _without_echo(policy, call.document))


def delete(call: Call) -> Answer:
    """Take a policy out of the draft set."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        policy = access.drafts.get(unit, call.names["policy"])
        access.drafts.delete(unit, policy.id, version=call.conditions.expected(policy.version))
        return call.done(unit, None)


def activate(call: Call) -> Answer:
    """Put the draft set in force at once. Unless it is confirmed in time, what was confirmed last is in force again."""
    fields = Fields(call.document)
    fields.only({"confirm_within_seconds"})
    longest, usual = access.drafts.LONGEST_TO_CONFIRM, access.drafts.CONFIRM_WITHIN
    within = fields.number("confirm_within_seconds", default=usual, lowest=1, highest=longest)
    fields.finish()
    for _ in range(_TRIES):
        with suppress(tenants.Moved):
            return _put_in_force(call, within)
    raise Unavailable("the tenant changes faster than its draft set is tried out")


def _put_in_force(call: Call, within: int) -> Answer:
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        gate.refuse_closed(unit, call.key)
        tried_at = access.drafts.try_out(unit)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        made = access.drafts.activate(unit, tried_at=tried_at, confirm_within=within)
        gate.refuse_closed(unit, call.key)
        body = {"activation": made.id, "confirm_by": rfc3339(made.confirm_by)}
        return call.done(unit, body, status=202)


def confirm(call: Call) -> Answer:
    """Keep what was activated in force."""
    fields = Fields(call.document)
    fields.only({"activation"})
    fields.required("activation")
    activation = fields.text("activation") or ""
    fields.finish()
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        access.drafts.confirm(unit, activation)
        return call.done(unit, {"activation": activation})


def to_json(policy: Policy) -> dict[str, Any]:
    """As a form where there is one, and as text."""
    return {
        "id": policy.id,
        **access.drafts.describe(policy),
        "created_at": rfc3339(policy.created_at),
        "changed_at": rfc3339(policy.changed_at),
    }


def patched(document: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """RFC 7396, where the members of a form and a text exclude each other: what comes takes the place of the other."""
    if patch.get("text") is not None and "text" not in document:
        document = {name: value for name, value in document.items() if name not in _FORM}
    elif "text" in document and patch.keys() & _FORM and patch.get("text") is None:
        document = {name: value for name, value in document.items() if name != "text"}
    result = merged(document, patch)
    # A condition is one whole: half of the old and half of the new would be neither.
    return {**result, "when": patch["when"]} if patch.get("when") is not None else result


def _without_echo(policy: Policy, document: Mapping[str, Any]) -> dict[str, Any]:
    """Without what we add to a policy when we show it: what was read may be sent back. The other way to write it is
    left out as a whole or not at all: changed in one member, it is what is meant."""
    shown_now = to_json(policy)
    other = frozenset({"text"}) if "text" not in policy.document else _FORM
    unchanged = {name for name, value in document.items() if name in shown_now and value == shown_now[name]}
    echoed = (unchanged & _OURS) | (other if document.keys() & other <= unchanged else frozenset())
    return {name: value for name, value in document.items() if name not in echoed}


def _changed(call: Call, make: Callable[[Policy], Mapping[str, Any]]) -> Answer:
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        before = access.drafts.get(unit, call.names["policy"])
        version = call.conditions.expected(before.version)
        policy = access.drafts.change(unit, before.id, make(before), version=version)
        return call.done(unit, to_json(policy), version=policy.version)


_MANY = "/tenants/{tenant}/policies"
_ONE = f"{_MANY}/{{policy}}"
_READ = rights.read(Noun.POLICIES)
_WRITE = rights.write(Noun.POLICIES, WITH_TENANT)
_CLOSED = "contract_not_active"
_DEVICES = "contract_required"

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        _WRITE,
        takes=shapes.NewPolicy,
        gives=shapes.Policy,
        status=201,
        versioned=True,
        conflicts=(_CLOSED, _DEVICES, "policy_limit_reached"),
    ),
    Route("GET", _MANY, listing, _READ, gives=shapes.Policy, pages=True, listed=access.drafts.LISTED),
    Route(
        "POST",
        f"{_MANY}/activate",
        activate,
        _WRITE,
        takes=shapes.Activate,
        gives=shapes.Activation,
        status=202,
        conflicts=(_CLOSED, "last_admin_locked_out"),
    ),
    Route(
        "POST",
        f"{_MANY}/confirm",
        confirm,
        _WRITE,
        takes=shapes.Confirm,
        gives=shapes.Confirmed,
        conflicts=(_CLOSED, "confirmation_expired"),
    ),
    Route("GET", f"{_MANY}/in-force", in_force, _READ, gives=shapes.InForce),
    Route("GET", _ONE, shown, _READ, gives=shapes.Policy, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        _WRITE,
        takes=shapes.PolicyChange,
        gives=shapes.Policy,
        versioned=True,
        conflicts=(_CLOSED, _DEVICES),
    ),
    Route(
        "PUT",
        _ONE,
        replace,
        _WRITE,
        takes=shapes.NewPolicy,
        gives=shapes.Policy,
        versioned=True,
        conflicts=(_CLOSED, _DEVICES),
    ),
    Route("DELETE", _ONE, delete, _WRITE, status=204, versioned=True, conflicts=(_CLOSED,)),
)
