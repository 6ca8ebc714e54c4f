"""Each condition both ways, at its edges."""

from typing import Any

import pytest
from tests.access.policies.asking import Document, at, result

from idp.access.policies import Result

NIGHT = {"days": ["fri"], "from": "22:00", "to": "05:00"}
TRUE: Document = {"all": []}
FALSE: Document = {"any": []}


CASES: list[tuple[Document, dict[str, Any], bool]] = [
    (TRUE, {}, True),
    (FALSE, {}, False),
    ({"not": TRUE}, {}, False),
    ({"not": FALSE}, {}, True),
    ({"all": [TRUE, FALSE]}, {}, False),
    ({"any": [FALSE, TRUE]}, {}, True),
    ({"network": {"in": ["192.0.2.0/24"]}}, {"ip": "192.0.2.255"}, True),
    ({"network": {"in": ["192.0.2.0/24"]}}, {"ip": "192.0.3.0"}, False),
    ({"network": {"in": ["192.0.2.0/24"]}}, {"ip": "192.0.1.255"}, False),
    ({"network": {"in": ["192.0.2.0/24"]}}, {"ip": "::ffff:192.0.2.7"}, True),
    ({"network": {"in": ["192.0.2.0/24"]}}, {"ip": "::FFFF:c000:0207"}, True),
    ({"network": {"in": ["::ffff:192.0.2.0/120"]}}, {"ip": "192.0.2.7"}, True),
    ({"network": {"in": ["::/0"]}}, {"ip": "192.0.2.7"}, False),
    ({"network": {"in": ["::/0"]}}, {"ip": "::ffff:192.0.2.7"}, False),
    ({"network": {"in": ["0.0.0.0/0"]}}, {"ip": "::1"}, False),
    ({"network": {"in": ["2001:db8::/32"]}}, {"ip": "2001:DB8:0:0::1"}, True),
    ({"network": {"in": ["office"]}}, {"ip": "192.0.2.127"}, True),
    ({"network": {"in": ["office"]}}, {"ip": "192.0.2.128"}, False),
    ({"network": {"in": ["empty"]}}, {}, False),
    ({"network": {"in": ["empty", "192.0.2.7/32"]}}, {}, True),
    ({"country": {"in": ["JP", "US"]}}, {"country": "US"}, True),
    ({"country": {"in": ["JP", "US"]}}, {"country": "KP"}, False),
    ({"group": {"in": ["grp_b", "grp_a"]}}, {}, True),
    ({"group": {"in": ["grp_b"]}}, {}, False),
    ({"group": {"in": ["grp_b"]}}, {"groups": frozenset()}, False),
    ({"affiliation": {"in": ["employee"]}}, {}, True),
    ({"affiliation": {"in": ["employee"]}}, {"affiliation": "dispatched"}, False),
    ({"verification_status": {"in": ["verified"]}}, {}, True),
    ({"verification_status": {"in": ["verified"]}}, {"verification_status": "unverified"}, False),
    ({"device": {"enrolled": True}}, {}, False),
    ({"device": {"enrolled": False, "compliant": False, "certificate": False}}, {}, True),
    ({"device": {"enrolled": True, "compliant": True}}, {"device_enrolled": True}, False),
    ({"device": {"enrolled": True, "compliant": True}}, {"device_enrolled": True, "device_compliant": True}, True),
    ({"device": {"certificate": True}}, {"device_certificate": True}, True),
    ({"device": {"certificate": True}}, {"device_certificate": None}, False),
    ({"device": {"certificate": False}}, {"device_certificate": None}, True),
    ({"authentication": {"mfa": True}}, {"methods": frozenset({"pwd"})}, False),
    ({"authentication": {"mfa": False}}, {"methods": frozenset({"pwd"})}, True),
    ({"authentication": {"mfa": True}}, {"methods": frozenset({"pwd", "otp"})}, True),
    ({"authentication": {"mfa": True}}, {"methods": frozenset({"pwd", "pin"})}, False),
    ({"authentication": {"mfa": True}}, {"methods": frozenset({"hwk", "face"})}, True),
    ({"authentication": {"mfa": True}}, {"methods": frozenset({"hwk", "otp"})}, False),
    ({"authentication": {"mfa": True}}, {"methods": frozenset({"pwd", "mfa"})}, False),
    ({"authentication": {"mfa": True}}, {"methods": frozenset()}, False),
    ({"authentication": {"max_age_seconds": 60}}, {"age_seconds": 60}, True),
    ({"authentication": {"max_age_seconds": 60}}, {"age_seconds": 61}, False),
    ({"authentication": {"max_age_seconds": 0}}, {"age_seconds": 0}, True),
    ({"authentication": {"mfa": False, "max_age_seconds": 60}}, {"age_seconds": 61}, False),
    ({"browser": {"family": {"in": ["firefox"]}}}, {}, True),
    ({"browser": {"family": {"in": ["Chrome"]}}}, {}, False),
    ({"browser": {"min_version": 120}}, {}, True),
    ({"browser": {"min_version": 121}}, {}, False),
    ({"browser": {"family": {"in": ["Firefox"]}, "min_version": 121}}, {}, False),
]


