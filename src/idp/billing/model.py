from dataclasses import dataclass
from typing import NamedTuple

from idp.billing.months import Month, month_of
from idp.billing.statement import Bill
from idp.contracts import LegalForm
from idp.kit.ids import TenantId

_LAST = "~"  # after every id


class Seller(NamedTuple):
    """The operator as its statements name it; `registration_number` is that of the issuer of qualified invoices, None
    for an operator that is not registered."""

    name: str = ""
    registration_number: str | None = None


class Buyer(NamedTuple):
    """As the contract names it, which keeps the name beyond erasure."""

    legal_name: str
    legal_form: LegalForm


class Due(NamedTuple):
    """A month that has ended, for one tenant; None: for nobody any more, it is to be closed."""

    month: Month
    tenant: TenantId | None

    @property
    def place(self) -> tuple[int, str]:
        """In the order in which it is done: by the instant at which the month ended, then by tenant."""
        return self.month.span.until_us, self.tenant or _LAST

    @classmethod
    def at(cls, place: tuple[int, str]) -> "Due":
        ended_us, name = place
        return cls(month_of(ended_us - 1), None if name == _LAST else TenantId(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Final from the moment it exists. Of persons it names none, but a sole proprietor by the name of the business."""

    number: int
    month: Month
    issued_at: int
    seller: Seller
    buyer: Buyer
    bill: Bill
