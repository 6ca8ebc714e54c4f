"""What one operator has proposed, for another to decide."""

from typing import Any

from idp import approvals, contracts
from idp.admin import rights, two_persons
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR
from idp.admin.routes import Route
from idp.admin.shapes.approvals import Approval, Decision
from idp.approvals import Proposal
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.fields import Fields
from idp.kit.units import Unit


def listing(call: Call) -> Answer:
    """Everything that was proposed, in the order in which it was, with what became of it."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = approvals.LISTED.page(unit, call.page.question)
        return call.page.shown(found, lambda row: _to_json(unit, row))


def shown(call: Call) -> Answer:
    """One proposal: what exactly will happen."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return Answer(200, _to_json(unit, approvals.get(unit, call.names["approval"])))


def approve(call: Call) -> Answer:
    """Approve and carry out what another operator has proposed: just that, once, and only as long as the contract is
    as it was then."""
    digest = _digest(call.document)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        proposed = approvals.get(unit, call.names["approval"])
        persons = two_persons.related(unit, call.key, proposed)
        proposal = approvals.approve(unit, proposed.id, account=call.key.owner, persons=persons, digest=digest)
        two_persons.carry_out(unit, proposal)
        return call.done(unit, _to_json(unit, proposal))


def reject(call: Call) -> Answer:
    """Turn a proposal down, or take back one's own."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        return call.done(unit, _to_json(unit, approvals.reject(unit, call.names["approval"])))


def _digest(document: dict[str, Any]) -> str | None:
    fields = Fields(document)
    fields.only({"digest"})
    digest = fields.text("digest")
    fields.finish()
    return digest


def _to_json(unit: Unit, proposal: Proposal) -> dict[str, Any]:
    return {
        "id": proposal.id,
        "state": proposal.state.value,
        "change": proposal.change.document,
        "digest": proposal.digest,
        "tenant": contracts.get(unit, proposal.change.contract).application.slug,
        "outcome": dict(proposal.outcome),
        "proposed_by": proposal.proposed_by,
        "proposed_at": rfc3339(proposal.proposed_at),
        "expires_at": rfc3339(proposal.expires_at),
        "decided_by": proposal.decided_by,
        "decided_at": None if proposal.decided_at is None else rfc3339(proposal.decided_at),
    }


_ONE = "/system/approvals/{approval}"
_READ = rights.read(Noun.APPROVALS, OPERATOR)
_WRITE = rights.write(Noun.APPROVALS, OPERATOR)
_CLOSED = "approval_closed"

ROUTES = (
    Route("GET", "/system/approvals", listing, _READ, gives=Approval, pages=True, listed=approvals.LISTED),
    Route("GET", _ONE, shown, _READ, gives=Approval),
    Route(
        "POST",
        f"{_ONE}/approve",
        approve,
        _WRITE,
        takes=Decision,
        gives=Approval,
        conflicts=(_CLOSED, "digest_mismatch", "contract_changed", "illegal_transition"),
    ),
    Route("POST", f"{_ONE}/reject", reject, _WRITE, gives=Approval, conflicts=(_CLOSED,)),
)
