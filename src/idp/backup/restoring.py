"""Reading a backup into an empty database: all of it, or nothing."""

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import MetaData

from idp import tenants
from idp.backup.document import BackupRefused, Reading, Row, keyed
from idp.backup.fencing import fence_off
from idp.backup.taking import Told
from idp.kit.actors import Actor
from idp.kit.db import ERASED, FATE
from idp.kit.dumping import Shelf, revision, shelves, take_ownership
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM, KeyStore
from idp.kit.units import Unit, Units

_BATCH = 200
_PAGE = 500
_TRAIL = "audit_entries"


class Restored(NamedTuple):
    taken_at: str
    epoch: int
    rows: Mapping[str, int]


def read(path: Path, keys: KeyStore) -> Reading:
    """Reads all of it once. Raises `BackupRefused` unless it is whole, and made with this master key."""
    return Reading(path, keyed(keys.box(PLATFORM)))


def restore(
    units: Units, reading: Reading, *, metadata: MetaData, actor: Actor, told: Told, keep_api_keys: bool = False
) -> Restored:
    """The database has the schema of the backup and no rows but the platform's own. Raises `BackupRefused`."""
    with units.platform(actor=actor) as unit:
        tenants.touch(unit)  # of two who restore at once the second waits here, and finds what the first has written
        _refuse_other_schema(unit, reading)
        known = {shelf.name: shelf for shelf in shelves(metadata, len(metadata.tables))}
        _refuse_filled(unit, known)
        take_ownership(unit)
        _clear(unit, known)
        _load(unit, reading, known, told)
        _refuse_missing_keys(unit)
        epoch = max(reading.header.epoch, unit.keys.fence.epoch()) + 1
        taken_at = reading.header.taken_at
        fence_off(unit, epoch, metadata=metadata, keep_api_keys=keep_api_keys, taken_at=taken_at)
    units.keys.fence.raise_to(epoch)
    return Restored(taken_at, epoch, reading.rows)


def _refuse_other_schema(unit: Unit, reading: Reading) -> None:
    found = revision(unit)
    if reading.header.schema != found:
        raise BackupRefused(f"the backup's schema is {reading.header.schema}, the database's {found}")


def _refuse_filled(unit: Unit, known: Mapping[str, Shelf]) -> None:
    """Migrations leave a row of ours in some tables; whatever anybody did left one in the trail."""
    filled = [name for name, shelf in known.items() if shelf.has_more_than(unit, 0 if name == _TRAIL else 1)]
    if filled:
        raise BackupRefused(f"the database is not empty ({', '.join(sorted(filled))}): restore into a new one")


def _clear(unit: Unit, known: dict[str, Shelf]) -> None:
    for shelf in reversed(known.values()):
        if shelf.has_more_than(unit, 0):
            unit.run(shelf.clear)


def _load(unit: Unit, reading: Reading, known: Mapping[str, Shelf], told: Told) -> None:
    columns = {name: shelf.columns for name, shelf in known.items()}
    if dict(reading.header.tables) != columns:
        raise BackupRefused("the backup has other tables than this version, though the same schema")
    erased = {TenantId(name) for name, _ in unit.keys.tombstones.all()}
    for table, rows in groupby(reading, key=itemgetter(0)):
        shelf, done, batch = known[table], 0, []
        for _, row in rows:
            done += 1
            if not _is_erased(shelf, row, erased):
                batch.append(row)
            if len(batch) == _BATCH:
                shelf.load(unit, batch)
                batch = []
                told(table, done, False)
        shelf.load(unit, batch)
        told(table, done, True)


def _is_erased(shelf: Shelf, row: Row, erased: set[TenantId]) -> bool:
    """What an erasure would delete again is not written to the disk first."""
    return shelf.fate == ERASED[FATE] and row[0] in erased


def _refuse_missing_keys(unit: Unit) -> None:
    after, missing = "", 0
    while page := tenants.page(unit, after=after, limit=_PAGE):
        missing += sum(not _has_key(unit.keys, tenant.id) for tenant in page)
        after = page[-1].id
    if missing:
        raise BackupRefused(
            f"the keys of {missing} tenants are missing: bring the key store that belongs to the backup"
        )


def _has_key(keys: KeyStore, tenant: TenantId) -> bool:
    """Or never will have one again."""
    return tenant == PLATFORM or keys.holds(tenant) or keys.tombstones.stands(tenant)
