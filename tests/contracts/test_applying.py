from datetime import date

import pytest
from sqlalchemy import bindparam, select
from tests.contracts.conftest import CUSTOMER, OPERATOR, Desk, form

from idp import audit, contracts, partners, plans, tenants, users
from idp.contracts import Contract, Event, Product, Status
from idp.contracts.record import Record
from idp.contracts.tables import contracts as table
from idp.kit.clock import FixedClock, parse
from idp.kit.db import query
from idp.kit.errors import Conflict, Invalid
from idp.kit.sealing import PLATFORM, KeyDestroyed, KeyRefused
from idp.kit.units import Units
from idp.users import Affiliation, Role

STANDARD = {"name": "standard", "product": "ID_PLUS", "price_per_id": 300}
ROW = query(select(table).where(table.c.id == bindparam("contract")), Record, platform=True)


def stored(units: Units, contract: Contract) -> Record:
    with units.platform(actor=OPERATOR) as unit:
        row = unit.one(ROW, contract=contract.id)
        assert row is not None
        return row


def refusal(desk: Desk, **changes: object) -> str:
    with pytest.raises(Conflict) as refused:
        desk.apply(**changes)
    return refused.value.code


def test_an_application_is_kept_as_it_was_filed(desk: Desk) -> None:
    with desk.units.platform(actor=OPERATOR) as unit:
        partner = partners.create(unit, partners.read({"name": "さくら販売"})).id
        plans.create(unit, plans.read(STANDARD))
    filed = desk.apply(plan="standard", partner=partner, time_zone="Asia/Tokyo")
    assert filed == desk.get(filed.id)
    assert filed.status is Status.APPLIED
    assert filed.version == 1
    kept = filed.application
    assert kept == contracts.read_application(form(plan="standard", partner=partner, time_zone="Asia/Tokyo"))
    assert kept.parties is not None
    assert kept.parties.admin.email == "taro@kaede.example"


def wrong(desk: Desk, **changes: object) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        desk.apply(**changes)
    return {error.pointer: error.code for error in refused.value.errors}


def test_a_plan_is_named_by_its_id_or_its_name_and_has_the_product_of_the_application(desk: Desk) -> None:
    with desk.units.platform(actor=OPERATOR) as unit:
        plan = plans.create(unit, plans.read(STANDARD))
    assert desk.apply(plan=plan.id).application.plan == plan.id
    assert desk.apply(plan=plan.name, tenant="b").application.plan == plan.name
    assert wrong(desk, plan="gold", tenant="c") == {"/plan": "unknown_value"}
    assert wrong(desk, plan="standard", product="MDM", tenant="c") == {"/plan": "plan_of_other_product"}


def test_only_a_partner_in_business_is_named_and_all_that_is_wrong_is_said_at_once(desk: Desk) -> None:
    with desk.units.platform(actor=OPERATOR) as unit:
        partner = partners.create(unit, partners.read({"name": "さくら販売"})).id
    assert desk.apply(partner=partner).application.partner == partner
    assert wrong(desk, partner="prt_none", plan="gold", tenant="b") == {
        "/partner": "unknown_value",
        "/plan": "unknown_value",
    }
    with desk.units.platform(actor=OPERATOR) as unit:
        partners.change(unit, partner, {"status": "disabled"})
    assert wrong(desk, partner=partner, tenant="b") == {"/partner": "partner_disabled"}


def test_persons_are_sealed_by_the_platform_until_the_tenant_has_a_key_and_by_it_from_then_on(
    desk: Desk, units: Units
) -> None:
    contract = desk.bring(Status.SCREENING)
    platform, before = units.keys.box(PLATFORM), stored(units, contract)
    assert before.parties is not None
    assert "山田".encode() not in before.parties
    assert "山田".encode() in platform.open("contracts", "parties", contract.id, before.parties)
    approved = desk.act("approve", contract.id)
    after = stored(units, contract)
    assert after.tenant_id == approved.tenant != PLATFORM
    assert after.parties is not None
    with pytest.raises(KeyRefused):
        platform.open("contracts", "parties", contract.id, after.parties)
    assert approved.application == contract.application


@pytest.mark.parametrize("status", [Status.APPLIED, Status.SCREENING, Status.REJECTED, Status.WITHDRAWN])
def test_before_approval_nothing_of_the_tenant_exists(desk: Desk, units: Units, status: Status) -> None:
    contract = desk.bring(status)
    assert contract.tenant == PLATFORM
    with units.platform(actor=OPERATOR) as unit:
        assert tenants.find_by_slug(unit, "kaede") is None


