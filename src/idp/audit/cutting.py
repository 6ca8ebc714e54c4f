"""Removing rows whose time is over, from the beginning of their chains, so that what is left still adds up.

A mark remembers the hash of the last row that was removed: the next one is linked to it. The last row of a chain always
stays, for whoever goes on with the chain reads it.
"""

from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select

from idp.audit import marks
from idp.audit.marks import Kind
from idp.audit.model import Head
from idp.audit.tables import audit_entries as entries
from idp.kit.db import command, own, query
from idp.kit.dumping import take_ownership
from idp.kit.units import Unit

_STEP = 500


class _Chain(NamedTuple):
    chain: str


class _Ends(NamedTuple):
    first: int | None
    last: int | None


class _Kept(NamedTuple):
    seq: int | None


_OLDEST = query(
    select(entries.c.chain)
    .where(own(entries), entries.c.at < bindparam("before"))
    .order_by(entries.c.at, entries.c.chain, entries.c.seq)
    .limit(bindparam("limit")),
    _Chain,
)
_ENDS = query(
    select(func.min(entries.c.seq).label("first"), func.max(entries.c.seq).label("last")).where(
        own(entries), entries.c.chain == bindparam("chain")
    ),
    _Ends,
)
# Of those that would be removed the first that is too young: instants of a chain are nearly, not wholly in order.
_KEPT = query(
    select(func.min(entries.c.seq).label("seq")).where(
        own(entries),
        entries.c.chain == bindparam("chain"),
        entries.c.seq <= bindparam("upto"),
        entries.c.at >= bindparam("before"),
    ),
    _Kept,
)
_AT = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash).where(
        own(entries), entries.c.chain == bindparam("chain"), entries.c.seq == bindparam("seq")
    ),
    Head,
)
_REMOVE = command(
    delete(entries).where(own(entries), entries.c.chain == bindparam("chain"), entries.c.seq <= bindparam("upto"))
)


def cut(unit: Unit, *, before: int) -> int:
    """How many rows it removed of those written before the instant; 0 when there are no more. Of two who do this at
    once the caller sees to it that they come in turn."""
    take_ownership(unit)
    removed = 0
    for chain in sorted({row.chain for row in unit.all(_OLDEST, before=before, limit=_STEP)}):
        removed += _cut_chain(unit, chain, before=before)
    return removed


def _cut_chain(unit: Unit, chain: str, *, before: int) -> int:
    ends = unit.one(_ENDS, chain=chain)
    if ends is None or ends.first is None or ends.last is None:
        return 0
    upto = min(ends.first + _STEP, ends.last) - 1
    kept = unit.one(_KEPT, chain=chain, upto=upto, before=before)
    if kept is not None and kept.seq is not None:
        upto = kept.seq - 1
    head = unit.one(_AT, chain=chain, seq=upto)
    if upto < ends.first or head is None:
        return 0
    marks.clear(unit, Kind.CUT, chain)
    marks.put(unit, Kind.CUT, head)
    return unit.run(_REMOVE, chain=chain, upto=upto)
