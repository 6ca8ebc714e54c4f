from datetime import date

import pytest
from tests.contracts.conftest import CUSTOMER, Desk

from idp import audit, contracts, delivery
from idp.contracts import Contract, EndReason, Event, Status
from idp.kit.actors import Source
from idp.kit.clock import FixedClock, micros, parse
from idp.kit.errors import Conflict, Invalid, NotFound, Stale
from idp.kit.sealing import PLATFORM
from idp.kit.units import Units

# The legal acts of each state, written out once more: whatever is not here is refused.
LEGAL = {
    Status.APPLIED: "screen withdraw",
    Status.SCREENING: "approve reject withdraw",
    Status.APPROVED: "complete_setup withdraw",
    Status.ACTIVE: "suspend terminate ask_stop ask_non_renewal withdraw_stop withdraw_non_renewal",
    Status.SUSPENDED: "resume terminate ask_stop ask_non_renewal withdraw_stop withdraw_non_renewal",
    Status.ENDED: "",
    Status.REJECTED: "",
    Status.WITHDRAWN: "",
}
# Asked again of a contract that they brought into its state; and withdrawing what was never asked.
REPEATED = {
    Status.SCREENING: "screen",
    Status.APPROVED: "approve",
    Status.ACTIVE: "complete_setup",
    Status.SUSPENDED: "suspend",
    Status.ENDED: "terminate",
    Status.REJECTED: "reject",
    Status.WITHDRAWN: "withdraw",
}
ACTS = {
    "screen": {},
    "approve": {},
    "reject": {},
    "withdraw": {},
    "complete_setup": {},
    "suspend": {},
    "resume": {},
    "terminate": {},
    "ask_non_renewal": {"end_date": date(2027, 3, 31)},
    "ask_stop": {"stop_date": date(2026, 6, 30)},
    "withdraw_non_renewal": {},
    "withdraw_stop": {},
}


@pytest.mark.parametrize("status", LEGAL)
def test_every_act_in_every_state_is_done_repeated_or_refused(desk: Desk, status: Status) -> None:
    for number, (act, more) in enumerate(ACTS.items()):
        contract = desk.bring(status, tenant=f"t{number}")
        before = desk.history(contract.id)
        legal = act in LEGAL[status].split()
        nothing_to_do = act in (REPEATED.get(status), "withdraw_non_renewal", "withdraw_stop")
        if not legal and not nothing_to_do:
            with pytest.raises(Conflict) as refused:
                desk.act(act, contract.id, **more)
            assert (refused.value.code, refused.value.members["state"]) == ("illegal_transition", status), act
            after = desk.get(contract.id)
        else:
            after = desk.act(act, contract.id, **more)
            assert after == desk.get(contract.id)
        if nothing_to_do or not legal:
            assert after == contract
            assert desk.history(contract.id) == before
        else:
            assert after.version == contract.version + 1
            assert len(desk.history(contract.id)) == len(before) + 1


def test_the_history_tells_the_whole_life_without_gaps(desk: Desk) -> None:
    contract = desk.bring(Status.SUSPENDED)
    desk.act("resume", contract.id, reason="paid")
    desk.act("ask_stop", contract.id, stop_date=date(2026, 6, 30))
    desk.act("withdraw_stop", contract.id)
    desk.act("terminate", contract.id)
    rows = desk.history(contract.id)
    assert [row.seq for row in rows] == list(range(1, 10))
    assert [(row.event, row.before, row.after) for row in rows] == [
        (Event.APPLIED, None, Status.APPLIED),
        (Event.SCREENING_STARTED, Status.APPLIED, Status.SCREENING),
        (Event.APPROVED, Status.SCREENING, Status.APPROVED),
        (Event.ESTABLISHED, Status.APPROVED, Status.ACTIVE),
        (Event.SUSPENDED, Status.ACTIVE, Status.SUSPENDED),
        (Event.RESUMED, Status.SUSPENDED, Status.ACTIVE),
        (Event.STOP_REQUESTED, Status.ACTIVE, Status.ACTIVE),
        (Event.STOP_WITHDRAWN, Status.ACTIVE, Status.ACTIVE),
        (Event.TERMINATED, Status.ACTIVE, Status.ENDED),
    ]
    assert {(row.actor, row.source) for row in rows} == {("opr_1", Source.OPERATOR)}
    assert [row.reason for row in rows if row.reason] == ["unpaid", "paid", "closing", "breach"]


