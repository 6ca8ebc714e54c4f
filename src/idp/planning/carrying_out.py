"""The day has come: each plan is carried out once, those for one person in their order, whoever works beside whom."""

from idp import audit, contracts, credentials, federation, partners, tenants, users
from idp.audit import Event
from idp.credentials import EVERYTHING, KeyScope, Permissions
from idp.kit.actors import SYSTEM
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict, Invalid, NotFound, Refused
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.planning import effects, store
from idp.planning.effects import NEEDED
from idp.planning.model import Plan, Planner, PlanStatus

_FAILURES = (Conflict, Invalid, NotFound, Refused)


def first_due(unit: Unit, plan_id: str) -> Plan | None:
    """The plan that has to be carried out before this one, or it itself; None when it is settled."""
    wanted = store.find(unit, plan_id)
    if wanted is None or wanted.status is not PlanStatus.PLANNED:
        return None
    return store.first_waiting(unit, wanted.user_id, upto=wanted.wish.at, last=wanted.id)


def carry_out(units: Units, tenant: TenantId, plan: Plan) -> None:
    """It happens with all that follows, or fails with all that would have: then the trail and the plan say why."""
    try:
        granting = _granting(units, plan.planner)
        with units.open(tenant, actor=plan.planner.actor) as unit:
            tenants.touch(unit)
            if store.settle(unit, plan.id, PlanStatus.PLANNED, PlanStatus.DONE):
                contracts.refuse_closed(unit, preparing=False)
                _do(unit, plan, granting)
    except _FAILURES as failure:
        with units.open(tenant, actor=SYSTEM) as unit:
            tenants.touch(unit)
            if store.settle(unit, plan.id, PlanStatus.PLANNED, PlanStatus.FAILED, why=failure.code):
                _stop_as_planned(unit, plan)
                facts = {"change": plan.id, "at": rfc3339(plan.wish.at), "why": failure.code}
                audit.record(unit, Event.CHANGE_FAILED, subject=plan.user_id, planner=plan.planner.id, **facts)


def _do(unit: Unit, plan: Plan, granting: Permissions) -> None:
    before, after = effects.apply(unit, plan.user_id, plan.wish, granting)
    effects.note_hands(unit, plan.user_id, before, after, plan.planner.hands)
    store.note_outcome(unit, plan.id, before, after)
    _stop_as_planned(unit, plan)
    facts = {"change": plan.id, "act": plan.wish.act.value, "at": rfc3339(plan.wish.at)}
    audit.record(unit, Event.CHANGE_MADE, subject=plan.user_id, **facts)


def _stop_as_planned(unit: Unit, plan: Plan) -> None:
    if plan.wish.act.stops and users.find(unit, plan.user_id) is not None:
        users.stop_at(unit, plan.user_id, store.next_stop(unit, plan.user_id))


def _granting(units: Units, planner: Planner) -> Permissions:
    """What whoever planned it may hand on now. Raises `Refused("planner_lost_rights")`."""
    with units.platform(actor=SYSTEM, write=False) as unit:
        known = unit if unit.tenant == planner.tenant else unit.inside(TenantId(planner.tenant))
        granting = _by_key(unit, planner) if planner.key else _by_person(known, planner)
        partner = partners.find(unit, planner.partner) if planner.partner else None
    if planner.partner and (partner is None or not partner.active):
        granting = frozenset()
    if not credentials.holds(granting, NEEDED):
        raise Refused("planner_lost_rights", "Whoever planned it may not do it any more.")
    return granting


def _by_key(unit: Unit, planner: Planner) -> Permissions:
    key = credentials.find_usable_key(unit, planner.id)
    return frozenset() if key is None else key.granting


def _by_person(unit: Unit, planner: Planner) -> Permissions:
    """Within what their token allowed; a program also within what its service may ask for today."""
    service = federation.find(unit, planner.id)
    if service is not None:
        scopes = service.oidc.scopes if service.enabled and service.oidc is not None else ()
        return credentials.both(
            planner.granting, frozenset(known for text in scopes if (known := credentials.parse(text)))
        )
    person = users.find(unit, planner.id)
    if person is None or not person.active_at(unit.now_us):
        return frozenset()
    allowed = credentials.roles.permissions_of(unit, KeyScope(planner.scope), person.id, of_id=person.roles)
    if allowed == EVERYTHING:
        return planner.granting
    within = {held for held in planner.granting if credentials.holds(allowed, held)}
    return frozenset(within | {each for each in allowed if credentials.holds(planner.granting, each)})
