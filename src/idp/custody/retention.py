"""Rows of the trail are kept for as long as the operator says, and removed then, a few in each transaction."""

from collections.abc import Callable

from idp import audit, tenants
from idp.audit import Event
from idp.custody.everyone import everyone
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND
from idp.kit.units import Units

_DAY = 86_400 * SECOND


def forget(units: Units, *, days: int, leaving: Callable[[], bool] = lambda: False) -> int:
    """How many rows it removed. Each trail says itself how many it lost, and keeps adding up."""
    removed = 0
    for tenant in everyone(units, actor=SYSTEM):
        while not leaving():
            with units.open(tenant.id, actor=SYSTEM) as unit:
                tenants.touch(unit)  # of two who do this at once the second waits here
                before = unit.now_us - days * _DAY
                gone = audit.cut(unit, before=before)
                if gone:
                    audit.record(unit, Event.AUDIT_CUT, subject=unit.tenant, rows=gone, days=days)
            removed += gone
            if not gone:
                break
    return removed
