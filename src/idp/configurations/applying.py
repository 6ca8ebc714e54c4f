"""A document is put in place: read and judged whole, tried out, and then done in one transaction or not at all.

It is tried out by doing it and undoing it: what cannot be done is found before anybody is asked, and whether an
administrator could still sign in is judged of what would be, without keeping anybody waiting meanwhile. What is done in
the end is what was tried out, on the same revisions; where something has moved, it is tried out anew.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

from idp import access, audit, contracts, tenants
from idp.configurations.asking import Wanted
from idp.configurations.bench import Bench, Surroundings
from idp.configurations.exporting import VERSION
from idp.configurations.faults import placed
from idp.configurations.kinds import KINDS
from idp.configurations.model import Action, Plan, Refused, Revealed, TenantPlan
from idp.configurations.placed import Document
from idp.kit.actors import Actor
from idp.kit.errors import FieldError, Unavailable
from idp.kit.fields import Fields
from idp.kit.units import Unit, Units
from idp.tenants import PLATFORM_SLUG, Moved

_TRIES = 4
_NOW_AND_THEN = 200  # steps
_ROUNDS = 4  # of what is asked for elsewhere: what one answer names may have to be asked for, too

Agreed = Callable[[Plan], bool]


class Phase(StrEnum):
    TRIAL = "trying out"
    WORK = "putting in place"


Told = Callable[[Phase, int, int], None]
"""How many steps are done, and of how many; once more at the end of each phase, when both are the same."""


class Order(NamedTuple):
    around: Surroundings
    actor: Actor
    dry_run: bool = False
    told: Told = lambda _phase, _done, _of: None


class Applied(NamedTuple):
    """`done` is false of a dry run, of what nobody agreed to, and where there was nothing to do."""

    plan: Plan
    done: bool
    revealed: tuple[Revealed, ...] = ()


class _Undone(Exception):
    """Ends the transaction in which something was tried out."""


def compare(units: Units, document: Document, order: Order) -> Plan:
    """What would have to be done. Writes nothing. Raises `Refused`."""
    for _ in range(_ROUNDS):
        with units.platform(actor=order.actor, write=False) as unit:
            found = _read(unit, document, order.around)
        if isinstance(found, Plan):
            return found
        order.around.elsewhere.load(found)
    raise Unavailable("the document points from place to place")


def apply(units: Units, document: Document, order: Order, *, agreed: Agreed) -> Applied:
    """`agreed` is asked about the plan, and again only about another one. Raises `Refused`, `Unavailable`."""
    seen: Plan | None = None
    for _ in range(_TRIES):
        plan = compare(units, document, order)
        if not plan.steps:
            return Applied(plan, done=False)
        with suppress(Moved):
            plan = _tried_out(units, document, order)
            if order.dry_run or ((seen is None or seen.said != plan.said) and not agreed(plan)):
                return Applied(plan, done=False)
            seen = plan
            return Applied(plan, done=True, revealed=_done(units, document, order, plan))
    raise Unavailable("the tenants change faster than this is tried out")


def _tried_out(units: Units, document: Document, order: Order) -> Plan:
    plan, guards = Plan(()), []
    with suppress(_Undone), units.platform(actor=order.actor) as unit:
        plan = _planned(unit, document, order)
        _carry_out(unit, plan, _Count(order.told, Phase.TRIAL, len(plan.steps)))
        guards = [
            (each, access.drafts.would_lock_out(unit.inside(each.tenant)))
            for each in plan.tenants
            if each.tries_policies
        ]
        raise _Undone
    out = [each for each, locks_out in guards if locks_out()]
    if out:
        detail = "Under these policies and networks no administrator could sign in."
        raise Refused([FieldError(f"{each.place}/policies", "last_admin_locked_out", detail) for each in out])
    return plan


def _done(units: Units, document: Document, order: Order, tried: Plan) -> tuple[Revealed, ...]:
    with units.platform(actor=order.actor) as unit:
        tenants.touch(unit)  # two at once come one after the other, and after whoever touches all tenants
        for each in tried.tenants:
            if each.steps:
                inner = unit.inside(each.tenant)
                tenants.touch(inner)
                if tenants.revision(inner) != each.revision + 1:
                    raise Moved
        plan = _planned(unit, document, order)
        if plan.said != tried.said:
            raise Moved
        return _carry_out(unit, plan, _Count(order.told, Phase.WORK, len(plan.steps)))


def _planned(unit: Unit, document: Document, order: Order) -> Plan:
    found = _read(unit, document, order.around)
    if isinstance(found, Plan):
        return found
    raise Moved  # something came up since that has to be asked for elsewhere


class _Count:
    """Of steps, told now and then."""

    def __init__(self, told: Told, phase: Phase, of: int) -> None:
        self._told = told
        self._phase = phase
        self._of = of
        self._done = 0

    def __call__(self, unit: Unit) -> None:
        """One more. A plan was made while the tables were smaller than they are by now."""
        self._done += 1
        if self._done % _NOW_AND_THEN == 0 and self._done < self._of:
            unit.replan()
            self._told(self._phase, self._done, self._of)

    def end(self) -> None:
        self._told(self._phase, self._of, self._of)


def _carry_out(unit: Unit, plan: Plan, count: _Count) -> tuple[Revealed, ...]:
    revealed: list[Revealed] = []
    for each in plan.tenants:
        if each.steps:
            revealed += _carry_out_one(unit.inside(each.tenant), each, count)
    count.end()
    return tuple(revealed)


def _carry_out_one(unit: Unit, plan: TenantPlan, count: _Count) -> list[Revealed]:
    with tenants.touched(unit):
        if tenants.revision(unit) != plan.revision + 1:  # somebody was let before us since it was planned
            raise Moved
        with placed(plan.place):
            contracts.refuse_closed(unit, preparing=True)
        revealed = _take_steps(unit, plan, count)
    counts = {action.value: sum(step.action is action for step in plan.steps) for action in Action}
    audit.record(unit, audit.Event.CONFIGURATION_APPLIED, subject=unit.tenant, **counts)
    return revealed


def _take_steps(unit: Unit, plan: TenantPlan, count: _Count) -> list[Revealed]:
    revealed: list[Revealed] = []
    for step in plan.steps:
        if step.action is not Action.DELETE:
            with placed(step.place):
                made = step.do(unit)
            revealed += [] if made is None else [made]
            count(unit)
    for place, last in plan.last:
        with placed(place):
            last(unit)
    for step in plan.steps:
        if step.action is Action.DELETE:
            with placed(step.place, step.name):
                step.do(unit)
            count(unit)
    return revealed


def _read(unit: Unit, document: Document, around: Surroundings) -> Plan | list[Wanted]:
    """In a unit of the platform. Raises `Refused`."""
    errors: list[FieldError] = []
    benches: list[tuple[Bench, int]] = []
    seen: dict[str, str] = {}
    for said in _tenants_of(document, errors):
        slug = said.text("slug", longest=63) or ""
        tenant = None if slug in {"", PLATFORM_SLUG} else tenants.find_by_slug(unit, slug)
        if not said.clean("slug"):
            continue
        if slug in seen:
            said.refuse("slug", "named_twice", f"This tenant is also at {seen[slug]}.", found=slug)
        elif tenant is None:
            said.refuse("slug", "unknown_value", "There is no such tenant.", found=slug)
        else:
            bench = Bench(unit.inside(tenant.id), around, slug=slug, place=said.at, errors=errors)
            for kind in KINDS:
                kind.plan(bench, said)
            benches.append((bench, tenant.revision))
        seen[slug] = said.at
    if errors:
        raise Refused(errors)
    wanted = [each for bench, _ in benches for each in bench.wanted]
    return wanted or Plan(tuple(bench.plan(revision) for bench, revision in benches))


def _tenants_of(document: Document, errors: list[FieldError]) -> Iterator[Fields]:
    root = document.root
    if not isinstance(root, dict):
        errors.append(FieldError("", "invalid_type", "The file is one mapping.", expected="version, tenants"))
        return
    fields = Fields(root, errors=errors)
    fields.only({"version", "tenants"})
    if root.get("version") != VERSION or isinstance(root.get("version"), bool):
        fields.refuse("version", "unknown_version", "This version is not known.", found=root.get("version"), expected=1)
    fields.required("tenants", expected="array")
    for said in (fields.objects("tenants", most=100_000) or {}).values():
        said.only({"slug", *(kind.name for kind in KINDS)})
        said.required("slug", expected="the name of a tenant")
        yield said
