"""Tenants: who is a customer, and how it looks to its people."""

import json
from hashlib import sha256
from typing import Any

from idp import contracts, tenants
from idp.admin import appearance, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import platform as shapes
from idp.contracts import Customer, Registered, RegistrationChange
from idp.credentials import KeyScope, Noun
from idp.kit.clock import rfc3339
from idp.kit.fields import Fields, merged
from idp.kit.listing import Slice
from idp.kit.units import Unit
from idp.tenants import Tenant


def listing(call: Call) -> Answer:
    """Tenants: an operator sees all, a partner its customers, a tenant itself."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(_visible(call, unit), lambda customer: _to_json(call, customer))


def shown(call: Call) -> Answer:
    """One tenant."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        own = tenants.get(unit)
        customer = contracts.customer_of(unit, own)
        return call.shown(_to_json(call, customer), version=_version(own, customer.registered))


def change(call: Call) -> Answer:
    """Change the registered information (Art. 8) and what people see of the tenant. It works while the contract is
    suspended, too.

    A member that is left out stays (RFC 7396). Every change of registered information is kept in the history, and told
    to the responsible partner or the operator.
    """
    with call.house.units.open(call.home, actor=call.actor) as unit:
        before = appearance.held(unit, while_suspended=True)
        said = contracts.registered(unit)
        assert said is not None  # there is an active or suspended contract
        call.conditions.expected(_version(before, said))
        _change(unit, before, said, call.document)
        after = contracts.customer_of(unit, tenants.get(unit))
        return call.done(unit, _to_json(call, after), version=_version(after.tenant, after.registered))


def history(call: Call) -> Answer:
    """Every change of the registered information, oldest first: who, when, and what it said before and after."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        rows = contracts.registration_history(unit, after=int(call.page.after or 0), limit=call.page.wanted)
        return call.page.answer(rows, _change_json, lambda row: str(row.seq))


def _version(tenant: Tenant, said: Registered | None) -> int:
    """Of what can be changed here; the tenant's revision rises with every change of anything."""
    face = json.dumps([tenant.display_name, tenant.colour, tenant.help_text, said])
    return int.from_bytes(sha256(face.encode()).digest()[:6])


def _change(unit: Unit, tenant: Tenant, said: Registered, patch: dict[str, Any]) -> None:
    before = {**appearance.said(tenant), **contracts.registration_document(said)}
    fields = Fields(merged(before, patch))
    fields.only(before)
    face = appearance.read(fields)
    registered = contracts.read_registration(fields, said)
    fields.finish()
    appearance.show_as(unit, tenant, face)
    after = {**contracts.registration_document(registered), "display_name": face.display_name}
    changed = {name: [before[name], value] for name, value in after.items() if value != before[name]}
    contracts.register(unit, registered, changed=changed)


def _change_json(change: RegistrationChange) -> dict[str, Any]:
    return {
        "seq": change.seq,
        "at": rfc3339(change.at),
        "actor": change.actor,
        "source": change.source,
        "changes": [{"field": name, "from": was, "to": now} for name, (was, now) in sorted(change.fields.items())],
    }


def _visible(call: Call, unit: Unit) -> Slice[Customer]:
    question, scope = call.page.question, call.key.scope
    if scope is KeyScope.OPERATOR:
        return contracts.CUSTOMERS.page(unit, question)
    if scope is KeyScope.PARTNER:
        mine = call.key.partner_id
        if question.asked.values.get("partner", mine) != mine:
            return Slice([], "")
        return contracts.CUSTOMERS.page(unit, question.among("partner", mine))
    return contracts.alone(unit, tenants.get(unit), question)


def _to_json(call: Call, customer: Customer) -> dict[str, Any]:
    tenant, said, status = customer.tenant, customer.registered, customer.status
    registered = dict.fromkeys(contracts.REGISTERED_FIELDS) if said is None else contracts.registration_document(said)
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
        **registered,
        "corporate_number": said and said.corporate_number,
    }


_ONE = "/tenants/{tenant}"
_READ = rights.read(Noun.TENANTS)

ROUTES = (
    Route("GET", "/tenants", listing, _READ, gives=shapes.Tenant, pages=True, listed=contracts.CUSTOMERS),
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
    Route("GET", f"{_ONE}/history", history, rights.read(Noun.HISTORY), gives=shapes.RegistrationChange, pages=True),
)
