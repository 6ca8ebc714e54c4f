from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.contracts import terms_calendar as calendar
from idp.contracts.instants import day_of
from idp.contracts.lifecycle import EndReason, Event, Status, after
from idp.contracts.standing import (
    Agreement,
    Due,
    Ending,
    Reason,
    Standing,
    due,
    ending,
    reason_at,
    standing,
    status_at,
    terminated_at,
    window,
)
from idp.kit.clock import instant, micros

MICROSECOND = timedelta(microseconds=1)
YEAR = Agreement(Status.ACTIVE, Event.ESTABLISHED, "Asia/Tokyo", 12, auto_renewal=True, first_day=date(2026, 4, 1))
NEVER_BEGUN = [Status.APPLIED, Status.SCREENING, Status.APPROVED, Status.REJECTED, Status.WITHDRAWN]


def d(text: str) -> date:
    return date.fromisoformat(text)


def midnight(text: str) -> datetime:
    """00:00 of the day in Tokyo."""
    return datetime.fromisoformat(text + "T00:00:00+09:00").astimezone(UTC)


def reason(agreement: Agreement, now: datetime) -> Reason | None:
    return reason_at(window(agreement), micros(now))


@pytest.mark.parametrize("status", NEVER_BEGUN)
def test_before_it_is_established_a_contract_lets_nobody_through(status: Status) -> None:
    agreement = YEAR._replace(status=status, first_day=None)
    assert reason(agreement, midnight("2026-06-01")) is Reason.NOT_ESTABLISHED
    assert standing(agreement, midnight("2026-06-01")) == Standing(status)


def test_between_set_up_and_its_first_day_a_contract_is_active_and_lets_nobody_through() -> None:
    start = midnight("2026-04-01")
    assert reason(YEAR, start - MICROSECOND) is Reason.NOT_STARTED
    assert standing(YEAR, start - MICROSECOND).status is Status.ACTIVE
    assert standing(YEAR, start - MICROSECOND).term == (1, d("2026-04-01"), d("2027-03-31"))
    assert reason(YEAR, start) is None


def test_an_active_contract_that_renews_has_no_end_in_sight() -> None:
    assert ending(YEAR) is None
    assert reason(YEAR, midnight("2099-01-01")) is None
    assert standing(YEAR, midnight("2028-06-01")).term == (3, d("2028-04-01"), d("2029-03-31"))


def test_a_suspended_contract_says_so_even_before_its_first_day() -> None:
    held = YEAR._replace(status=Status.SUSPENDED)
    assert reason(held, midnight("2026-03-01")) is Reason.SUSPENDED
    assert reason(held, midnight("2028-06-01")) is Reason.SUSPENDED
    assert standing(held, midnight("2028-06-01")).term == (3, d("2028-04-01"), d("2029-03-31"))


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.SUSPENDED])
@pytest.mark.parametrize(
    ("changes", "why", "last_day"),
    [
        ({"auto_renewal": False}, EndReason.EXPIRED, "2027-03-31"),
        ({"non_renewal": d("2028-03-31"), "renewals": 1}, EndReason.NOT_RENEWED, "2028-03-31"),
        ({"stop": d("2026-07-15")}, EndReason.STOPPED, "2026-07-15"),
        ({"stop": d("2026-07-15"), "auto_renewal": False}, EndReason.STOPPED, "2026-07-15"),
        ({"stop": d("2029-07-15"), "auto_renewal": False}, EndReason.EXPIRED, "2027-03-31"),
        ({"stop": d("2027-03-31"), "auto_renewal": False}, EndReason.STOPPED, "2027-03-31"),
        ({"stop": d("2027-03-31"), "non_renewal": d("2027-03-31")}, EndReason.STOPPED, "2027-03-31"),
    ],
)
def test_a_contract_ends_at_midnight_after_its_last_day_though_no_job_has_run(
    status: Status, changes: dict[str, object], why: EndReason, last_day: str
) -> None:
    agreement = YEAR._replace(status=status, **changes)
    over = midnight((d(last_day) + timedelta(days=1)).isoformat())
    before = standing(agreement, over - MICROSECOND)
    assert (before.status, before.ended) == (status, None)
    then = standing(agreement, over)
    assert (then.status, then.ended) == (Status.ENDED, Ending(why, d(last_day), micros(over)))
    assert reason(agreement, over - MICROSECOND) is (None if status is Status.ACTIVE else Reason.SUSPENDED)
    assert reason(agreement, over) is Reason.ENDED


