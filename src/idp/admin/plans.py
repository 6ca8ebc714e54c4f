"""Plans: what is sold, and at which price. A plan never changes; a new price is a new plan."""

from idp import plans
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import EVERYONE, OPERATOR
from idp.admin.routes import Route
from idp.admin.shapes.plans import NewPlan, Plan
from idp.credentials import Noun

_UNCHANGING = 1


def create(call: Call) -> Answer:
    """Add a plan, for applications to name."""
    draft = plans.read(call.document)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        plan = plans.create(unit, draft)
        body = plans.to_json(plan)
        return call.done(unit, body, status=201, version=_UNCHANGING, location=f"/plans/{plan.id}")


def listing(call: Call) -> Answer:
    """All plans in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(plans.LISTED.page(unit, call.page.question), plans.to_json)


def shown(call: Call) -> Answer:
    """One plan. Partners and tenants read those that their contracts name."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        plan = plans.get(unit, call.names["plan"])
        return call.shown(plans.to_json(plan), version=_UNCHANGING)


ROUTES = (
    Route(
        "POST",
        "/plans",
        create,
        rights.write(Noun.PLANS, OPERATOR),
        takes=NewPlan,
        gives=Plan,
        status=201,
        versioned=True,
        conflicts=("plan_name_taken",),
    ),
    Route("GET", "/plans", listing, rights.read(Noun.PLANS, OPERATOR), gives=Plan, pages=True, listed=plans.LISTED),
    Route("GET", "/plans/{plan}", shown, rights.read(Noun.PLANS, EVERYONE), gives=Plan, versioned=True),
)
