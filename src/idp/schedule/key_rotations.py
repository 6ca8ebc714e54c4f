"""Signing keys, whose time comes by their age and not by a date of a contract: a job of its own."""

from collections.abc import Callable

import structlog

from idp import federation, signing, tenants
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND
from idp.kit.errors import Unavailable
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units
from idp.signing import Due

LOOK = 5.0  # seconds
_DAY = 86_400 * SECOND
_AT_ONCE = 100
_AFTER_FAILURE = 300.0


class KeyRotations:
    """One turn after another, each saying after how many seconds it wants the next. However many do this beside each
    other, each key is replaced once."""

    def __init__(self, units: Units, *, period_days: int, leaving: Callable[[], bool] = lambda: False) -> None:
        self._units = units
        self._period = period_days * _DAY
        self._leaving = leaving
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.schedule").bind()

    def __call__(self) -> float:
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            due = self._due(unit)
        failed = [each for each in due if not self._leaving() and not self._is_done(each)]
        if failed:
            return _AFTER_FAILURE
        return 0.0 if len(due) >= _AT_ONCE else LOOK

    def _due(self, unit: Unit) -> list[Due]:
        now_us = unit.now_us
        early = now_us - signing.PUBLISHED_BEFORE
        return signing.due(unit, activated=now_us - self._period, published_before=early, limit=_AT_ONCE)

    def _is_done(self, due: Due) -> bool:
        try:
            self._do(due)
        except Unavailable:
            raise
        except Exception as error:  # one that cannot be done does not keep all others waiting
            self._log.error("not_done", key=due.kid, tenant=due.tenant_id, exc_info=error)
            return False
        return True

    def _do(self, due: Due) -> None:
        tenant = TenantId(due.tenant_id)
        with self._units.open(tenant, actor=SYSTEM, write=False) as unit:
            wanted = tenants.rotating.kind_of(unit, due.kid)
        made = tenants.rotating.generate(wanted)
        with self._units.open(tenant, actor=SYSTEM) as unit:
            switches = federation.switches(unit)
            tenants.rotating.tend(unit, due.kid, made, period_us=self._period, switches=switches)
