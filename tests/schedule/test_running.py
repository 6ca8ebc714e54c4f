"""The run on both databases: what is due by date is done in the order of the dates, and once."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.contracts.conftest import NOON
from tests.schedule.conftest import Office

from idp import contracts, schedule
from idp.contracts import Contract, Status
from idp.kit.clock import micros
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.schedule import Done, Item, Place

LATER = datetime(2027, 7, 10, 3, tzinfo=UTC)
YEAR_ON = "2027-04-01T00:00:00"


def test_nothing_is_done_before_its_first_second_and_all_of_it_from_then_on(office: Office) -> None:
    contract = office.active()
    assert office.until("2027-03-31T23:59:59").done().renewed == 0
    assert office.until(YEAR_ON).done().renewed == 1
    assert office.rows(contract) == [("renewed", "2027-03-31T15:00:00Z")]


def test_a_second_run_or_one_for_an_earlier_day_finds_nothing_left(office: Office) -> None:
    office.active()
    office.until(YEAR_ON)
    assert office.done() == Done(renewed=1, reminders=3)
    assert office.done() == office.done("2027-01-01") == Done()


def test_a_run_for_a_day_leaves_what_is_due_later_though_it_has_come(office: Office) -> None:
    contract = office.active()
    office.until("2028-06-01T12:00:00")
    assert office.done("2027-03-31") == Done(reminders=3)
    assert office.done("2027-04-01") == Done(renewed=1)
    assert office.done() == Done(renewed=1, reminders=3)
    assert office.rows(contract) == [("renewed", "2027-03-31T15:00:00Z"), ("renewed", "2028-03-31T15:00:00Z")]


@pytest.mark.parametrize(
    ("zone", "begins"),
    [("Pacific/Kiritimati", "2027-03-31T19:00:00"), ("America/New_York", "2027-04-01T13:00:00")],
)
def test_a_day_begins_where_the_contract_says_and_only_once_it_has_come(office: Office, zone: str, begins: str) -> None:
    contract = office.active(time_zone=zone)
    office.until(begins)
    assert office.done("2027-03-31").renewed == 0
    office.clock.advance(microseconds=-1)
    assert office.done("2027-04-01").renewed == 0
    office.until(begins)
    assert office.done("2027-04-01").renewed == 1
    assert [event for event, _ in office.rows(contract)] == ["renewed"]


def test_days_of_other_zones_that_have_not_come_keep_nobody_waiting(office: Office) -> None:
    east = office.active(tenant="east", time_zone="Pacific/Kiritimati")
    tokyo = office.active(tenant="tokyo")
    office.until(YEAR_ON)
    assert office.done("2027-03-31") == Done(reminders=6)
    assert office.done("2027-04-01") == Done(renewed=2)
    assert office.rows(east) == [("renewed", "2027-03-31T10:00:00Z")]
    assert office.rows(tokyo) == [("renewed", "2027-03-31T15:00:00Z")]


@pytest.mark.parametrize(
    ("filed", "reason"),
    [({"auto_renewal": False}, "expired"), ({"auto_renewal": True}, "not_renewed")],
)
def test_a_contract_that_runs_out_is_ended_and_everything_of_it_with_it(
    office: Office, filed: dict[str, bool], reason: str
) -> None:
    contract = office.active(**filed)
    if filed["auto_renewal"]:
        office.act("ask_non_renewal", contract.id, end_date=contract.standing.term.last)  # type: ignore[union-attr]
    _, generation = office.counters(contract.tenant)
    office.until(YEAR_ON)
    assert office.done() == Done(ended=1, reminders=3)
    assert office.done() == Done()
    assert office.get(contract.id).status is Status.ENDED
    assert office.rows(contract) == [(reason, "2027-03-31T15:00:00Z")]
    assert office.counters(contract.tenant)[1] == generation + 1
    assert len(office.told(contract, f"contract.{reason}")) == 1


def test_a_stop_is_carried_out_after_its_last_day_while_the_contract_is_held_too(office: Office) -> None:
    contract = office.bring(Status.SUSPENDED)
    stop = contract.application.start_date + timedelta(days=400)
    office.act("ask_stop", contract.id, stop_date=stop)
    assert office.until("2027-05-06T23:59:59").done() == Done(renewed=1, reminders=3)
    assert office.until("2027-05-07T00:00:00").done() == Done(ended=1)
    assert office.rows(contract)[-1] == ("stopped", "2027-05-06T15:00:00Z")


LIVES: dict[str, dict[str, Any]] = {
    "monthly": {"term_months": 1},
    "quarterly": {"term_months": 3},
    "from-the-last-of-a-month": {"term_months": 1, "start_date": "2026-05-31"},
    "expiring": {"auto_renewal": False},
    "in-new-york": {"term_months": 2, "time_zone": "America/New_York"},
    "held": {"term_months": 6},
}


def live(office: Office, manner: str) -> list[Contract]:
    """Contracts of every kind, from the same day on."""
    office.clock.set(NOON)
    lives = [office.active(tenant=f"{name}-{manner}", **filed) for name, filed in LIVES.items()]
    office.act("suspend", lives[-1].id)
    office.act("ask_stop", lives[1].id, stop_date=date(2027, 2, 10))
    return lives


def test_four_hundred_days_late_the_result_is_that_of_a_run_each_day(office: Office) -> None:
    daily, total = live(office, "daily"), Done()
    while office.clock.now_us() < micros(LATER):
        office.clock.advance(days=1)
        total = total.plus(office.done())
    late = live(office, "late")
    office.clock.set(LATER)
    assert office.done() == total
    assert total.renewed > 30
    assert total.ended == 2
    for one, other in zip(daily, late, strict=True):
        assert office.rows(one) == office.rows(other) != []
        assert reminded(office, one) == reminded(office, other)


def reminded(office: Office, contract: Contract) -> list[tuple[int, int, str]]:
    return [(each["term"], each["days"], each["on"]) for each in office.told(contract, "contract.reminder")]


def test_reminders_come_on_their_days_and_once_for_a_term(office: Office) -> None:
    contract = office.active()
    assert office.until("2026-12-29T23:59:59").done() == Done()
    assert office.until("2026-12-30T00:00:00").done() == Done(reminders=1)
    office.act("suspend", contract.id)
    office.act("resume", contract.id)
    assert office.done() == Done()
    assert office.until("2027-02-21T00:00:00").done() == Done(reminders=2)
    assert reminded(office, contract) == [
        (1, 60, "2026-12-30"),
        (1, 30, "2027-01-29"),
        (1, 7, "2027-02-21"),
    ]
    assert {each["last_day_to_ask"] for each in office.told(contract, "contract.reminder")} == {"2027-02-28"}
    assert office.until("2028-02-21T00:00:00").done() == Done(renewed=1, reminders=2)
    assert [each["term"] for each in office.told(contract, "contract.reminder")] == [1, 1, 1, 2, 2]


def test_a_reminder_leaves_the_version_as_it_is(office: Office) -> None:
    contract = office.active()
    office.until("2026-12-30T00:00:00").done()
    assert office.get(contract.id).version == contract.version


def test_without_renewal_reminders_count_to_the_end_and_none_comes_after_a_stop(office: Office) -> None:
    contract = office.active(auto_renewal=False)
    office.act("ask_stop", contract.id, stop_date=contract.application.start_date.replace(year=2027, month=2, day=28))
    assert office.until("2027-06-01T00:00:00").done() == Done(ended=1, reminders=1)
    (told,) = office.told(contract, "contract.reminder")
    assert (told["days"], told["on"], told["end_date"]) == (60, "2027-01-30", "2027-03-31")


def test_an_act_on_a_contract_that_is_behind_brings_it_up_and_loses_no_reminder(office: Office) -> None:
    contract = office.active()
    office.until("2027-06-01T00:00:00")
    office.act("suspend", contract.id)
    assert office.rows(contract) == [("renewed", "2027-03-31T15:00:00Z")]
    assert office.done() == Done(reminders=3)
    assert office.done() == Done()


class Breaks(schedule.ContractDates):
    """Cannot do what belongs to one tenant."""

    def __init__(self, tenant: TenantId) -> None:
        self.tenant = tenant

    def do(self, units: Units, item: Item) -> Done:
        if item.tenant == self.tenant:
            raise ZeroDivisionError
        return super().do(units, item)


def test_one_that_cannot_be_done_is_left_whole_for_the_next_run_and_stops_no_other(office: Office) -> None:
    broken, whole = office.active(tenant="broken"), office.active(tenant="whole")
    office.until("2027-04-01T00:00:00")
    outcome = office.run(steps=[Breaks(broken.tenant)])
    assert outcome.done == Done(renewed=1, reminders=3)
    assert {item.id for item, _ in outcome.failed} == {broken.id}
    assert office.rows(broken) == []
    assert len(office.rows(whole)) == 1
    assert office.done() == Done(renewed=1, reminders=3)


class Erasures:
    """Another kind of thing, due at the very instant at which a contract was stopped."""

    def __init__(self) -> None:
        self.gone: set[str] = set()

    def resume(self, _units: Units) -> Done:
        return Done()

    def due(self, unit: Unit, *, after: Place, upto: int, limit: int) -> list[Item]:
        found = [
            Item(each.tenant, each.id, contracts.history(unit, each.id)[-1].at, "Asia/Tokyo")
            for each in contracts.page(unit)
            if each.id not in self.gone and contracts.history(unit, each.id)[-1].after is Status.ENDED
        ]
        waiting = (item for item in found if item.place > after and item.at_us <= upto)
        return sorted(waiting, key=lambda item: item.place)[:limit]

    def do(self, _units: Units, item: Item) -> Done:
        self.gone.add(item.id)
        return Done(erased=1)


def test_steps_take_turns_in_the_order_of_the_dates(office: Office) -> None:
    first, second = office.active(tenant="first"), office.active(tenant="second")
    office.act("ask_stop", first.id, stop_date=first.application.start_date)
    office.act("ask_stop", second.id, stop_date=second.application.start_date + timedelta(days=1))
    office.until("2027-04-01T00:00:00")
    told: list[str] = []
    outcome = schedule.run(
        office.units,
        [schedule.ContractDates(), Erasures()],
        told=lambda item, done: told.append(f"{office.get(item.id).application.slug} {done.ended or -done.erased}"),
    )
    assert outcome.done == Done(ended=2, erased=2)
    assert told == ["first 1", "first -1", "second 1", "second -1"]
