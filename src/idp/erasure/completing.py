"""What a tombstone says and the database does not know yet: after a power failure, and after every restore."""

from idp import audit, contracts, signing, tenants
from idp.erasure import store, tombstone
from idp.erasure.telling import tell
from idp.erasure.tombstone import Tombstone, bury
from idp.kit.actors import SYSTEM
from idp.kit.db import metadata
from idp.kit.emptying import emptying
from idp.kit.units import Unit, Units


def complete(units: Units) -> int:
    """How many erasures had to be done again: each in a transaction of its own."""
    if not any(units.keys.tombstones.all()):
        return 0
    with units.platform(actor=SYSTEM, write=False) as unit:
        left = _left(unit)
    for stone in left:
        with units.platform(actor=SYSTEM) as unit:
            finish(unit, stone)
    return len(left)


def complete_within(unit: Unit) -> None:
    """The same in a transaction that is already open, of the platform: a database that is being put back."""
    for stone in _left(unit):
        finish(unit, stone)


def finish(unit: Unit, stone: Tombstone) -> None:
    """All that the tombstone says, in whatever state the database is; needs a unit of the platform."""
    inner = unit.inside(stone.tenant)
    _hold(unit, stone)
    if all(store.certificate_of(inner, grave.contract) is not None for grave in stone.graves):
        bury(unit, stone)  # somebody else was first
        return
    for grave in stone.graves:
        contracts.erase_again(unit, grave.contract, end=grave.end, at_us=stone.at_us)
    if stone.whole:  # after the contracts, which have told the tenant's own outbox
        rows = emptying(metadata, len(metadata.tables))
        rows.refuse_unknown(unit)
        rows.empty(inner)
    signing.keep_retired(unit, stone.key)
    if tenants.revision(inner) is not None:  # else the backup is older than the tenant
        for grave in stone.graves:
            store.keep(inner, grave.certificate, erased_at=stone.at_us)
            facts = {"sha256": grave.certificate["sha256"], "again": True}
            audit.record(inner, audit.Event.CONTRACT_ERASED, subject=grave.contract, **facts)
            tell(unit, grave)
    bury(unit, stone)


def _left(unit: Unit) -> list[Tombstone]:
    known = {(each.tenant_id, each.contract_id) for each in store.every(unit)}
    stones = [tombstone.unpack(note) for _, note in unit.keys.tombstones.all()]
    return [stone for stone in stones if not _is_done(unit, stone, known)]


def _hold(unit: Unit, stone: Tombstone) -> None:
    """Whoever does the same waits here."""
    if stone.whole:
        tenants.erase_again(unit, stone.tenant, slug=stone.slug, at_us=stone.at_us)
    else:
        tenants.touch(unit.inside(stone.tenant))


def _is_done(unit: Unit, stone: Tombstone, known: set[tuple[str, str]]) -> bool:
    certified = all((stone.tenant, grave.contract) in known for grave in stone.graves)
    return certified and not (stone.whole and unit.keys.holds(stone.tenant))
