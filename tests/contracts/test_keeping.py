"""The calendar of one contract carried out, and when it is looked at next."""

from datetime import UTC, date, datetime

import pytest
from tests.contracts.conftest import OPERATOR, Desk

from idp import contracts
from idp.contracts import Contract, Kept, Status
from idp.kit.clock import FixedClock, micros
from idp.kit.units import Units

NEXT_TERM = micros(datetime(2027, 3, 31, 15, tzinfo=UTC))
REMINDER = micros(datetime(2026, 12, 29, 15, tzinfo=UTC))
FAR = micros(datetime(2100, 1, 1, tzinfo=UTC))


def waiting(units: Units) -> dict[str, int]:
    with units.platform(actor=OPERATOR, write=False) as unit:
        return {row.id: row.due_at for row in contracts.waiting(unit, after_at=-1, after_id="", upto=FAR, limit=100)}


def keep(units: Units, contract: Contract, upto: int = FAR) -> Kept:
    with units.open(contract.tenant, actor=OPERATOR) as unit:
        return contracts.keep(unit, contract.id, upto=upto)


@pytest.mark.parametrize(
    "status",
    [each for each in Status if each not in {Status.ACTIVE, Status.SUSPENDED, Status.ERASED}],
)
def test_nothing_waits_for_a_contract_that_does_not_run(desk: Desk, units: Units, status: Status) -> None:
    desk.bring(status)
    assert waiting(units) == {}


def test_the_next_thing_to_do_is_known_from_the_set_up_on(desk: Desk, units: Units, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    assert waiting(units) == {contract.id: REMINDER}
    clock.set(datetime(2027, 3, 1, tzinfo=UTC))
    assert keep(units, contract) == Kept(reminders=3)
    assert waiting(units) == {contract.id: NEXT_TERM}


def test_what_is_asked_moves_it(desk: Desk, units: Units) -> None:
    contract = desk.bring(Status.ACTIVE)
    desk.act("ask_stop", contract.id, stop_date=date(2026, 4, 30))
    assert waiting(units) == {contract.id: micros(datetime(2026, 4, 30, 15, tzinfo=UTC))}
    desk.act("withdraw_stop", contract.id)
    assert waiting(units) == {contract.id: REMINDER}
    desk.act("terminate", contract.id)
    assert waiting(units) == {}


def test_it_goes_no_further_than_it_is_told_and_than_the_clock(desk: Desk, units: Units, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    assert keep(units, contract) == Kept()
    clock.set(datetime(2027, 4, 1, tzinfo=UTC))
    assert keep(units, contract, REMINDER - 1) == Kept()
    assert keep(units, contract, REMINDER) == Kept(reminders=1)
    assert keep(units, contract, NEXT_TERM) == Kept(renewed=1, reminders=2)
    assert keep(units, contract) == Kept()


def test_another_tenants_contract_is_not_reached(desk: Desk, units: Units, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    other = desk.bring(Status.ACTIVE, tenant="other")
    clock.set(datetime(2027, 4, 1, tzinfo=UTC))
    with units.open(other.tenant, actor=OPERATOR) as unit:
        assert contracts.keep(unit, contract.id, upto=FAR) == Kept()
    assert [row.event for row in desk.history(contract.id)][-1] == "established"


def test_lists_of_what_waits_continue_where_they_stopped(desk: Desk, units: Units) -> None:
    made = [desk.bring(Status.ACTIVE, tenant=f"t{number}").id for number in range(3)]
    with units.platform(actor=OPERATOR, write=False) as unit:
        seen, place = [], (-1, "")
        while rows := contracts.waiting(unit, after_at=place[0], after_id=place[1], upto=REMINDER, limit=2):
            seen += [row.id for row in rows]
            place = (rows[-1].due_at, rows[-1].id)
        assert contracts.waiting(unit, after_at=-1, after_id="", upto=REMINDER - 1, limit=2) == []
    assert seen == sorted(made)
