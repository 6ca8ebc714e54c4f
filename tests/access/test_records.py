"""Decisions that are remembered: whole, sealed, found again, and forgotten in time."""

import pytest

from idp.access import SWEEPS, Chosen, Decision, Effect, Moment, Outcome, Reason, Requirement, Result, records
from idp.access.policies import Action, Inputs, RuleResult
from idp.kit.actors import Actor
from idp.kit.clock import FixedClock
from idp.kit.errors import NotFound
from idp.kit.sealing import KeyRefused
from idp.kit.units import Units
from idp.tenants import Tenant
from idp.web.sweeping import steps

ACTOR = Actor("user", "usr_1")


def decision(units: Units, reference: str = "K7QM3XWT12", *, user: str | None = "usr_1", **changes: object) -> Decision:
    inputs = Inputs(
        service_id="svc_1",
        action=Action.SIGN_IN,
        now_us=units.clock.now_us(),
        zone="Asia/Tokyo",
        user_id=user,
        groups=frozenset({"grp_1", "grp_2"}),
        affiliation="employee",
        verification_status="verified",
        ip="133.11.0.1",
        country="JP",
        methods=frozenset({"pwd"}),
        age_seconds=12,
        browser_family="firefox",
        browser_version=140,
        device_enrolled=True,
    )
    rules = (
        RuleResult("pol_1", "二要素", Effect.STEP_UP, Result.MATCH, report_only=False),
        RuleResult("pol_2", "watch", Effect.DENY, Result.ERROR, report_only=True),
    )
    made = Decision(
        reference=reference,
        at_us=inputs.now_us,
        moment=Moment.AUTHORIZATION,
        outcome=Outcome.STEP_UP,
        reason=Reason.STEP_UP_REQUIRED,
        inputs=inputs,
        assigned=True,
        assignment_required=True,
        missing=(Requirement.MFA,),
        rules=rules,
        set_id="act_1",
        reason_ja="社内規程による",
        reason_en="company rules",
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def remember(units: Units, tenant: Tenant, made: Decision) -> None:
    with units.open(tenant.id, actor=ACTOR) as unit:
        records.remember(unit, made)


def found(units: Units, tenant: Tenant, **chosen: object) -> list[str]:
    with units.open(tenant.id, actor=ACTOR, write=False) as unit:
        return [row.decision.reference for row in records.page(unit, Chosen(**chosen))]  # type: ignore[arg-type]


def test_what_is_read_again_is_what_was_decided(units: Units, tenant: Tenant, neighbour: Tenant) -> None:
    made = decision(units)
    remember(units, tenant, made)
    with units.open(tenant.id, actor=ACTOR, write=False) as unit:
        again = records.find(unit, "k7qm3xwt12")
    assert (again.decision, again.user_id, again.service_id) == (made, "usr_1", "svc_1")
    with units.open(neighbour.id, actor=ACTOR, write=False) as unit:
        with pytest.raises(NotFound):
            records.find(unit, made.reference)
        assert records.page(unit, Chosen()) == []


def test_nothing_of_where_a_person_was_can_be_read_in_the_row(units: Units, tenant: Tenant) -> None:
    remember(units, tenant, decision(units))
    with units.open(tenant.id, actor=ACTOR) as unit:
        row = unit.lane.execute(f"SELECT * FROM decisions WHERE tenant_id = '{unit.tenant}'", {}).fetchone()
        shown = repr(row)
        for secret in ("133.11.0.1", "firefox", "grp_1", "二要素", "\\xe4\\xba\\x8c"):
            assert secret not in shown
        row_id, sealed = row[1], bytes(row[-1])
        assert unit.open_sealed("decisions", "record", row_id, sealed)
        with pytest.raises(KeyRefused):
            unit.open_sealed("decisions", "record", "dec_other", sealed)


def test_a_list_is_by_person_service_outcome_and_time(units: Units, tenant: Tenant, clock: FixedClock) -> None:
    remember(units, tenant, decision(units, "AAAAAAAAAA"))
    clock.advance(hours=1)
    noon = clock.now_us()
    remember(units, tenant, decision(units, "BBBBBBBBBB", user="usr_2", outcome=Outcome.PERMIT))
    remember(units, tenant, decision(units, "CCCCCCCCCC", user=None, outcome=Outcome.DENY))
    assert found(units, tenant) == ["AAAAAAAAAA", "BBBBBBBBBB", "CCCCCCCCCC"]
    assert found(units, tenant, user_id="usr_2") == ["BBBBBBBBBB"]
    assert found(units, tenant, service_id="svc_1", outcome="deny") == ["CCCCCCCCCC"]
    assert found(units, tenant, service_id="svc_2") == []
    assert found(units, tenant, from_us=noon) == ["BBBBBBBBBB", "CCCCCCCCCC"]
    assert found(units, tenant, to_us=noon) == ["AAAAAAAAAA"]


def test_decisions_are_forgotten_in_time_and_those_about_nobody_sooner(
    units: Units, tenant: Tenant, clock: FixedClock
) -> None:
    remember(units, tenant, decision(units, "PERSON0000"))
    remember(units, tenant, decision(units, "N0B0DY0000", user=None))

    def left() -> list[str]:
        for sweep in SWEEPS:
            list(steps(units, tenant.id, sweep))
        return found(units, tenant)

    clock.advance(days=7)
    assert left() == ["PERSON0000", "N0B0DY0000"]
    clock.advance(seconds=1)
    assert left() == ["PERSON0000"]
    clock.advance(days=83, seconds=-1)
    assert left() == ["PERSON0000"]
    clock.advance(seconds=1)
    assert left() == []
