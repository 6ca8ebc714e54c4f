"""Recording within a unit."""

from typing import Any, Final

from sqlalchemy import bindparam, select

from idp.audit.chaining import box_of, link
from idp.audit.events import Event
from idp.audit.model import Entry, Head
from idp.audit.tables import audit_entries as entries
from idp.kit import compact
from idp.kit.db import addition, own, query
from idp.kit.units import Unit

_MEMORY: Final = "audit"
AFTER: Final = "after"
"""What the first row of a chain says: the head of the chain opened before it."""

_ADD: Final = addition(entries, Entry)
_LAST: Final = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash)
    .where(own(entries), entries.c.chain == bindparam("chain"))
    .order_by(entries.c.seq.desc())
    .limit(1),
    Head,
)
_NEWEST: Final = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash)
    .where(own(entries))
    .order_by(entries.c.chain.desc(), entries.c.seq.desc())
    .limit(1),
    Head,
)


def record(unit: Unit, event: Event, *, subject: str = "", **facts: Any) -> None:
    """Written with the unit's own commit, or not at all. `facts` are ids, codes and counts, ready for JSON."""
    unit.journal.append((event, subject, facts))


def write_journal(unit: Unit) -> None:
    """The last work of each unit: its entries join the chain of the connection that it runs on."""
    heads: dict[str, Head] = unit.lane.memory.setdefault(_MEMORY, {})
    chain, seq, digest = heads.get(unit.tenant) or _find_head(unit)
    kind, actor, source = unit.actor
    box = box_of(unit.keys)
    for event, subject, facts in unit.journal:
        if chain != unit.lane.id:
            facts = {**facts, AFTER: [chain, seq, digest.hex()]}  # noqa: PLW2901
            chain, seq, digest = unit.lane.id, 0, b""
        seq += 1
        told = compact.encode(facts).decode()
        content = (chain, seq, unit.now_us, str(event), kind, actor, str(source), subject, told)
        digest = link(box, unit.tenant, content, digest)
        unit.append(_ADD, (*content, digest))
    heads[unit.tenant] = Head(chain, seq, digest)


def _find_head(unit: Unit) -> Head:
    """The connection's own chain if it has one, else the newest: a new chain names the one opened before it."""
    mine = unit.one(_LAST, chain=unit.lane.id)
    return mine or unit.one(_NEWEST) or Head("", 0, b"")
