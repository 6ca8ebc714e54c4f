import json
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from idp.imports.model import Counts, Fault
from idp.imports.tables import import_faults, imports
from idp.kit import ids
from idp.kit.clock import SECOND
from idp.kit.db import add_new, command, own, query
from idp.kit.sweeping import Sweep, before
from idp.kit.units import Unit

_KEPT = 7 * 24 * 3600 * SECOND
_SEALED = ("import_faults", "faults")


class Record(NamedTuple):
    """An import under way."""

    id: str
    line: int
    rows: int
    created: int
    changed: int
    unchanged: int
    failed: int

    @property
    def counts(self) -> Counts:
        return Counts(*self[2:])


class _Faults(NamedTuple):
    line: int
    faults: bytes


_BEGIN = add_new(imports)
_FIND = query(
    select(*(imports.c[name] for name in Record._fields)).where(
        own(imports), imports.c.file_mac == bindparam("file_mac")
    ),
    Record,
)
_ADVANCE = command(
    update(imports)
    .where(own(imports), imports.c.id == bindparam("import_id"), imports.c.line == bindparam("from_line"))
    .values(
        line=bindparam("to_line"),
        changed_at=bindparam("now"),
        **{f"{name}": bindparam(f"new_{name}") for name in Counts._fields},
    )
)
_END = command(
    delete(imports).where(
        own(imports), imports.c.id == bindparam("import_id"), imports.c.line == bindparam("from_line")
    )
)
_NOTE = command(insert(import_faults))
_FAULTS = query(
    select(import_faults.c.line, import_faults.c.faults)
    .where(own(import_faults), import_faults.c.import_id == bindparam("import_id"))
    .order_by(import_faults.c.line),
    _Faults,
)
_FORGET = command(delete(import_faults).where(own(import_faults), import_faults.c.import_id == bindparam("import_id")))

# Imports that nobody went on with: the file begins anew then, and finds done what is done.
SWEEPS = (
    Sweep(imports.c.id, imports.c.changed_at <= before(), grace=_KEPT),
    Sweep(import_faults.c.import_id, import_faults.c.noted_at <= before(), grace=2 * _KEPT),
)


def begin(unit: Unit, file: bytes) -> Record:
    """The import of this file, as far as it has come."""
    mac = unit.mac("imports.file", file)
    nothing = Counts()._asdict()
    unit.run(
        _BEGIN,
        id=ids.new("imp"),
        file_mac=mac,
        line=0,
        **nothing,
        begun_at=unit.now_us,
        changed_at=unit.now_us,
    )
    record = unit.one(_FIND, file_mac=mac)
    assert record is not None
    return record


def advance(unit: Unit, record: Record, *, line: int, counts: Counts) -> Record | None:
    """In the transaction of what it counts; None when somebody else has gone on with it."""
    new = {f"new_{name}": value for name, value in counts._asdict().items()}
    if unit.run(_ADVANCE, import_id=record.id, from_line=record.line, to_line=line, now=unit.now_us, **new) == 0:
        return None
    return Record(record.id, line, *counts)


def end(unit: Unit, record: Record) -> bool:
    """False when somebody else has gone on with it."""
    if unit.run(_END, import_id=record.id, from_line=record.line) == 0:
        return False
    unit.run(_FORGET, import_id=record.id)
    return True


def note(unit: Unit, record: Record, faulty: Sequence[tuple[Fault, ...]]) -> None:
    """What was wrong, by rows."""
    rows = []
    for faults in faulty:
        line = faults[0].line
        plain = json.dumps([fault[1:] for fault in faults]).encode()
        sealed = unit.seal(*_SEALED, f"{record.id} {line}", plain)
        rows.append({"import_id": record.id, "line": line, "faults": sealed, "noted_at": unit.now_us})
    unit.run_many(_NOTE, [{"tenant_id": unit.tenant, **row} for row in rows])


def noted(unit: Unit, record: Record) -> list[Fault]:
    """In the order of the file."""
    found = []
    for row in unit.all(_FAULTS, import_id=record.id):
        plain = unit.open_sealed(*_SEALED, f"{record.id} {row.line}", row.faults)
        found += [Fault(row.line, *fault) for fault in json.loads(plain)]
    return found
