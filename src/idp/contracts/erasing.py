"""What becomes of contracts when they are erased (Art. 9.2): the record stays, the persons in it go.

With the contract for this service the tenant's data key dies, so every other contract that the tenant ever had for this
service goes with it, and the persons in its contracts for other products, which live on, are sealed anew with the
platform's own key. Nothing is erased that another contract of the tenant for the same product, from its approval on,
still needs.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from typing import NamedTuple

from idp import tenants
from idp.contracts import store
from idp.contracts.engine import Act, advance, locate
from idp.contracts.instants import start_of_day
from idp.contracts.lifecycle import Event, Status
from idp.contracts.model import Change, Contract, ContractId
from idp.contracts.reasons import checked
from idp.contracts.record import Record, agreement, contract
from idp.contracts.settling import settled
from idp.contracts.standing import Ending, ending, export_until
from idp.contracts.telling import tell
from idp.kit.clock import instant, micros
from idp.kit.errors import Conflict, NotFound
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit
from idp.plans import Product

_BINDING = frozenset({Status.APPROVED, Status.ACTIVE, Status.SUSPENDED})
_NEVER_BOUND = frozenset({Status.REJECTED, Status.WITHDRAWN})


class Erasable(NamedTuple):
    """A contract that is over and will be erased, and from when on: 00:00 of a day in `zone`."""

    tenant: TenantId
    contract: ContractId
    at_us: int
    zone: str


def erasable(unit: Unit, *, grace_days: int) -> list[Erasable]:
    """In the order of the instants at which they are due; needs a unit of the platform. Only what is recorded as ended
    is found, and of several contracts of a tenant for this service the last to end."""
    found = []
    for _, records in groupby(store.erasable(unit), key=_what_goes_together):
        found.append(max((_erasable(record, grace_days) for record in records), key=lambda each: each.at_us))
    return sorted(found, key=lambda each: (each.at_us, each.contract))


def erase(
    unit: Unit, contract_id: str, *, reason: str = "", if_match: int | None = None, grace_days: int | None = None
) -> list[Contract]:
    """The contracts that are erased by this, none where it was done before. Needs a unit of the platform; what else the
    tenant has, and its key, is for the caller to erase in the same transaction.

    With `grace_days` it must be due (Conflict `erasure_not_due`), without them it happens early.

    Raises NotFound; Stale; Conflict `illegal_transition`, `contract_continued`.
    """
    inner, read = _held(unit, contract_id)
    status = _status(read, unit)
    if status is Status.ENDED:
        _refuse_while_needed(inner, read)
    act = Act(Event.ERASED, checked(reason), if_match, lambda record: _forgotten(record, unit.now_us))
    together = [read, *_siblings(inner, read)] if status is Status.ENDED else [read]
    if grace_days is not None and status is Status.ENDED:
        _refuse_early(together, grace_days, unit.now_us)
    gone = [advance(unit, each.id, act if each is read else act._replace(if_match=None))[1] for each in together]
    if read.product == Product.ID_PLUS and status is Status.ENDED:
        _keep_other_parties(inner)
    return [contract(record, None, unit.now_us) for record in gone] if status is Status.ENDED else []


def erase_again(unit: Unit, contract_id: str, *, end: Ending, at_us: int) -> None:
    """As it was erased before, though the database does not know it: it was put back from a backup that is older, or
    the power failed. Whatever state it is in, it is over; one that is not there stays so. Needs a unit of the platform.
    """
    try:
        inner, read = _held(unit, contract_id)
    except NotFound:
        return
    if Status(read.status) is Status.ERASED:
        return
    record, changes = settled(read, instant(at_us))
    if Status(record.status) is not Status.ENDED:
        changes.append(_row(unit, record, end.reason.event, Status.ENDED, end.at_us))
        record = record.with_end(end)._replace(status=Status.ENDED.value, changes=record.changes + 1)
    changes.append(_row(unit, record, Event.ERASED, Status.ERASED, at_us))
    record = _forgotten(record, at_us)._replace(
        status=Status.ERASED.value, entered_by=Event.ERASED.value, changes=record.changes + 1
    )
    store.replace(inner, read, record)
    tell(inner, record, changes)


def _held(unit: Unit, contract_id: str) -> tuple[Unit, Record]:
    """Whoever approves what would continue the contract waits for us from here on, or was first and is seen."""
    inner, read = locate(unit, contract_id)
    if inner.platform:
        return inner, read
    tenants.touch(inner)
    return locate(unit, contract_id)


def _status(record: Record, unit: Unit) -> Status:
    return contract(record, None, unit.now_us).status


def _what_goes_together(record: Record) -> tuple[str, str]:
    return record.tenant_id, "" if record.product == Product.ID_PLUS else record.id


def _siblings(inner: Unit, read: Record) -> list[Record]:
    if read.product != Product.ID_PLUS:
        return []
    others = (record for record in store.of_product(inner, read.product) if record.id != read.id)
    return [record for record in others if _status(record, inner) is Status.ENDED]


def _refuse_while_needed(inner: Unit, read: Record) -> None:
    for other in store.of_product(inner, read.product):
        if other.id != read.id and _status(other, inner) in _BINDING:
            raise Conflict(
                "contract_continued", "Another contract goes on with what would be erased.", contract=other.id
            )


def exportable_until(unit: Unit, *, grace_days: int) -> int | None:
    """The instant up to which the unit's tenant can fetch its data, by the last of its contracts for this service to
    end; None while none is over."""
    over = [settled(record, unit.now)[0] for record in store.of_product(unit, Product.ID_PLUS.value)]
    ends = [_erasable(record, grace_days).at_us for record in over if Status(record.status) is Status.ENDED]
    return max(ends, default=None)


def _refuse_early(together: list[Record], grace_days: int, now_us: int) -> None:
    due = max(_erasable(settled(record, instant(now_us))[0], grace_days).at_us for record in together)
    if now_us < due:
        raise Conflict("erasure_not_due", "The day of its erasure has not come.")


def _erasable(record: Record, grace_days: int) -> Erasable:
    end = ending(agreement(record))
    assert end is not None
    day = export_until(end, grace_days) + timedelta(days=1)
    at_us = micros(start_of_day(day, record.time_zone))
    return Erasable(TenantId(record.tenant_id), ContractId(record.id), at_us, record.time_zone)


def _forgotten(record: Record, at_us: int) -> Record:
    return record._replace(parties=None, erased_at=at_us)


def _keep_other_parties(inner: Unit) -> None:
    for record in _with_parties(inner):
        parties = store.parties(inner, record)
        sealed = None
        if parties is not None and Status(record.status) not in _NEVER_BOUND:
            sealed = store.seal(inner.keys.box(PLATFORM), record.id, parties)
        store.set_parties(inner, record, sealed)


def _with_parties(inner: Unit) -> Iterator[Record]:
    return (record for record in store.of_tenant(inner) if record.parties is not None)


def _row(unit: Unit, record: Record, event: Event, after: Status, at_us: int) -> Change:
    actor = unit.actor
    return Change(record.changes + 1, at_us, event, Status(record.status), after, actor.id, actor.source, reason="")
