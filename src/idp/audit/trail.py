"""Recording within a unit, and checking what was recorded."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from idp.audit.events import Event
from idp.audit.tables import audit_entries as entries
from idp.kit import compact
from idp.kit.db import addition, own, query
from idp.kit.units import Unit

_MEMORY = "audit"
_FIRST = 1
_AFTER = "after"


class Entry(NamedTuple):
    chain: str
    seq: int
    at: int
    event: str
    actor_kind: str
    actor_id: str
    source: str
    subject: str
    facts: str
    hash: bytes


class Head(NamedTuple):
    chain: str
    seq: int
    hash: bytes


class Place(NamedTuple):
    """Where an entry stands among all of its tenant: by its instant, and within it by chain and number."""

    at: int
    chain: str
    seq: int


BEGINNING = Place(-1, "", 0)


class Break(NamedTuple):
    """Where a chain first fails to add up."""

    chain: str
    seq: int
    problem: str


_ADD = addition(entries, Entry)
_LAST = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash)
    .where(own(entries), entries.c.chain == bindparam("chain"))
    .order_by(entries.c.seq.desc())
    .limit(1),
    Head,
)
_NEWEST = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash)
    .where(own(entries))
    .order_by(entries.c.chain.desc(), entries.c.seq.desc())
    .limit(1),
    Head,
)
_AT = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash).where(
        own(entries), entries.c.chain == bindparam("chain"), entries.c.seq == bindparam("seq")
    ),
    Head,
)
_ALL = query(
    select(*[c for c in entries.c if c.key != "tenant_id"])
    .where(own(entries))
    .order_by(entries.c.chain, entries.c.seq),
    Entry,
)
_LATER = or_(
    entries.c.at > bindparam("after_at"),
    and_(
        entries.c.at == bindparam("after_at"),
        or_(
            entries.c.chain > bindparam("after_chain"),
            and_(entries.c.chain == bindparam("after_chain"), entries.c.seq > bindparam("after_seq")),
        ),
    ),
)
_PAGE = query(
    select(*[c for c in entries.c if c.key != "tenant_id"])
    .where(own(entries), _LATER)
    .order_by(entries.c.at, entries.c.chain, entries.c.seq)
    .limit(bindparam("limit")),
    Entry,
)


def record(unit: Unit, event: Event, *, subject: str = "", **facts: Any) -> None:
    """Written with the unit's own commit, or not at all. `facts` are ids, codes and counts, ready for JSON."""
    unit.journal.append((event, subject, facts))


def write_journal(unit: Unit) -> None:
    """The last work of each unit: its entries join the chain of the connection that it runs on."""
    heads: dict[str, Head] = unit.lane.memory.setdefault(_MEMORY, {})
    chain, seq, digest = heads.get(unit.tenant) or _find_head(unit)
    kind, actor, source = unit.actor
    for event, subject, facts in unit.journal:
        if chain != unit.lane.id:
            facts = {**facts, _AFTER: [chain, seq, digest.hex()]}  # noqa: PLW2901
            chain, seq, digest = unit.lane.id, 0, b""
        seq += 1
        told = compact.encode(facts).decode()
        content = (chain, seq, unit.now_us, str(event), kind, actor, str(source), subject, told)
        digest = _hash(unit.tenant, content, digest)
        unit.append(_ADD, (*content, digest))
    heads[unit.tenant] = Head(chain, seq, digest)


def page(unit: Unit, *, after: Place = BEGINNING, limit: int = 50) -> list[Entry]:
    """In the order of time; `after` is the place of the last one seen."""
    return unit.all(_PAGE, after_at=after.at, after_chain=after.chain, after_seq=after.seq, limit=limit)


def verify(unit: Unit) -> Break | None:
    """Recompute every chain of the unit's tenant from its stored rows, and look up the heads that new chains named; the
    first break, or None. Rows cut from the very end, or added there by whoever can compute a hash, leave no break: only
    heads that are kept outside the database tell of them."""
    last = Head("", 0, b"")
    opened: list[Entry] = []
    for entry in unit.all(_ALL):
        if entry.chain != last.chain:
            last = Head(entry.chain, 0, b"")
        if entry.seq != last.seq + 1:
            return Break(entry.chain, last.seq + 1, "missing")
        if entry.hash != _hash(unit.tenant, entry[:-1], last.hash):
            return Break(entry.chain, entry.seq, "altered")
        if entry.seq == _FIRST:
            opened.append(entry)
        last = Head(entry.chain, entry.seq, entry.hash)
    breaks = (_break_before(unit, first) for first in opened)
    return next((found for found in breaks if found is not None), None)


def _break_before(unit: Unit, first: Entry) -> Break | None:
    """What is wrong with the chain whose head the first row of another one names."""
    named = json.loads(first.facts).get(_AFTER)
    if named is None:
        return Break(first.chain, first.seq, "altered")
    chain, seq, digest = named
    found = unit.one(_AT, chain=chain, seq=seq)
    if chain and (found is None or found.hash.hex() != digest):
        return Break(chain, seq, "missing" if found is None else "altered")
    return None


def _find_head(unit: Unit) -> Head:
    """The connection's own chain if it has one, else the newest: a new chain names the one opened before it."""
    mine = unit.one(_LAST, chain=unit.lane.id)
    return mine or unit.one(_NEWEST) or Head("", 0, b"")


def _hash(tenant: str, content: Sequence[Any], previous: bytes) -> bytes:
    """Of a row's content, that is all of an `Entry` before its hash, and the hash of the row before it."""
    return sha256(previous + compact.encode((tenant, *content))).digest()
