"""The one way in which a contract changes: read, decide, write over the very version that was read, tell.

Whoever decides on a version that is no longer stored decides again on the new one. So of two acts that exclude each
other the second meets a state that refuses it, and acts that may follow one another both happen.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from idp import tenants
from idp.contracts import store
from idp.contracts.lifecycle import Event, Status, after, repeats
from idp.contracts.model import Change, Contract
from idp.contracts.record import Record, contract
from idp.contracts.settling import settled
from idp.contracts.telling import tell
from idp.kit.errors import NotFound, Stale, Unavailable
from idp.kit.units import Unit

ATTEMPTS = 8


class Act(NamedTuple):
    """What is to happen. `edit` makes the new record from the settled one, or refuses; one that gives it back
    unchanged, and `moot`, say that there is nothing to do. `if_match` is the version that the caller has seen;
    `facts` are for the trail."""

    event: Event
    reason: str = ""
    if_match: int | None = None
    edit: Callable[[Record], Record] = lambda record: record
    moot: Callable[[Record], bool] = lambda _: False
    facts: Mapping[str, object] = MappingProxyType({})


def locate(unit: Unit, contract_id: str) -> tuple[Unit, Record]:
    """The contract and a unit of its owner. A unit of the platform reaches every contract, a tenant's its own.

    Raises NotFound.
    """
    for _ in range(ATTEMPTS):
        owner = store.owner(unit, contract_id) if unit.platform else unit.tenant
        if owner is None:
            break
        inner = unit.inside(owner)
        record = store.find(inner, contract_id)
        if record is not None:
            return inner, record
        if not unit.platform:
            break
        # else it was approved between the two looks, and belongs to its tenant now
    raise NotFound("contract")


def perform(unit: Unit, contract_id: str, act: Act) -> Contract:
    """As `advance`, and the contract as it stands then."""
    inner, record = advance(unit, contract_id, act)
    return contract(record, store.parties(inner, record), unit.now_us)


def advance(unit: Unit, contract_id: str, act: Act) -> tuple[Unit, Record]:
    """The record after `act`, and a unit of its owner. Nothing is written where the act repeats what was done, or
    where there is nothing to do.

    Raises NotFound; Stale where `if_match` is not the stored version; Conflict `illegal_transition`.
    """
    for _ in range(ATTEMPTS):
        inner, read = locate(unit, contract_id)
        if act.if_match is not None and act.if_match != read.version:
            raise Stale
        record, overdue = settled(read, unit.now)
        new = _decide(record, act)
        if new is None:
            return inner, read
        if not inner.platform:
            # First the tenant, then its contracts: whoever changes both takes their rows in this order.
            tenants.touch(inner)
        if store.replace(inner, read, new):
            tell(inner, new, [*overdue, _change(unit, record, new, act)], act.facts)
            return inner, new._replace(version=read.version + 1)
    raise Unavailable(f"contract {contract_id} changes all the time")


def _decide(record: Record, act: Act) -> Record | None:
    if act.moot(record) or repeats(Event(record.entered_by), act.event):
        return None
    status = after(Status(record.status), act.event)
    edited = act.edit(record)
    if status.value != record.status:
        edited = edited._replace(status=status.value, entered_by=act.event.value)
    return None if edited == record else edited._replace(changes=record.changes + 1)


def _change(unit: Unit, before: Record, new: Record, act: Act) -> Change:
    return Change(
        seq=new.changes,
        at=unit.now_us,
        event=act.event,
        before=Status(before.status),
        after=Status(new.status),
        actor=unit.actor.id,
        source=unit.actor.source,
        reason=act.reason,
    )
