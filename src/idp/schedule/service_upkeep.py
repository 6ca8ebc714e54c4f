"""Services of SAML looked after by time: metadata fetched anew, ends told before they come. A job of its own."""

from collections.abc import Callable

import structlog

from idp import contracts, federation
from idp.contracts import Status
from idp.federation import DueService
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND
from idp.kit.egress import Egress
from idp.kit.errors import Unavailable
from idp.kit.ids import TenantId
from idp.kit.units import Units

LOOK = 5.0  # seconds
_AT_ONCE = 50
_LEASE = 300 * SECOND  # longer than any fetch
_DAY = 86_400 * SECOND
_AFTER_FAILURE = 300.0
_RUNNING = frozenset({Status.ACTIVE, Status.SUSPENDED})


class ServiceUpkeep:
    """One turn after another, each saying after how many seconds it wants the next. However many do this beside each
    other, each service is looked after by one of them."""

    def __init__(
        self, units: Units, egress: Egress, *, production: bool, leaving: Callable[[], bool] = lambda: False
    ) -> None:
        self._units = units
        self._egress = egress
        self._production = production
        self._leaving = leaving
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.schedule").bind()

    def __call__(self) -> float:
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            due = federation.due_services(unit, limit=_AT_ONCE)
        failed = [each for each in due if not self._leaving() and not self._is_done(each)]
        if failed:
            return _AFTER_FAILURE
        return 0.0 if len(due) >= _AT_ONCE else LOOK

    def _is_done(self, due: DueService) -> bool:
        try:
            self._do(TenantId(due.tenant_id), due)
        except Unavailable:
            raise
        except Exception as error:  # one that cannot be done does not keep all others waiting
            self._log.error("not_done", service=due.service_id, tenant=due.tenant_id, exc_info=error)
            return False
        return True

    def _do(self, tenant: TenantId, due: DueService) -> None:
        with self._units.open(tenant, actor=SYSTEM) as unit:
            running = contracts.status_of(contracts.facts(unit), unit.now_us) in _RUNNING
            until = unit.now_us + (_LEASE if running else _DAY)
            if not federation.claim_upkeep(unit, due, until=until) or not running:
                return
            address, state = federation.refresh_due(unit, due.service_id)
        fetched = None
        if address is not None:
            fetched = federation.fetch_metadata(
                self._egress, address, tenant=tenant, etag=state.etag, modified=state.modified
            )
        with self._units.open(tenant, actor=SYSTEM) as unit:
            if address is not None:
                federation.take_metadata(unit, due.service_id, fetched, production=self._production)
            federation.look_after(unit, due.service_id)
