"""The schedule kept by itself."""

import pytest
from tests.schedule.conftest import Office

from idp import schedule
from idp.schedule import ContractDates, Watch, watching


def test_nothing_is_done_while_nothing_is_due(office: Office) -> None:
    contract = office.active()
    watch = Watch(office.units, [ContractDates()], patience=0)
    assert watch() == watching.LOOK
    assert office.rows(contract) == []


def test_a_jump_of_the_clock_is_noticed_at_the_next_look(office: Office) -> None:
    contract = office.active()
    watch = Watch(office.units, [ContractDates()], patience=0)
    watch()
    office.until("2028-04-01T00:00:00")
    assert watch() == watching.LOOK
    assert [event for event, _ in office.rows(contract)] == ["renewed", "renewed"]
    assert office.done() == schedule.Done()


@pytest.mark.rewired
def test_what_is_due_is_left_for_a_while_to_whoever_else_runs(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr(watching.clock, "monotonic", lambda: seconds[0])
    contract = office.active()
    watch = Watch(office.units, [ContractDates()], patience=30)
    office.until("2027-04-01T00:00:00")
    watch()
    seconds[0] += 29
    watch()
    assert office.rows(contract) == []
    seconds[0] += 1
    watch()
    assert len(office.rows(contract)) == 1


@pytest.mark.rewired
def test_the_wait_begins_anew_once_somebody_else_has_done_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr(watching.clock, "monotonic", lambda: seconds[0])
    contract = office.active()
    watch = Watch(office.units, [ContractDates()], patience=30)
    office.until("2027-04-01T00:00:00")
    watch()
    office.done()
    seconds[0] += 29
    watch()
    office.until("2028-04-01T00:00:00")
    seconds[0] += 2
    watch()
    assert len(office.rows(contract)) == 1


def test_one_that_cannot_be_done_is_not_tried_all_the_time(office: Office) -> None:
    class Broken(ContractDates):
        def do(self, *_: object) -> schedule.Done:
            raise ZeroDivisionError

    office.active()
    office.until("2027-04-01T00:00:00")
    assert Watch(office.units, [Broken()], patience=0)() > 10 * watching.LOOK


def test_it_leaves_between_two_items_when_it_is_told_to(office: Office) -> None:
    contract = office.active(term_months=1)
    office.until("2027-04-01T00:00:00")
    Watch(office.units, [ContractDates()], patience=0, leaving=lambda: len(office.rows(contract)) == 3)()
    assert len(office.rows(contract)) == 3
