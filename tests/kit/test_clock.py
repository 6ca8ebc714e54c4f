from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.kit import clock
from idp.kit.clock import FileClock, FixedClock, SystemClock

JAPAN = timezone(timedelta(hours=9))
instants = st.datetimes(timezones=st.just(UTC))

ACCEPTED = {
    "2026-04-01T00:00:00Z": datetime(2026, 4, 1, tzinfo=UTC),
    "2026-04-01t00:00:00z": datetime(2026, 4, 1, tzinfo=UTC),
    "2026-04-01T00:00:00+09:00": datetime(2026, 3, 31, 15, tzinfo=UTC),
    "2026-04-01T00:00:00-00:00": datetime(2026, 4, 1, tzinfo=UTC),
    "2026-04-01T00:00:00.5Z": datetime(2026, 4, 1, 0, 0, 0, 500_000, tzinfo=UTC),
    "2026-04-01T00:00:00.1234569Z": datetime(2026, 4, 1, 0, 0, 0, 123_456, tzinfo=UTC),
    "2024-02-29T23:59:59Z": datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC),
}
REFUSED = [
    "",
    "now",
    "2026-04-01",
    "2026-04-01T00:00:00",
    "2026-04-01T00:00Z",
    "2026-04-01 00:00:00Z",
    "20260401T000000Z",
    "2026-W14-3T00:00:00Z",
    "2026-04-01T00:00:00,5Z",
    "2026-04-01T00:00:00+0900",
    "2026-04-01T00:00:00+09",
    "2026-04-01T00:00:00+09:00:30",
    "2026-02-29T00:00:00Z",
    "2026-04-01T24:00:01Z",
    "2026-04-01T00:00:00Z\n",
    "２０２６-04-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
]


@pytest.mark.parametrize(("text", "expected"), ACCEPTED.items())
def test_an_instant_of_rfc_3339_is_read(text: str, expected: datetime) -> None:
    assert clock.parse(text) == expected
    assert clock.parse(text).tzinfo is UTC


@pytest.mark.parametrize("text", REFUSED)
def test_anything_else_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no instant|is not in the years|out of range|must be in"):
        clock.parse(text)


@given(instants)
def test_an_instant_survives_storing_and_writing(at: datetime) -> None:
    us = clock.micros(at)
    assert clock.instant(us) == at
    assert clock.parse(clock.rfc3339(us)) == at


@given(instants, instants)
def test_stored_instants_are_in_the_order_of_time(one: datetime, other: datetime) -> None:
    assert (clock.micros(one) < clock.micros(other)) == (one < other)


def test_an_instant_is_written_with_a_fraction_only_where_there_is_one() -> None:
    at = clock.micros(datetime(2026, 4, 1, 9, tzinfo=JAPAN))
    assert clock.rfc3339(at) == "2026-04-01T00:00:00Z"
    assert clock.rfc3339(at + 1) == "2026-04-01T00:00:00.000001Z"


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    fixed = FixedClock(datetime(2026, 4, 1, tzinfo=UTC))
    before = fixed.now_us()
    assert fixed.now_us() == before
    fixed.advance(minutes=1.5)
    assert fixed.now_us() == before + 90 * clock.SECOND
    fixed.set(datetime(2026, 4, 1, tzinfo=UTC))
    assert fixed.now_us() == before


def test_a_file_clock_is_moved_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-04-01T00:00:00Z\n")
    one, other = FileClock(file), FileClock(file)
    assert one.now_us() == other.now_us() == clock.micros(datetime(2026, 4, 1, tzinfo=UTC))
    file.write_text("2026-04-01T09:00:01+09:00")
    assert one.now_us() == other.now_us() == clock.micros(datetime(2026, 4, 1, 0, 0, 1, tzinfo=UTC))


def test_a_file_clock_stands_still_while_its_file_is_written_over(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-04-01T00:00:00Z")
    watched = FileClock(file)
    before = watched.now_us()
    file.write_text("")
    assert watched.now_us() == before


@pytest.mark.parametrize("content", ["", "tomorrow", "2026-04-01"])
def test_a_file_that_names_no_instant_is_no_clock(tmp_path: Path, content: str) -> None:
    file = tmp_path / "clock"
    file.write_text(content)
    with pytest.raises(ValueError, match=r"\w"):
        FileClock(file).now_us()


def test_the_setting_names_a_clock(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("2026-04-01T00:00:00Z")
    fixed = clock.from_setting("2026-04-01T00:00:00Z")
    assert isinstance(fixed, FixedClock)
    assert isinstance(clock.from_setting("system"), SystemClock)
    assert isinstance(clock.from_setting(f"file:{file}"), FileClock)
    assert clock.from_setting(f"file:{file}").now_us() == fixed.now_us()


@pytest.mark.parametrize("setting", ["", "System", "utc", "2026-04-01", "clock.txt"])
def test_a_setting_that_names_no_clock_is_a_value_error(setting: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        clock.from_setting(setting)


def test_the_system_clock_tells_the_time_of_the_machine() -> None:
    before = clock.micros(datetime.now(UTC))
    now = SystemClock().now_us()
    assert before <= now <= clock.micros(datetime.now(UTC))
