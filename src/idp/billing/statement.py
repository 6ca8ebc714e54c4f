"""What a month costs: lines, consumption tax, total; a pure calculation in whole yen.

Each rate's tax is taken from the sum of what it applies to and rounded down once, never line by line.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from idp.contracts import ContractId
from idp.plans import Basis, Plan, Product

_COUNTED = {
    Basis.CONTRACTED_IDS: ("契約ID数", "contracted IDs"),
    Basis.PEAK_IDS: ("月内最大ID数", "peak of IDs in the month"),
}


class Charge(NamedTuple):
    """A contract in a month that it is charged for: the IDs that were agreed, and the most that existed."""

    contract: ContractId
    plan: Plan
    contracted: int
    peak: int


class Line(NamedTuple):
    contract: ContractId
    product: Product
    description: str
    unit_price: int
    quantity: int
    tax_rate: Decimal

    @property
    def amount(self) -> int:
        return self.unit_price * self.quantity


class Tax(NamedTuple):
    """`base` is the sum of the lines at this rate."""

    rate: Decimal
    base: int
    tax: int


class Bill(NamedTuple):
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]

    @property
    def subtotal(self) -> int:
        return sum(tax.base for tax in self.taxes)

    @property
    def total(self) -> int:
        return self.subtotal + sum(tax.tax for tax in self.taxes)


def bill(charges: Sequence[Charge]) -> Bill | None:
    """None where nothing is to be paid. Lines are in the order of `charges`, taxes from the highest rate down."""
    lines = tuple(line for charge in charges for line in _lines(charge))
    if not any(line.amount for line in lines):
        return None
    rates = sorted({line.tax_rate for line in lines}, reverse=True)
    return Bill(lines, tuple(_tax(rate, lines) for rate in rates))


def _lines(charge: Charge) -> Iterator[Line]:
    plan = charge.plan
    ids = charge.contracted if plan.basis is Basis.CONTRACTED_IDS else charge.peak
    name = f"{plan.product.value} {plan.name}"
    ja, en = _COUNTED[plan.basis]
    about = f"{name} 月額利用料（{ja}） / Monthly fee ({en})"
    yield Line(charge.contract, plan.product, about, plan.price_per_id, ids, plan.tax_rate)
    for extra in plan.add_ons:
        about = f"{name} オプション / Add-on: {extra.name}"
        yield Line(charge.contract, plan.product, about, extra.price, ids if extra.per_id else 1, extra.tax_rate)


def _tax(rate: Decimal, lines: Sequence[Line]) -> Tax:
    base = sum(line.amount for line in lines if line.tax_rate == rate)
    return Tax(rate, base, int(base * rate))
