"""Issuing what months have cost, once each month has ended in Japan.

Tenant by tenant, each in a transaction of its own that holds the row of numbers: whoever issues at the same time waits
there, finds that month and tenant done, and goes on to the next. So numbers rise by one in the order of months, then of
tenants, and what is undone half-way gives its number back.

The highest number is noted beside the keys before it is given. A database that was put back from a backup goes on above
it: a customer may hold the statement that had the number, and no other ever has it. The numbers that are missing since
then stand in the platform's trail. So a gap says that a backup was put back, and nothing else makes one.

A month that nobody owes for any more is closed and never looked at again: nothing that happens later can change what
happened in it.
"""

from typing import NamedTuple

from idp import audit, contracts, delivery, plans, tenants, users
from idp.audit import Event
from idp.billing import charging, store
from idp.billing.model import Buyer, Due, Seller, Statement
from idp.billing.months import Month, month_of
from idp.billing.statement import Bill, Charge, bill
from idp.contracts import Past
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.plans import Product

_ORDER = tuple(Product)  # this service first


def due(unit: Unit, *, upto_us: int, after: tuple[int, str] = (-1, ""), limit: int = 100) -> list[Due]:
    """What is left to do for the earliest month that is not closed, in order, if that month has ended by `upto_us` and
    by the clock; `after` is the place of the last one done. Needs a unit of the platform."""
    month = _open_month(unit)
    if month is None or month.span.until_us > min(upto_us, unit.now_us):
        return []
    left = [*(Due(month, tenant) for tenant in _left(unit, month)), Due(month, None)]
    return [each for each in left if each.place > after][:limit]


def issue(unit: Unit, owed: Due, seller: Seller) -> Statement | None:
    """The tenant's statement, or the closing of the month; None where nothing is to be paid, or somebody else was
    first. Needs a unit of the platform."""
    if owed.tenant is None:
        _close(unit, owed.month)
        return None
    made = _bill(unit, owed.tenant, owed.month)
    if made is None:
        return None
    store.hold_numbers(unit)
    inner = unit.inside(owed.tenant)
    if store.is_issued(inner, owed.month):
        return None
    statement = Statement(
        number=store.next_number(unit),
        month=owed.month,
        issued_at=unit.now_us,
        seller=seller,
        buyer=Buyer(made.responsible.legal_name, made.responsible.legal_form),
        bill=made.bill,
    )
    store.add(inner, statement, partner=made.responsible.partner)
    facts = {"month": str(owed.month), "total": statement.bill.total}
    audit.record(inner, Event.STATEMENT_ISSUED, subject=str(statement.number), **facts)
    if tenants.find(inner) is not None:  # one that was erased is told nothing any more
        payload = {"number": statement.number, **facts}
        delivery.enqueue(inner, "statement.issued", receiver="tenant", payload=payload)
    return statement


def _open_month(unit: Unit) -> Month | None:
    closed = store.last_closed(unit)
    if closed is not None:
        return closed.following
    since_us = contracts.first_sold_us(unit)
    return None if since_us is None else month_of(since_us)


def _left(unit: Unit, month: Month) -> list[TenantId]:
    """Customers of the month without a statement of it; they may have nothing to pay."""
    done, until_us = store.issued(unit, month), month.span.until_us
    return [each.tenant for each in contracts.customers(unit) if each.since_us < until_us and each.tenant not in done]


def _close(unit: Unit, month: Month) -> None:
    """Unless somebody's statement is still wanting: what failed for one keeps the month open."""
    if not any(_bill(unit, tenant, month) for tenant in _left(unit, month)):
        store.close(unit, month)


class _Made(NamedTuple):
    """`responsible` is the contract whose names stand on the statement: that for this service, where it is charged."""

    bill: Bill
    responsible: Past


def _bill(unit: Unit, tenant: TenantId, month: Month) -> _Made | None:
    inner, span = unit.inside(tenant), month.span
    charged = [
        (past, plan)
        for past in contracts.pasts(inner)
        if past.plan is not None
        and charging.is_charged(past, span)
        and (plan := plans.named(unit, past.plan)) is not None
    ]
    if not charged:
        return None
    charged.sort(key=lambda each: _ORDER.index(each[0].product))
    peak = users.peak(inner, span.from_us, span.until_us)
    made = bill([Charge(past.contract, plan, charging.contracted_ids(past, span), peak) for past, plan in charged])
    return None if made is None else _Made(made, charged[0][0])
