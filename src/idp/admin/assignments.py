"""Who may use a service that requires assignment."""

from idp import federation
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.shapes.services import Assignment, NewAssignment
from idp.credentials import Noun


def create(call: Call) -> Answer:
    """Let somebody use the service, or all who are in a group. Again is the same assignment."""
    assignee = federation.read_assignee(call.document)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        assignment = federation.assign_to(unit, call.names["service"], assignee)
        where = f"{call.below}/services/{assignment.service_id}/assignments/{assignment.id}"
        return call.done(unit, federation.assignment_to_json(assignment), status=201, location=where)


def listing(call: Call) -> Answer:
    """Who is assigned, in the order in which they were."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        service = federation.get(unit, call.names["service"])
        found = federation.ASSIGNMENTS.page(unit, call.page.question, service=service.id)
        return call.page.shown(found, federation.assignment_to_json)


def delete(call: Call) -> Answer:
    """Whoever was let in by it does not get in again."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        federation.unassign(unit, call.names["service"], call.names["assignment"])
        return call.done(unit, None)


_MANY = "/tenants/{tenant}/services/{service}/assignments"
_WRITE = rights.write(Noun.ASSIGNMENTS, WITH_TENANT, Partners.PREPARE)
_CLOSED = ("contract_not_active",)

ROUTES = (
    Route("POST", _MANY, create, _WRITE, takes=NewAssignment, gives=Assignment, status=201, conflicts=_CLOSED),
    Route(
        "GET",
        _MANY,
        listing,
        rights.read(Noun.ASSIGNMENTS),
        gives=Assignment,
        pages=True,
        listed=federation.ASSIGNMENTS,
    ),
    Route("DELETE", f"{_MANY}/{{assignment}}", delete, _WRITE, status=204, conflicts=_CLOSED),
)
