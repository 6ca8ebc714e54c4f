from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown
from idp.plans import Basis, Product

Name = Annotated[str, Field(min_length=1, max_length=100)]
Yen = Annotated[int, Field(ge=0, le=100_000_000, description="Whole yen a month, without tax.")]
Rate = Annotated[str, Field(pattern=r"^0(\.[0-9]{1,4})?$", examples=["0.10"])]


class AddOn(Sent):
    """With a `price_per_id` or a `price_per_month`; `tax_rate` left out is the plan's."""

    name: Name
    price_per_id: Yen | None = None
    price_per_month: Yen | None = None
    tax_rate: Rate | None = None


class NewPlan(Sent):
    """Applications name it by its id or its name, which is unique."""

    name: Annotated[Name, Field(examples=["standard"])]
    product: Product
    price_per_id: Annotated[Yen, Field(examples=[300])]
    basis: Annotated[
        Basis, Field(description="What the price is multiplied with: the contract's IDs, or the most of the month.")
    ] = Basis.CONTRACTED_IDS
    tax_rate: Rate = "0.10"
    add_ons: Annotated[list[AddOn], Field(default_factory=list, max_length=20)]


class Plan(Shown):
    id: str
    name: str
    product: Product
    price_per_id: Yen
    basis: Basis
    tax_rate: Rate
    add_ons: list[AddOn]
    created_at: Instant
