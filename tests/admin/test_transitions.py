"""Every state and everything that can be asked of a contract in it, as the code's own table decides."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from tests.admin.conftest import Reply, World

from idp.contracts import Event, Status
from idp.contracts.lifecycle import TRANSITIONS
from idp.kit.clock import FixedClock

END = "2027-03-31"
REASON = {"reason": "a try"}
# What each event is asked for by; all others only time, the public or another room can bring about.
ASKED: dict[Event, tuple[str, str, dict[str, str] | None]] = {
    Event.SCREENING_STARTED: ("POST", "applications/{}/screen", REASON),
    Event.APPROVED: ("POST", "applications/{}/approve", REASON),
    Event.REJECTED: ("POST", "applications/{}/reject", REASON),
    Event.WITHDRAWN: ("POST", "applications/{}/withdraw", REASON),
    Event.ESTABLISHED: ("POST", "contracts/{}/setup-completed", REASON),
    Event.SUSPENDED: ("POST", "contracts/{}/suspend", REASON),
    Event.RESUMED: ("POST", "contracts/{}/resume", REASON),
    Event.TERMINATED: ("POST", "contracts/{}/terminate", REASON),
    Event.IDS_CHANGED: ("POST", "contracts/{}/ids", {"ids": 500}),
    Event.NON_RENEWAL_REQUESTED: ("PUT", "contracts/{}/non-renewal", {"end_date": END}),
    Event.NON_RENEWAL_WITHDRAWN: ("DELETE", "contracts/{}/non-renewal", None),
    Event.STOP_REQUESTED: ("POST", "contracts/{}/stop", {"stop_date": "2026-12-31", **REASON}),
    Event.STOP_WITHDRAWN: ("DELETE", "contracts/{}/stop", None),
}
BY_OTHERS = {Event.APPLIED, Event.RENEWED, Event.EXPIRED, Event.NOT_RENEWED, Event.STOPPED, Event.ERASED}
WITHDRAWALS = {Event.NON_RENEWAL_WITHDRAWN: "non_renewal", Event.STOP_WITHDRAWN: "stop_date"}
COUNTED = ("contract_changes", "audit_entries", "deliveries", "users", "tenants")


@dataclass
class Desk:
    world: World

    def ask(self, event: Event, contract: str, **headers: str) -> Reply:
        method, path, body = ASKED[event]
        return self.world.client("operator").ask(method, "/" + path.format(contract), body, **headers)

    def bring(self, name: str, status: Status) -> str:
        """By legal requests alone, but for erasure."""
        way = {Status.REJECTED: Status.SCREENING, Status.WITHDRAWN: Status.APPLIED, Status.ERASED: Status.ENDED}
        contract = self.world.bring(name, way.get(status, status))
        if status is Status.REJECTED:
            self.ask(Event.REJECTED, contract)
        elif status is Status.WITHDRAWN:
            self.ask(Event.WITHDRAWN, contract)
        elif status is Status.ERASED:
            self.sql(f"UPDATE contracts SET status = 'erased', entered_by = 'erased' WHERE id = '{contract}'")
        return contract

    def shown(self, contract: str) -> dict[str, Any]:
        found: dict[str, Any] = self.world.client("operator").get(f"/contracts/{contract}").body
        return found

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with self.world.house.units.platform(actor=self.world.actor) as unit:
            done = unit.lane.execute(statement, {})
            return [tuple(row) for row in done.fetchall()] if done.description else []

    def everything(self) -> dict[str, Any]:
        """Whatever an act could have left behind."""
        counted = {table: self.sql(f"SELECT count(*) FROM {table}") for table in COUNTED}
        rows = self.sql("SELECT * FROM contracts ORDER BY id")
        return {
            **counted,
            "rows": rows,
            "counters": self.sql("SELECT id, revision, generation FROM tenants ORDER BY id"),
        }


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_every_event_is_asked_for_or_brought_about_by_others() -> None:
    assert set(ASKED) | BY_OTHERS == set(Event)
    assert not set(ASKED) & BY_OTHERS


@pytest.mark.parametrize("status", Status)
def test_each_event_in_each_state_is_done_as_the_table_says_or_refused_and_leaves_nothing(
    desk: Desk, status: Status
) -> None:
    kept = desk.bring("kept", status)
    for number, event in enumerate(ASKED):
        legal = TRANSITIONS.get((status, event))
        contract = desk.bring(f"t{number}", status) if legal else kept
        before, shown = desk.everything(), desk.shown(contract)
        reply = desk.ask(event, contract)
        absent = event in WITHDRAWALS and shown[WITHDRAWALS[event]] is None
        repeated = desk.sql(f"SELECT entered_by FROM contracts WHERE id = '{contract}'") == [(event.value,)]
        if absent or (repeated and not legal):
            assert reply.status == 200, (status, event, reply.body)
            assert desk.everything() == before
        elif legal:
            assert (reply.status, reply.body["status"]) == (200, legal.value), (status, event, reply.body)
            assert desk.everything() != before
        else:
            assert (reply.status, reply.code, reply.body["state"]) == (409, "illegal_transition", status.value)
            assert desk.everything() == before


@pytest.mark.parametrize(
    ("filed", "first"),
    [
        ({"auto_renewal": False}, None),
        ({}, Event.NON_RENEWAL_REQUESTED),
        ({}, Event.STOP_REQUESTED),
    ],
)
def test_a_contract_that_is_over_by_its_dates_alone_refuses_everything(
    desk: Desk, clock: FixedClock, filed: dict[str, Any], first: Event | None
) -> None:
    contract = desk.world.bring("kaede", Status.ACTIVE, **filed)
    if first is not None:
        assert desk.ask(first, contract).status == 200
    over = datetime(*((2026, 12, 31) if first is Event.STOP_REQUESTED else (2027, 3, 31)), 15, tzinfo=UTC)
    clock.set(over - timedelta(microseconds=1))
    assert desk.shown(contract)["status"] == "active"
    clock.set(over)
    assert desk.shown(contract)["status"] == "ended"
    before = desk.everything()
    for event in ASKED:
        reply = desk.ask(event, contract)
        if event in WITHDRAWALS and desk.shown(contract)[WITHDRAWALS[event]] is None:
            assert reply.status == 200
        else:
            assert (reply.status, reply.code, reply.body["state"]) == (409, "illegal_transition", "ended"), event
    assert desk.everything() == before


REPEATABLE = [
    (Status.SCREENING, Event.SCREENING_STARTED),
    (Status.APPROVED, Event.APPROVED),
    (Status.ACTIVE, Event.ESTABLISHED),
    (Status.SUSPENDED, Event.SUSPENDED),
    (Status.ENDED, Event.TERMINATED),
    (Status.REJECTED, Event.REJECTED),
    (Status.WITHDRAWN, Event.WITHDRAWN),
]


@pytest.mark.parametrize(("status", "event"), REPEATABLE)
def test_what_brought_it_there_is_answered_again_and_leaves_no_row(desk: Desk, status: Status, event: Event) -> None:
    contract = desk.bring("kaede", status)
    before, shown = desk.everything(), desk.shown(contract)
    reply = desk.ask(event, contract)
    assert (reply.status, reply.body) == (200, shown)
    assert reply.etag == desk.world.client("operator").get(f"/contracts/{contract}").etag
    assert desk.everything() == before


@pytest.mark.parametrize("event", [Event.NON_RENEWAL_REQUESTED, Event.STOP_REQUESTED])
def test_the_same_date_again_leaves_no_row_though_it_could_no_longer_be_asked(
    desk: Desk, clock: FixedClock, event: Event
) -> None:
    contract = desk.bring("kaede", Status.ACTIVE)
    assert desk.ask(event, contract).status == 200
    clock.advance(days=270)
    before = desk.everything()
    assert desk.ask(event, contract).status == 200
    assert desk.everything() == before


@pytest.mark.parametrize(
    ("status", "event"),
    [pair for pair in product([Status.ACTIVE, Status.SUSPENDED], ASKED) if pair in TRANSITIONS],
)
def test_an_act_under_a_version_that_is_no_longer_stored_is_refused_and_under_the_present_one_done(
    desk: Desk, status: Status, event: Event
) -> None:
    contract = desk.bring("kaede", status)
    operator = desk.world.client("operator")
    if event in WITHDRAWALS:
        desk.ask(
            Event.NON_RENEWAL_REQUESTED if event is Event.NON_RENEWAL_WITHDRAWN else Event.STOP_REQUESTED, contract
        )
    stale = operator.get(f"/contracts/{contract}").etag
    operator.put(f"/contracts/{contract}/non-renewal", {"end_date": "2028-03-31"})
    before = desk.everything()
    reply = desk.ask(event, contract, if_match=stale)
    assert (reply.status, reply.code) == (412, "precondition_failed")
    assert desk.everything() == before
    present = operator.get(f"/contracts/{contract}").etag
    assert desk.ask(event, contract, if_match=present).status == 200
