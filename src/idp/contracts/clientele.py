"""Tenants as their contracts make them: whose customer each is, in which state, and what is registered of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select

from idp import tenants
from idp.contracts import store
from idp.contracts.entitlements import facts_of, status_of
from idp.contracts.lifecycle import LIVE, Status
from idp.contracts.listed import PARTNER, now, recorded
from idp.contracts.record import Record, agreement
from idp.contracts.registering import Registered, registered_in
from idp.contracts.standing import status_at, window
from idp.contracts.tables import contracts
from idp.kit.asking import Filter, Text, Words, asked, named_like
from idp.kit.listing import Listing, Question, Slice
from idp.kit.units import Unit
from idp.plans import Product
from idp.tenants import Tenant

_AGREED = frozenset({Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED})


class Customer(NamedTuple):
    """`partners` are those responsible for it now."""

    tenant: Tenant
    status: Status | None
    registered: Registered | None
    partners: frozenset[str]
    products: frozenset[str]


class _Row(NamedTuple):
    id: str
    slug: str
    display_name: str
    colour: str
    help_text: str
    time_zone: str
    revision: int
    generation: int
    created_at: int
    logo: str | None
    erased_at: int | None
    oidc: str
    saml: str
    staffing: str
    legal_name: str | None


def responsible(records: Iterable[Record], now_us: int) -> frozenset[str]:
    """The partners of a tenant: by its contract for this service, not by one for another product, which any partner
    could have applied for."""
    ours = [each for each in records if each.product == Product.ID_PLUS]
    standing = [(each, status_at(window(agreement(each)), now_us)) for each in ours]
    present = next((each for each in standing if each[1] in LIVE), None)
    speaking = [present] if present is not None and present[1] in _AGREED else standing
    return frozenset(each.partner for each, status in speaking if status in _AGREED and each.partner)


def partners_of(unit: Unit) -> frozenset[str]:
    """Those responsible for the unit's tenant."""
    return responsible(store.of_tenant(unit), unit.now_us)


def customer_of(unit: Unit, tenant: Tenant) -> Customer:
    """The unit's own, as it was read in it."""
    return _customer(unit, tenant, store.of_tenant(unit))


def alone(unit: Unit, tenant: Tenant, question: Question) -> Slice[Customer]:
    """The list of customers as one of them sees it."""
    customer = customer_of(unit, tenant)
    row = _Row(*tenant, customer.registered and customer.registered.legal_name)
    return replace(CUSTOMERS, make_all=lambda _, rows: [customer for _ in rows]).gathered(unit, [row], question)


def _customers(unit: Unit, rows: Sequence[_Row]) -> list[Customer]:
    records = store.of_tenants(unit, [row.id for row in rows])
    return [_customer(unit, Tenant(*row[:-1]), records.get(row.id, [])) for row in rows]  # type: ignore[arg-type]


def _customer(unit: Unit, tenant: Tenant, records: Sequence[Record]) -> Customer:
    return Customer(
        tenant=tenant,
        status=status_of(facts_of(records), unit.now_us),
        registered=registered_in(unit, records),
        partners=responsible(records, unit.now_us),
        products=frozenset(each.product for each in records),
    )


_tenant = tenants.LIVING.selected_columns
_OURS = contracts.c.product == Product.ID_PLUS.value
_columns = [
    *_tenant,
    select(contracts.c.legal_name)
    .where(contracts.c.tenant_id == _tenant.id, _OURS)
    .order_by(contracts.c.id.desc())
    .limit(1)
    .scalar_subquery()
    .label("legal_name"),
]


def _with_contract(*conditions: ColumnElement[bool]) -> Any:
    return _tenant.id.in_(select(contracts.c.tenant_id).where(*conditions))


CUSTOMERS: Listing[Customer] = Listing(
    of_all=tenants.LIVING.with_only_columns(*_columns),
    row=_Row,
    make_all=_customers,
    orders={"slug": "slug", "display_name": "display_name"},
    filters={
        "q": named_like(
            "slug",
            "display_name",
            "legal_name",
            example="kaede",
            meaning="Those in whose name it stands: that in its URLs, the one shown, or the legal one, in any case.",
        ),
        "status": Filter(
            takes=Words(Status),
            meaning="Those whose contract for this service is in it now.",
            where={each.value: _with_contract(_OURS, recorded(each)) for each in Status},
            binds=now,
            keeps=lambda customer, wanted: customer.status == wanted,
        ),
        "product": Filter(
            takes=Words(Product),
            meaning="Those that have a contract for it, in whichever state.",
            where=_with_contract(contracts.c.product == asked("product")),
            keeps=lambda customer, wanted: wanted in customer.products,
        ),
        "partner": Filter(
            takes=Text(PARTNER),
            meaning="Those that this partner is responsible for.",
            where=_with_contract(contracts.c.partner == asked("partner")),
            keeps=lambda customer, wanted: wanted in customer.partners,
        ),
    },
)
