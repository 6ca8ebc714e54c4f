"""Rows that are long over are deleted beside the requests, by every worker now and then.

Workers do not agree on who sweeps. Deleting twice does no harm, so a claim would save some reads and cost a table, a
lease, and its length without sweeping whenever a holder dies; instead each waits for a random while, and they seldom
meet. A pass takes one tenant after the other, in short transactions of their own with a pause after each full step, so
that neither the writer of SQLite nor a connection of PostgreSQL is held from those who are waiting.
"""

import asyncio
from collections.abc import Iterator, Sequence

import structlog

from idp import tenants
from idp.kit import randomness
from idp.kit.actors import SYSTEM
from idp.kit.errors import Unavailable
from idp.kit.ids import TenantId
from idp.kit.sweeping import Sweep
from idp.kit.units import Units

INTERVAL = 300.0  # seconds, of which each worker waits between the half and one and a half
_PAUSE = 0.05
_PAGE = 100


class Sweeper:
    def __init__(self, units: Units, sweeps: Sequence[Sweep], *, interval: float = INTERVAL) -> None:
        """`sweeps` in an order in which each may go by what the ones before have left."""
        self._units = units
        self._sweeps = sweeps
        self._interval = interval
        self._leaving = asyncio.Event()
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.sweeper").bind()

    async def run(self) -> None:
        """Until `leave`. Whatever fails is logged, and tried again at the next pass."""
        while not await self._left(self._interval * (0.5 + randomness.take() / 2**randomness.BITS)):
            try:
                gone = await self._pass()
            except Unavailable as error:  # of the database itself: it would fail for the next tenant alike
                self._log.warning("sweep_put_off", detail=error.detail)
            except Exception as error:
                self._log.error("sweep_failed", exc_info=error)
            else:
                self._log.debug("swept", rows=gone)

    def leave(self) -> None:
        """At the end of the present step."""
        self._leaving.set()

    async def _pass(self) -> int:
        gone, after = 0, ""
        while not self._leaving.is_set() and (page := await asyncio.to_thread(self._page, after)):
            for tenant in page:
                try:
                    gone += await self._sweep(tenant)
                except Unavailable:
                    raise
                except Exception as error:
                    self._log.error("sweep_failed", tenant=tenant, exc_info=error)
            after = page[-1]
        return gone

    async def _sweep(self, tenant: TenantId) -> int:
        gone = 0
        for sweep in self._sweeps:
            going = steps(self._units, tenant, sweep)
            while not self._leaving.is_set() and (count := await asyncio.to_thread(next, going, None)) is not None:
                gone += count
                await self._left(_PAUSE)
        return gone

    def _page(self, after: str) -> list[TenantId]:
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            return [tenant.id for tenant in tenants.page_even_erased(unit, after=after, limit=_PAGE)]

    async def _left(self, seconds: float) -> bool:
        """Whether somebody said to leave, waiting for it as long as this."""
        try:
            await asyncio.wait_for(self._leaving.wait(), seconds)
        except TimeoutError:
            return False
        return True


def steps(units: Units, tenant: TenantId, sweep: Sweep) -> Iterator[int]:
    """Walks through the table; gives, after each stretch that was full or had something over, how many rows went."""
    after = sweep.start
    while True:
        with units.open(tenant, actor=SYSTEM, write=False) as unit:
            seen = sweep.look(unit, after)
        if seen is None:
            return
        gone = 0
        if seen.over:  # only then is a turn to write asked for
            with units.open(tenant, actor=SYSTEM) as unit:
                gone = sweep.delete(unit, after, seen.last)
        if seen.over or seen.whole:
            yield gone
        if not seen.whole:
            return
        after = seen.last
