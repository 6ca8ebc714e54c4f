"""The way of an import from its first row to its report, in batches that stand each by itself.

A batch is committed with the line that it came to. Whoever is killed has lost the batch under way and nothing else; of
two that import the same file at once one is told so, whatever the order in which they commit.

Of a file that counts as a whole all rows are one batch, or none of them does anything. Others wait for it, so it has
no more rows than they can wait for; there is no other way that is as good as its word, for what was right when it was
tried may be wrong a moment later.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from idp import audit, contracts, credentials, tenants, users
from idp.audit import Event
from idp.credentials import EVERYTHING, Permissions
from idp.imports import store
from idp.imports.doing import Batch, Done, do
from idp.imports.judging import Seen, known, name_of
from idp.imports.model import Counts, Encoding, Fault, Report, Row
from idp.imports.reading import Rows, digest
from idp.imports.report import MOST_FAULTS
from idp.imports.store import Record
from idp.kit import ids
from idp.kit.actors import Actor
from idp.kit.errors import Conflict, Invalid
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units

_AT_ONCE = 500
MOST_WHOLE = 2_000
"""Rows of a file that counts as a whole."""

Told = Callable[[int, int, Counts], None]
"""How many bytes of how many are read, and what became of the rows so far."""
HashAll = Callable[[Sequence[str]], Sequence[str]]


class Order(NamedTuple):
    """`granting` is what whoever imports may hand on, `joining` where they may put IDs into groups, `hands` who is
    noted as knowing what somebody signs in with, where that is not the customer's own doing; `preparing` where
    they may do so under a contract that is only approved. `hash_all` hashes passwords, outside any transaction. With
    `invite` a letter goes to each new ID with an address and without a password; with `whole` nothing is done unless
    every row is right."""

    encoding: Encoding
    hash_all: HashAll
    granting: Permissions = EVERYTHING
    joining: bool = True
    hands: frozenset[str] = frozenset()
    preparing: bool = False
    dry_run: bool = False
    invite: bool = False
    whole: bool = False


def run(
    units: Units,
    tenant: TenantId,
    file: BinaryIO,
    order: Order,
    *,
    actor: Actor,
    told: Told | None = None,
    at_end: Callable[[Unit, Report], None] | None = None,
) -> Report:
    """Imports the file, from where an earlier run of the same came to. `at_end` is done in the last transaction, and
    not where there is none: of a dry run, and of a whole in which a row is wrong.

    Raises `Invalid` for a header that is wrong, and `Conflict`: `contract_not_active`, `import_in_progress`,
    `too_many_rows`.
    """
    mark = digest(file) + f" {order.encoding.value} {order.invite}".encode()
    way = _Way(units, tenant, order, actor, file, told or _silence)
    if order.dry_run:
        return way.tried()
    return way.leapt(mark, at_end or _nothing) if order.whole else way.gone(mark, at_end or _nothing)


class _WrongMeanwhile(Exception):
    """Undoes a whole."""

    def __init__(self, done: Done) -> None:
        super().__init__()
        self.done = done


class _Way:
    def __init__(self, units: Units, tenant: TenantId, order: Order, actor: Actor, file: BinaryIO, told: Told) -> None:
        self._units = units
        self._tenant = tenant
        self._order = order
        self._actor = actor
        self._file = file
        self._size = file.seek(0, os.SEEK_END)
        file.seek(0)
        self._told = told
        with units.open(tenant, actor=actor, write=False) as unit:
            own = [each.name for each in users.attribute_schema.definitions(unit)]
        self._rows = Rows(file, order.encoding, own)
        self._seen = Seen()

    def leapt(self, mark: bytes, at_end: Callable[[Unit, Report], None]) -> Report:
        """All rows, or none. Tried first, while nobody waits: passwords of what is wrong anyway are not hashed."""
        rows = list(islice(self._rows, MOST_WHOLE + 1))
        if len(rows) > MOST_WHOLE:
            detail = f"A file that counts as a whole has at most {MOST_WHOLE:,} rows. Try larger ones out first."
            raise Conflict("too_many_rows", detail, limit=MOST_WHOLE)
        with self._units.open(self._tenant, actor=self._actor, write=False) as unit:
            contracts.refuse_closed(unit, preparing=self._order.preparing)
            tried = do(unit, self._batch(unit, rows, {})._replace(dry_run=True))
        self._seen = Seen()
        if tried.faulty:
            return _undone(tried)
        passwords = self._hashed(rows)
        try:
            with self._units.open(self._tenant, actor=self._actor) as unit:
                self._enter(unit)
                done = do(unit, self._batch(unit, rows, passwords))
                if done.faulty:
                    raise _WrongMeanwhile(done)
                report = Report(dry_run=False, counts=done.counts, faults=())
                self._record(unit, ids.new("imp"), mark, done.counts)
                at_end(unit, report)
        except _WrongMeanwhile as wrong:
            return _undone(wrong.done)
        self._tell(done.counts)
        return report

    def tried(self) -> Report:
        counts, faults, failed = Counts(), list[Fault](), 0
        for rows in _batches(iter(self._rows)):
            with self._units.open(self._tenant, actor=self._actor, write=False) as unit:
                contracts.refuse_closed(unit, preparing=self._order.preparing)
                done = do(unit, self._batch(unit, rows, {}, planned=counts.created))
            for each in done.faulty[: MOST_FAULTS - failed]:
                faults += each
            counts, failed = counts.plus(done.counts), failed + len(done.faulty)
            self._tell(counts)
        return Report(dry_run=True, counts=counts, faults=tuple(faults))

    def gone(self, mark: bytes, at_end: Callable[[Unit, Report], None]) -> Report:
        with self._units.open(self._tenant, actor=self._actor) as unit:
            self._enter(unit)
            record = begun = store.begin(unit, mark)
        rows = iter(self._rows)
        for batch in _batches(self._behind(rows, begun.line)):
            record = self._commit(record, batch)
            self._tell(record.counts)
        with self._units.open(self._tenant, actor=self._actor) as unit:
            self._enter(unit)
            report = Report(
                dry_run=False,
                counts=record.counts,
                faults=tuple(store.noted(unit, record)),
                resumed_after=begun.line or None,
            )
            if not store.end(unit, record):
                raise _overtaken()
            self._record(unit, record.id, mark, record.counts)
            at_end(unit, report)
        return report

    def _record(self, unit: Unit, import_id: str, mark: bytes, counts: Counts) -> None:
        digest = unit.mac("imports.file", mark).hex()
        audit.record(unit, Event.USERS_IMPORTED, subject=import_id, file=digest, **counts._asdict())

    def _behind(self, rows: Iterator[Row], line: int) -> Iterator[Row]:
        """Those after a line; the ones before are remembered by their names."""
        for row in rows:
            if row.end > line:
                yield row
            elif row.fault is None:
                self._seen.add(row)

    def _commit(self, record: Record, rows: Sequence[Row]) -> Record:
        passwords = self._hashed(rows)
        with self._units.open(self._tenant, actor=self._actor) as unit:
            self._enter(unit)
            unit.replan()
            done = do(unit, self._batch(unit, rows, passwords))
            left = max(MOST_FAULTS - record.failed, 0)
            store.note(unit, record, done.faulty[:left])
            advanced = store.advance(unit, record, line=rows[-1].end, counts=record.counts.plus(done.counts))
            if advanced is None:
                raise _overtaken()
        return advanced

    def _batch(self, unit: Unit, rows: Sequence[Row], passwords: dict[int, str], *, planned: int = 0) -> Batch:
        order = self._order
        return Batch(
            rows,
            self._seen,
            order.granting,
            order.joining,
            order.hands,
            contracts.seats(unit),
            passwords,
            order.invite,
            order.dry_run,
            planned,
        )

    def _enter(self, unit: Unit) -> None:
        tenants.touch(unit)
        contracts.refuse_closed(unit, preparing=self._order.preparing)

    def _hashed(self, rows: Sequence[Row]) -> dict[int, str]:
        """Of the passwords that make sense, for IDs that there are not yet."""
        given = [row for row in rows if row.cells.get("password")]
        if not given:
            return {}
        with self._units.open(self._tenant, actor=self._actor, write=False) as unit:
            there = known(unit, given, hold=False)
        wanted = [row for row in given if users.look_up_key(name_of(row)) not in there and _possible(row)]
        hashes = self._order.hash_all([row.cells["password"] for row in wanted])
        return {row.line: encoded for row, encoded in zip(wanted, hashes, strict=True)}

    def _tell(self, counts: Counts) -> None:
        self._told(self._file.tell(), self._size, counts)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while batch := list(islice(rows, _AT_ONCE)):
        yield batch


def _possible(row: Row) -> bool:
    try:
        credentials.refuse_impossible(row.cells["password"])
    except Invalid:
        return False
    return True


def _undone(done: Done) -> Report:
    """Of a whole in which something is wrong: nothing has changed."""
    rows, failed = done.counts.rows, done.counts.failed
    counts = Counts(rows, unchanged=rows - failed, failed=failed)
    return Report(dry_run=False, counts=counts, faults=tuple(chain.from_iterable(done.faulty)))


def _overtaken() -> Conflict:
    return Conflict("import_in_progress", "Somebody else is importing the same file.")


def _silence(_done: int, _of: int, _counts: Counts) -> None: ...


def _nothing(_unit: Unit, _report: Report) -> None: ...
