"""The calculation alone: months in full or not at all, and tax rounded down once for each rate."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.billing.conftest import japan

from idp.billing import Month, charging
from idp.billing.statement import Charge, Tax, bill
from idp.contracts import Agreed, ContractId, LegalForm, Past, Status, Step
from idp.kit.clock import micros
from idp.plans import AddOn, Basis, Plan, PlanId, Product

APRIL = Month(2026, 4).span
A, S, E = Status.ACTIVE, Status.SUSPENDED, Status.ENDED
LONG_AGO = japan(2026, 1, 10, 12)
BEGUN = japan(2026, 1, 10)


def past(*steps: tuple[datetime, Status], starts: datetime = BEGUN, ids: tuple[Agreed, ...] = (Agreed(0, 50),)) -> Past:
    return Past(
        contract=ContractId("con_1"),
        product=Product.ID_PLUS,
        plan="standard",
        partner=None,
        legal_form=LegalForm.CORPORATION,
        legal_name="株式会社かえで",
        starts_us=micros(starts),
        steps=tuple(Step(micros(at), status) for at, status in steps),
        ids=ids,
    )


CHARGED: dict[str, Past] = {
    "the whole month": past((LONG_AGO, A)),
    "begun on its first day": past((japan(2026, 4, 1, 9), A), starts=japan(2026, 4, 1)),
    "begun in its middle": past((japan(2026, 4, 17, 9), A), starts=japan(2026, 4, 17)),
    "begun in its last second": past((japan(2026, 4, 30, 23, 59, 59), A), starts=japan(2026, 4, 30)),
    "established before, begun on its last day": past((LONG_AGO, A), starts=japan(2026, 4, 30)),
    "held from its second instant on": past((LONG_AGO, A), (japan(2026, 4, 1, 0, 0, 1), S)),
    "held in its middle": past((LONG_AGO, A), (japan(2026, 4, 10), S), (japan(2026, 4, 20), A)),
    "held in its middle for long": past((LONG_AGO, A), (japan(2026, 4, 10), S), (japan(2026, 8, 20), A)),
    "resumed in its last second": past((LONG_AGO, A), (japan(2026, 2, 1), S), (japan(2026, 4, 30, 23, 59, 59), A)),
    "resumed and held again on one day": past(
        (LONG_AGO, A), (japan(2026, 2, 1), S), (japan(2026, 4, 9, 10), A), (japan(2026, 4, 9, 11), S)
    ),
    "established and held at the same instant": past((japan(2026, 4, 9), A), (japan(2026, 4, 9), S), starts=BEGUN),
    "ended after its first day": past((LONG_AGO, A), (japan(2026, 4, 2), E)),
    "ended within its first day": past((LONG_AGO, A), (japan(2026, 4, 1, 0, 0, 1), E)),
    "ended with it": past((LONG_AGO, A), (japan(2026, 5, 1), E)),
    "begun and ended in it": past((japan(2026, 4, 9, 9), A), (japan(2026, 4, 11), E), starts=japan(2026, 4, 9)),
}
FREE: dict[str, Past] = {
    "established later": past((japan(2026, 5, 1), A), starts=japan(2026, 5, 1)),
    "begun later": past((LONG_AGO, A), starts=japan(2026, 5, 1)),
    "not begun before it was held": past((LONG_AGO, A), (japan(2026, 4, 5), S), starts=japan(2026, 4, 6)),
    "held from its first instant to its last": past((LONG_AGO, A), (japan(2026, 4, 1), S), (japan(2026, 5, 1), A)),
    "held since long ago": past((LONG_AGO, A), (japan(2026, 3, 1), S)),
    "held since long ago and ended in it": past((LONG_AGO, A), (japan(2026, 3, 1), S), (japan(2026, 4, 15), E)),
    "ended with the month before": past((LONG_AGO, A), (japan(2026, 4, 1), E)),
    "ended and erased long ago": past((LONG_AGO, A), (japan(2026, 2, 1), E), (japan(2026, 2, 2), Status.ERASED)),
}


@pytest.mark.parametrize("name", CHARGED)
def test_a_month_with_an_active_day_is_charged(name: str) -> None:
    assert charging.is_charged(CHARGED[name], APRIL)


@pytest.mark.parametrize("name", FREE)
def test_a_month_without_one_is_not(name: str) -> None:
    assert not charging.is_charged(FREE[name], APRIL)


def test_the_days_are_those_of_japan_whatever_zone_the_contract_keeps() -> None:
    """A term that ends with 31 March in New York ends at 13:00 of 1 April in Japan."""
    assert charging.is_charged(past((LONG_AGO, A), (japan(2026, 4, 1, 13), E)), APRIL)
    assert not charging.is_charged(past((LONG_AGO, A), starts=japan(2026, 5, 1, 1)), APRIL)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], 50),
        ([(japan(2026, 4, 1), 60)], 60),
        ([(japan(2026, 4, 30), 60)], 60),
        ([(japan(2026, 5, 1), 60)], 50),
        ([(japan(2026, 4, 1), 40)], 40),
        ([(japan(2026, 4, 15), 40)], 50),
        ([(japan(2026, 4, 10), 70), (japan(2026, 4, 20), 60)], 70),
        ([(japan(2026, 4, 10), 70), (japan(2026, 4, 10), 60)], 60),
    ],
)
def test_the_highest_number_of_ids_in_force_in_the_month_counts(
    changes: list[tuple[datetime, int]], expected: int
) -> None:
    agreed = (Agreed(0, 50), *(Agreed(micros(at), ids) for at, ids in changes))
    assert charging.contracted_ids(past((LONG_AGO, A), ids=agreed), APRIL) == expected


def test_what_was_agreed_before_the_term_began_does_not_count() -> None:
    agreed = (Agreed(0, 50), Agreed(micros(japan(2026, 4, 10)), 40))
    begun = past((LONG_AGO, A), starts=japan(2026, 4, 10), ids=agreed)
    assert charging.contracted_ids(begun, APRIL) == 40


def charge(price: int = 300, *, ids: int = 50, **members: Any) -> Charge:
    plan = Plan(
        **{
            "id": PlanId("pln_1"),
            "name": "standard",
            "product": Product.ID_PLUS,
            "price_per_id": price,
            "basis": Basis.CONTRACTED_IDS,
            "tax_rate": Decimal("0.10"),
            "add_ons": (),
            "created_at": 0,
            **members,
        }
    )
    return Charge(ContractId("con_1"), plan, ids, 7)


@pytest.mark.parametrize(
    ("amounts", "tax"),
    [([9], 0), ([10], 1), ([19], 1), ([5, 5], 1), ([19, 19, 19], 5), ([99_999_999_999], 9_999_999_999)],
)
def test_tax_is_taken_from_the_total_and_rounded_down_once(amounts: list[int], tax: int) -> None:
    made = bill([charge(amount, ids=1) for amount in amounts])
    assert made is not None
    assert made.taxes == (Tax(Decimal("0.10"), sum(amounts), tax),)
    assert made.total == sum(amounts) + tax


def test_each_rate_is_rounded_by_itself() -> None:
    extras = (
        AddOn("books", 19, per_id=False, tax_rate=Decimal("0.08")),
        AddOn("stamps", 5, per_id=True, tax_rate=Decimal("0.00")),
    )
    made = bill([charge(19, ids=1, add_ons=extras)])
    assert made is not None
    assert made.taxes == (
        Tax(Decimal("0.10"), 19, 1),
        Tax(Decimal("0.08"), 19, 1),
        Tax(Decimal("0.00"), 5, 0),
    )
    assert (made.subtotal, made.total) == (43, 45)


def test_the_plan_says_which_ids_are_counted_for_add_ons_too() -> None:
    extra = AddOn("support", 10, per_id=True, tax_rate=Decimal("0.10"))
    for basis, ids in ((Basis.CONTRACTED_IDS, 50), (Basis.PEAK_IDS, 7)):
        made = bill([charge(basis=basis, add_ons=(extra,))])
        assert made is not None
        assert [line.quantity for line in made.lines] == [ids, ids]


def test_nothing_to_pay_is_no_statement() -> None:
    assert bill([]) is None
    assert bill([charge(0)]) is None
    assert bill([charge(300, ids=0)]) is None
    assert bill([charge(0), charge(1, ids=1)]) is not None


@pytest.mark.parametrize(
    ("month", "begins", "ends"),
    [
        (Month(2026, 4), japan(2026, 4, 1), japan(2026, 5, 1)),
        (Month(2026, 12), japan(2026, 12, 1), japan(2027, 1, 1)),
        (Month(2028, 2), japan(2028, 2, 1), japan(2028, 3, 1)),
    ],
)
def test_months_begin_and_end_at_midnight_in_japan(month: Month, begins: datetime, ends: datetime) -> None:
    assert month.span == (micros(begins), micros(ends))
