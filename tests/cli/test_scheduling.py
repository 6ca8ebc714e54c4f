"""`idp contracts run`, as an operator and as a program call it."""

import json
import sys
from datetime import date

import pytest
from tests.cli.conftest import Idp
from tests.contracts.conftest import Desk

from idp import main, schedule, settings
from idp.contracts import Contract, Status
from idp.kit.units import Units
from idp.schedule import Done, Item

APPLIED = "2026-02-02T12:00:00+09:00"
EVE = "2027-03-31T23:59:59.999999+09:00"
YEAR_ON = "2027-04-01T00:00:00+09:00"
NOTHING = {"renewed": 0, "ended": 0, "erased": 0, "reminders": 0, "statements": 0}


@pytest.fixture
def desk(idp: Idp, monkeypatch: pytest.MonkeyPatch) -> Desk:
    assert idp("migrate").status == 0
    monkeypatch.setenv("IDP_CLOCK", APPLIED)
    return Desk(main.open_units(settings.load()))


@pytest.fixture
def contract(desk: Desk) -> Contract:
    desk.bring(Status.ACTIVE, tenant="expiring", auto_renewal=False)
    return desk.bring(Status.ACTIVE)


def test_programs_are_told_how_many(idp: Idp, contract: Contract) -> None:
    assert json.loads(idp("contracts", "run", "--json").out) == NOTHING
    eve = idp("contracts", "run", "--json", IDP_CLOCK=EVE)
    assert (eve.status, json.loads(eve.out), eve.err) == (0, {**NOTHING, "reminders": 6}, "")
    done = idp("contracts", "run", "--on", "2027-04-01", "--json", IDP_CLOCK=YEAR_ON)
    assert (done.status, json.loads(done.out), done.err) == (0, {**NOTHING, "renewed": 1, "ended": 1}, "")
    assert json.loads(idp("contracts", "run", "--json", IDP_CLOCK=YEAR_ON).out) == NOTHING


def test_an_operator_reads_a_line_for_each_day(idp: Idp, contract: Contract) -> None:
    done = idp("contracts", "run", IDP_CLOCK=YEAR_ON)
    assert done.out.splitlines() == [
        "2026-12-30  reminders 1",
        "2027-01-29  reminders 1",
        "2027-01-30  reminders 1",
        "2027-02-21  reminders 1",
        "2027-03-01  reminders 1",
        "2027-03-24  reminders 1",
        "2027-04-01  renewed 1, ended 1",
        "all         renewed 1, ended 1, reminders 6",
    ]
    assert idp("contracts", "run", IDP_CLOCK=YEAR_ON).out == "all         nothing was due\n"


def test_on_a_terminal_the_line_of_a_day_grows(idp: Idp, contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(sys.stdout), "isatty", lambda _: True, raising=False)
    out = idp("contracts", "run", "--on", "2027-04-01", IDP_CLOCK=YEAR_ON).out
    last = out.split("\n")[-3]
    assert last.count("\x1b[2K2027-04-01  ") == 3
    assert last.endswith("2027-04-01  renewed 1, ended 1")


def test_a_day_that_has_not_come_in_tokyo_is_a_mistake_of_usage(idp: Idp, contract: Contract) -> None:
    refused = idp("contracts", "run", "--on", "2027-04-01", "--json", IDP_CLOCK=EVE)
    assert (refused.status, refused.out) == (2, "")
    assert "2027-03-31" in refused.err
    assert idp("contracts", "run", "--on", "2027-04-01", IDP_CLOCK=YEAR_ON).status == 0


@pytest.mark.parametrize("day", ["2027-13-01", "tomorrow", "2027-02-29", ""])
def test_what_is_no_day_is_a_mistake_of_usage(idp: Idp, day: str) -> None:
    refused = idp("contracts", "run", "--on", day)
    assert (refused.status, refused.out) == (2, "")


def test_another_schema_is_refused(idp: Idp) -> None:
    refused = idp("contracts", "run")
    assert refused.status == 1
    assert "idp migrate" in refused.err


def test_what_could_not_be_done_is_named_and_the_rest_is_done(
    idp: Idp, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(schedule.ContractDates):
        def do(self, units: Units, item: Item) -> Done:
            if item.id == contract.id:
                raise ZeroDivisionError("of no use")
            return super().do(units, item)

    monkeypatch.setattr(main, "steps", lambda _: [Broken()])
    done = idp("contracts", "run", "--json", IDP_CLOCK=YEAR_ON)
    assert done.status == 1
    assert json.loads(done.out) == {**NOTHING, "ended": 1, "reminders": 3}
    assert contract.id in done.err
    assert "of no use" in done.err


def test_what_was_stopped_is_ended_and_erased_on_the_day_after(idp: Idp, contract: Contract, desk: Desk) -> None:
    desk.act("ask_stop", contract.id, stop_date=date(2026, 4, 30))
    last = idp("contracts", "run", "--json", IDP_CLOCK="2026-04-30T23:59:59+09:00")
    assert json.loads(last.out) == NOTHING
    over = idp("contracts", "run", "--json", IDP_CLOCK="2026-05-01T00:00:00+09:00")
    assert (over.status, json.loads(over.out)) == (0, {**NOTHING, "ended": 1, "erased": 1})
    assert json.loads(idp("contracts", "run", "--json", IDP_CLOCK="2026-05-02T00:00:00+09:00").out) == NOTHING
    assert [row.event.value for row in desk.history(contract.id)][-2:] == ["stopped", "erased"]


def test_what_ran_out_is_erased_when_its_grace_is_over(idp: Idp, contract: Contract) -> None:
    idp("contracts", "run", IDP_CLOCK=YEAR_ON)
    early = idp("contracts", "run", "--json", IDP_CLOCK="2027-04-30T23:59:59+09:00")
    assert json.loads(early.out) == NOTHING
    due = idp("contracts", "run", "--json", IDP_CLOCK="2027-05-01T00:00:00+09:00")
    assert json.loads(due.out) == {**NOTHING, "erased": 1}
