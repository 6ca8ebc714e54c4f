"""Exchanges with services: whole, sealed, found again by either reference, and no more of them than are wanted."""

import pytest

from idp.access import Allowance, traces
from idp.access.traces import SWEEPS, End, Fault, Kind, Step, Trace, Wanted
from idp.kit.actors import Actor
from idp.kit.clock import SECOND, FixedClock
from idp.kit.errors import NotFound
from idp.kit.units import Units
from idp.tenants import Tenant
from idp.web.sweeping import steps

ACTOR = Actor("service", "svc_1")


def trace(units: Units, reference: str = "K7QM3XWT12", **changes: object) -> Trace:
    made = Trace(
        reference=reference,
        at_us=units.clock.now_us(),
        service_id="svc_1",
        protocol="saml",
        kind=Kind.SIGN_ON,
        end=End.REFUSED,
        code="destination",
        decision="ABCDEFGH12",
        failed=Step.ADDRESSEE,
        fault=Fault("/AuthnRequest/@Destination", "https://elsewhere.example", ["a", "b"], "said"),
        request={"signed": True, "xml": "<AuthnRequest/>"},
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def remember(units: Units, tenant: Tenant, *made: Trace) -> None:
    with units.open(tenant.id, actor=ACTOR) as unit:
        for each in made:
            traces.remember(unit, each)


def shown(units: Units, tenant: Tenant, **wanted: object) -> list[str]:
    with units.open(tenant.id, actor=ACTOR, write=False) as unit:
        return [each.trace.reference for each in traces.page(unit, Wanted(**wanted))]  # type: ignore[arg-type]


def test_it_is_found_whole_by_its_own_reference_and_by_that_of_the_decision(units: Units, tenant: Tenant) -> None:
    made = trace(units)
    remember(units, tenant, made)
    with units.open(tenant.id, actor=ACTOR, write=False) as unit:
        for reference in ("K7QM3XWT12", "k7qm3xwt12", "abcdefgh12"):
            assert traces.find(unit, reference).trace == made
        with pytest.raises(NotFound):
            traces.find(unit, "NOBODY0000")
        (row,) = unit.lane.execute("SELECT record FROM traces", {}).fetchall()
    assert b"elsewhere" not in bytes(row[0])


def test_another_tenant_has_none_of_it(units: Units, tenant: Tenant, neighbour: Tenant) -> None:
    remember(units, tenant, trace(units))
    assert shown(units, neighbour) == []
    with units.open(neighbour.id, actor=ACTOR, write=False) as unit, pytest.raises(NotFound):
        traces.find(unit, "K7QM3XWT12")


def test_the_newest_comes_first_and_a_list_says_what_it_wants(units: Units, tenant: Tenant, clock: FixedClock) -> None:
    for number, end in enumerate((End.ALLOWED, End.REFUSED, End.ALLOWED)):
        remember(units, tenant, trace(units, f"R{number}", end=end, service_id=f"svc_{number}"))
        clock.advance(seconds=1)
    assert shown(units, tenant) == ["R2", "R1", "R0"]
    assert shown(units, tenant, end="allowed") == ["R2", "R0"]
    assert shown(units, tenant, service_id="svc_1") == ["R1"]
    now_us = clock.now_us()
    assert shown(units, tenant, from_us=now_us - 2 * SECOND) == ["R2", "R1"]
    assert shown(units, tenant, to_us=now_us - 2 * SECOND) == ["R0"]
    with units.open(tenant.id, actor=ACTOR, write=False) as unit:
        (first,) = traces.page(unit, Wanted(), limit=1)
        assert [each.trace.reference for each in traces.page(unit, Wanted(), after=first.id)] == ["R1", "R0"]


def swept(units: Units, tenant: Tenant) -> int:
    return sum(sum(steps(units, tenant.id, sweep)) for sweep in SWEEPS)


def test_it_is_gone_after_a_week(units: Units, tenant: Tenant, clock: FixedClock) -> None:
    remember(units, tenant, trace(units))
    clock.advance(days=7)
    assert swept(units, tenant) == 0
    clock.advance(seconds=1)
    assert swept(units, tenant) == 1
    assert shown(units, tenant) == []


def test_the_newest_stay_and_refusals_push_out_refusals_alone(
    units: Units, tenant: Tenant, neighbour: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = traces.bounded(most=2, most_refused=3)
    monkeypatch.setattr(f"{__name__}.SWEEPS", kept)
    remember(units, neighbour, *(trace(units, f"M{number}") for number in range(3)))
    remember(units, tenant, *(trace(units, f"A{number}", end=End.ALLOWED) for number in range(4)))
    remember(units, tenant, *(trace(units, f"R{number}") for number in range(5)))
    assert swept(units, tenant) == 4
    assert sorted(shown(units, tenant)) == ["A2", "A3", "R2", "R3", "R4"]
    assert swept(units, neighbour) == 0
    assert len(shown(units, neighbour)) == 3


def test_what_anybody_can_bring_about_is_kept_a_few_times_and_then_once_a_minute() -> None:
    allowance, minute = Allowance(), 60 * SECOND
    taken = [allowance.take("svc_1", now_us=0) for _ in range(100)]
    assert taken == [True] * 20 + [False] * 80
    assert allowance.take("svc_2", now_us=0)  # one service does not cost another
    assert not allowance.take("svc_1", now_us=minute - 1)
    assert allowance.take("svc_1", now_us=minute)
    assert not allowance.take("svc_1", now_us=minute)
    assert sum(allowance.take("svc_1", now_us=100 * minute) for _ in range(100)) == 20


def test_what_is_remembered_of_senders_is_bounded() -> None:
    allowance = Allowance(most=3)
    for number in range(10):
        assert allowance.take(f"svc_{number}", now_us=0)


@pytest.mark.parametrize("failed", Step)
def test_the_steps_before_the_one_that_failed_have_passed_and_no_later_one_was_reached(failed: Step) -> None:
    made = Trace("R", 0, "svc", "saml", Kind.LOGOUT, End.REFUSED, "x", failed=failed)
    results = [result for _, result in made.steps]
    place = list(Step).index(failed)
    assert results == ["passed"] * place + ["failed"] + ["not_reached"] * (len(Step) - place - 1)
    assert {result for _, result in made._replace(failed=None).steps} == {"passed"}
