"""Random histories against a count that is made the slow way. `HISTORIES=100000` for the whole of it."""

import os
from fractions import Fraction
from random import Random

import pytest
from tests.billing.histories import Case, counted_slowly, existing_at, random_case, ticks_of

from idp.billing import Month, charging
from idp.billing.statement import Bill, Charge, bill

HISTORIES = int(os.environ.get("HISTORIES", "3000"))
MONTHS = [Month(2026, number) for number in range(1, 13)] + [Month(2027, number) for number in range(1, 4)]
BLOCKS = 4


def stated(case: Case, month: Month) -> Bill | None:
    peak = max(existing_at(case.counts, tick) for tick in ticks_of(*month))
    return bill(
        [
            Charge(past.contract, plan, charging.contracted_ids(past, month.span), peak)
            for past, plan in case.pasts
            if charging.is_charged(past, month.span)
        ]
    )


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_statement_is_what_a_slow_count_of_every_day_comes_to(block: int) -> None:
    random = Random(f"statements {block}")
    outcomes = {"charged": 0, "free": 0}
    for number in range(HISTORIES // BLOCKS):
        case = random_case(random)
        for month in random.sample(MONTHS, 2):
            lines, taxes = counted_slowly(case, *month)
            found = stated(case, month)
            assert (found is None) == (not any(amount for *_, amount in lines)), (block, number, month)
            outcomes["free" if found is None else "charged"] += 1
            if found is not None:
                assert [(line.unit_price, line.quantity, line.amount) for line in found.lines] == lines
                assert {Fraction(tax.rate): tax.tax for tax in found.taxes} == taxes, (block, number, month)
                assert found.total == sum(amount for *_, amount in lines) + sum(taxes.values())
    assert min(outcomes.values()) > HISTORIES // BLOCKS // 8  # the histories are worth the name