def test_the_end_follows_the_contracts_own_zone() -> None:
    london = YEAR._replace(zone="Europe/London", auto_renewal=False)
    assert reason(london, datetime(2027, 3, 31, 22, 59, tzinfo=UTC)) is None  # British summer time
    assert reason(london, datetime(2027, 3, 31, 23, 0, tzinfo=UTC)) is Reason.ENDED


def test_a_stop_before_the_first_day_ends_a_contract_that_never_started() -> None:
    agreement = YEAR._replace(stop=d("2026-03-10"))
    assert reason(agreement, midnight("2026-03-10")) is Reason.NOT_STARTED
    assert reason(agreement, midnight("2026-03-11")) is Reason.ENDED
    assert standing(agreement, midnight("2026-05-01")).term == (1, d("2026-04-01"), d("2027-03-31"))


def test_a_termination_counts_at_once_and_is_dated_with_its_day() -> None:
    at = micros(midnight("2026-07-15")) + 5
    end = terminated_at(at, "Asia/Tokyo")
    assert end == (EndReason.TERMINATED, d("2026-07-15"), at)
    agreement = YEAR._replace(status=Status.ENDED, entered_by=Event.TERMINATED, ended=end)
    assert reason(agreement, instant(at)) is Reason.ENDED
    later = standing(agreement, midnight("2031-01-01"))
    assert (later.status, later.ended) == (Status.ENDED, end)
    assert later.term == (1, d("2026-04-01"), d("2027-03-31"))


def test_an_erased_contract_stays_erased() -> None:
    erased = YEAR._replace(status=Status.ERASED, ended=terminated_at(micros(midnight("2026-07-15")), "Asia/Tokyo"))
    assert reason(erased, midnight("2027-01-01")) is Reason.ENDED
    assert standing(erased, midnight("2027-01-01")).status is Status.ERASED


def test_what_can_still_be_asked_is_said_beforehand() -> None:
    now = standing(YEAR, midnight("2027-02-28"))
    assert (now.last_day_to_ask, now.next_possible_end) == (d("2027-02-28"), d("2027-03-31"))
    late = standing(YEAR, midnight("2027-03-01"))
    assert (late.last_day_to_ask, late.next_possible_end) == (d("2027-02-28"), d("2028-03-31"))
    monthly = standing(YEAR._replace(months=1), midnight("2026-04-01"))
    assert (monthly.last_day_to_ask, monthly.next_possible_end) == (d("2026-03-30"), d("2026-05-31"))
    without = standing(YEAR._replace(auto_renewal=False), midnight("2026-04-01"))
    assert (without.last_day_to_ask, without.next_possible_end) == (None, None)


def test_renewals_are_due_at_midnight_of_the_new_term_and_only_once() -> None:
    start = midnight("2027-04-01")
    assert list(due(YEAR, start - MICROSECOND)) == []
    assert list(due(YEAR, start)) == [Due(Event.RENEWED, micros(start))]
    assert list(due(YEAR._replace(renewals=1), start)) == []
    assert [row.at_us for row in due(YEAR, midnight("2029-08-01"))] == [
        micros(midnight(day)) for day in ("2027-04-01", "2028-04-01", "2029-04-01")
    ]


def test_renewals_before_an_end_come_first_and_none_comes_with_it() -> None:
    agreement = YEAR._replace(non_renewal=d("2028-03-31"))
    assert list(due(agreement, midnight("2040-01-01"))) == [
        Due(Event.RENEWED, micros(midnight("2027-04-01"))),
        Due(Event.NOT_RENEWED, micros(midnight("2028-04-01"))),
    ]
    stopped = YEAR._replace(stop=d("2027-03-31"))
    assert list(due(stopped, midnight("2040-01-01"))) == [Due(Event.STOPPED, micros(midnight("2027-04-01")))]