def one(value: bool) -> Result:
    return Result.MATCH if value else Result.NO_MATCH


@pytest.mark.parametrize(("when", "facts", "wanted"), CASES)
def test_a_condition_holds_or_does_not(when: Document, facts: dict[str, Any], wanted: bool) -> None:
    assert result(when, **facts) is one(wanted)
    assert result({"not": when}, **facts) is one(not wanted)


# Friday 2026-04-03. The night belongs to the day on which it begins.
WINDOWS: list[tuple[Document, str, bool]] = [
    ({"from": "09:00", "to": "17:00"}, "2026-04-01T08:59:59.999999", False),
    ({"from": "09:00", "to": "17:00"}, "2026-04-01T09:00", True),
    ({"from": "09:00", "to": "17:00"}, "2026-04-01T16:59:59.999999", True),
    ({"from": "09:00", "to": "17:00"}, "2026-04-01T17:00", False),
    ({"from": "09:00", "to": "24:00"}, "2026-04-01T23:59:59.999999", True),
    ({"from": "09:00", "to": "24:00"}, "2026-04-02T00:00", False),
    ({"from": "22:00", "to": "00:00"}, "2026-04-01T23:59", True),
    ({"from": "22:00", "to": "00:00"}, "2026-04-02T00:00", False),
    ({"days": ["wed"]}, "2026-04-01T00:00", True),
    ({"days": ["wed"]}, "2026-04-01T23:59:59", True),
    ({"days": ["wed"]}, "2026-04-02T00:00", False),
    (NIGHT, "2026-04-03T21:59:59", False),
    (NIGHT, "2026-04-03T22:00", True),
    (NIGHT, "2026-04-04T04:59:59", True),
    (NIGHT, "2026-04-04T05:00", False),
    (NIGHT, "2026-04-03T04:00", False),  # Thursday's night
    (NIGHT, "2026-04-04T23:00", False),
    # 2026-05-06 is a substitute (of the 3rd, a Sunday), 2026-09-22 lies between two holidays, 2026-05-07 is neither.
    ({"holidays": "only"}, "2026-05-06T12:00", True),
    ({"holidays": "only"}, "2026-09-22T12:00", True),
    ({"holidays": "only"}, "2026-05-07T12:00", False),
    ({"holidays": "only", "days": ["mon"]}, "2026-05-06T12:00", False),
    ({"holidays": "exclude"}, "2026-05-06T12:00", False),
    ({"holidays": "exclude"}, "2026-05-07T12:00", True),
    ({"holidays": "exclude", "days": ["mon"]}, "2026-05-07T12:00", False),
    ({"holidays": "include", "days": ["mon"]}, "2026-05-06T12:00", True),
    ({"holidays": "include", "days": ["mon"]}, "2026-05-07T12:00", False),
    ({"holidays": "include", "days": ["thu"]}, "2026-05-07T12:00", True),
    ({"holidays": "ignore", "days": ["mon"]}, "2026-05-06T12:00", False),
    ({"from": "22:00", "to": "05:00", "holidays": "only"}, "2026-05-07T04:59", True),
    ({"from": "22:00", "to": "05:00", "holidays": "only"}, "2026-05-07T22:00", False),
    ({"from": "22:00", "to": "05:00", "holidays": "only"}, "2026-04-29T04:00", False),
    ({"from": "22:00", "to": "05:00", "holidays": "exclude"}, "2026-04-29T04:00", True),
    ({"from": "09:00", "to": "17:00", "time_zone": "America/New_York"}, "2026-04-01T10:00", False),
    ({"from": "20:00", "to": "22:00", "time_zone": "America/New_York"}, "2026-04-01T10:00", True),
    ({"days": ["tue"], "time_zone": "America/New_York"}, "2026-04-01T10:00", True),
]


@pytest.mark.parametrize(("window", "now", "wanted"), WINDOWS)
def test_a_window_is_half_open_and_belongs_to_the_day_on_which_it_begins(
    window: Document, now: str, wanted: bool
) -> None:
    assert result({"time": window}, now_us=at(now)) is one(wanted)


def test_a_window_without_a_zone_is_in_that_of_the_tenant() -> None:
    morning = {"time": {"from": "09:00", "to": "12:00"}}
    assert result(morning) is Result.MATCH
    assert result(morning, zone="UTC") is Result.NO_MATCH


@pytest.mark.parametrize(("now", "wanted"), [("2026-03-08T01:59", True), ("2026-03-08T03:00", False)])
def test_an_hour_that_the_clocks_skip_is_in_no_window(now: str, wanted: bool) -> None:
    zone = "America/New_York"
    until_three = {"time": {"from": "01:00", "to": "03:00", "time_zone": zone}}
    assert result(until_three, now_us=at(now, zone)) is one(wanted)
