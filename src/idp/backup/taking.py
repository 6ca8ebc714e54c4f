"""Writing a backup."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import MetaData

from idp import tenants
from idp.backup.document import Header, Row, Writing, keyed
from idp.kit.actors import Actor
from idp.kit.clock import rfc3339
from idp.kit.dumping import revision, shelves
from idp.kit.emptying import emptying
from idp.kit.sealing import PLATFORM
from idp.kit.units import Units
from idp.kit.whole_files import whole

Told = Callable[[str, int, bool], None]
"""Of a table: how many of its rows are done, and whether that is all of them."""

_NOW_AND_THEN = 5000


class Taken(NamedTuple):
    path: Path
    taken_at: str
    schema: str
    rows: dict[str, int]
    sha256: str
    size: int


def take(
    units: Units, path: Path, *, metadata: MetaData, actor: Actor, told: Told, taken_at: str | None = None
) -> Taken:
    """Everything that is committed at one instant; others go on writing. The file is there whole or not at all, for its
    owner's eyes only. `taken_at` when it is not now that the database was as it is. Raises `FileExistsError`, and
    `Undeclared` for a database that has tables we do not know."""
    with whole(path) as file, units.platform(actor=actor, write=False) as unit:
        emptying(metadata, len(metadata.tables)).refuse_unknown(unit)
        known = shelves(metadata, len(metadata.tables))
        header = Header(
            taken_at=taken_at or rfc3339(unit.now_us),
            schema=revision(unit),
            epoch=tenants.epoch(unit),
            tables={shelf.name: shelf.columns for shelf in known},
        )
        writing = Writing(file, header)
        for shelf in known:
            _copy(writing, shelf.name, shelf.rows(unit), told)
        digest = writing.end(keyed(unit.keys.box(PLATFORM)))
        size = file.tell()
    return Taken(path, header.taken_at, header.schema, dict(writing.rows), digest, size)


def _copy(writing: Writing, table: str, rows: Iterator[Row], told: Told) -> None:
    for row in rows:
        writing.row(table, row)
        if writing.rows[table] % _NOW_AND_THEN == 0:
            told(table, writing.rows[table], False)
    told(table, writing.rows[table], True)
