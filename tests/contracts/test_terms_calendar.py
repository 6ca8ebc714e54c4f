from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.contracts import terms_calendar as calendar
from idp.contracts.terms_calendar import Term

DAY = timedelta(days=1)
starts = st.dates(date(2000, 1, 1), date(2150, 12, 31))
lengths = st.integers(1, 60)


def d(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "months", "end", "next_start", "next_end"),
    [
        ("2026-04-01", 12, "2027-03-31", "2027-04-01", "2028-03-31"),
        ("2026-02-15", 1, "2026-03-14", "2026-03-15", "2026-04-14"),
        ("2026-01-31", 1, "2026-02-28", "2026-03-01", "2026-03-31"),
        ("2024-02-29", 12, "2025-02-28", "2025-03-01", "2026-02-28"),
        ("2026-08-31", 6, "2027-02-28", "2027-03-01", "2027-08-31"),
    ],
)
def test_a_term_ends_and_is_renewed_as_the_civil_code_counts(
    start: str, months: int, end: str, next_start: str, next_end: str
) -> None:
    term = calendar.first_term(d(start), months)
    assert term == (1, d(start), d(end))
    assert calendar.next_term(term, months) == (2, d(next_start), d(next_end))


@pytest.mark.parametrize(
    ("end", "last_day"),
    [
        ("2026-03-31", "2026-02-28"),
        ("2028-03-31", "2028-02-29"),
        ("2026-07-31", "2026-06-30"),
        ("2027-02-28", "2027-01-28"),
        ("2026-12-15", "2026-11-15"),
        ("2026-01-31", "2025-12-31"),
    ],
)
def test_not_renewing_is_asked_a_month_before_the_end_counted_backwards(end: str, last_day: str) -> None:
    assert calendar.last_day_to_ask(d(end)) == d(last_day)


def test_the_month_is_not_counted_forwards_from_the_request() -> None:
    # forwards, 28 February would be a month before 28 March only, and 31 March could not be reached from any day
    assert calendar.last_day_to_ask(d("2026-03-31")) == calendar.last_day_to_ask(d("2026-03-28")) == d("2026-02-28")


def test_with_terms_of_a_month_the_next_end_to_ask_for_is_that_of_the_next_term() -> None:
    assert calendar.next_possible_end(d("2026-04-01"), 1, d("2026-04-01")) == (2, d("2026-05-01"), d("2026-05-31"))
    assert calendar.last_day_to_ask(d("2026-04-30")) < d("2026-04-01")


def test_the_deadline_is_usable_until_its_last_day_and_missed_on_the_next() -> None:
    assert calendar.next_possible_end(d("2026-04-01"), 12, d("2027-02-28")).last == d("2027-03-31")
    assert calendar.next_possible_end(d("2026-04-01"), 12, d("2027-03-01")).last == d("2028-03-31")


def reminder_days(term: Term, *, auto_renewal: bool) -> tuple[date, ...]:
    return tuple(reminder.on for reminder in calendar.reminders(term, auto_renewal=auto_renewal))


def test_reminders_come_before_the_last_day_to_ask_or_without_renewal_before_the_end() -> None:
    term = calendar.first_term(d("2026-04-01"), 12)
    assert reminder_days(term, auto_renewal=True) == (d("2026-12-30"), d("2027-01-29"), d("2027-02-21"))
    assert reminder_days(term, auto_renewal=False) == (d("2027-01-30"), d("2027-03-01"), d("2027-03-24"))


def test_no_reminder_for_a_day_before_the_term_began() -> None:
    term = calendar.first_term(d("2026-04-01"), 2)
    assert term.last == d("2026-05-31")
    assert reminder_days(term, auto_renewal=True) == (d("2026-04-23"),)
    assert reminder_days(term, auto_renewal=False) == (d("2026-04-01"), d("2026-05-01"), d("2026-05-24"))
    assert reminder_days(calendar.first_term(d("2026-04-01"), 1), auto_renewal=True) == ()


def end_counted_day_by_day(first: date, months: int) -> date:
    """The oracle walks the days: month by month up to the last month of the term, then to the corresponding day."""
    day, changes = first, 0
    while True:
        following = day + DAY
        if following.day == 1:
            changes += 1
        if changes == months and following.day == first.day:
            return day
        if changes > months:  # the last month is over and had no corresponding day
            return day
        day = following


@settings(max_examples=150, deadline=None)
@given(starts, lengths)
def test_a_term_ends_where_a_walk_through_the_days_ends(first: date, months: int) -> None:
    assert calendar.term_end(first, months) == end_counted_day_by_day(first, months)


@settings(max_examples=150, deadline=None)
@given(starts, lengths)
def test_terms_follow_one_another_without_gap_or_overlap(first: date, months: int) -> None:
    term = calendar.first_term(first, months)
    for number in range(1, 13):
        assert term.number == number
        assert term.first <= term.last
        assert term.last - term.first >= timedelta(days=28 * months - 1)
        following = calendar.next_term(term, months)
        assert following.first == term.last + DAY
        term = following


@settings(max_examples=150, deadline=None)
@given(starts, lengths, st.integers(0, 15_000))
def test_the_term_of_a_day_is_the_one_found_by_counting_terms(first: date, months: int, ahead: int) -> None:
    day = first + timedelta(days=ahead)
    counted = calendar.first_term(first, months)
    while counted.last < day:
        counted = calendar.next_term(counted, months)
    assert calendar.term_on(first, months, day) == counted
    assert calendar.nth_term(first, months, counted.number) == counted
    assert counted.first <= day <= counted.last


@pytest.mark.parametrize("first", ["2026-01-31", "2024-02-29", "2026-01-01"])
def test_a_date_in_a_far_century_is_found_without_counting_every_term(first: str) -> None:
    far = d("9998-12-31")
    term = calendar.term_on(d(first), 1, far)
    assert term.first <= far <= term.last


def test_a_day_before_the_first_term_belongs_to_it() -> None:
    assert calendar.term_on(d("2026-04-01"), 12, d("2025-01-01")).number == 1


@settings(max_examples=150, deadline=None)
@given(st.dates(date(2000, 2, 1), date(2150, 12, 31)))
def test_the_last_day_to_ask_lies_in_the_month_before_on_the_same_day_or_the_last(end: date) -> None:
    asked = calendar.last_day_to_ask(end)
    assert (asked.year * 12 + asked.month) == (end.year * 12 + end.month) - 1
    assert asked.day == end.day or (asked.day < end.day and asked.day == monthrange(asked.year, asked.month)[1])


@settings(max_examples=100, deadline=None)
@given(starts, st.integers(1, 24), st.integers(0, 3000))
def test_the_next_possible_end_is_the_first_whose_deadline_has_not_passed(first: date, months: int, ahead: int) -> None:
    today = first + timedelta(days=ahead)
    found = calendar.next_possible_end(first, months, today)
    assert calendar.last_day_to_ask(found.last) >= today
    present = calendar.term_on(first, months, today)
    if found.number > present.number:
        before = calendar.nth_term(first, months, found.number - 1)
        assert calendar.last_day_to_ask(before.last) < today
    assert isinstance(found, Term)
