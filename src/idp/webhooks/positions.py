"""How far a webhook has come in each chain of the trail.

A chain is one connection's, so its numbers rise in the order of its commits: who keeps to them misses nothing that is
committed late, as who went by instants would.
"""

from collections.abc import Mapping
from heapq import merge
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from idp import audit
from idp.audit import Entry
from idp.kit.db import command, own, query
from idp.kit.units import Unit
from idp.webhooks.tables import webhook_positions as positions

_AT_ONCE = 50  # of one chain


class _Position(NamedTuple):
    chain: str
    seq: int


_here = (own(positions), positions.c.webhook_id == bindparam("webhook"))
_ALL = query(select(positions.c.chain, positions.c.seq).where(*_here), _Position)
_MOVE = command(update(positions).where(*_here, positions.c.chain == bindparam("of")).values(seq=bindparam("new_seq")))
_ADD = command(insert(positions))
_CLEAR = command(delete(positions).where(*_here))


def begin(unit: Unit, webhook_id: str) -> None:
    """At the end of all that is recorded."""
    heads = [{"chain": head.chain, "seq": head.seq} for head in audit.heads(unit)]
    unit.run_many(_ADD, [{"tenant_id": unit.tenant, "webhook_id": webhook_id, **head} for head in heads])


def clear(unit: Unit, webhook_id: str) -> None:
    unit.run(_CLEAR, webhook=webhook_id)


def ahead(unit: Unit, webhook_id: str) -> list[Entry]:
    """The next entries that it has not seen: of each chain in their order, and otherwise by their instants."""
    known = {row.chain: row.seq for row in unit.all(_ALL, webhook=webhook_id)}
    behind = [head.chain for head in audit.heads(unit) if head.seq > known.get(head.chain, 0)]
    found = [audit.following(unit, chain, after=known.get(chain, 0), limit=_AT_ONCE) for chain in behind]
    return list(merge(*found, key=lambda entry: entry.at))


def move(unit: Unit, webhook_id: str, seen: Mapping[str, int]) -> None:
    """`seen` are the last numbers, by chain."""
    for chain, seq in seen.items():
        if unit.run(_MOVE, webhook=webhook_id, of=chain, new_seq=seq) == 0:
            unit.run(_ADD, webhook_id=webhook_id, chain=chain, seq=seq)
