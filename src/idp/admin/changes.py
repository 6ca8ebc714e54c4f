"""Changes of IDs that are planned for an instant to come."""

from typing import Any

from idp import planning, users
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import changes as shapes
from idp.credentials import Noun, Permission, Verb, is_key_id
from idp.planning import Planner, PlanStatus, Rehearsal, Wish
from idp.users import UserId


def create(call: Call) -> Answer:
    """Plan a change. Disabling and deleting hold from that instant on for every decision and for whoever reads the ID,
    whether or not anything has run; other changes, such as a group or a role taken away, are made by the worker within
    seconds of it, once and in their order, and wait while no worker runs. Whoever plans needs `users:write`, and
    must still be allowed to when the time has come: otherwise nothing happens, and `failure` says so."""
    wish = _wish(call)
    rights.demand(planning.NEEDED, call.key)
    _rehearse(call, wish)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        plan = planning.plan(unit, call.names["user"], wish, _planner(call))
        where = f"/tenants/{call.tenant.slug}/users/{plan.user_id}/changes/{plan.id}"
        return call.done(unit, planning.to_json(plan), status=201, location=where)


def preview(call: Call) -> Answer:
    """The ID before the change and after it, and what it gains and loses by it, for who may read it and plan this."""
    wish = _wish(call)
    for permission in (_READS_USERS, planning.NEEDED):
        rights.demand(permission, call.key)
    return Answer(200, _told(_rehearse(call, wish)))


def of_user(call: Call) -> Answer:
    """What was planned for the ID, and what became of it."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        users.get(unit, call.names["user"])
        found = planning.OF_USER.page(unit, call.page.question, of_user=call.names["user"])
        return call.page.shown(found, planning.to_json)


def of_tenant(call: Call) -> Answer:
    """What was planned for all IDs, and what became of it; those of IDs that are deleted, too."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(planning.LISTED.page(unit, call.page.question), planning.to_json)


def shown(call: Call) -> Answer:
    """One planned change."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return Answer(200, planning.to_json(planning.get(unit, call.names["change"], call.names["user"])))


def cancel(call: Call) -> Answer:
    """Call it off before its instant has come: one's own plan, or one for a change that one may make oneself,
    which needs `users:write` besides. Again changes nothing."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        planning.cancel(unit, call.names["change"], call.names["user"], _planner(call))
        return call.done(unit, None)


def undo(call: Call) -> Answer:
    """Put back what it has changed, as long as nothing of that has changed since (`changed_since`, `fields`). Needs
    `users:write` besides."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        if planning.get(unit, call.names["change"], call.names["user"]).status is PlanStatus.DONE:
            rights.demand(planning.NEEDED, call.key)
        plan = planning.undo(unit, call.names["change"], call.names["user"], call.key.granting, call.key.hands)
        return call.done(unit, planning.to_json(plan))


def _wish(call: Call) -> Wish:
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        identity = users.get(unit, call.names["user"])
        return planning.read(call.document, identity, users.frame(unit), now_us=unit.now_us)


def _rehearse(call: Call, wish: Wish) -> Rehearsal:
    user = UserId(call.names["user"])
    units, granting = call.house.units, call.key.granting
    return planning.rehearse(units, call.home, user, wish, actor=call.actor, granting=granting)


def _planner(call: Call) -> Planner:
    key = call.key
    return Planner(key.scope.value, key.id, key.tenant, key.partner_id, is_key_id(key.id), key.granting, key.hands)


def _told(rehearsal: Rehearsal) -> dict[str, Any]:
    after, groups, services = rehearsal.after, rehearsal.groups, rehearsal.services
    return {
        "before": users.to_json(rehearsal.before),
        "after": None if after is None else users.to_json(after),
        "groups": dict(zip(("gained", "lost"), groups, strict=True)),
        "services": {
            name: [each._asdict() for each in moved] for name, moved in zip(("gained", "lost"), services, strict=True)
        },
    }


_ALL = "/tenants/{tenant}/changes"
_MANY = "/tenants/{tenant}/users/{user}/changes"
_ONE = f"{_MANY}/{{change}}"
_READ = rights.read(Noun.CHANGES)
_READS_USERS = Permission(Noun.USERS, Verb.READ)
_WRITE = rights.write(Noun.CHANGES, WITH_TENANT)
_CLOSED = "contract_not_active"
_AS_CHANGE = ("user_name_taken", "attribute_taken", "group_is_dynamic", "last_admin_locked_out")

ROUTES = (
    Route("GET", _ALL, of_tenant, _READ, gives=shapes.PlannedChange, pages=True, listed=planning.LISTED),
    Route(
        "POST",
        _MANY,
        create,
        _WRITE,
        takes=shapes.NewPlannedChange,
        gives=shapes.PlannedChange,
        status=201,
        conflicts=(_CLOSED, "change_limit_reached", *_AS_CHANGE),
    ),
    Route(
        "POST",
        f"{_MANY}/preview",
        preview,
        rights.asking(Noun.CHANGES),
        takes=shapes.NewPlannedChange,
        gives=shapes.Rehearsal,
        conflicts=_AS_CHANGE,
    ),
    Route("GET", _MANY, of_user, _READ, gives=shapes.PlannedChange, pages=True, listed=planning.OF_USER),
    Route("GET", _ONE, shown, _READ, gives=shapes.PlannedChange),
    Route("DELETE", _ONE, cancel, _WRITE, status=204, conflicts=(_CLOSED, "change_settled")),
    Route(
        "POST",
        f"{_ONE}/undo",
        undo,
        _WRITE,
        gives=shapes.PlannedChange,
        conflicts=(_CLOSED, "change_not_done", "cannot_undo", "changed_since", *_AS_CHANGE),
    ),
)
