"""What follows from a change, in the transaction of the change: history, audit, the tenant's counters, the outbox."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from idp import audit, credentials, delivery, tenants, users
from idp.contracts import store
from idp.contracts.entitlements import facts, reason_against
from idp.contracts.lifecycle import EndReason, Event
from idp.contracts.model import Change
from idp.contracts.record import Record
from idp.kit.units import Unit
from idp.plans import Product

_ENDS = frozenset(reason.event for reason in EndReason)
# An approval withdrawn: what was prepared for the tenant may already have signed somebody in to the console.
_CUTS = _ENDS | {Event.SUSPENDED, Event.WITHDRAWN}
_NEWS = _ENDS | {Event.ESTABLISHED, Event.SUSPENDED, Event.RESUMED, Event.IDS_CHANGED}
_NOTHING: Mapping[str, object] = MappingProxyType({})


def tell(unit: Unit, record: Record, changes: Sequence[Change], facts: Mapping[str, object] = _NOTHING) -> None:
    """`record` is written already, and its tenant's revision raised; `unit` is its owner's. `facts` are of the last."""
    for change in changes:
        store.add_change(unit, record.id, change)
        _audit(unit, record, change, facts if change is changes[-1] else _NOTHING)
    if unit.platform:  # an application: nothing of the tenant exists that could be told
        return
    if any(change.event in _CUTS for change in changes) and _nobody_gets_in(unit, record):
        tenants.end_generation(unit)
    for change in changes:
        if change.event in _NEWS:
            payload = {
                "contract": record.id,
                "product": record.product,
                "status": change.after.value,
                "change": change.seq,
            }
            delivery.enqueue(unit, f"contract.{change.event.value}", receiver="tenant", payload=payload)
        if change.event is Event.ESTABLISHED and record.product == Product.ID_PLUS:
            _invite_administrators(unit)


def _invite_administrators(unit: Unit) -> None:
    """From this moment on they can get in."""
    for user_id in users.admins_without_credentials(unit):
        if users.get(unit, user_id).email is not None:
            credentials.invite(unit, user_id)


def _nobody_gets_in(unit: Unit, record: Record) -> bool:
    """The sign-ins of a tenant end with its right to this service, not with an add-on's, and not when a contract ran
    out that another one continues from the same midnight on."""
    return record.product == Product.ID_PLUS and reason_against(facts(unit), unit.now_us) is not None


def _audit(unit: Unit, record: Record, change: Change, facts: Mapping[str, object]) -> None:
    kind = audit.Event.CONTRACT_MOVED
    if change.event is Event.APPLIED:
        kind = audit.Event.CONTRACT_APPLIED
    elif change.before is change.after and change.event is not Event.RENEWED:
        kind = audit.Event.CONTRACT_ASKED
    audit.record(
        unit,
        kind,
        subject=record.id,
        change=change.event.value,
        seq=change.seq,
        product=record.product,
        status=change.after.value,
        by=change.source.value,
        **facts,
    )
