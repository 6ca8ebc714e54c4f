"""Checking what was recorded, in steps that each read a little: however long the trail is, memory and transactions are
those of a page and of one line for each chain.

Rows cut from the end of a chain leave no break in it: only heads that are kept outside the database tell of them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from sqlalchemy import BigInteger, Text, bindparam, select, tuple_

from idp.audit import marks
from idp.audit.chaining import box_of, link, unkeyed
from idp.audit.heads import heads
from idp.audit.marks import Kind, Mark
from idp.audit.model import Break, Entry, Flaw, Head, Verdict
from idp.audit.tables import audit_entries as entries
from idp.audit.trail import AFTER
from idp.kit.db import own, query
from idp.kit.units import Unit

T = TypeVar("T")

STEP = 1000
_SHOWN = 100
_FIRST = 1
_EVER = 2**62
_START = Head("", 0, b"")
_TYPES: dict[str, type] = {**dict.fromkeys(Entry._fields, str), "seq": int, "at": int, "hash": bytes}
_AFTER = tuple_(entries.c.chain, entries.c.seq) > tuple_(
    bindparam("chain", type_=Text), bindparam("seq", type_=BigInteger)
)
_NEXT = query(
    select(*[c for c in entries.c if c.key != "tenant_id"])
    .where(own(entries), _AFTER)
    .order_by(entries.c.chain, entries.c.seq)
    .limit(bindparam("limit")),
    Entry,
)
_AT = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash).where(
        own(entries), entries.c.chain == bindparam("chain"), entries.c.seq == bindparam("seq")
    ),
    Head,
)


class Read(Protocol):
    """Does a piece of work in a unit of the tenant that reads; each in one of its own, or all in the same."""

    def __call__(self, work: Callable[[Unit], T], /) -> T: ...


def verify(unit: Unit) -> Break | None:
    """The first break of the tenant's trail, read in this unit; for trails that are short."""
    return examine(lambda work: work(unit)).first_bad


def examine(
    read: Read, *, known: Iterable[Head] = (), told: Callable[[int], None] = lambda _rows: None, step: int = STEP
) -> Verdict:
    """Recompute every chain of the tenant from its stored rows, and look up the heads that new chains named. `known`
    are heads that chains had once, as a checkpoint says. `told` hears how many rows have been read."""
    walk = _Walk(read, known)
    upto = {head.chain: head.seq for head in read(heads)}  # as of now: who writes on meanwhile is not run after
    place = _START
    while page := read(lambda unit, after=place: _next(unit, after, step)):  # type: ignore[misc]
        for entry in page:
            if is_typed(entry) and entry.seq > _number(upto.get(entry.chain, 0)):
                place = Head(entry.chain, _EVER, b"")
                break
            walk.take(entry)
            place = Head(entry.chain, entry.seq, b"")
        told(walk.rows)
    return walk.ended()


def _next(unit: Unit, after: Head, limit: int) -> list[Entry]:
    return unit.all(_NEXT, chain=after.chain, seq=after.seq, limit=limit)