def test_approval_brings_the_tenant_into_being_and_its_history_with_it(desk: Desk, units: Units) -> None:
    contract = desk.bring(Status.APPROVED)
    with units.open(contract.tenant, actor=CUSTOMER) as unit:
        tenant = tenants.get(unit)
        assert (tenant.slug, tenant.display_name, tenant.time_zone) == ("kaede", "株式会社かえで", "Asia/Tokyo")
        assert [row.event for row in contracts.history(unit, contract.id)] == [
            Event.APPLIED,
            Event.SCREENING_STARTED,
            Event.APPROVED,
        ]
    with units.platform(actor=OPERATOR) as unit:
        assert audit.verify(unit) is None


def test_the_administrator_who_was_named_holds_the_first_id(desk: Desk, units: Units) -> None:
    contract = desk.bring(Status.APPROVED)
    desk.bring(Status.APPROVED, product="MDM")
    with units.open(contract.tenant, actor=CUSTOMER) as unit:
        (person,) = users.page(unit, after="", limit=10)
        assert audit.verify(unit) is None
    assert (person.user_name, person.display_name) == ("taro@kaede.example", "山田 太郎")
    assert person.affiliation is Affiliation.EMPLOYEE
    assert Role.ADMIN in person.roles
    assert not person.can_sign_in


def test_a_slug_has_one_live_contract_for_each_product(desk: Desk) -> None:
    desk.apply()
    assert refusal(desk) == "contract_exists"
    assert desk.apply(product="MDM").application.product is Product.MDM
    assert refusal(desk, product="MDM") == "contract_exists"


@pytest.mark.parametrize("status", [Status.APPROVED, Status.ACTIVE, Status.SUSPENDED])
def test_a_tenant_with_a_live_contract_gets_no_second(desk: Desk, status: Status) -> None:
    desk.bring(status)
    assert refusal(desk) == "contract_exists"


@pytest.mark.parametrize("status", [Status.REJECTED, Status.WITHDRAWN])
def test_after_a_refusal_one_can_apply_again_under_the_same_name(desk: Desk, status: Status) -> None:
    old = desk.bring(status)
    new = desk.bring(Status.ACTIVE)
    assert new.id != old.id
    assert desk.get(old.id).tenant == PLATFORM


def test_after_a_termination_the_tenant_applies_anew_and_keeps_its_name(desk: Desk) -> None:
    old = desk.bring(Status.ENDED)
    new = desk.apply()
    assert new.tenant == old.tenant
    assert desk.act("screen", new.id).status is Status.SCREENING


def test_a_contract_that_is_over_by_its_dates_is_written_down_and_makes_room(desk: Desk, clock: FixedClock) -> None:
    old = desk.bring(Status.ACTIVE, auto_renewal=False)
    generation = desk.counters(old.tenant)[1]
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    desk.apply()
    last = desk.history(old.id)[-1]
    assert (last.event, last.at, last.after) == (Event.EXPIRED, clock.now_us(), Status.ENDED)
    assert desk.counters(old.tenant)[1] == generation + 1


def test_a_further_product_belongs_to_its_tenant_from_the_first_day(desk: Desk, units: Units) -> None:
    tenant = desk.bring(Status.ACTIVE).tenant
    further = desk.apply(product="MDM")
    assert further.tenant == tenant
    with units.open(tenant, actor=CUSTOMER) as unit:
        assert contracts.get(unit, further.id) == further
    assert desk.act("screen", further.id).status is Status.SCREENING
    assert desk.act("approve", further.id).tenant == tenant


def test_two_products_applied_for_before_there_is_a_tenant_become_one_tenants(desk: Desk) -> None:
    first, second = desk.bring(Status.SCREENING), desk.bring(Status.SCREENING, product="MDM")
    assert desk.act("approve", first.id).tenant == desk.act("approve", second.id).tenant != PLATFORM


def test_the_name_of_an_erased_tenant_is_not_given_again(desk: Desk, units: Units) -> None:
    tenant = desk.bring(Status.ENDED).tenant
    (key,) = (units.keys._home).glob(f"{tenant}*")
    key.unlink()
    units.keys._boxes.clear()
    with pytest.raises(KeyDestroyed):
        units.keys.box(tenant)
    assert refusal(desk) == "tenant_retired"


def test_device_authentication_needs_an_active_mdm_contract(desk: Desk) -> None:
    desk.bring(Status.ACTIVE)
    add_on = desk.bring(Status.SCREENING, product="DEVICE_AUTH")

    def is_refused() -> None:
        with pytest.raises(Conflict) as refused:
            desk.act("approve", add_on.id)
        assert (refused.value.code, refused.value.members) == ("contract_required", {"product": "MDM"})
        assert desk.get(add_on.id).status is Status.SCREENING

    is_refused()
    mdm = desk.bring(Status.SUSPENDED, product="MDM")
    is_refused()
    desk.act("resume", mdm.id)
    assert desk.act("approve", add_on.id).status is Status.APPROVED


