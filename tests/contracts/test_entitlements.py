from datetime import date

import pytest
from tests.contracts.conftest import CUSTOMER, OPERATOR, Desk

from idp import contracts
from idp.contracts import ContractFacts, Product, Reason, Status
from idp.contracts.standing import Window
from idp.kit.clock import FixedClock, micros, parse
from idp.kit.ids import TenantId
from idp.kit.units import Units


def facts_of(units: Units, tenant: TenantId) -> ContractFacts:
    with units.open(tenant, actor=CUSTOMER, write=False) as unit:
        return contracts.facts(unit)


def test_facts_loaded_once_answer_for_every_later_instant(desk: Desk, units: Units, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE, auto_renewal=False)
    known = facts_of(units, contract.tenant)

    def at(text: str) -> Reason | None:
        return contracts.reason_against(known, micros(parse(text)))

    assert at("2026-03-31T23:59:59+09:00") is Reason.NOT_STARTED
    assert at("2026-04-01T00:00:00+09:00") is None
    assert at("2027-03-31T23:59:59+09:00") is None
    assert at("2027-04-01T00:00:00+09:00") is Reason.ENDED


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.APPROVED, Reason.NOT_ESTABLISHED),
        (Status.ACTIVE, None),
        (Status.SUSPENDED, Reason.SUSPENDED),
        (Status.ENDED, Reason.ENDED),
    ],
)
def test_each_state_has_its_own_reason_and_is_shown(
    desk: Desk, units: Units, clock: FixedClock, status: Status, reason: Reason | None
) -> None:
    contract = desk.bring(status, start_date="2026-02-01")
    known = facts_of(units, contract.tenant)
    assert contracts.reason_against(known, clock.now_us()) is reason
    assert contracts.status_of(known, clock.now_us()) is status
    assert contracts.is_known(known)


def test_a_tenant_whose_only_approval_was_withdrawn_is_unknown_again(desk: Desk, units: Units) -> None:
    contract = desk.bring(Status.APPROVED)
    generation = desk.counters(contract.tenant)[1]
    desk.act("withdraw", contract.id)
    known = facts_of(units, contract.tenant)
    assert not contracts.is_known(known)
    assert contracts.reason_against(known, 0) is Reason.NOT_ESTABLISHED
    assert contracts.status_of(known, 0) is None
    assert desk.counters(contract.tenant)[1] == generation + 1


def test_products_stand_alone(desk: Desk, units: Units, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE, start_date="2026-02-01")
    desk.bring(Status.SUSPENDED, product="MDM", start_date="2026-02-01")
    known, now = facts_of(units, contract.tenant), clock.now_us()
    assert contracts.reason_against(known, now) is None
    assert contracts.reason_against(known, now, Product.MDM) is Reason.SUSPENDED
    assert contracts.reason_against(known, now, Product.DEVICE_AUTH) is Reason.NOT_ESTABLISHED


def test_a_contract_that_continues_another_takes_over_at_midnight(desk: Desk, units: Units, clock: FixedClock) -> None:
    old = desk.bring(Status.ACTIVE, auto_renewal=False)
    desk.bring(Status.ACTIVE, continues=old.id, start_date="2027-04-01")
    known = facts_of(units, old.tenant)
    for text in ("2027-03-31T23:59:59.999999+09:00", "2027-04-01T00:00:00+09:00"):
        assert contracts.reason_against(known, micros(parse(text))) is None
    with units.open(old.tenant, actor=OPERATOR) as unit:
        live = contracts.find_live(unit)
    assert live is not None
    assert live.id == old.id
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    with units.open(old.tenant, actor=OPERATOR) as unit:
        live = contracts.find_live(unit)
    assert live is not None
    assert live.application.continues == old.id


WINDOWS = {
    None: Window(Status.ACTIVE, 0, None),
    Reason.SUSPENDED: Window(Status.SUSPENDED, 0, None),
    Reason.NOT_STARTED: Window(Status.ACTIVE, 100, None),
    Reason.ENDED: Window(Status.ACTIVE, 0, 10),
    Reason.NOT_ESTABLISHED: Window(Status.SCREENING, None, None),
}


@pytest.mark.parametrize("first", WINDOWS)
@pytest.mark.parametrize("second", WINDOWS)
def test_of_two_contracts_of_a_product_one_speaks(first: Reason | None, second: Reason | None) -> None:
    order = list(WINDOWS)
    expected = order[min(order.index(first), order.index(second))]
    known = ContractFacts({Product.ID_PLUS: (WINDOWS[first], WINDOWS[second])})
    assert contracts.reason_against(known, 50) is expected


def test_a_live_contract_is_missing_before_and_after(desk: Desk, units: Units) -> None:
    contract = desk.bring(Status.ENDED)
    with units.open(contract.tenant, actor=CUSTOMER) as unit:
        assert contracts.find_live(unit) is None
    assert contract.standing.ended is not None
    assert contract.standing.ended.on == date(2026, 2, 2)
