"""Tenants: who is a customer, and how it looks to its people."""

from hashlib import sha256
from typing import Any

from idp import contracts, tenants
from idp.admin import appearance, places, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import platform as shapes
from idp.credentials import KeyScope, Noun
from idp.kit.clock import rfc3339
from idp.kit.fields import Fields, merged
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit
from idp.tenants import Tenant


def listing(call: Call) -> Answer:
    """Tenants in the order of their creation: an operator sees all, a partner its customers, a tenant itself."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.answer(
            _visible(call, unit), lambda row: _to_json(call, unit.inside(row.id), row), lambda row: row.id
        )


def shown(call: Call) -> Answer:
    """One tenant."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        own = tenants.get(unit)
        return call.shown(_to_json(call, unit, own), version=_version(own))


def change(call: Call) -> Answer:
    """Change the registered information. It works while the contract is suspended, too."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        before = appearance.held(unit, while_suspended=True)
        call.conditions.expected(_version(before))
        _rename(unit, before, call.document)
        after = tenants.get(unit)
        return call.done(unit, _to_json(call, unit, after), version=_version(after))


def _version(tenant: Tenant) -> int:
    """Of what can be changed here; the tenant's revision rises with every change of anything."""
    face = "\0".join([tenant.display_name, tenant.colour, tenant.help_text])
    return int.from_bytes(sha256(face.encode()).digest()[:6])


def _rename(unit: Unit, before: Tenant, patch: dict[str, Any]) -> None:
    fields = Fields(merged(appearance.said(before), patch))
    fields.only(appearance.said(before))
    face = appearance.read(fields)
    fields.finish()
    appearance.show_as(unit, before, face)


def _visible(call: Call, unit: Unit) -> list[Tenant]:
    page = call.page
    if call.key.scope is KeyScope.TENANT:
        own = tenants.get(unit)
        return [own] if own.id > page.after else []
    if call.key.scope is KeyScope.PARTNER:
        ids = [each for each in places.customers(unit, call.key.partner_id) if each > page.after]
        return [tenants.get(unit.inside(TenantId(each))) for each in ids[: page.wanted]]
    rows = tenants.page(unit, after=page.after, limit=page.wanted + 1)
    return [row for row in rows if row.id != PLATFORM][: page.wanted]


def _to_json(call: Call, inner: Unit, tenant: Tenant) -> dict[str, Any]:
    status = contracts.status_of(contracts.facts(inner), inner.now_us)
    return {
        "id": tenant.id,
        "slug": tenant.slug,
        "issuer": call.house.issuer(tenant.slug),
        "contract_status": None if status is None else status.value,
        "display_name": tenant.display_name,
        "colour": tenant.colour,
        "help_text": tenant.help_text,
        "time_zone": tenant.time_zone,
        "created_at": rfc3339(tenant.created_at),
    }


_ONE = "/tenants/{tenant}"
_READ = rights.read(Noun.TENANTS)

ROUTES = (
    Route("GET", "/tenants", listing, _READ, gives=shapes.Tenant, pages=True),
    Route("GET", _ONE, shown, _READ, gives=shapes.Tenant, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        rights.write(Noun.TENANTS, WITH_TENANT),
        takes=shapes.TenantChange,
        gives=shapes.Tenant,
        versioned=True,
        conflicts=("contract_not_active",),
    ),
)
