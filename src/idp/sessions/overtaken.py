"""Sessions that died of something else: the contract was suspended or ended, the ID disabled or deleted, its
credentials changed. They have been dead from that commit on; here their end is written, so that services are told.

Nothing is handed over: whatever raises a generation raises the revision of its tenant too, and whoever begins looks at
all tenants. So it does not matter which act it was, and who was killed meanwhile.
"""

from collections.abc import Callable

from idp import tenants
from idp.kit.actors import SYSTEM
from idp.kit.errors import NotFound
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.sessions import store
from idp.sessions.ending import end_unnoticed

LOOK = 1.0  # seconds
_AT_ONCE = 100  # in one transaction: others want to write too
_PAGE = 500


class Overtaken:
    """One turn after another, each saying after how many seconds it wants the next."""

    def __init__(self, units: Units, *, leaving: Callable[[], bool] = lambda: False) -> None:
        self._units = units
        self._leaving = leaving
        self._seen: dict[TenantId, int] = {}

    def __call__(self) -> float:
        after = ""
        while page := self._page(after):
            for tenant, revision in page:
                if self._seen.get(tenant) == revision:
                    continue
                if not self._close(tenant):
                    return LOOK
                self._seen[tenant] = revision
            after = page[-1][0]
        return LOOK

    def _page(self, after: str) -> list[tuple[TenantId, int]]:
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            return [(each.id, each.revision) for each in tenants.page(unit, after=after, limit=_PAGE)]

    def _close(self, tenant: TenantId) -> bool:
        """False when it has to leave before the end."""
        after = ""
        while not self._leaving():
            try:
                found = self._found(tenant, after)
            except NotFound:  # erased meanwhile
                return True
            if not found:
                return True
            with self._units.open(tenant, actor=SYSTEM) as unit:
                for session_id in found:
                    end_unnoticed(unit, session_id)
            after = found[-1]
        return False

    def _found(self, tenant: TenantId, after: str) -> list[str]:
        with self._units.open(tenant, actor=SYSTEM, write=False) as unit:
            generation = tenants.get(unit).generation
            return store.overtaken(unit, tenant_generation=generation, after=after, limit=_AT_ONCE)
