"""Acts at the same moment, each in a transaction and a thread of its own, on both databases."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

import pytest
from tests.contracts.conftest import Desk

from idp.contracts import Contract, Event, Status
from idp.kit.errors import Failure

ROUNDS = 4


def together(acts: Sequence[Callable[[], Contract]]) -> list[str]:
    """What each came to: `done`, or the code of its refusal."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Contract]) -> str:
        start.wait(timeout=10)
        try:
            act()
        except Failure as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.parametrize(
    ("status", "acts"),
    [
        (Status.APPLIED, ("screen", "withdraw")),
        (Status.SCREENING, ("approve", "reject")),
        (Status.SCREENING, ("reject", "withdraw")),
        (Status.APPROVED, ("complete_setup", "withdraw")),
    ],
)
def test_of_two_acts_that_exclude_each_other_one_is_done(desk: Desk, status: Status, acts: tuple[str, str]) -> None:
    follows = acts == ("screen", "withdraw")  # that order of the two is legal
    for number in range(ROUNDS):
        contract = desk.bring(status, tenant=f"t{number}")
        rows = len(desk.history(contract.id))
        outcome = together([partial(desk.act, act, contract.id) for act in acts])
        history = desk.history(contract.id)
        assert [row.seq for row in history] == list(range(1, len(history) + 1))
        if follows and outcome == ["done", "done"]:
            assert [row.event for row in history[rows:]] == [Event.SCREENING_STARTED, Event.WITHDRAWN]
        else:
            assert sorted(outcome) == ["done", "illegal_transition"]
            assert len(history) == rows + 1


@pytest.mark.parametrize(
    ("status", "act"),
    [(Status.SCREENING, "approve"), (Status.APPROVED, "complete_setup"), (Status.ACTIVE, "suspend")],
)
def test_the_same_act_from_many_sides_is_done_once(desk: Desk, status: Status, act: str) -> None:
    contract = desk.bring(status)
    rows = len(desk.history(contract.id))
    assert together([lambda: desk.act(act, contract.id)] * 6) == ["done"] * 6
    assert len(desk.history(contract.id)) == rows + 1
    assert desk.get(contract.id).version == contract.version + 1


def test_acts_that_may_follow_one_another_are_both_done_in_either_order(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE)
    outcome = together(
        [
            lambda: desk.act("suspend", contract.id),
            lambda: desk.act("ask_stop", contract.id, stop_date=date(2026, 6, 30)),
            lambda: desk.act("ask_non_renewal", contract.id, end_date=date(2027, 3, 31)),
        ]
    )
    assert outcome == ["done"] * 3
    found = desk.get(contract.id)
    assert (found.status, found.stop_date) == (Status.SUSPENDED, date(2026, 6, 30))
    assert found.non_renewal is not None
    assert [row.seq for row in desk.history(contract.id)] == list(range(1, 8))


def test_under_the_same_version_they_exclude_each_other(desk: Desk) -> None:
    for number in range(ROUNDS):
        contract = desk.bring(Status.ACTIVE, tenant=f"t{number}")
        outcome = together(
            [partial(desk.act, act, contract.id, if_match=contract.version) for act in ("suspend", "terminate")]
        )
        assert sorted(outcome) == ["done", "precondition_failed"]


def test_of_many_applications_for_the_same_thing_one_is_taken(desk: Desk) -> None:
    assert sorted(together([desk.apply] * 6)) == ["contract_exists"] * 5 + ["done"]
    desk.bring(Status.ACTIVE, tenant="known")
    further = together([lambda: desk.apply(tenant="known", product="MDM")] * 6)
    assert sorted(further) == ["contract_exists"] * 5 + ["done"]


def test_two_products_approved_at_once_found_one_tenant(desk: Desk) -> None:
    for number in range(ROUNDS):
        both = [desk.bring(Status.SCREENING, tenant=f"t{number}", product=product) for product in ("ID_PLUS", "MDM")]
        outcome = together([partial(desk.act, "approve", each.id) for each in both])
        assert outcome == ["done", "done"]
        assert len({desk.get(each.id).tenant for each in both}) == 1
