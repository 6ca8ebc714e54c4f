"""A run takes the persons out of applications that came to nothing, at the first midnight after they were kept for long
enough, and touches nobody else's."""

import pytest
from tests.schedule.conftest import Office

from idp import schedule
from idp.contracts import Contract, Status
from idp.schedule import Done, Outcome

NOON = "2026-03-26T12:00:00"  # ninety days later: 24 June, noon
LAST, FIRST = "2026-06-24T23:59:59", "2026-06-25T00:00:00"


def run(office: Office, day: str | None = None) -> Outcome:
    return office.run(day, steps=(schedule.Persons(retention_days=90),))


def persons(office: Office, contract: Contract) -> bool:
    return office.get(contract.id).application.parties is not None


@pytest.mark.parametrize("status", [Status.REJECTED, Status.WITHDRAWN])
def test_persons_of_what_came_to_nothing_are_kept_to_the_end_of_the_day_and_no_longer(
    office: Office, status: Status
) -> None:
    over = office.until(NOON).bring(status)
    assert run(office.until(LAST)) == (Done(), ())
    assert persons(office, over)
    run(office.until(FIRST), "2026-06-24")
    assert persons(office, over)
    assert run(office, "2026-06-25") == (Done(), ())
    left = office.get(over.id)
    assert (left.application.parties, left.application.legal_name) == (None, "株式会社かえで")
    assert (left.status, left.version) == (status, over.version)
    assert run(office) == (Done(), ())


@pytest.mark.parametrize("status", [Status.APPLIED, Status.SCREENING, Status.APPROVED, Status.ACTIVE, Status.ENDED])
def test_persons_of_every_other_contract_stay(office: Office, status: Status) -> None:
    other = office.until(NOON).bring(status)
    run(office.until("2029-01-01T00:00:00"))
    assert persons(office, other)
