"""Public holidays of Japan against the act itself, and the wall clocks of zones."""

from datetime import date, timedelta

import pytest
from tests.access.policies.wording import holidays

from idp.access.policies import calendar

# In force unchanged since 2022 (the years of the Olympic Games moved three days).
YEARS = range(2022, 2100)


@pytest.mark.parametrize("year", YEARS)
def test_a_year_has_the_holidays_that_the_act_gives_it(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    assert {day for day in days if calendar.is_holiday(day.toordinal())} == holidays(year)


@pytest.mark.parametrize(
    ("day", "wanted"),
    [
        ("2019-04-30", True),  # between two, around the accession
        ("2019-05-01", True),
        ("2019-10-22", True),
        ("2020-07-24", True),  # moved for the Olympic Games
        ("2020-10-12", False),
        ("2021-07-23", True),
        ("2021-08-09", True),  # the substitute of a moved one
        ("2015-09-22", True),  # between two
        ("2026-05-06", True),  # the substitute of a Sunday, behind two more holidays
        ("2026-12-23", False),  # the birthday of the former emperor
    ],
)
def test_days_that_were_special_are_known(day: str, wanted: bool) -> None:
    assert calendar.is_holiday(date.fromisoformat(day).toordinal()) is wanted


@pytest.mark.parametrize("year", [1948, 2100])
def test_years_of_which_nothing_is_known_raise(year: int) -> None:
    with pytest.raises(LookupError):
        calendar.is_holiday(date(year, 6, 1).toordinal())
