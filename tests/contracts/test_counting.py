"""The number of IDs of a contract, by date and without any job."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from tests.contracts.conftest import Desk

from idp import contracts, tenants, users
from idp.contracts import Contract, Event, Status
from idp.contracts.counting import ids_over_time
from idp.kit.actors import Actor
from idp.kit.clock import FixedClock, parse
from idp.kit.errors import Conflict, Failure, Invalid
from idp.kit.ids import TenantId
from idp.users import Affiliation, Draft, Role

ADMIN = Actor("tenant", "key_1")
NEXT_TERM = date(2027, 4, 1)


def change(desk: Desk, contract: Contract, ids: int, start: date | None = None, **more: Any) -> Contract:
    with desk.units.platform(actor=ADMIN) as unit:
        return contracts.change_ids(unit, contract.id, ids=ids, start=start, **more)


def refusal(desk: Desk, contract: Contract, ids: int, start: date | None = None) -> Failure:
    with pytest.raises((Conflict, Invalid)) as refused:
        change(desk, contract, ids, start)
    assert desk.get(contract.id).version == contract.version
    return refused.value


def person(number: int) -> users.Draft:
    name = f"user{number}"
    return Draft(name, name, None, Affiliation.EMPLOYEE, frozenset({Role.MEMBER}), None, {})


def create(desk: Desk, tenant: TenantId, number: int) -> str:
    """As the doors do: the tenant's row first."""
    try:
        with desk.units.open(tenant, actor=ADMIN) as unit:
            tenants.touch(unit)
            users.create(unit, person(number), limit=contracts.seats(unit))
    except Conflict as full:
        return full.code
    return "done"


def used(desk: Desk, tenant: TenantId) -> int:
    with desk.units.open(tenant, actor=ADMIN, write=False) as unit:
        return users.seats_used(unit)


@pytest.fixture
def active(desk: Desk, clock: FixedClock) -> Contract:
    """From 1 April 2026 for a year, 5 IDs, in the first term; the administrator has one of them."""
    contract = desk.bring(Status.ACTIVE, ids=5)
    clock.set(parse("2026-05-10T12:00:00+09:00"))
    return desk.get(contract.id)


def test_more_ids_hold_from_the_same_day_on(desk: Desk, active: Contract) -> None:
    changed = change(desk, active, 7)
    assert (changed.application.ids, changed.id_changes) == (7, ())
    assert [create(desk, active.tenant, number) for number in range(7)] == ["done"] * 6 + ["id_limit_reached"]
    assert desk.history(active.id)[-1].event is Event.IDS_CHANGED


def test_more_ids_from_a_later_day_hold_from_its_first_second_though_nothing_runs(
    desk: Desk, clock: FixedClock, active: Contract
) -> None:
    asked = change(desk, active, 7, date(2026, 6, 1))
    assert (asked.application.ids, [step[:2] for step in asked.id_changes]) == (5, [(date(2026, 6, 1), 7)])
    assert [create(desk, active.tenant, number) for number in range(5)] == ["done"] * 4 + ["id_limit_reached"]
    clock.set(parse("2026-05-31T23:59:59+09:00"))
    assert create(desk, active.tenant, 10) == "id_limit_reached"
    clock.set(parse("2026-06-01T00:00:00+09:00"))
    assert [create(desk, active.tenant, number) for number in range(11, 14)] == ["done", "done", "id_limit_reached"]
    assert desk.get(active.id).application.ids == 7


def test_fewer_ids_hold_from_the_first_day_of_a_later_term(desk: Desk, clock: FixedClock, active: Contract) -> None:
    for day in (None, date(2026, 6, 1), date(2027, 3, 31), date(2027, 4, 2)):
        refused = refusal(desk, active, 3, day)
        assert refused.code == "fewer_not_at_term_start"
        assert refused.members == {"next_term_start": "2027-04-01"}
        assert [error.pointer for error in refused.errors] == ["/from"]
    asked = change(desk, active, 3, NEXT_TERM)
    assert (asked.application.ids, [step[:2] for step in asked.id_changes]) == (5, [(NEXT_TERM, 3)])
    clock.set(parse("2027-03-31T23:59:59+09:00"))
    assert desk.get(active.id).application.ids == 5
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    assert desk.get(active.id).application.ids == 3


def test_on_the_first_day_of_a_term_it_is_too_late_for_fewer_in_it(
    desk: Desk, clock: FixedClock, active: Contract
) -> None:
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    assert refusal(desk, active, 3, NEXT_TERM).members == {"next_term_start": "2028-04-01"}


