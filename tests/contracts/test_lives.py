"""Random lives: any acts in any order while days pass. Whatever is done or refused, the history stays legal."""

from datetime import timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.conftest import NOON, STEPS, Desk

from idp.contracts import Contract, Status
from idp.contracts.instants import day_of
from idp.contracts.lifecycle import TRANSITIONS
from idp.kit.clock import FixedClock, instant
from idp.kit.errors import Conflict, Invalid

numbers = count()
steps = st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 120), st.integers(-20, 200))
filed = st.fixed_dictionaries({"term_months": st.sampled_from([1, 2, 12]), "auto_renewal": st.booleans()})


def details(act: str, contract: Contract, clock: FixedClock, days: int) -> dict[str, Any]:
    """A stop some days from now; not renewing at the next possible end, or now and then on some other day."""
    if act == "ask_stop":
        return {"stop_date": day_of(instant(clock.now_us()), "Asia/Tokyo") + timedelta(days=days)}
    if act == "ask_non_renewal":
        end = contract.standing.next_possible_end or contract.application.start_date
        return {"end_date": end + timedelta(days=days % 3)}
    return {}


@pytest.mark.parametrize("way", ["", "screen approve complete_setup"])
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filed=filed, life=st.lists(steps, max_size=12))
def test_any_life_leaves_a_legal_history(
    desk: Desk, clock: FixedClock, way: str, filed: dict[str, Any], life: list[tuple[str, int, int]]
) -> None:
    clock.set(NOON)
    contract = desk.apply(tenant=f"t{next(numbers)}", start_date="2026-02-10", **filed)
    for act in way.split():
        contract = desk.act(act, contract.id)
    for act, passed, days in life:
        clock.advance(days=passed)
        before = desk.get(contract.id)
        try:
            contract = desk.act(act, contract.id, **details(act, before, clock, days))
        except (Conflict, Invalid):
            contract = desk.get(contract.id)
            assert contract == before
    check(desk, contract)


def check(desk: Desk, contract: Contract) -> None:
    rows = desk.history(contract.id)
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0].before is None
    for row in rows:
        assert TRANSITIONS[row.before, row.event] is row.after
    for earlier, later in pairwise(rows):
        assert earlier.after is later.before
        assert earlier.at <= later.at
    # what no run has written yet is an end at most
    assert contract.status in {rows[-1].after, Status.ENDED}
