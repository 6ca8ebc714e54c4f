"""Deliveries that somebody waits for, sent from where their cause was written. What does not get done here in time, or
at all, is the dispatcher's."""

import asyncio
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from idp.delivery import store
from idp.delivery.attempting import Attempts, Sender
from idp.kit.actors import SYSTEM
from idp.kit.clock import Clock, monotonic
from idp.kit.errors import Failure
from idp.kit.ids import TenantId
from idp.kit.units import Units

_MOST = 16  # receivers that this process waits for: slow ones must not eat it up
_LOOK = 0.05  # seconds


class AtOnce:
    def __init__(self, units: Units, senders: Sequence[Sender], *, clock: Clock | None = None) -> None:
        self._units = units
        self._attempts = Attempts(units, senders, clock=clock)
        self._room = threading.BoundedSemaphore(_MOST)

    async def __call__(self, tenant: TenantId, deliveries: Sequence[str], *, patience: float) -> None:
        """Returns once each has had an attempt, or after `patience` (seconds)."""
        loop, until = asyncio.get_running_loop(), monotonic() + patience
        waits = []
        for delivery in deliveries:
            if not self._room.acquire(blocking=False):
                break
            done: asyncio.Future[None] = loop.create_future()
            # not of the loop's own pool: whoever waits for a receiver keeps nobody else from it
            work = threading.Thread(target=self._send, args=(tenant, delivery, until, loop, done), daemon=True)
            work.start()
            waits.append(done)
        if waits:
            await asyncio.wait(waits, timeout=patience)

    def _send(
        self,
        tenant: TenantId,
        delivery: str,
        until: float,
        loop: asyncio.AbstractEventLoop,
        done: "asyncio.Future[None]",
    ) -> None:
        try:
            with suppress(Failure):
                self._attempt(tenant, delivery, until)
        finally:
            self._room.release()
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, done)

    def _attempt(self, tenant: TenantId, delivery: str, until: float) -> None:
        while monotonic() < until:
            lease, claimed = self._attempts.claim_one(tenant, delivery)
            if claimed is not None:
                self._attempts.attend(claimed, lease)
                return
            # Another process is at it, or at what the receiver has to be told before.
            with self._units.open(tenant, actor=SYSTEM, write=False) as unit:
                if not store.is_awaited(unit, delivery):
                    return
            time.sleep(_LOOK)


def _settle(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)
