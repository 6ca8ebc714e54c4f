"""Reading the trail in the order of time, all of it or what is wanted of it.

Places are found in the index alone, which holds everything that can be asked for, and only the rows of a page are read:
whatever is looked for among a million rows, the answer comes in a fraction of a second.
"""

from functools import partial
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Select, Text, and_, bindparam, select, tuple_

from idp.audit.model import BEGINNING, END, Entry, Place
from idp.audit.tables import audit_entries as entries
from idp.kit.db import own, query
from idp.kit.units import Unit

EVER = 2**62
MOST_EVENTS = 64
_FEW = 4


class Wanted(NamedTuple):
    """Empty is everything. Instants in microseconds, half-open; of `events` up to `MOST_EVENTS`."""

    events: tuple[str, ...] = ()
    actor: str = ""
    subject: str = ""
    since: int = 0
    until: int = EVER


class _Form(NamedTuple):
    """What a statement is made for: how many events, and whether there is an actor, a subject, a way back."""

    events: int
    actor: bool
    subject: bool
    newest: bool


EVERYTHING = Wanted()


def page(
    unit: Unit, *, after: Place | None = None, limit: int = 50, wanted: Wanted = EVERYTHING, newest: bool = False
) -> list[Entry]:
    """Oldest first, or newest first; `after` is the place of the last one seen."""
    start = after or (END if newest else BEGINNING)
    room = 0 if not wanted.events else _FEW if len(wanted.events) <= _FEW else MOST_EVENTS
    form = _Form(room, bool(wanted.actor), bool(wanted.subject), newest)
    values: dict[str, Any] = {f"event_{n}": wanted.events[min(n, len(wanted.events) - 1)] for n in range(room)}
    if wanted.actor:
        values["actor"] = wanted.actor
    if wanted.subject:
        values["of"] = wanted.subject
    # the same bound once more for the instant alone, by which the databases find their way into the index
    since = wanted.since if newest else max(wanted.since, start.at)
    until = min(wanted.until, start.at + 1) if newest else wanted.until
    return unit.all(
        _PAGES[form],
        since=since,
        until=until,
        at=start.at,
        chain=start.chain,
        seq=start.seq,
        limit=limit,
        **values,
    )


def _statement(form: _Form, _dialect: object) -> Select[Any]:
    found = entries.alias("found")
    place = tuple_(found.c.at, found.c.chain, found.c.seq)
    start = tuple_(
        bindparam("at", type_=BigInteger), bindparam("chain", type_=Text), bindparam("seq", type_=BigInteger)
    )
    terms = [
        own(found),
        found.c.at >= bindparam("since", type_=BigInteger),
        found.c.at < bindparam("until", type_=BigInteger),
        place < start if form.newest else place > start,
    ]
    if form.events:
        terms.append(found.c.event.in_([bindparam(f"event_{n}", type_=Text) for n in range(form.events)]))
    if form.actor:
        terms.append(found.c.actor_id == bindparam("actor"))
    if form.subject:
        terms.append(found.c.subject == bindparam("of"))
    ways = (found.c.at, found.c.chain, found.c.seq)
    order = [way.desc() if form.newest else way for way in ways]
    places = select(*ways).where(*terms).order_by(*order).limit(bindparam("limit")).subquery("places")
    here = and_(own(entries), entries.c.chain == places.c.chain, entries.c.seq == places.c.seq)
    again = [places.c[way.key] for way in ways]
    return (
        select(*[c for c in entries.c if c.key != "tenant_id"])
        .select_from(places.join(entries, here))
        .where(own(entries))
        .order_by(*[way.desc() if form.newest else way for way in again])
    )


_ROOMS, _EITHER = (0, _FEW, MOST_EVENTS), (False, True)
_FORMS = [_Form(*each) for each in product(_ROOMS, _EITHER, _EITHER, _EITHER)]
_PAGES = {form: query(partial(_statement, form), Entry) for form in _FORMS}  # each built when it is first asked for

_FOLLOWING = query(
    select(*[c for c in entries.c if c.key != "tenant_id"])
    .where(own(entries), entries.c.chain == bindparam("chain"), entries.c.seq > bindparam("after"))
    .order_by(entries.c.seq)
    .limit(bindparam("limit")),
    Entry,
)


def following(unit: Unit, chain: str, *, after: int, limit: int) -> list[Entry]:
    """Of one chain, behind the row of that number."""
    return unit.all(_FOLLOWING, chain=chain, after=after, limit=limit)
