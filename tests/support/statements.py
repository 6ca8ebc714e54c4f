"""A statement where a test needs one to be there, whatever it says."""

from decimal import Decimal

from idp.billing import Bill, Buyer, Line, Month, Seller, Statement, Tax, store
from idp.contracts import ContractId, LegalForm
from idp.kit.actors import SYSTEM
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.plans import Product

_RATE = Decimal("0.10")


def stated(units: Units, tenant: TenantId, *, partner: str) -> str:
    """The number of the one that is there, or of a new one."""
    with units.platform(actor=SYSTEM) as unit:
        inner = unit.inside(tenant)
        if found := store.page(inner):
            return str(found[0].number)
        statement = Statement(
            number=store.next_number(unit),
            month=Month(2026, 4),
            issued_at=unit.now_us,
            seller=Seller(),
            buyer=Buyer("株式会社あおば", LegalForm.CORPORATION),
            bill=Bill(
                (Line(ContractId("con_1"), Product.ID_PLUS, "Monthly fee", 300, 10, _RATE),),
                (Tax(_RATE, 3000, 300),),
            ),
        )
        store.add(inner, statement, partner=partner)
        return str(statement.number)