class _Walk:
    def __init__(self, read: Read, known: Iterable[Head]) -> None:
        self._read = read
        self._known: dict[str, dict[int, bytes]] = {}
        for head in known:
            self._known.setdefault(head.chain, {})[head.seq] = head.hash
        self._tenant, self._box = read(lambda unit: (unit.tenant, box_of(unit.keys)))
        self._cuts: Mapping[str, Mark] = read(lambda unit: marks.known(unit, Kind.CUT))
        self._unkeyed: Mapping[str, Mark] = read(lambda unit: marks.known(unit, Kind.UNKEYED))
        self._lasts: dict[str, int] = {}  # the number of the last row of each chain
        self._links: list[tuple[str, int, str]] = []  # the heads that first rows name
        self._last = _START
        self._computed = b""  # of the last row, if its stored hash is not what it should be
        self._bad: list[Break] = []
        self._broken = 0
        self.rows = 0

    def take(self, entry: Entry) -> None:
        self.rows += 1
        if entry.chain != self._last.chain:
            self._begin(entry)
        if not is_typed(entry):
            self._spoilt(entry)
            return
        if entry.seq != self._last.seq + 1 and not self._is_cut_before(entry):
            self._connect(entry)
        else:
            self._judge(entry)
        self._lasts[entry.chain] = entry.seq
        if entry.seq == _FIRST:
            self._note_link(entry)
        said = self._known.get(entry.chain, {}).get(entry.seq)
        if said is not None and said != entry.hash and not self._is_bad(entry):
            self._say(entry.chain, entry.seq, Flaw.ALTERED)

    def _spoilt(self, entry: Entry) -> None:
        """A value of another type than its column's, which SQLite keeps: whoever put it there wrote no row of ours."""
        seq = entry.seq if isinstance(entry.seq, int) else self._last.seq + 1
        self._say(entry.chain, seq, Flaw.ALTERED)
        self._last, self._computed = Head(entry.chain, seq, entry.hash if isinstance(entry.hash, bytes) else b""), b""
        self._lasts[entry.chain] = seq

    def ended(self) -> Verdict:
        self._end_chain()
        self._cuts = self._read(lambda unit: marks.known(unit, Kind.CUT))
        self._say_lost()
        for named in self._links:
            self._check_link(*named)
        return Verdict(self.rows, len(self._lasts), self._broken, tuple(self._bad))

    def _begin(self, entry: Entry) -> None:
        self._end_chain()
        cut = self._cuts.get(entry.chain)
        self._last = Head(entry.chain, 0, b"") if cut is None else Head(entry.chain, cut.seq, cut.hash)
        self._computed = b""
        said = self._known.get(entry.chain, {}).get(self._last.seq)
        if said is not None and said != self._last.hash:
            self._say(entry.chain, self._last.seq, Flaw.ALTERED)

    def _end_chain(self) -> None:
        """Rows that a checkpoint has seen are there still, or were removed when their time was over."""
        chain, last = self._last.chain, self._last.seq
        if chain and any(seq > last for seq in self._known.get(chain, ())):
            self._say(chain, last + 1, Flaw.MISSING)

    def _is_cut_before(self, entry: Entry) -> bool:
        """Since this began the chain may have lost its head to time."""
        if entry.seq <= self._last.seq or self._broken >= _SHOWN:
            return False
        self._cuts = self._read(lambda unit: marks.known(unit, Kind.CUT))
        cut = self._cuts.get(entry.chain)
        if cut is None or cut.seq + 1 != entry.seq:
            return False
        self._last, self._computed = Head(entry.chain, cut.seq, cut.hash), b""
        return True

    def _connect(self, entry: Entry) -> None:
        """What is between them is gone, or this row has no business here; those behind it are judged by it."""
        if entry.seq <= self._last.seq:
            self._say(entry.chain, entry.seq, Flaw.OUTDATED)
            return
        self._say(entry.chain, self._last.seq + 1, Flaw.MISSING, before=entry.seq)
        self._last, self._computed = Head(entry.chain, entry.seq, entry.hash), b""

    def _judge(self, entry: Entry) -> None:
        content, stored = entry[:-1], entry.hash
        computed = link(self._box, self._tenant, content, self._last.hash)
        follows = stored == computed or self._follows_otherwise(entry)
        if not follows:
            self._say(entry.chain, entry.seq, Flaw.ALTERED)
        self._last = Head(entry.chain, entry.seq, stored)
        self._computed = b"" if follows else computed

    def _follows_otherwise(self, entry: Entry) -> bool:
        """The row before it has lost its true hash, or it was written before there was a key."""
        content = entry[:-1]
        if self._computed and entry.hash == link(self._box, self._tenant, content, self._computed):
            return True
        mark = self._unkeyed.get(entry.chain)
        if mark is None or entry.seq > mark.seq or (entry.seq == mark.seq and entry.hash != mark.hash):
            return False
        return entry.hash == unkeyed(self._tenant, content, self._last.hash)

    def _note_link(self, entry: Entry) -> None:
        """Of a row that is bad itself nothing is believed."""
        if self._is_bad(entry):
            return
        named = _named(entry.facts)
        if named is None:
            self._say(entry.chain, entry.seq, Flaw.ALTERED)
        elif named[0]:
            self._links.append(named)

    def _is_bad(self, entry: Entry) -> bool:
        return bool(self._bad) and (entry.chain, entry.seq) in {(bad.chain, bad.seq) for bad in self._bad[-2:]}

    def _check_link(self, chain: str, seq: int, digest: str) -> None:
        """The head that a chain named when it was opened."""
        found, begun = self._read(lambda unit: unit.one(_AT, chain=chain, seq=seq)), self._cut_upto(chain)
        last = max(self._lasts.get(chain, 0), begun)
        if found is not None and found.hash.hex() != digest:
            self._say_once(chain, seq, Flaw.ALTERED)
        elif found is None and seq > last:  # where it is missing among others that was said
            self._say_once(chain, last + 1, Flaw.MISSING)

    def _say_lost(self) -> None:
        """Chains that a checkpoint has seen, of which nothing is left."""
        for chain, seen in sorted(self._known.items()):
            begun = self._cut_upto(chain)
            if chain not in self._lasts and max(seen) > begun:
                self._say(chain, begun + 1, Flaw.MISSING)

    def _cut_upto(self, chain: str) -> int:
        cut = self._cuts.get(chain)
        return 0 if cut is None else cut.seq

    def _say_once(self, chain: str, seq: int, problem: Flaw) -> None:
        if all((bad.chain, bad.seq) != (chain, seq) for bad in self._bad):
            self._say(chain, seq, problem)

    def _say(self, chain: str, seq: int, problem: Flaw, *, before: int | None = None) -> None:
        self._broken += 1
        if len(self._bad) < _SHOWN:
            self._bad.append(Break(chain, seq, problem, before))


def is_typed(entry: Entry) -> bool:
    return all(isinstance(value, _TYPES[name]) for name, value in zip(Entry._fields, entry, strict=True))


def _number(seq: object) -> int:
    return seq if isinstance(seq, int) else _EVER


def _named(facts: str) -> tuple[str, int, str] | None:
    """The head that the facts of a first row name; of an empty chain where there was none before."""
    try:
        chain, seq, digest = json.loads(facts)[AFTER]
    except (ValueError, KeyError, TypeError):
        return None
    return str(chain), int(seq), str(digest)
