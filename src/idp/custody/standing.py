"""Whether the trails of all tenants, or of one, still are what was written."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from idp import audit
from idp.audit import Break, Flaw, Head
from idp.custody.checkpoints import Checkpoint
from idp.custody.everyone import everyone
from idp.kit.actors import Actor
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.tenants import Tenant

T = TypeVar("T")

_SHOWN = 100

Told = Callable[[str, int], None]
"""The tenant that is being read, and how many rows have been read altogether."""


class Bad(NamedTuple):
    """`tenant` is its name in URLs."""

    tenant: str
    place: Break


class Standing(NamedTuple):
    """`bad` are the first of `broken` places."""

    tenants: int = 0
    chains: int = 0
    rows: int = 0
    broken: int = 0
    bad: tuple[Bad, ...] = ()


def examine(
    units: Units,
    *,
    actor: Actor,
    of: Iterable[Tenant] | None = None,
    checkpoints: Sequence[Checkpoint] = (),
    told: Told = lambda _slug, _rows: None,
) -> Standing:
    """`of` all tenants that ever were, unless some are named. A row or a chain that a checkpoint has seen and that is
    gone, or another one now, is bad wherever it stood."""
    found, seen = Standing(), set[TenantId]()
    for tenant in everyone(units, actor=actor) if of is None else of:
        seen.add(tenant.id)
        found = _with(found, units, tenant, actor=actor, checkpoints=checkpoints, told=told)
    lost = [] if of is not None else _lost(checkpoints, seen)
    return found._replace(broken=found.broken + len(lost), bad=(*found.bad, *lost)[:_SHOWN])


def _with(
    found: Standing, units: Units, tenant: Tenant, *, actor: Actor, checkpoints: Sequence[Checkpoint], told: Told
) -> Standing:
    def read(work: Callable[[Unit], T]) -> T:
        with units.open(tenant.id, actor=actor, write=False) as unit:
            return work(unit)

    known: list[Head] = [head for checkpoint in checkpoints for head in checkpoint.heads(tenant.id)]
    verdict = audit.examine(read, known=known, told=lambda rows: told(tenant.slug, found.rows + rows))
    bad = (*found.bad, *(Bad(tenant.slug, place) for place in verdict.bad))[:_SHOWN]
    return Standing(
        found.tenants + 1,
        found.chains + verdict.chains,
        found.rows + verdict.rows,
        found.broken + verdict.broken,
        bad,
    )


def _lost(checkpoints: Sequence[Checkpoint], seen: set[TenantId]) -> list[Bad]:
    """Tenants that a checkpoint knows and this database does not."""
    gone = {each: slug for checkpoint in checkpoints for each, slug in checkpoint.tenants.items() if each not in seen}
    firsts = (
        (slug, next(head for checkpoint in checkpoints for head in checkpoint.heads(each)))
        for each, slug in gone.items()
    )
    return [Bad(slug, Break(head.chain, 1, Flaw.MISSING)) for slug, head in firsts]