def test_fewer_than_exist_are_refused_and_once_agreed_no_id_goes_beyond_them(desk: Desk, active: Contract) -> None:
    assert [create(desk, active.tenant, number) for number in range(3)] == ["done"] * 3
    refused = refusal(desk, active, 3, NEXT_TERM)
    assert (refused.code, refused.members) == ("ids_in_use", {"ids_used": 4})
    change(desk, active, 4, NEXT_TERM)
    assert create(desk, active.tenant, 8) == "id_limit_reached"
    taken_back = change(desk, active, 5, NEXT_TERM)
    assert taken_back.id_changes == ()
    assert create(desk, active.tenant, 8) == "done"


def test_without_a_next_term_there_are_no_fewer(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE, ids=5, auto_renewal=False)
    assert refusal(desk, contract, 3, date(2026, 12, 1)).code == "no_next_term"
    assert refusal(desk, contract, 3, NEXT_TERM).code == "after_end"
    assert refusal(desk, contract, 9, NEXT_TERM).code == "after_end"
    assert change(desk, contract, 9, date(2027, 3, 31)).id_changes[0].ids == 9


def test_days_that_have_passed_and_numbers_that_cannot_be_are_refused(desk: Desk, active: Contract) -> None:
    assert refusal(desk, active, 9, date(2026, 5, 9)).code == "past"
    for number in (0, -1, 1_000_001):
        assert refusal(desk, active, number).errors[0].code == "out_of_range"


@pytest.mark.parametrize("status", [Status.APPLIED, Status.SCREENING, Status.APPROVED, Status.ENDED, Status.REJECTED])
def test_only_an_established_contract_changes_its_number(desk: Desk, status: Status) -> None:
    assert refusal(desk, desk.bring(status), 60).code == "illegal_transition"


def test_a_suspended_contract_changes_its_number_too(desk: Desk) -> None:
    assert change(desk, desk.bring(Status.SUSPENDED), 60, date(2026, 6, 1)).id_changes[0].ids == 60


def test_asked_again_it_leaves_no_row(desk: Desk, active: Contract) -> None:
    for day in (None, date(2026, 7, 1)):
        change(desk, active, 6 if day is None else 8, day)
        rows = len(desk.history(active.id))
        change(desk, active, 6 if day is None else 8, day)
        assert len(desk.history(active.id)) == rows


def test_what_billing_reads_follows_the_dates(desk: Desk, active: Contract) -> None:
    change(desk, active, 7, date(2026, 6, 1))
    with desk.units.open(active.tenant, actor=ADMIN, write=False) as unit:
        found = contracts.store.find(unit, active.id)
        assert found is not None
        june = parse("2026-06-01T00:00:00+09:00")
        assert ids_over_time(found) == ((0, 5), (int(june.timestamp()) * 1_000_000, 7))


def test_a_contract_is_not_approved_for_fewer_ids_than_exist(desk: Desk, clock: FixedClock) -> None:
    first = desk.bring(Status.ACTIVE, ids=5, auto_renewal=False)
    assert [create(desk, first.tenant, number) for number in range(3)] == ["done"] * 3
    following = {"continues": first.id, "start_date": "2027-04-01"}
    small = desk.bring(Status.SCREENING, ids=3, **following)
    with pytest.raises(Conflict) as refused:
        desk.act("approve", small.id)
    assert (refused.value.code, refused.value.members) == ("ids_in_use", {"ids_used": 4})
    desk.act("withdraw", small.id)
    desk.bring(Status.APPROVED, ids=4, **following)
    assert create(desk, first.tenant, 9) == "id_limit_reached"


def test_of_sixteen_creations_at_once_no_more_are_done_than_there_are_seats(desk: Desk, active: Contract) -> None:
    assert together(desk, active, [lambda n=n: create(desk, active.tenant, n) for n in range(16)]) == 4
    assert used(desk, active.tenant) == 5


def test_creations_and_a_smaller_number_at_once_never_meet(desk: Desk) -> None:
    for number in range(3):
        contract = desk.bring(Status.ACTIVE, tenant=f"t{number}", ids=8)

        def fewer(contract: Contract = contract) -> str:
            try:
                change(desk, contract, 4, NEXT_TERM)
            except Conflict as in_use:
                return in_use.code
            return "fewer"

        acts = [lambda n=n, c=contract: create(desk, c.tenant, n) for n in range(15)]
        together(desk, contract, [*acts[:7], fewer, *acts[7:]])
        after = desk.get(contract.id)
        assert used(desk, contract.tenant) == (4 if after.id_changes else 8)


def together(desk: Desk, contract: Contract, acts: list[Any]) -> int:
    """How many were done."""
    start = threading.Barrier(len(acts))

    def run(act: Any) -> str:
        start.wait(timeout=20)
        return str(act())

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts)).count("done")