def test_a_contract_that_runs_out_is_continued_from_the_day_after(desk: Desk, clock: FixedClock) -> None:
    old = desk.bring(Status.ACTIVE, auto_renewal=False)
    assert refusal(desk, continues=old.id, start_date="2027-03-31") == "contract_exists"
    new = desk.apply(continues=old.id, start_date="2027-04-01")
    assert new.application.continues == old.id
    assert refusal(desk, continues=old.id, start_date="2027-04-01") == "contract_exists"
    for step in ("screen", "approve", "complete_setup"):
        new = desk.act(step, new.id)
    assert new.tenant == old.tenant
    clock.set(parse("2027-03-31T23:59:59+09:00"))
    generation = desk.counters(old.tenant)[1]
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    assert refusal(desk) == "contract_exists"
    assert desk.get(old.id).status is Status.ENDED
    assert desk.get(new.id).standing.term == (1, date(2027, 4, 1), date(2028, 3, 31))
    assert desk.counters(old.tenant)[1] == generation


def test_an_end_that_another_contract_continues_leaves_people_signed_in(desk: Desk, clock: FixedClock) -> None:
    old = desk.bring(Status.ACTIVE, auto_renewal=False)
    new = desk.bring(Status.ACTIVE, continues=old.id, start_date="2027-04-01", auto_renewal=False)
    generation = desk.counters(old.tenant)[1]
    clock.set(parse("2027-04-02T00:00:00+09:00"))
    desk.apply(continues=new.id, start_date="2028-04-01")
    assert desk.history(old.id)[-1].event is Event.EXPIRED
    assert desk.counters(old.tenant)[1] == generation


def test_what_was_applied_for_anew_is_not_continued_as_well(desk: Desk, clock: FixedClock) -> None:
    old = desk.bring(Status.ACTIVE, auto_renewal=False)
    clock.set(parse("2027-04-02T00:00:00+09:00"))
    desk.apply()
    assert refusal(desk, continues=old.id, start_date="2027-04-03") == "contract_exists"


def test_only_what_runs_out_can_be_continued(desk: Desk) -> None:
    renewing = desk.bring(Status.ACTIVE)
    assert refusal(desk, continues=renewing.id, start_date="2027-04-01") == "cannot_continue"
    desk.act("ask_non_renewal", renewing.id, end_date=date(2027, 3, 31))
    desk.act("ask_stop", renewing.id, stop_date=date(2026, 12, 31))
    assert refusal(desk, continues=renewing.id, start_date="2027-04-01") == "cannot_continue"
    desk.act("withdraw_stop", renewing.id)
    assert desk.apply(continues=renewing.id, start_date="2027-04-01").status is Status.APPLIED
    terminated = desk.bring(Status.ENDED, tenant="midori")
    assert refusal(desk, tenant="midori", continues=terminated.id, start_date="2027-04-01") == "cannot_continue"


def test_what_no_longer_runs_out_is_not_continued_by_an_approval(desk: Desk) -> None:
    old = desk.bring(Status.ACTIVE, auto_renewal=False)
    new = desk.bring(Status.SCREENING, continues=old.id, start_date="2027-04-01")
    desk.act("terminate", old.id)
    with pytest.raises(Conflict) as refused:
        desk.act("approve", new.id)
    assert refused.value.code == "cannot_continue"


def test_a_contract_that_is_continued_cannot_be_made_to_last_into_the_next(desk: Desk) -> None:
    old = desk.bring(Status.ACTIVE)
    desk.act("ask_non_renewal", old.id, end_date=date(2027, 3, 31))
    new = desk.apply(continues=old.id, start_date="2027-04-01")
    for act, more in (("withdraw_non_renewal", {}), ("ask_non_renewal", {"end_date": date(2028, 3, 31)})):
        with pytest.raises(Conflict) as refused:
            desk.act(act, old.id, **more)
        assert refused.value.code == "contract_exists"
    desk.act("withdraw", new.id)
    assert desk.act("withdraw_non_renewal", old.id).non_renewal is None


@pytest.mark.parametrize("other", [{"tenant": "midori"}, {"product": "MDM"}])
def test_another_tenants_or_products_contract_is_not_there_to_be_continued(desk: Desk, other: dict[str, str]) -> None:
    old = desk.bring(Status.ACTIVE, auto_renewal=False, **other)
    for contract_id in (old.id, "con_none"):
        with pytest.raises(Invalid) as refused:
            desk.apply(continues=contract_id, start_date="2027-04-01")
        assert [(error.pointer, error.code) for error in refused.value.errors] == [("/continues", "not_found")]
