"""The calendar against a walk through the days; `make calendar` asks for a million cases."""

import os
from datetime import date, timedelta

import pytest
from tests.contracts import oracle

from idp.contracts import terms_calendar as calendar
from idp.contracts.instants import end_of_day, start_of_day

CASES = int(os.environ.get("CASES", "20000"))
SEED = 20261122
CHAIN = 120

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + CASES // 500)]


def test_terms_end_and_are_asked_about_on_the_days_that_a_walk_finds() -> None:
    """Independently of the product's, in every zone there is."""
    for start, months, zone in oracle.cases(CASES, SEED):
        term = calendar.first_term(start, months)
        found = oracle.last_day(start, months)
        assert term.last == found, (start, months)
        assert calendar.last_day_to_ask(found) == oracle.last_day_to_ask(found), found
        assert end_of_day(found, zone) == oracle.first_instant_after(found, zone), (found, zone)


def test_chains_of_renewals_tile_the_days_without_gap_or_overlap() -> None:
    for start, months, zone in oracle.cases(CASES // CHAIN, SEED + 1):
        term = calendar.first_term(start, months)
        for number in range(1, CHAIN + 1):
            assert term.number == number
            assert term.last == oracle.last_day(term.first, months)
            renewed = calendar.next_term(term, months)
            assert renewed.first - term.last == timedelta(days=1)
            assert end_of_day(term.last, zone) == start_of_day(renewed.first, zone)
            if renewed.last.year > 2190:
                break
            term = renewed
        else:
            assert calendar.nth_term(start, months, CHAIN + 1) == term


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-04-01", 12, "2027-03-31"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2099-12-31", 2, "2100-02-28"),  # no leap year
    ],
)
def test_the_walk_itself_ends_where_the_civil_code_says(start: str, months: int, end: str) -> None:
    assert oracle.last_day(date.fromisoformat(start), months) == date.fromisoformat(end)


@pytest.mark.parametrize(
    ("zone", "day", "instant"),
    [
        ("America/Santiago", "2026-09-05", "2026-09-06T04:00:00+00:00"),  # 00:00 does not exist on the 6th
        ("America/Santiago", "2026-04-04", "2026-04-05T04:00:00+00:00"),  # 23:00 to 24:00 comes twice on the 4th
        ("Asia/Beirut", "2026-03-28", "2026-03-28T22:00:00+00:00"),
        ("America/Havana", "2026-10-31", "2026-11-01T04:00:00+00:00"),
        ("Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00+00:00"),  # the 30th was left out
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00+00:00"),
        ("Pacific/Kiritimati", "2027-03-31", "2027-03-31T10:00:00+00:00"),
        ("Etc/GMT+12", "2027-03-31", "2027-04-01T12:00:00+00:00"),
        ("Asia/Kathmandu", "2027-03-31", "2027-03-31T18:15:00+00:00"),
        (
            "America/St_Johns",
            "2009-10-31",
            "2009-11-01T02:30:00+00:00",
        ),  # 00:01 was followed by 23:01 of the day before
        ("Asia/Tokyo", "2027-03-31", "2027-03-31T15:00:00+00:00"),
    ],
)
def test_the_edges_of_days_are_where_clocks_on_walls_show_them(zone: str, day: str, instant: str) -> None:
    last = date.fromisoformat(day)
    assert oracle.first_instant_after(last, zone).isoformat() == instant
    assert end_of_day(last, zone).isoformat() == instant
