"""`idp export`, `idp apply` and `idp diff`: the configuration of tenants as a file."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from idp import configurations, main, settings, tenants
from idp.cli import planned
from idp.cli.bootstrapping import HOST
from idp.cli.failing import Failed, no_tenant
from idp.cli.installing import refuse_other_schema, refuse_put_back
from idp.cli.saying import say, say_json, write_secret
from idp.cli.stepping import stepping
from idp.configurations import Document, Elsewhere, Order, Plan, References, Refused, Surroundings, Unreadable
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.settings import Settings
from idp.tenants import PLATFORM_SLUG

DIFFERS = 3
"""The exit status of a comparison that found something."""


class Wishes(NamedTuple):
    dry_run: bool
    prune: bool
    agreed: bool
    as_json: bool


class Told(NamedTuple):
    """A file, and what it says."""

    name: str
    document: Document
    below: Path


def export(config: Path | None, slugs: Sequence[str], *, out: Path | None, as_json: bool) -> None:
    chosen = settings.load_beside(config)
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        refuse_put_back(units)
        wanted = _tenants(units, slugs)
        if as_json:
            every = list(configurations.shown(units, wanted, actor=HOST))
            parts = iter([json.dumps({"version": configurations.VERSION, "tenants": every}, ensure_ascii=False), "\n"])
        else:
            parts = configurations.export(units, wanted, actor=HOST)
        if out is None:
            sys.stdout.writelines(parts)
        else:
            write_secret(out, "".join(parts))


def apply(config: Path | None, file: str, wishes: Wishes) -> int:
    chosen = settings.load_beside(config)
    told = _read(file, wishes.as_json)
    if told is None:
        return 1
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        refuse_put_back(units)
        order = _order(chosen, told, prune=wishes.prune, dry_run=wishes.dry_run)
        try:
            with stepping(silent=wishes.as_json) as steps:
                done = configurations.apply(
                    units, told.document, order._replace(told=steps), agreed=lambda plan: _agreed(plan, wishes)
                )
        except Refused as refused:
            planned.refuse(told.name, told.document, refused.faults, as_json=wishes.as_json)
            return 1
        finally:
            order.around.elsewhere.close()
    if wishes.as_json:
        say_json(planned.applied_to_json(done, dry_run=wishes.dry_run))
    else:
        say(*planned.outcome(done, dry_run=wishes.dry_run))
    return 0 if done.done or wishes.dry_run or not done.plan.steps else 1


def compare(config: Path | None, file: str, *, as_json: bool) -> int:
    """The exit status: 0 where nothing differs, else `DIFFERS`."""
    chosen = settings.load_beside(config)
    told = _read(file, as_json)
    if told is None:
        return 1
    refuse_other_schema(chosen)
    with main.opened(chosen) as units:
        refuse_put_back(units)
        order = _order(chosen, told, prune=True, dry_run=True)
        try:
            plan = configurations.compare(units, told.document, order)
        except Refused as refused:
            planned.refuse(told.name, told.document, refused.faults, as_json=as_json)
            return 1
        finally:
            order.around.elsewhere.close()
    if as_json:
        say_json({"differs": bool(plan.steps), "plan": planned.plan_to_json(plan)})
    else:
        say(*planned.comparison(plan))
    return DIFFERS if plan.steps else 0


def print_schema() -> None:
    from idp import admin

    say_json(admin.configuration_schema())


def _read(file: str, as_json: bool) -> Told | None:
    """None where it cannot be read, which has been said."""
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise Failed(f"{file}: {error.strerror}") from error
    name, below = ("standard input", Path()) if file == "-" else (file, Path(file).parent)
    try:
        return Told(name, configurations.read_yaml(content), below)
    except Unreadable as unreadable:
        planned.refuse_unreadable(name, unreadable, as_json=as_json)
        return None


def _order(chosen: Settings, told: Told, *, prune: bool, dry_run: bool) -> Order:
    around = Surroundings(
        base_url=chosen.base_url.rstrip("/"),
        production=chosen.production,
        prune=prune,
        references=References(told.below, variable=settings.variable),
        elsewhere=Elsewhere(main.open_egress(chosen)),
    )
    return Order(around, HOST, dry_run)


def _agreed(plan: Plan, wishes: Wishes) -> bool:
    """Asked on a terminal alone: a pipe has nobody to ask."""
    if wishes.agreed or wishes.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        if not wishes.as_json:
            say(*planned.lines(plan))
        return True
    say(*planned.lines(plan), "", "Shall this be done? [y/N]")
    return sys.stdin.readline().strip().lower() in {"y", "yes", "はい"}


def _tenants(units: Units, slugs: Sequence[str]) -> list[tuple[str, TenantId]]:
    with units.platform(actor=HOST, write=False) as unit:
        if slugs:
            found = {slug: None if slug == PLATFORM_SLUG else tenants.find_by_slug(unit, slug) for slug in slugs}
            missing = [slug for slug, tenant in found.items() if tenant is None]
            if missing:
                raise no_tenant(", ".join(missing))
            return [(slug, tenant.id) for slug, tenant in found.items() if tenant is not None]
        every: list[tuple[str, TenantId]] = []
        rows = tenants.page(unit, after="", limit=500)
        while rows:
            every += [(each.slug, each.id) for each in rows if each.slug != PLATFORM_SLUG]
            rows = tenants.page(unit, after=rows[-1].id, limit=500)
        return every