@pytest.mark.parametrize("status", [*NEVER_BEGUN, Status.ENDED, Status.ERASED])
def test_nothing_is_due_for_a_contract_that_does_not_run(status: Status) -> None:
    assert list(due(YEAR._replace(status=status), midnight("2040-01-01"))) == []


@st.composite
def agreements(draw: st.DrawFn) -> Agreement:
    first = draw(st.dates(date(2010, 1, 1), date(2040, 12, 31)))
    months = draw(st.integers(1, 24))
    renews = draw(st.booleans())
    asked = draw(st.none() | st.integers(1, 6)) if renews else None
    stop = draw(st.none() | st.integers(-40, 1500))
    return Agreement(
        status=draw(st.sampled_from([Status.ACTIVE, Status.SUSPENDED])),
        entered_by=Event.ESTABLISHED,
        zone=draw(st.sampled_from(["Asia/Tokyo", "Europe/London", "America/Sao_Paulo"])),
        months=months,
        auto_renewal=renews,
        first_day=first,
        non_renewal=None if asked is None else calendar.nth_term(first, months, asked).last,
        stop=None if stop is None else first + timedelta(days=stop),
    )


def instants_around(agreement: Agreement, days: list[int]) -> list[datetime]:
    assert agreement.first_day is not None
    start = datetime.combine(agreement.first_day, datetime.min.time(), UTC)
    return sorted(start + timedelta(days=n, hours=n % 24) for n in days)


def status_by_the_days(agreement: Agreement, now: datetime) -> Status:
    """The oracle looks at the day in the contract's zone and walks the terms; it knows no instants."""
    today, first = day_of(now, agreement.zone), agreement.first_day
    assert first is not None
    if agreement.stop is not None and today > agreement.stop:
        return Status.ENDED
    if not agreement.auto_renewal and today > calendar.term_end(first, agreement.months):
        return Status.ENDED
    if agreement.non_renewal is not None and today > agreement.non_renewal:
        return Status.ENDED
    return agreement.status


@settings(max_examples=200, deadline=None)
@given(agreements(), st.lists(st.integers(-60, 2000), min_size=2, max_size=12))
def test_time_alone_only_ever_ends_a_contract_and_says_what_the_days_say(agreement: Agreement, days: list[int]) -> None:
    facts, over = window(agreement), False
    for now in instants_around(agreement, days):
        status = status_at(facts, micros(now))
        assert status is status_by_the_days(agreement, now) is standing(agreement, now).status
        over = over or status is Status.ENDED
        assert (status is Status.ENDED) is over
        assert (reason_at(facts, micros(now)) is Reason.ENDED) is over
        permitted = status is Status.ACTIVE and day_of(now, agreement.zone) >= facts_first(agreement)
        assert (reason_at(facts, micros(now)) is None) is permitted


def facts_first(agreement: Agreement) -> date:
    assert agreement.first_day is not None
    return agreement.first_day


@settings(max_examples=150, deadline=None)
@given(agreements(), st.lists(st.integers(-60, 2000), min_size=2, max_size=2))
def test_what_is_due_is_a_legal_history_and_the_same_in_one_step_or_in_two(
    agreement: Agreement, days: list[int]
) -> None:
    early, late = instants_around(agreement, days)
    once, first = list(due(agreement, late)), list(due(agreement, early))
    status, at = agreement.status, 0
    for event in once:
        status = after(status, event.event)
        assert at < event.at_us <= micros(late)
        at = event.at_us
    assert status is standing(agreement, late).status
    renewed = sum(row.event is Event.RENEWED for row in first)
    if standing(agreement, early).status is Status.ENDED:
        assert first == once
    else:
        assert first + list(due(agreement._replace(renewals=renewed), late)) == once
