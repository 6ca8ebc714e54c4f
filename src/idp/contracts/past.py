"""What contracts have been: their states and numbers of IDs over time, for whoever counts afterwards.

The past needs no tenant's key: it is read of erased contracts too, and holds no person.
"""

from typing import NamedTuple

from idp.contracts import store
from idp.contracts.counting import Agreed, ids_over_time
from idp.contracts.lifecycle import Status
from idp.contracts.model import ContractId, LegalForm
from idp.contracts.record import Record, agreement
from idp.contracts.settling import settled
from idp.contracts.standing import window
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.plans import Product

_ALL = 1_000_000


class Step(NamedTuple):
    """In this state from the instant on, until the next step. Of two at one instant the later stands."""

    at_us: int
    status: Status


class Past(NamedTuple):
    """`starts_us` is the first instant of the first term; `steps` are in the order of time, with what the calendar did
    and no run has written."""

    contract: ContractId
    product: Product
    plan: str | None
    partner: str | None
    legal_form: LegalForm
    legal_name: str
    starts_us: int
    steps: tuple[Step, ...]
    ids: tuple[Agreed, ...]


class Customer(NamedTuple):
    tenant: TenantId
    since_us: int


def first_sold_us(unit: Unit) -> int | None:
    """When the first contract with a plan was established. Needs a unit of the platform."""
    return store.first_sold(unit)


def customers(unit: Unit) -> list[Customer]:
    """Tenants that ever had a contract with a plan established, in the order of their ids, and since when. Needs a unit
    of the platform."""
    return [Customer(TenantId(row.tenant_id), row.since) for row in store.customers(unit)]


def pasts(unit: Unit) -> list[Past]:
    """Of each contract of the unit's tenant that was ever established, in the order of application."""
    return [_past(unit, record) for record in store.established(unit)]


def _past(unit: Unit, record: Record) -> Past:
    _, overdue = settled(record, unit.now)
    changes = [*store.history(unit, record.id, after=0, limit=_ALL), *overdue]
    starts_us = window(agreement(record)).starts_us
    assert starts_us is not None
    return Past(
        contract=ContractId(record.id),
        product=Product(record.product),
        plan=record.plan,
        partner=record.partner,
        legal_form=LegalForm(record.legal_form),
        legal_name=record.legal_name,
        starts_us=starts_us,
        steps=tuple(Step(change.at, change.after) for change in changes),
        ids=ids_over_time(record),
    )
