"""What is done to a database that was put back, so that nothing comes back with it."""

from sqlalchemy import MetaData

from idp import approvals, audit, billing, erasure, tenants
from idp.kit.actors import Actor
from idp.kit.db import OnRestore
from idp.kit.dumping import shelves
from idp.kit.units import Unit, Units

_PAGE = 500


def adopt(units: Units, *, metadata: MetaData, actor: Actor, keep_api_keys: bool = False) -> int:
    """The new epoch of a database that was put back by other means: a copied file, a snapshot of a disk."""
    with units.platform(actor=actor) as unit:
        epoch = max(tenants.epoch(unit), unit.keys.fence.epoch()) + 1
        fence_off(unit, epoch, metadata=metadata, keep_api_keys=keep_api_keys, taken_at=None)
    units.keys.fence.raise_to(epoch)
    return epoch


def fence_off(unit: Unit, epoch: int, *, metadata: MetaData, keep_api_keys: bool, taken_at: str | None) -> None:
    """In the transaction that puts it back. The fence is raised after its commit: whoever dies between the two has a
    database that is ahead of the fence, which the next start makes good."""
    gone = {OnRestore.SPENT} if keep_api_keys else {OnRestore.SPENT, OnRestore.WITHDRAWN}
    for shelf in reversed(shelves(metadata, len(metadata.tables))):
        if shelf.on_restore in gone:
            unit.run(shelf.clear)
    approvals.close_all(unit)
    tenants.begin_epoch(unit, epoch)
    _mark(unit, {"epoch": epoch, "taken_at": taken_at})
    if skipped := billing.skip_given(unit):
        first, last = skipped
        audit.record(unit, audit.Event.STATEMENT_NUMBERS_SKIPPED, subject=str(first), first=first, last=last)
    erasure.complete_within(unit)


def _mark(unit: Unit, facts: dict[str, object]) -> None:
    """In every trail, those of erased tenants included: between this row and the one before it something is missing."""
    after = ""
    while page := tenants.page_even_erased(unit, after=after, limit=_PAGE):
        for tenant in page:
            audit.record(unit.inside(tenant.id), audit.Event.DATABASE_RESTORED, subject=tenant.id, **facts)
        after = page[-1].id
