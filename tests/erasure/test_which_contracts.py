"""Which contracts an erasure takes with it, which it leaves alone, and what stands in its way."""

from collections.abc import Callable
from datetime import date

import pytest
from tests.contracts.conftest import NOON, OPERATOR, Desk

from idp import contracts, erasure, tenants, users
from idp.contracts import Contract, ContractId, Status
from idp.kit.clock import FixedClock
from idp.kit.errors import Conflict
from idp.kit.sealing import PLATFORM
from idp.kit.units import Units


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def desk(units: Units) -> Desk:
    return Desk(units)


@pytest.fixture
def erase(units: Units) -> Callable[..., Contract]:
    def do(contract: Contract, *, grace_days: int | None = None) -> Contract:
        with units.platform(actor=OPERATOR) as unit:
            return erasure.erase(unit, contract.id, grace_days=grace_days)

    return do


Erase = Callable[..., Contract]


def due(units: Units, grace_days: int = 30) -> list[ContractId]:
    with units.platform(actor=OPERATOR, write=False) as unit:
        return [each.contract for each in contracts.erasable(unit, grace_days=grace_days)]


def test_of_another_product_only_the_persons_in_the_contract_go(units: Units, desk: Desk, erase: Erase) -> None:
    service = desk.bring(Status.ACTIVE)
    mdm = desk.bring(Status.ENDED, product="MDM")
    erased = erase(mdm)
    assert (erased.status, erased.application.parties) == (Status.ERASED, None)
    assert desk.get(service.id).application.parties is not None
    assert desk.get(service.id).status is Status.ACTIVE
    with units.platform(actor=OPERATOR, write=False) as unit:
        inner = unit.inside(erased.tenant)
        assert users.seats_used(inner) == 1
        assert tenants.get(inner).slug == "kaede"
        certificate = erasure.certificate_of(inner, mdm.id)
    assert certificate is not None
    assert certificate["counts"] == {"contacts": 3}
    assert units.keys.box(erased.tenant)


def test_a_contract_for_another_product_lives_on_with_its_persons(units: Units, desk: Desk, erase: Erase) -> None:
    service = desk.bring(Status.ENDED)
    mdm = desk.bring(Status.ACTIVE, product="MDM")
    gone = desk.bring(Status.REJECTED, product="PLATFORM")
    before = desk.get(mdm.id).application.parties
    erase(service)
    assert not units.keys.holds(service.tenant)
    assert desk.get(mdm.id).status is Status.ACTIVE
    assert desk.get(mdm.id).application.parties == before
    assert before is not None
    assert desk.get(gone.id).application.parties is None
    held = desk.act("suspend", mdm.id)
    assert (held.status, held.application.parties) == (Status.SUSPENDED, before)
    ended = desk.act("terminate", mdm.id)
    assert erase(ended).application.parties is None
    with units.platform(actor=OPERATOR, write=False) as unit:
        assert contracts.get(unit, mdm.id).tenant != PLATFORM


def test_what_another_contract_continues_is_not_erased(
    units: Units, desk: Desk, clock: FixedClock, erase: Erase
) -> None:
    first = desk.bring(Status.ACTIVE, auto_renewal=False, term_months=1, start_date="2026-02-02")
    clock.advance(days=28)  # 2 March, the day after its last
    second = desk.apply(continues=first.id, start_date="2026-04-01")
    desk.act("screen", second.id)
    clock.advance(days=31)
    assert desk.get(first.id).status is Status.ENDED
    desk.act("approve", second.id)
    with pytest.raises(Conflict, match="contract_continued") as refused:
        erase(first)
    assert refused.value.members["contract"] == second.id
    desk.act("complete_setup", second.id)
    with pytest.raises(Conflict, match="contract_continued"):
        erase(first, grace_days=30)
    assert due(units) == []
    desk.act("terminate", second.id)
    assert due(units) == [second.id]
    with pytest.raises(Conflict, match="erasure_not_due"):
        erase(first, grace_days=30)  # its own day has passed, but not that of what continued it
    clock.advance(days=32)
    assert erase(second, grace_days=30).status is Status.ERASED
    assert desk.get(first.id).status is Status.ERASED
    assert due(units) == []


def test_an_application_that_was_not_approved_in_time_comes_too_late(
    units: Units, desk: Desk, clock: FixedClock, erase: Erase
) -> None:
    first = desk.bring(Status.ACTIVE, auto_renewal=False, term_months=1, start_date="2026-02-02")
    clock.advance(days=20)
    second = desk.apply(continues=first.id, start_date="2026-04-01")
    desk.act("screen", second.id)
    clock.advance(days=60)
    assert erase(first, grace_days=30).status is Status.ERASED
    assert desk.get(second.id).application.parties is not None  # sealed anew: nobody has decided on it yet
    with pytest.raises(Conflict, match="tenant_retired"):
        desk.act("approve", second.id)
    assert desk.act("reject", second.id).status is Status.REJECTED
    assert not units.keys.holds(first.tenant)


def test_an_application_of_the_platform_for_the_name_of_an_erased_tenant_is_not_approved(
    desk: Desk, erase: Erase
) -> None:
    early = desk.apply(product="MDM")
    desk.act("screen", early.id)
    service = desk.bring(Status.ENDED)
    erase(service)
    with pytest.raises(Conflict, match="tenant_retired"):
        desk.act("approve", early.id)
    with pytest.raises(Conflict, match="tenant_retired"):
        desk.apply(product="PLATFORM")


@pytest.mark.parametrize(("product", "due_after"), [("ID_PLUS", 31), ("MDM", 31)])
def test_it_is_due_on_the_day_after_the_grace(
    units: Units, desk: Desk, clock: FixedClock, erase: Erase, product: str, due_after: int
) -> None:
    ended = desk.bring(Status.ENDED, product=product)  # at noon in Tokyo
    clock.advance(days=due_after - 1, hours=11, minutes=59)
    with pytest.raises(Conflict, match="erasure_not_due"):
        erase(ended, grace_days=30)
    clock.advance(minutes=1)
    assert due(units) == [ended.id]
    assert erase(ended, grace_days=30).erased_at == clock.now_us()


def test_a_stop_leaves_no_grace(units: Units, desk: Desk, clock: FixedClock, erase: Erase) -> None:
    active = desk.bring(Status.ACTIVE, start_date="2026-02-02")
    with units.platform(actor=OPERATOR) as unit:
        contracts.ask_stop(unit, active.id, stop_date=date(2026, 2, 2), reason="closing")
    clock.advance(hours=11, minutes=59)
    with pytest.raises(Conflict, match="illegal_transition"):
        erase(active, grace_days=30)
    clock.advance(minutes=1)  # 24:00; no run has recorded the end
    assert erase(active, grace_days=30).status is Status.ERASED
    events = [row.event.value for row in desk.history(active.id)]
    assert events[-3:] == ["stop_requested", "stopped", "erased"]
