"""Applications that came to nothing lose their persons after a while, and nothing else does."""

import pytest
from tests.contracts.conftest import Desk

from idp import contracts
from idp.contracts import Contract, Status
from idp.kit.clock import FixedClock
from idp.kit.units import Units
from idp.web.sweeping import steps


def sweep(units: Units, contract: Contract, *, days: int = 90) -> int:
    (only,) = contracts.sweeps(retention_days=days)
    return sum(steps(units, contract.tenant, only))


@pytest.mark.parametrize("status", [Status.REJECTED, Status.WITHDRAWN])
def test_persons_of_an_application_that_came_to_nothing_go_after_so_many_days(
    units: Units, desk: Desk, clock: FixedClock, status: Status
) -> None:
    over = desk.bring(status)
    clock.advance(days=89, hours=23, minutes=59)
    assert sweep(units, over) == 0
    assert desk.get(over.id).application.parties is not None
    clock.advance(minutes=1)
    assert sweep(units, over) == 1
    left = desk.get(over.id)
    assert left.application.parties is None
    assert (left.status, left.version) == (status, over.version)
    assert left.application.legal_name == "株式会社かえで"
    assert sweep(units, over) == 0


def test_it_counts_from_the_rejection_not_from_the_application(units: Units, desk: Desk, clock: FixedClock) -> None:
    late = desk.bring(Status.SCREENING)
    clock.advance(days=200)
    desk.act("reject", late.id)
    assert sweep(units, late) == 0
    clock.advance(days=1)
    assert sweep(units, late, days=1) == 1


@pytest.mark.parametrize(
    "status",
    [Status.APPLIED, Status.SCREENING, Status.APPROVED, Status.ACTIVE, Status.SUSPENDED, Status.ENDED],
)
def test_persons_of_every_other_contract_stay(units: Units, desk: Desk, clock: FixedClock, status: Status) -> None:
    contract = desk.bring(status)
    clock.advance(days=1000)
    assert sweep(units, contract) == 0
    assert desk.get(contract.id).application.parties is not None


def test_an_approval_that_was_withdrawn_counts_as_withdrawn(units: Units, desk: Desk, clock: FixedClock) -> None:
    approved = desk.bring(Status.APPROVED)
    desk.act("withdraw", approved.id)
    clock.advance(days=90)
    assert sweep(units, approved) == 1
    assert desk.get(approved.id).application.parties is None
