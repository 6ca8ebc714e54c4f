from idp import audit
from idp.audit import Event
from idp.kit import ids
from idp.kit.errors import Conflict
from idp.kit.units import Unit
from idp.plans import store
from idp.plans.model import PREFIX, Plan, PlanDraft, PlanId


def create(unit: Unit, draft: PlanDraft) -> Plan:
    """Needs a unit of the platform. `Conflict("plan_name_taken")`: applications name plans by their names."""
    plan = Plan(PlanId(ids.new(PREFIX)), *draft, created_at=unit.now_us)
    if not store.add(unit, plan):
        raise Conflict.at("/name", "plan_name_taken", f"There is a plan named {draft.name} already.", found=draft.name)
    audit.record(unit, Event.PLAN_CREATED, subject=plan.id, product=plan.product.value, price_per_id=plan.price_per_id)
    return plan
