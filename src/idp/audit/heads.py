"""The last row of each chain of a tenant, found by leaping from one to the next: in as many steps as there are chains,
however many rows they have."""

from sqlalchemy import and_, func, select

from idp.audit.model import Head
from idp.audit.tables import audit_entries as entries
from idp.kit.db import own, query
from idp.kit.units import Unit

_first, _later, _last = (entries.alias(name) for name in ("first", "later", "last"))
_begun = select(func.min(_first.c.chain).label("chain")).where(own(_first)).cte("chains", recursive=True)
_following = select(func.min(_later.c.chain)).where(own(_later), _later.c.chain > _begun.c.chain).correlate(_begun)
_chains = _begun.union_all(select(_following.scalar_subquery()).where(_begun.c.chain.is_not(None)))
_end = select(func.max(_last.c.seq)).where(own(_last), _last.c.chain == _chains.c.chain).correlate(_chains)
_here = and_(own(entries), entries.c.chain == _chains.c.chain, entries.c.seq == _end.scalar_subquery())
_HEADS = query(
    select(entries.c.chain, entries.c.seq, entries.c.hash)
    .select_from(_chains.join(entries, _here))
    .where(own(entries)),
    Head,
)


def heads(unit: Unit) -> list[Head]:
    """In the order of the chains' names."""
    return sorted(unit.all(_HEADS), key=lambda head: str(head.chain))
