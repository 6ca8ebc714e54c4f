"""The document of what there is."""

from collections.abc import Iterator, Sequence

from idp.configurations.bench import People
from idp.configurations.kinds import KINDS
from idp.configurations.written import written
from idp.kit.actors import Actor
from idp.kit.ids import TenantId
from idp.kit.units import Units

VERSION = 1


def export(units: Units, tenants: Sequence[tuple[str, TenantId]], *, actor: Actor) -> Iterator[str]:
    """In parts, in the order of the slugs; of each tenant as it is at one moment."""
    yield f"version: {VERSION}\n"
    if not tenants:
        yield "tenants: []\n"
        return
    yield "tenants:\n"
    yield from (written([each]) for each in shown(units, tenants, actor=actor))


def shown(units: Units, tenants: Sequence[tuple[str, TenantId]], *, actor: Actor) -> Iterator[dict[str, object]]:
    """The same as data, one tenant after another."""
    for slug, tenant in sorted(tenants):
        with units.open(tenant, actor=actor, write=False) as unit:
            people = People(unit)
            each: dict[str, object] = {kind.name: kind.shown(unit, people) for kind in KINDS}
        yield {"slug": slug, **each}
