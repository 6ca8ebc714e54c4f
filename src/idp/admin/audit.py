"""The audit trail: read, searched, taken along and checked."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from idp import audit, tenants
from idp.admin import negotiation, places, rights
from idp.admin.answers import Answer, Stream
from idp.admin.call import Call
from idp.admin.instants import period
from idp.admin.rights import WITH_PARTNER
from idp.admin.routes import Route
from idp.admin.shapes import platform as shapes
from idp.audit import Break, Entry, Event, Place, Wanted
from idp.credentials import Noun
from idp.kit import spreadsheets
from idp.kit.errors import FieldError, Invalid, NotFound, Refused
from idp.kit.fields import Fields
from idp.kit.units import Unit

T = TypeVar("T")

_STEP = 500
_LONGEST = 200
_KINDS = {"jsonl": "application/jsonl", "csv": "text/csv"}


def of_tenant(call: Call) -> Answer:
    """What was done to the tenant and in it, oldest first or newest first; acts of operators and partners are among it.

    Whatever is looked for among a million entries, a page comes in a fraction of a second.
    """
    return _page(call)


def of_platform(call: Call) -> Answer:
    """What was done on the platform, or in one tenant, oldest first; of an erased one, too. A partner names one of its
    customers."""
    return _page(call)


def exported(call: Call) -> Stream:
    """The trail, or what is wanted of it, as JSON Lines or CSV; oldest first.

    It is written while it is sent, however long it is. Cells that a spreadsheet would take for a formula begin with an
    apostrophe.
    """
    wanted, kind = _wanted(call), _format(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        inner = _place(call, unit)
        audit.record(inner, Event.AUDIT_EXPORTED, subject=inner.tenant, format=kind)
    rows = _all(call, wanted)
    name = call.filters.get("tenant") or (call.place.tenant.slug if call.place.tenant else "platform")
    return Stream(_table(rows) if kind == "csv" else _lines(rows), _KINDS[kind], f"audit-{name}.{kind}")


def verified(call: Call) -> Answer:
    """Recompute every chain of the trail from what is stored, now.

    A row that was changed, removed or added by anybody else than this program is named; rows that were cut from the
    very end only a checkpoint tells of, which `idp audit verify --checkpoint` reads.
    """
    found = audit.examine(lambda work: _read(call, work))
    return Answer(
        200,
        {
            "ok": found.first_bad is None,
            "rows": found.rows,
            "chains": found.chains,
            "first_bad": None if found.first_bad is None else break_to_json(found.first_bad),
            "broken": found.broken,
        },
    )


def break_to_json(found: Break) -> dict[str, Any]:
    return {"chain": found.chain, "seq": found.seq, "problem": found.problem.value, "before": found.before}


def _page(call: Call) -> Answer:
    wanted, newest = _wanted(call), _word(call, "sort", ("at", "-at")) == "-at"
    after = _read_place(call.page.after)
    rows = _read(call, lambda unit: audit.page(unit, after=after, limit=call.page.wanted, wanted=wanted, newest=newest))
    return call.page.answer(rows, audit.to_json, lambda row: f"{row.at} {row.chain} {row.seq}")


def _read(call: Call, work: Callable[[Unit], T]) -> T:
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return work(_place(call, unit))


def _place(call: Call, unit: Unit) -> Unit:
    """Whose trail it is."""
    slug = call.filters.get("tenant")
    if slug is not None:
        return _inside(unit, slug, partner=call.key.partner_id)
    if call.key.partner_id and call.place.tenant is None:
        raise Refused("forbidden", "The platform's own trail is for operators.")
    return unit


def _inside(unit: Unit, slug: str, *, partner: str) -> Unit:
    tenant = tenants.find_even_erased(unit, slug)
    if tenant is None:
        raise NotFound("tenant")
    inner = unit.inside(tenant.id)
    if partner and not places.is_or_was_customer(inner, partner):
        raise NotFound("another partner's tenant")
    return inner


def _wanted(call: Call) -> Wanted:
    fields = Fields(call.filters)
    since, until = period(fields)
    words = call.filters["event"].split(",") if "event" in call.filters else []
    for word in words:
        if not audit.is_known(word):
            fields.refuse("event", "unknown_value", "There is no such event.", found=word)
    actor, subject = fields.text("actor", longest=_LONGEST), fields.text("subject", longest=_LONGEST)
    fields.finish()
    return Wanted(audit.chosen(words), actor or "", subject or "", since, until)


def _format(call: Call) -> str:
    """As the query says, or else as the caller would rather have it."""
    if "format" in call.filters:
        return _word(call, "format", tuple(_KINDS))
    chosen = negotiation.choose(call.accept, tuple(_KINDS.values()))
    return next(name for name, kind in _KINDS.items() if kind == chosen)


def _word(call: Call, name: str, words: tuple[str, ...]) -> str:
    """The first one where nothing is said."""
    said = call.filters.get(name, words[0])
    if said not in words:
        detail = f"{name} is {' or '.join(words)}."
        error = FieldError(f"/{name}", "unknown_value", detail, said[:_LONGEST], list(words))
        raise Invalid("invalid", "The query cannot be read.", errors=[error])
    return said


def _read_place(after: str) -> Place | None:
    if not after:
        return None
    at, chain, seq = after.split(" ")
    return Place(int(at), chain, int(seq))


def _all(call: Call, wanted: Wanted) -> Iterator[Entry]:
    """Step by step, each as of its own moment: a client that reads slowly holds no transaction open."""
    place = audit.BEGINNING
    while page := _read(call, _step(place, wanted)):
        yield from page
        place = page[-1].place


def _step(place: Place, wanted: Wanted) -> Callable[[Unit], list[Entry]]:
    return lambda unit: audit.page(unit, after=place, limit=_STEP, wanted=wanted)


def _lines(rows: Iterator[Entry]) -> Iterator[bytes]:
    return (json.dumps(audit.to_json(row), ensure_ascii=False).encode() + b"\n" for row in rows)


def _table(rows: Iterator[Entry]) -> Iterator[bytes]:
    yield spreadsheets.MARK + spreadsheets.row(audit.COLUMNS)
    yield from (spreadsheets.row(audit.to_csv(row)) for row in rows)


_SEARCH = {
    "event": "Those of this name, or of several, parted by commas; `user.*` are all of one kind.",
    "actor": "What one user, service, key or operator did, by its id.",
    "subject": "What was done to this one, by its id.",
    "from": "From this instant on.",
    "to": "Before this instant.",
}
_SORT = {"sort": "`at`, or `-at` for the newest first."}
_FORMAT = {"format": "`jsonl` or `csv`."}
_OF = {"tenant": "The trail of one tenant, by the name in its URLs."}
_TENANT = "/tenants/{tenant}/audit"
_MINE = rights.read(Noun.AUDIT)
_PLATFORM = rights.read(Noun.AUDIT, WITH_PARTNER)
_FILES = tuple(_KINDS.values())

ROUTES = (
    Route("GET", _TENANT, of_tenant, _MINE, gives=shapes.Entry, pages=True, filters={**_SEARCH, **_SORT}),
    Route("GET", f"{_TENANT}/export", exported, _MINE, also=_FILES, filters={**_FORMAT, **_SEARCH}),
    Route("GET", f"{_TENANT}/verify", verified, _MINE, gives=shapes.Verdict),
    Route("GET", "/audit", of_platform, _PLATFORM, gives=shapes.Entry, pages=True, filters={**_OF, **_SEARCH, **_SORT}),
    Route("GET", "/audit/export", exported, _PLATFORM, also=_FILES, filters={**_OF, **_FORMAT, **_SEARCH}),
    Route("GET", "/audit/verify", verified, _PLATFORM, gives=shapes.Verdict, filters=_OF),
)
