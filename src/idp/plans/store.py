import json
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import bindparam, or_, select

from idp.kit.asking import Filter, Words, asked, named_like
from idp.kit.db import add_new, own, query
from idp.kit.errors import NotFound
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit
from idp.plans.model import AddOn, Basis, Plan, PlanId, Product
from idp.plans.tables import plans


class PlanRow(NamedTuple):
    id: str
    name: str
    product: str
    price_per_id: int
    basis: str
    tax_rate: str
    add_ons: str
    created_at: int


_COLUMNS = [plans.c[name] for name in PlanRow._fields]
_FIND = query(select(*_COLUMNS).where(own(plans), plans.c.id == bindparam("id")), PlanRow)
_NAMED = query(
    select(*_COLUMNS).where(own(plans), or_(plans.c.id == bindparam("wanted"), plans.c.name == bindparam("wanted"))),
    PlanRow,
)
_ADD = add_new(plans)


def find(unit: Unit, plan_id: str) -> Plan | None:
    row = unit.one(_FIND, id=plan_id)
    return None if row is None else _plan(row)


def get(unit: Unit, plan_id: str) -> Plan:
    """Raises `NotFound`."""
    plan = find(unit, plan_id)
    if plan is None:
        raise NotFound("plan")
    return plan


def named(unit: Unit, id_or_name: str) -> Plan | None:
    """As an application names it."""
    row = unit.one(_NAMED, wanted=id_or_name)
    return None if row is None else _plan(row)


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Plan]:
    """In the order of creation; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def add(unit: Unit, plan: Plan) -> bool:
    """False when the name is taken."""
    add_ons = json.dumps([[*add_on[:3], str(add_on.tax_rate)] for add_on in plan.add_ons], ensure_ascii=False)
    words = {"product": plan.product.value, "basis": plan.basis.value, "tax_rate": str(plan.tax_rate)}
    return unit.run(_ADD, **{**plan._asdict(), **words, "add_ons": add_ons}) == 1


def _plan(row: PlanRow) -> Plan:
    add_ons = tuple(AddOn(name, price, per_id, Decimal(rate)) for name, price, per_id, rate in json.loads(row.add_ons))
    return Plan(
        id=PlanId(row.id),
        name=row.name,
        product=Product(row.product),
        price_per_id=row.price_per_id,
        basis=Basis(row.basis),
        tax_rate=Decimal(row.tax_rate),
        add_ons=add_ons,
        created_at=row.created_at,
    )


LISTED: Listing[Plan] = Listing(
    rows=select(*_COLUMNS).where(own(plans)),
    row=PlanRow,
    make=lambda _, row: _plan(row),
    orders={"name": "name", "price_per_id": "price_per_id"},
    filters={
        "q": named_like("name", example="standard", meaning="Those in whose name it stands, in any case and width."),
        "product": Filter(takes=Words(Product), meaning="Those of it.", where=plans.c.product == asked("product")),
        "basis": Filter(takes=Words(Basis), meaning="Those that go by it.", where=plans.c.basis == asked("basis")),
    },
)
