from decimal import Decimal

import pytest
from tests.support.rooms import World

from idp import plans
from idp.kit.errors import Conflict, Invalid, NotFound
from idp.kit.sealing import PLATFORM
from idp.plans import AddOn, Basis, Product

STANDARD = {"name": "standard", "product": "ID_PLUS", "price_per_id": 300}


def test_a_plan_is_read_back_and_belongs_to_the_platform(world: World) -> None:
    with world.platform() as unit:
        plan = plans.create(unit, plans.read(STANDARD))
        assert plans.get(unit, plan.id) == plan == plans.named(unit, "standard") == plans.named(unit, plan.id)
        assert plans.page(unit) == [plan]
        assert plans.page(unit, after=plan.id) == []
        assert plans.named(unit, "gold") is None
        with pytest.raises(NotFound):
            plans.get(unit, "standard")
    assert (plan.product, plan.basis, plan.tax_rate) == (Product.ID_PLUS, Basis.CONTRACTED_IDS, Decimal("0.10"))
    with world.open() as unit:
        assert plans.find(unit, plan.id) is None
        assert plans.page(unit) == []
    assert world.events(PLATFORM).count("plan.created") == 1


def test_a_name_is_given_once(world: World) -> None:
    with world.platform() as unit:
        plans.create(unit, plans.read(STANDARD))
    with pytest.raises(Conflict) as refused, world.platform() as unit:
        plans.create(unit, plans.read({**STANDARD, "price_per_id": 200}))
    assert refused.value.code == "plan_name_taken"
    assert world.events(PLATFORM).count("plan.created") == 1


def test_add_ons_are_paid_for_each_id_or_once_and_taxed_as_the_plan_unless_they_say_otherwise(world: World) -> None:
    add_ons = [
        {"name": "端末認証", "price_per_id": 100},
        {"name": "サポート", "price_per_month": 5000, "tax_rate": "0.08"},
    ]
    document = {**STANDARD, "basis": "peak_ids", "tax_rate": "0.1", "add_ons": add_ons}
    with world.platform() as unit:
        plan = plans.get(unit, plans.create(unit, plans.read(document)).id)
    assert plan.add_ons == (
        AddOn("端末認証", 100, True, Decimal("0.10")),
        AddOn("サポート", 5000, False, Decimal("0.08")),
    )
    shown = plans.to_json(plan)
    assert (shown["basis"], shown["tax_rate"]) == ("peak_ids", "0.10")
    assert shown["add_ons"] == [{**add_ons[0], "tax_rate": "0.10"}, add_ons[1]]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("0.10", "0.10"), ("0.1", "0.10"), (0.1, "0.10"), ("0", "0.00"), (0, "0.00"), ("0.0825", "0.0825")],
)
def test_a_tax_rate_has_one_form(sent: object, shown: str) -> None:
    assert str(plans.read({**STANDARD, "tax_rate": sent}).tax_rate) == shown


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"name": None}, "name", "required"),
        ({"product": None}, "product", "required"),
        ({"price_per_id": None}, "price_per_id", "required"),
        ({"name": "pln_1"}, "name", "invalid_format"),
        ({"product": "PIANO"}, "product", "unknown_value"),
        ({"price_per_id": -1}, "price_per_id", "out_of_range"),
        ({"price_per_id": 300.5}, "price_per_id", "invalid_type"),
        ({"price_per_id": True}, "price_per_id", "invalid_type"),
        ({"basis": "all"}, "basis", "unknown_value"),
        ({"tax_rate": "10%"}, "tax_rate", "invalid_format"),
        ({"tax_rate": "1"}, "tax_rate", "invalid_format"),
        ({"tax_rate": True}, "tax_rate", "invalid_format"),
        ({"tax_rate": "0.00001"}, "tax_rate", "invalid_format"),
        ({"add_ons": {}}, "add_ons", "invalid_type"),
        ({"add_ons": [1]}, "add_ons/0", "invalid_type"),
        ({"add_ons": [{"name": "x"}]}, "add_ons/0/price_per_id", "one_of"),
        ({"add_ons": [{"name": "x", "price_per_id": 1, "price_per_month": 1}]}, "add_ons/0/price_per_id", "one_of"),
        ({"add_ons": [{"price_per_id": 1}]}, "add_ons/0/name", "required"),
        ({"add_ons": [{"name": "x", "price_per_id": 1, "free": True}]}, "add_ons/0/free", "unknown_field"),
        ({"add_ons": [{"name": "x", "price_per_id": 1}] * 21}, "add_ons", "too_many"),
        ({"id": "pln_1"}, "id", "unknown_field"),
    ],
)
def test_a_fault_is_named_at_its_place(changes: dict[str, object], place: str, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        plans.read({**STANDARD, **changes})
    assert [(error.pointer, error.code) for error in raised.value.errors] == [(f"/{place}", code)]
