from datetime import date

import pytest
from tests.contracts.conftest import Desk

from idp.contracts import EndReason, Event, Status
from idp.kit.clock import FixedClock, parse
from idp.kit.errors import Conflict, Invalid

END = date(2027, 3, 31)


def test_not_renewing_in_time_is_recorded_and_ends_the_contract(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    assert contract.standing.last_day_to_ask == date(2027, 2, 28)
    clock.set(parse("2027-02-28T23:59:59+09:00"))
    asked = desk.act("ask_non_renewal", contract.id, end_date=END)
    assert asked.non_renewal == (END, clock.now_us())
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    ended = desk.get(contract.id)
    assert ended.standing.ended is not None
    assert ended.standing.ended[:2] == (EndReason.NOT_RENEWED, END)


def test_a_minute_later_it_is_too_late_and_the_answer_says_what_is_possible(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    clock.set(parse("2027-03-01T00:00:00+09:00"))
    with pytest.raises(Conflict) as refused:
        desk.act("ask_non_renewal", contract.id, end_date=END)
    assert refused.value.code == "non_renewal_too_late"
    assert refused.value.members == {"deadline": "2027-02-28", "next_possible_end_date": "2028-03-31"}
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/end_date", "non_renewal_too_late")]
    later = desk.act("ask_non_renewal", contract.id, end_date=date(2028, 3, 31))
    assert later.non_renewal is not None


@pytest.mark.parametrize("end", [date(2027, 3, 30), date(2027, 4, 1), date(2026, 3, 31), date(2028, 4, 1), date.max])
def test_a_day_on_which_no_term_ends_is_refused(desk: Desk, end: date) -> None:
    contract = desk.bring(Status.ACTIVE)
    with pytest.raises(Invalid) as refused:
        desk.act("ask_non_renewal", contract.id, end_date=end)
    assert refused.value.code == "end_date_not_term_end"
    assert refused.value.members == {"next_possible_end_date": "2027-03-31"}
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/end_date", "end_date_not_term_end")]


def test_the_end_of_a_past_term_is_no_end(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    clock.set(parse("2028-01-01T00:00:00+09:00"))
    with pytest.raises(Invalid) as refused:
        desk.act("ask_non_renewal", contract.id, end_date=END)
    assert refused.value.code == "end_date_not_term_end"


def test_without_automatic_renewal_there_is_nothing_to_ask(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE, auto_renewal=False)
    with pytest.raises(Conflict) as refused:
        desk.act("ask_non_renewal", contract.id, end_date=END)
    assert refused.value.code == "no_automatic_renewal"


def test_it_is_withdrawn_until_midnight_of_the_day_it_names_and_the_contract_is_renewed(
    desk: Desk, clock: FixedClock
) -> None:
    contract = desk.bring(Status.ACTIVE)
    desk.act("ask_non_renewal", contract.id, end_date=END)
    clock.set(parse("2027-03-31T23:59:59+09:00"))
    assert desk.act("withdraw_non_renewal", contract.id).non_renewal is None
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    assert desk.get(contract.id).standing.term == (2, date(2027, 4, 1), date(2028, 3, 31))


def test_after_midnight_it_stands(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    desk.act("ask_non_renewal", contract.id, end_date=END)
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    with pytest.raises(Conflict) as refused:
        desk.act("withdraw_non_renewal", contract.id)
    assert refused.value.members == {"state": Status.ENDED}


def test_the_same_date_again_leaves_no_row_even_when_it_would_be_too_late(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    asked = desk.act("ask_non_renewal", contract.id, end_date=END)
    clock.set(parse("2027-03-15T00:00:00+09:00"))
    again = desk.act("ask_non_renewal", contract.id, end_date=END)
    assert (again.version, again.non_renewal) == (asked.version, asked.non_renewal)
    assert desk.history(contract.id)[-1].seq == 5


def test_another_date_takes_the_place_of_the_first(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE)
    desk.act("ask_non_renewal", contract.id, end_date=END)
    moved = desk.act("ask_non_renewal", contract.id, end_date=date(2028, 3, 31))
    assert moved.non_renewal is not None
    assert moved.non_renewal.end_date == date(2028, 3, 31)
    assert [row.event for row in desk.history(contract.id)[-2:]] == [Event.NON_RENEWAL_REQUESTED] * 2


def test_a_stop_leaves_everything_as_it_is_until_midnight_of_its_day(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE, start_date="2026-01-01")
    clock.set(parse("2026-06-30T12:00:00+09:00"))
    stopped = desk.act("ask_stop", contract.id, stop_date=date(2026, 6, 30))
    assert (stopped.status, stopped.stop_date) == (Status.ACTIVE, date(2026, 6, 30))
    clock.set(parse("2026-06-30T23:59:59.999999+09:00"))
    assert desk.get(contract.id).status is Status.ACTIVE
    clock.advance(microseconds=1)
    ended = desk.get(contract.id).standing.ended
    assert ended is not None
    assert ended[:2] == (EndReason.STOPPED, date(2026, 6, 30))
    with pytest.raises(Conflict):
        desk.act("withdraw_stop", contract.id)


def test_a_stop_that_was_withdrawn_stops_nothing(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.SUSPENDED)
    desk.act("ask_stop", contract.id, stop_date=date(2026, 6, 30))
    assert desk.act("withdraw_stop", contract.id).stop_date is None
    clock.set(parse("2026-08-01T00:00:00+09:00"))
    assert desk.get(contract.id).status is Status.SUSPENDED


def test_a_stop_names_no_day_that_has_passed_in_the_contracts_zone(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    clock.set(parse("2026-06-29T15:00:00+00:00"))  # the thirtieth in Tokyo
    with pytest.raises(Invalid) as refused:
        desk.act("ask_stop", contract.id, stop_date=date(2026, 6, 29))
    assert refused.value.code == "past"
    assert [(error.pointer, error.code) for error in refused.value.errors] == [("/stop_date", "past")]
    assert desk.act("ask_stop", contract.id, stop_date=date(2026, 6, 30)).stop_date == date(2026, 6, 30)


def test_a_date_beyond_the_calendar_is_refused(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE)
    with pytest.raises(Invalid) as refused:
        desk.act("ask_stop", contract.id, stop_date=date.max)
    assert refused.value.code == "out_of_range"
