from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple, NewType

PlanId = NewType("PlanId", str)

PREFIX = "pln"


class Product(StrEnum):
    """Separate contracts each: one ending never ends another, it only takes away what depends on it (Art. 3)."""

    ID_PLUS = "ID_PLUS"
    DEVICE_AUTH = "DEVICE_AUTH"
    MDM = "MDM"
    PLATFORM = "PLATFORM"


class Basis(StrEnum):
    """What the price per ID is multiplied with: the IDs of the contract, or the most that existed in the month."""

    CONTRACTED_IDS = "contracted_ids"
    PEAK_IDS = "peak_ids"


class AddOn(NamedTuple):
    """A line beside the IDs: for each of them by the plan's basis (`per_id`), or once. `tax_rate` 0.10 is 10 %."""

    name: str
    price: int
    per_id: bool
    tax_rate: Decimal


class PlanDraft(NamedTuple):
    name: str
    product: Product
    price_per_id: int
    basis: Basis
    tax_rate: Decimal
    add_ons: tuple[AddOn, ...]


class Plan(NamedTuple):
    id: PlanId
    name: str
    product: Product
    price_per_id: int
    basis: Basis
    tax_rate: Decimal
    add_ons: tuple[AddOn, ...]
    created_at: int
