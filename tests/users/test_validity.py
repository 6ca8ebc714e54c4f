from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.users.test_users import LIMIT, add, admin, draft

from idp import users
from idp.access.deciding import reason_against_id
from idp.access.vocabulary import Reason
from idp.kit.clock import micros
from idp.kit.errors import Conflict, Invalid
from idp.users import Affiliation, Validity
from idp.users.validity import Span, next_look

APRIL = date(2026, 4, 1)
DAY = 86_400_000_000
JST = timedelta(hours=9)


def change(world, who, **patch):
    with world.open() as unit:
        return users.change(unit, who.id, patch)


def standing(world, who):
    with world.open() as unit:
        return users.standing(unit, who.id), users.get(unit, who.id), unit.now_us


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Sao_Paulo", "Pacific/Kiritimati"])
def test_a_day_begins_and_ends_at_midnight_of_the_zone(zone):
    span = Validity(date(2018, 11, 4), date(2018, 11, 4)).instants(zone)
    hours = (span.ends_at - span.starts_at) // 3_600_000_000
    assert hours == (23 if zone == "America/Sao_Paulo" else 24)  # the clocks were put forward at midnight


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=st.none() | st.dates(APRIL, APRIL + timedelta(days=6)),
    last=st.none() | st.dates(APRIL, APRIL + timedelta(days=6)),
    at=st.datetimes(datetime(2026, 3, 31), datetime(2026, 4, 9)),  # noqa: DTZ001 - hypothesis wants it so
)
def test_an_id_is_in_on_its_days_and_no_others_by_the_clock_alone(world, first, last, at):
    if first is not None and last is not None and last < first:
        first, last = last, first
    with world.open() as unit:
        named = users.find_by_name(unit, "taro@aoba.example") or users.create(unit, draft(), limit=LIMIT)
        users.change_to(unit, named, named.draft._replace(validity=Validity(first, last)), named.status)
        now = micros(at.replace(tzinfo=UTC))
        found, identity = users.standing(unit, named.id), users.get(unit, named.id)
    today = (at + JST).date()
    expected = None
    if last is not None and today > last:
        expected = Reason.ID_ENDED
    elif first is not None and today < first:
        expected = Reason.ID_NOT_STARTED
    assert reason_against_id(found, now) is expected
    assert found.active_at(now) == identity.active_at(now) == (expected is None)


def test_whose_end_has_come_is_out_though_nothing_ran_and_what_was_open_stays_closed(world):
    taro = change(world, add(world), valid_until="2026-04-02")
    world.clock.advance(days=3)
    found, identity, now = standing(world, taro)
    assert not found.active_at(now)
    assert not identity.active_at(now)
    assert found.generation == taro.generation  # nobody has written anything
    later = change(world, taro, valid_until="2026-05-01")
    assert later.active_at(now)
    assert later.generation == taro.generation + 1


def test_who_is_put_before_a_first_day_is_signed_out(world):
    taro = add(world)
    later = change(world, taro, valid_from="2026-06-01")
    assert later.generation == taro.generation + 1
    assert change(world, taro, display_name="太郎").generation == later.generation


def due(world):
    with world.platform() as unit:
        found = users.due_ends(unit, after=(-1, ""), upto=unit.now_us, limit=10)
    for each in found:
        with world.open(each.tenant_id) as unit:
            assert not users.end_due(unit, each.at_us)
    return len(found)


def letters(world):
    with world.open() as unit:
        rows = unit.lane.execute("SELECT payload FROM deliveries WHERE event = 'ids.end'", {}).fetchall()
    return [row[0] for row in rows]


def test_the_tenant_is_told_before_an_end_once_and_at_the_end_what_was_signed_in_is_over(world):
    people = [change(world, add(world, f"u{n}@aoba.example"), valid_until="2026-06-30") for n in range(3)]
    assert due(world) == 0
    world.clock.advance(days=61)  # 31 May in Tokyo: 30 days before
    assert (due(world), due(world)) == (1, 0)
    [letter] = letters(world)
    assert '"ids_ending": "3"' in letter
    assert '"last_day": "2026-06-30"' in letter
    world.clock.advance(days=31)
    assert (due(world), due(world)) == (1, 0)
    for who in people:
        assert standing(world, who)[0].generation == who.generation + 1
    assert world.events().count("user.ended") == 3
    assert len(letters(world)) == 1


