"""All of it in units of the platform. The trail of the tenant whose contract it is has each step, with both names."""

from collections.abc import Mapping
from typing import Any

from idp import audit
from idp.approvals import store
from idp.approvals.model import LIFETIME, Change, Proposal, State
from idp.audit import Event
from idp.kit import ids
from idp.kit.errors import Conflict, Refused
from idp.kit.ids import TenantId
from idp.kit.units import Unit


def propose(
    unit: Unit, change: Change, *, tenant: TenantId, persons: frozenset[str], outcome: Mapping[str, Any]
) -> Proposal:
    """The same change proposed again, by whomever, is the same proposal as long as it is open."""
    known = store.pending(unit, change.digest)
    if known is not None:
        return known
    proposal = Proposal(
        id=ids.new("apv"),
        tenant=tenant,
        change=change,
        digest=change.digest,
        outcome=outcome,
        persons=persons,
        proposed_by=unit.actor.id,
        proposed_at=unit.now_us,
        expires_at=unit.now_us + LIFETIME,
        state=State.PENDING,
        decided_by=None,
        decided_at=None,
    )
    store.add(unit, proposal)
    _record(unit, Event.APPROVAL_PROPOSED, proposal)
    return proposal


def approve(unit: Unit, approval_id: str, *, account: str, persons: frozenset[str], digest: str | None) -> Proposal:
    """What to carry out now, in this unit: when that fails, nothing was approved. `account` is the operator's own,
    empty for a key of the machine; `digest` what the second has seen, if they say so.

    NotFound; Refused `operator_account_required`, `second_operator_required`; Conflict `approval_closed` with `state`,
    `digest_mismatch`.
    """
    proposal = store.get(unit, approval_id)
    if not account:
        raise Refused("operator_account_required", "A second operator approves with an account of their own.")
    if proposal.persons & persons:
        raise Refused("second_operator_required", "Somebody else than who proposed it has to approve it.")
    if not proposal.digest == proposal.change.digest == (digest or proposal.digest):
        raise Conflict("digest_mismatch", "This is not the change that you have seen.", digest=proposal.digest)
    return _decided(unit, proposal, State.APPROVED, Event.APPROVAL_GRANTED)


def reject(unit: Unit, approval_id: str) -> Proposal:
    """By any operator: who proposed it takes it back. Raises as `approve` does."""
    return _decided(unit, store.get(unit, approval_id), State.REJECTED, Event.APPROVAL_REJECTED)


def _decided(unit: Unit, proposal: Proposal, state: State, event: Event) -> Proposal:
    if not store.decide(unit, proposal, state):
        present = store.get(unit, proposal.id).state
        raise Conflict("approval_closed", f"This has been decided: {present.value}.", state=present.value)
    decided = store.get(unit, proposal.id)
    _record(unit, event, decided)
    return decided


def _record(unit: Unit, event: Event, proposal: Proposal) -> None:
    audit.record(
        unit.inside(TenantId(proposal.tenant)),
        event,
        subject=proposal.change.contract,
        approval=proposal.id,
        act=proposal.change.act,
        digest=proposal.digest,
        proposed_by=proposal.proposed_by,
        decided_by=proposal.decided_by or "",
    )
