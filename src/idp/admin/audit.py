"""The audit trail, to read."""

import json
from typing import Any

from idp import audit, tenants
from idp.admin import places, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_PARTNER
from idp.admin.routes import Route
from idp.admin.shapes import platform as shapes
from idp.audit import Entry, Place
from idp.credentials import Noun
from idp.kit.clock import rfc3339
from idp.kit.errors import NotFound, Refused
from idp.kit.units import Unit


def of_tenant(call: Call) -> Answer:
    """What was done to the tenant and in it, oldest first; acts of operators and partners are among it."""
    return _page(call)


def of_platform(call: Call) -> Answer:
    """What was done on the platform, or in one tenant, oldest first; of an erased one, too. A partner names one of its
    customers."""
    slug = call.filters.get("tenant")
    if slug is None and call.key.partner_id:
        raise Refused("forbidden", "The platform's own trail is for operators.")
    return _page(call, slug=slug)


def _page(call: Call, slug: str | None = None) -> Answer:
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        inner = unit if slug is None else _inside(unit, slug, partner=call.key.partner_id)
        rows = audit.page(inner, after=_place(call.page.after), limit=call.page.wanted)
        return call.page.answer(rows, entry_to_json, lambda row: f"{row.at} {row.chain} {row.seq}")


def _inside(unit: Unit, slug: str, *, partner: str) -> Unit:
    tenant = tenants.find_even_erased(unit, slug)
    if tenant is None:
        raise NotFound("tenant")
    inner = unit.inside(tenant.id)
    if partner and not places.is_or_was_customer(inner, partner):
        raise NotFound("another partner's tenant")
    return inner


def _place(after: str) -> Place:
    if not after:
        return audit.BEGINNING
    at, chain, seq = after.split(" ")
    return Place(int(at), chain, int(seq))


def entry_to_json(entry: Entry) -> dict[str, Any]:
    return {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": rfc3339(entry.at),
        "event": entry.event,
        "actor": {"kind": entry.actor_kind, "id": entry.actor_id},
        "source": entry.source,
        "subject": entry.subject,
        "facts": json.loads(entry.facts),
        "hash": entry.hash.hex(),
    }


ROUTES = (
    Route("GET", "/tenants/{tenant}/audit", of_tenant, rights.read(Noun.AUDIT), gives=shapes.Entry, pages=True),
    Route(
        "GET",
        "/audit",
        of_platform,
        rights.read(Noun.AUDIT, WITH_PARTNER),
        gives=shapes.Entry,
        pages=True,
        filters={"tenant": "The trail of one tenant, by the name in its URLs."},
    ),
)