def test_an_end_that_was_put_off_is_not_carried_out(world):
    taro = change(world, add(world), valid_until="2026-04-02")
    change(world, taro, valid_until=None)
    world.clock.advance(days=5)
    assert due(world) == 0
    assert standing(world, taro)[0].generation == taro.generation


def test_the_last_administrator_gets_no_end_and_counts_only_while_there_is_none(world):
    hanako, jiro = admin(world, "hanako@aoba.example"), admin(world, "jiro@aoba.example")
    change(world, jiro, valid_until="2026-12-31")
    for patch in ({"valid_until": "2030-01-01"}, {"valid_from": "2026-05-01"}, {"status": "disabled"}):
        with pytest.raises(Conflict, match="last_admin_locked_out"):
            change(world, hanako, **patch)
    change(world, jiro, valid_until=None)
    change(world, hanako, valid_until="2030-01-01")


def read(world, **document):
    said = {"user_name": "x", "display_name": "X", "affiliation": "dispatched"} | document
    with world.open() as unit:
        return users.read(said, users.frame(unit)).validity


def test_whoever_is_dispatched_has_an_end_within_three_years(world):
    assert read(world) == Validity(None, date(2029, 3, 31))
    assert read(world, valid_from="2026-10-01") == Validity(date(2026, 10, 1), date(2029, 9, 30))
    assert read(world, affiliation="employee") == Validity()
    assert read(world, valid_until="2026-09-30") == Validity(None, date(2026, 9, 30))
    with pytest.raises(Invalid) as raised:
        read(world, valid_until="2029-04-01")
    [fault] = raised.value.errors
    assert (fault.pointer, fault.code, fault.expected) == ("/valid_until", "out_of_range", {"maximum": "2029-03-31"})


def test_an_end_of_somebody_dispatched_may_be_moved_and_not_taken_away(world):
    with world.open() as unit:
        made = users.create(
            unit, draft()._replace(affiliation=Affiliation.DISPATCHED, validity=Validity()), limit=LIMIT
        )
    assert change(world, made, display_name="次郎").validity == Validity()  # from before there was such a rule
    assert change(world, made, valid_until="2026-12-31").validity.last == date(2026, 12, 31)
    assert change(world, made, valid_until=None).validity.last == date(2026, 12, 31)
    assert change(world, made, affiliation="employee", valid_until=None).validity == Validity()
    assert change(world, made, affiliation="dispatched").validity.last == date(2029, 3, 31)


@pytest.mark.parametrize("text", ["2026-02-30", "20260401", "1999-12-31", "2200-01-01", "tomorrow", "", 5])
def test_what_is_no_day_is_refused(world, text):
    with pytest.raises(Invalid) as raised:
        read(world, valid_from=text, affiliation="employee")
    assert raised.value.errors[0].pointer == "/valid_from"


def test_an_end_before_the_beginning_is_refused(world):
    with pytest.raises(Invalid) as raised:
        read(world, valid_from="2026-05-02", valid_until="2026-05-01", affiliation="employee")
    assert raised.value.errors[0].pointer == "/valid_until"


def test_nobody_is_reminded_of_an_end_that_is_nearer_than_the_reminder():
    span = Span(None, 40 * DAY)
    last = date(1970, 2, 9)
    assert next_look(last, span, "UTC", reminder_days=30, now_us=0) == 9 * DAY
    assert next_look(last, span, "UTC", reminder_days=30, now_us=9 * DAY) == 40 * DAY
    assert next_look(last, span, "UTC", reminder_days=0, now_us=0) == 40 * DAY
    assert next_look(last, span, "UTC", reminder_days=30, now_us=40 * DAY) is None
