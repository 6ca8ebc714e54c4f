"""Planning, calling off and undoing. Each holds the tenant's row, as every change of an ID does."""

from collections.abc import Collection

from idp import audit, tenants, users
from idp.audit import Event
from idp.credentials import Permissions
from idp.kit import ids
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict
from idp.kit.units import Unit
from idp.planning import effects, store
from idp.planning.model import MOST, Act, Plan, Planner, PlanStatus, Wish


def plan(unit: Unit, user_id: str, wish: Wish, planner: Planner) -> Plan:
    """Raises `NotFound`, `Conflict`: `last_admin_locked_out`, `change_limit_reached`."""
    tenants.touch(unit)
    identity = users.get(unit, user_id)
    if store.waiting(unit, identity.id) >= MOST:
        raise Conflict("change_limit_reached", f"At most {MOST} changes wait for one ID.", limit=MOST)
    plan_id = ids.new("chg")
    store.add(unit, plan_id, identity.id, wish, planner)
    if wish.act.stops:
        users.stop_at(unit, identity.id, store.next_stop(unit, identity.id))
    audit.record(
        unit, Event.CHANGE_PLANNED, subject=identity.id, change=plan_id, act=wish.act.value, at=rfc3339(wish.at)
    )
    return store.get(unit, plan_id, identity.id)


def cancel(unit: Unit, plan_id: str, user_id: str, asker: Planner | None = None) -> Plan:
    """By who planned it, or may do the change itself. Again changes nothing. Raises `NotFound`, `Refused`,
    `Conflict("change_settled")` once it has taken place."""
    tenants.touch(unit)
    found = store.get(unit, plan_id, user_id)
    if asker is not None and asker.id != found.planner.id:
        effects.refuse_for(unit, found, asker.granting)
    if found.status is PlanStatus.CANCELLED:
        return found
    if found.wish.at <= unit.now_us or not store.settle(unit, plan_id, PlanStatus.PLANNED, PlanStatus.CANCELLED):
        raise Conflict("change_settled", "It has taken place, or is about to.", state=found.status.value)
    if found.wish.act.stops:
        users.stop_at(unit, found.user_id, store.next_stop(unit, found.user_id))
    audit.record(unit, Event.CHANGE_CANCELLED, subject=user_id, change=plan_id)
    return store.get(unit, plan_id, user_id)


def undo(unit: Unit, plan_id: str, user_id: str, granting: Permissions, hands: Collection[str] = ()) -> Plan:
    """What it changed is put back, by who could be behind it (`hands`). Raises `NotFound`, `Refused`, and `Conflict`:
    `change_not_done` where it was not carried out, `cannot_undo` of a deletion, `changed_since` with the `fields` that
    are not as it left them."""
    tenants.touch(unit)
    found = store.get(unit, plan_id, user_id)
    if found.wish.act is Act.DELETE and found.status is PlanStatus.DONE:
        raise Conflict("cannot_undo", "An ID that was deleted does not come back.")
    if found.status is not PlanStatus.DONE or found.before is None or found.after is None:
        raise Conflict("change_not_done", "There is nothing to undo.", state=found.status.value)
    identity = users.get(unit, user_id)
    since = effects.changed_since(effects.between(found.before, found.after), effects.document_of(identity))
    if since:
        raise Conflict("changed_since", "It has changed since.", fields=since)
    after = users.change(unit, user_id, effects.between(found.after, found.before))
    effects.refuse_beyond(unit, identity, after, granting)
    effects.note_hands(unit, identity.id, found.after, found.before, hands)
    store.settle(unit, plan_id, PlanStatus.DONE, PlanStatus.UNDONE)
    audit.record(unit, Event.CHANGE_UNDONE, subject=user_id, change=plan_id)
    return store.get(unit, plan_id, user_id)
