"""A plan as a document."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from idp.kit.clock import rfc3339
from idp.kit.fields import Fields
from idp.plans.model import PREFIX, AddOn, Basis, Plan, PlanDraft, Product

_MEMBERS = ("name", "product", "price_per_id", "basis", "tax_rate", "add_ons")
_MOST_YEN = 100_000_000
_MOST_ADD_ONS = 20
_NAME_AT_MOST = 100
_RATE = re.compile(r"0(?:\.[0-9]{1,4})?")
_USUAL_RATE = Decimal("0.10")
_CENT = Decimal("0.01")
_NO_WORDS: frozenset[str] = frozenset()


def read(document: Mapping[str, object]) -> PlanDraft:
    """Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(_MEMBERS)
    for name in ("name", "product", "price_per_id"):
        fields.required(name)
    rate = _rate(fields, otherwise=_USUAL_RATE)
    draft = PlanDraft(
        name=_name(fields),
        product=fields.choice("product", Product, _NO_WORDS, default=Product.ID_PLUS),
        price_per_id=fields.number("price_per_id", default=0, lowest=0, highest=_MOST_YEN),
        basis=fields.choice("basis", Basis, _NO_WORDS, default=Basis.CONTRACTED_IDS),
        tax_rate=rate,
        add_ons=_add_ons(fields, rate),
    )
    fields.finish()
    return draft


def to_json(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "name": plan.name,
        "product": plan.product.value,
        "price_per_id": plan.price_per_id,
        "basis": plan.basis.value,
        "tax_rate": str(plan.tax_rate),
        "add_ons": [_add_on_json(add_on) for add_on in plan.add_ons],
        "created_at": rfc3339(plan.created_at),
    }


def _name(fields: Fields) -> str:
    """A plan is asked for by id or name: no name may look like an id."""
    name = fields.text("name", longest=_NAME_AT_MOST) or ""
    if name.startswith(f"{PREFIX}_"):
        fields.refuse("name", "invalid_format", "A name does not look like an id.", found=name)
    return name


def _rate(fields: Fields, *, otherwise: Decimal) -> Decimal:
    """`"0.10"`; the number 0.1 too, since nothing else can be meant by it. At least two places are kept."""
    given = fields.given("tax_rate")
    if given is None:
        return otherwise
    text = str(given) if isinstance(given, (str, int, float)) and not isinstance(given, bool) else ""
    if _RATE.fullmatch(text) is None:
        detail = "A tax rate is a decimal from 0 to below 1 with at most four places."
        fields.refuse("tax_rate", "invalid_format", detail, found=given, expected="0.10")
        return otherwise
    rate = Decimal(text).normalize()
    return rate.quantize(_CENT) if rate == rate.quantize(_CENT) else rate


def _add_ons(fields: Fields, rate: Decimal) -> tuple[AddOn, ...]:
    items = fields.given("add_ons")
    if items is None:
        return ()
    if not isinstance(items, list):
        fields.refuse("add_ons", "invalid_type", "add_ons must be an array.", found=items, expected="array")
        return ()
    if len(items) > _MOST_ADD_ONS:
        detail = f"A plan has at most {_MOST_ADD_ONS} add-ons."
        fields.refuse("add_ons", "too_many", detail, found=len(items), expected=_MOST_ADD_ONS)
        return ()
    return tuple(_add_on(fields, index, item, rate) for index, item in enumerate(items))


def _add_on(fields: Fields, index: int, item: object, rate: Decimal) -> AddOn:
    if not isinstance(item, Mapping):
        fields.refuse(f"add_ons/{index}", "invalid_type", "An add-on is an object.", expected="object")
        item = {}
    inner = Fields(item, at=f"/add_ons/{index}", errors=fields.errors)
    inner.only(("name", "price_per_id", "price_per_month", "tax_rate"))
    per_id, per_month = inner.given("price_per_id"), inner.given("price_per_month")
    if item and (per_id is None) is (per_month is None):
        detail = "An add-on has a price_per_id or a price_per_month."
        inner.refuse("price_per_id", "one_of", detail, expected=["price_per_id", "price_per_month"])
    if item:
        inner.required("name")
    price = "price_per_month" if per_id is None else "price_per_id"
    return AddOn(
        name=inner.text("name", longest=_NAME_AT_MOST) or "",
        price=inner.number(price, default=0, lowest=0, highest=_MOST_YEN),
        per_id=per_id is not None,
        tax_rate=_rate(inner, otherwise=rate),
    )


def _add_on_json(add_on: AddOn) -> dict[str, Any]:
    price = "price_per_id" if add_on.per_id else "price_per_month"
    return {"name": add_on.name, price: add_on.price, "tax_rate": str(add_on.tax_rate)}