def test_a_page_of_history_goes_on_where_the_last_one_ended(desk: Desk, units: Units) -> None:
    contract = desk.bring(Status.ACTIVE)
    with units.platform(actor=CUSTOMER) as unit:
        first = contracts.history(unit, contract.id, limit=3)
        rest = contracts.history(unit, contract.id, after=first[-1].seq, limit=3)
    assert [row.seq for row in first + rest] == [1, 2, 3, 4]


def test_the_tenant_is_told_of_its_contract_and_the_trail_records_it(desk: Desk, units: Units) -> None:
    contract = desk.bring(Status.ACTIVE)
    desk.act("suspend", contract.id)
    desk.act("resume", contract.id)
    desk.act("terminate", contract.id)
    with units.open(contract.tenant, actor=CUSTOMER) as unit:
        told = [row.event for row in delivery.pending(unit)]
        assert audit.verify(unit) is None
    first = ["contract.established", "user.invited"]  # the administrator's invitation comes with the notice
    assert told == [*first, "contract.suspended", "contract.resumed", "contract.terminated"]


def test_a_hold_ends_every_session_and_other_changes_only_the_facts(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE)

    def change(act: str, **more: object) -> tuple[bool, int]:
        """Whether the facts are others than before, and how many generations have ended."""
        before = desk.counters(contract.tenant)
        desk.act(act, contract.id, **more)
        after = desk.counters(contract.tenant)
        return after[0] > before[0], after[1] - before[1]

    assert change("ask_stop", stop_date=date(2026, 6, 30)) == (True, 0)
    assert change("suspend") == (True, 1)
    assert change("suspend") == (False, 0)
    assert change("resume") == (True, 0)
    assert change("terminate") == (True, 1)


def test_a_hold_on_an_add_on_leaves_people_signed_in(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE)
    add_on = desk.bring(Status.ACTIVE, product="MDM")
    assert add_on.tenant == contract.tenant
    generation = desk.counters(contract.tenant)[1]
    desk.act("suspend", add_on.id)
    assert desk.counters(contract.tenant)[1] == generation
    assert desk.get(contract.id).status is Status.ACTIVE


def test_a_contract_changed_under_an_old_version_is_stale(desk: Desk) -> None:
    contract = desk.bring(Status.ACTIVE)
    desk.act("suspend", contract.id, if_match=contract.version)
    with pytest.raises(Stale):
        desk.act("terminate", contract.id, if_match=contract.version)
    assert desk.get(contract.id).status is Status.SUSPENDED


@pytest.mark.parametrize("act", ["reject", "suspend", "terminate"])
def test_a_reason_is_required_and_readable(desk: Desk, act: str) -> None:
    contract = desk.bring(Status.SCREENING if act == "reject" else Status.ACTIVE)
    for reason in ("", "  \n", "x" * 1001, "a\x00b", "half \ud800"):
        with pytest.raises(Invalid) as refused:
            desk.act(act, contract.id, reason=reason)
        assert [error.pointer for error in refused.value.errors] == ["/reason"]
    assert desk.get(contract.id) == contract
    assert desk.act(act, contract.id, reason="x" * 999 + "\n").version == contract.version + 1


def test_the_first_term_starts_on_the_later_of_the_day_asked_for_and_the_notice(desk: Desk, clock: FixedClock) -> None:
    early = desk.bring(Status.ACTIVE)
    assert early.standing.term == (1, date(2026, 4, 1), date(2027, 3, 31))
    late = desk.bring(Status.APPROVED, tenant="late")
    clock.set(parse("2026-05-09T15:00:00+00:00"))  # midnight of the tenth in Tokyo
    late = desk.act("complete_setup", late.id)
    assert late.standing.term == (1, date(2026, 5, 10), date(2027, 5, 9))
    assert late.established_at == clock.now_us()


