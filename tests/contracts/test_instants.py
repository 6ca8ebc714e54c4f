from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.contracts.instants import day_of, end_of_day, start_of_day

# Beside ours: clocks that change at midnight, a day that was skipped, a quarter of an hour, no change at all.
ZONES = [
    "Asia/Tokyo",
    "America/Sao_Paulo",
    "America/Havana",
    "Atlantic/Azores",
    "Africa/Cairo",
    "Asia/Beirut",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Europe/London",
    "UTC",
]


def test_the_last_day_in_tokyo_ends_at_fifteen_hours_utc() -> None:
    assert end_of_day(date(2027, 3, 31), "Asia/Tokyo") == datetime(2027, 3, 31, 15, tzinfo=UTC)
    assert start_of_day(date(2026, 4, 1), "Asia/Tokyo") == datetime(2026, 3, 31, 15, tzinfo=UTC)


def test_a_midnight_that_does_not_exist_is_the_moment_the_clocks_went_forward() -> None:
    # São Paulo, 4 November 2018: 23:59:59 was followed by 01:00
    start = start_of_day(date(2018, 11, 4), "America/Sao_Paulo")
    assert start == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert day_of(start - timedelta(microseconds=1), "America/Sao_Paulo") == date(2018, 11, 3)


def test_a_midnight_that_comes_twice_begins_the_day_the_first_time() -> None:
    # the Azores, 25 October 2026: 01:00 was followed by 00:00
    assert start_of_day(date(2026, 10, 25), "Atlantic/Azores") == datetime(2026, 10, 25, 0, tzinfo=UTC)


def test_a_day_that_was_skipped_is_empty() -> None:
    # Samoa crossed the date line over 30 December 2011
    skipped = date(2011, 12, 30)
    assert start_of_day(skipped, "Pacific/Apia") == end_of_day(skipped, "Pacific/Apia")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), st.dates(date(1990, 1, 1), date(2037, 12, 31)))
def test_days_are_half_open_and_tile_time_in_every_zone(zone: str, day: date) -> None:
    start, end = start_of_day(day, zone), end_of_day(day, zone)
    assert start <= end == start_of_day(day + timedelta(days=1), zone)
    if start < end:
        assert day_of(start, zone) == day
        assert day_of(end - timedelta(microseconds=1), zone) == day
    assert day_of(end, zone) > day


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Europe/London"])
def test_the_day_of_an_instant_is_read_in_the_contracts_zone(zone: str) -> None:
    instant = datetime(2027, 3, 31, 15, tzinfo=UTC)
    assert day_of(instant, zone) == (date(2027, 4, 1) if zone == "Asia/Tokyo" else date(2027, 3, 31))
