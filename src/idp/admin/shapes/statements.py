from typing import Annotated, Literal

from pydantic import Field

from idp.admin.shapes.base import Instant, Shown
from idp.plans import Product

Rate = Annotated[str, Field(pattern=r"^0\.[0-9]{2,4}$", examples=["0.10"])]


class StatementLine(Shown):
    contract: str
    product: Product
    description: str
    unit_price: int
    quantity: int
    amount: int
    tax_rate: Rate


class StatementTax(Shown):
    """Of all lines at one rate together, rounded down once."""

    rate: Rate
    base: int
    tax: int


class Statement(Shown):
    """Final. Amounts are whole yen. `issuer` and `registration_number` are the operator's; null where it has none."""

    number: int
    month: Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}$", examples=["2026-04"])]
    issued_at: Instant
    issuer: str | None
    registration_number: Annotated[str | None, Field(pattern="^T[0-9]{13}$")]
    addressee: str
    lines: list[StatementLine]
    taxes: list[StatementTax]
    subtotal: int
    total: int
    final: Literal[True]