def test_a_termination_is_dated_with_its_day_and_shown_for_ever(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    clock.set(parse("2026-07-15T09:00:00+09:00"))
    ended = desk.act("terminate", contract.id).standing.ended
    assert ended == (EndReason.TERMINATED, date(2026, 7, 15), clock.now_us())
    clock.set(parse("2030-01-01T00:00:00+09:00"))
    assert desk.get(contract.id).standing.ended == ended


def test_the_calendar_is_written_down_before_an_act_and_in_its_order(desk: Desk, clock: FixedClock) -> None:
    contract = desk.bring(Status.ACTIVE)
    clock.set(parse("2028-05-01T00:00:00+09:00"))
    assert [row.event for row in desk.history(contract.id)][3:] == [Event.ESTABLISHED]
    desk.act("suspend", contract.id)
    rows = desk.history(contract.id)[4:]
    assert [(row.seq, row.event, row.source) for row in rows] == [
        (5, Event.RENEWED, Source.SCHEDULE),
        (6, Event.RENEWED, Source.SCHEDULE),
        (7, Event.SUSPENDED, Source.OPERATOR),
    ]
    assert [row.at for row in rows[:2]] == [
        micros(parse("2027-04-01T00:00:00+09:00")),
        micros(parse("2028-04-01T00:00:00+09:00")),
    ]
    desk.act("resume", contract.id)
    assert [row.event for row in desk.history(contract.id)[7:]] == [Event.RESUMED]


@pytest.mark.parametrize("act", ["suspend", "terminate", "ask_stop", "ask_non_renewal"])
def test_after_its_last_day_nothing_is_done_to_a_contract_though_no_run_has_ended_it(
    desk: Desk, clock: FixedClock, act: str
) -> None:
    contract = desk.bring(Status.ACTIVE, auto_renewal=False)
    clock.set(parse("2027-04-01T00:00:00+09:00"))
    with pytest.raises(Conflict) as refused:
        desk.act(act, contract.id, **ACTS[act])
    assert refused.value.members == {"state": Status.ENDED}
    shown = desk.get(contract.id)
    assert (shown.status, shown.version) == (Status.ENDED, contract.version)
    assert shown.standing.ended is not None
    assert shown.standing.ended.reason is EndReason.EXPIRED


def test_a_tenant_reaches_its_own_contract_and_nobody_elses(desk: Desk, units: Units) -> None:
    own, other = desk.bring(Status.ACTIVE), desk.bring(Status.ACTIVE, tenant="midori")
    with units.open(own.tenant, actor=CUSTOMER) as unit:
        assert contracts.get(unit, own.id) == own
        assert contracts.find_live(unit) == own
        assert contracts.ask_stop(unit, own.id, stop_date=date(2026, 6, 30), reason="closing").stop_date is not None
        for act in (contracts.get, contracts.history, contracts.screen, contracts.withdraw_stop):
            with pytest.raises(NotFound):
                act(unit, other.id)  # type: ignore[operator]
        assert [each.id for each in contracts.page(unit)] == [own.id]


def test_a_tenants_own_list_can_be_narrowed_too(desk: Desk, units: Units) -> None:
    contract, further = desk.bring(Status.ACTIVE), desk.bring(Status.ACTIVE, product="MDM")
    waiting = desk.apply(product="DEVICE_AUTH")
    with units.open(contract.tenant, actor=CUSTOMER) as unit:
        assert contracts.page(unit) == [contract, further, waiting]
        assert contracts.page(unit, chosen=contracts.Filter(applications=True)) == [waiting]
        assert contracts.page(unit, after=contract.id, limit=1) == [further]


def test_an_application_is_nobodys_but_the_platforms(desk: Desk, units: Units) -> None:
    tenant = desk.bring(Status.ACTIVE, tenant="midori").tenant
    application = desk.apply()
    assert application.tenant == PLATFORM
    with units.open(tenant, actor=CUSTOMER) as unit, pytest.raises(NotFound):
        contracts.get(unit, application.id)
    assert desk.get(application.id) == application


def test_an_unknown_contract_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.act("screen", contracts.ContractId("con_none"))


def test_lists_are_in_the_order_of_creation_and_can_be_narrowed(desk: Desk, units: Units) -> None:
    made = [desk.bring(status, tenant=f"t{n}") for n, status in enumerate([Status.APPLIED, Status.ACTIVE] * 3)]

    def listed(**chosen: object) -> list[Contract]:
        found: list[Contract] = []
        with units.platform(actor=CUSTOMER) as unit:
            only = contracts.Filter(**chosen)  # type: ignore[arg-type]
            while batch := contracts.page(unit, chosen=only, after=found[-1].id if found else "", limit=2):
                found += batch
        return found

    assert listed() == made
    assert listed(applications=True) == [each for each in made if each.status is Status.APPLIED]
    assert listed(slug="t3") == [made[3]]
    assert listed(partner="ptn_none") == []
