"""Sends what is due. Any number of processes may do it at once, and die at any moment.

A delivery is claimed for half a minute, sent outside of any transaction, and marked. Who dies in between leaves a lease
that runs out: the delivery is sent again then, and whoever receives it knows it by its id.
"""

import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import structlog

from idp.delivery import store
from idp.delivery.model import Claimed, Impossible, PutOff
from idp.delivery.pauses import TRIES, pause_after
from idp.kit import ids
from idp.kit.clock import SECOND, Clock, SystemClock, monotonic
from idp.kit.errors import Unavailable
from idp.kit.units import SYSTEM, Units

LOOK = 1.0  # seconds
LEASE = 30  # seconds
_AT_ONCE = 4  # so many slow receivers before anybody waits for them


class Sender(Protocol):
    def takes(self, claimed: Claimed) -> bool:
        """Whether it knows what this event means, and how to tell the receiver."""

    def send(self, claimed: Claimed, *, until: float) -> None:
        """Tells the receiver; by `until` (monotonic seconds) the last word must have been said, for then somebody else
        may begin. Raises `PutOff` and `Impossible`."""


class _Lease(NamedTuple):
    id: str
    until: float


class Dispatcher:
    """One turn after another, each saying after how many seconds it wants the next. Leases and pauses go by the
    machine's own time."""

    def __init__(
        self,
        units: Units,
        senders: Sequence[Sender],
        *,
        leaving: Callable[[], bool] = lambda: False,
        clock: Clock | None = None,
        at_once: int = _AT_ONCE,
    ) -> None:
        self._units = units
        self._senders = senders
        self._leaving = leaving
        self._clock = clock or SystemClock()
        self._at_once = at_once
        self._busy = 0
        self._done: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.delivery").bind()

    def __call__(self) -> float:
        """Until nothing is due, or it is to leave and what it has begun is done."""
        while True:
            self._begin()
            if not self._busy:
                return LOOK
            try:
                self._done.get(timeout=LOOK)
            except queue.Empty:
                continue
            self._busy -= 1

    def _begin(self) -> None:
        room = self._at_once - self._busy
        if self._leaving() or not room:
            return
        lease = _Lease(ids.new("lse"), monotonic() + LEASE)
        for claimed in self._claimed(lease, room):
            self._busy += 1
            # a daemon: whoever has to leave at once does not wait for a receiver
            threading.Thread(target=self._attend, args=(claimed, lease), daemon=True).start()

    def _claimed(self, lease: _Lease, limit: int) -> list[Claimed]:
        now_us = self._clock.now_us()
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            if not store.any_due(unit, now_us=now_us):
                return []
        with self._units.platform(actor=SYSTEM) as unit:
            until_us = now_us + LEASE * SECOND
            return store.claim(unit, lease=lease.id, now_us=now_us, until_us=until_us, limit=limit)

    def _attend(self, claimed: Claimed, lease: _Lease) -> None:
        try:
            self._attempt(claimed, lease)
        except Unavailable as error:  # nothing is known to be written: once the lease has run out it is tried again
            self._log.warning("delivery_unmarked", delivery=claimed.id, detail=error.detail)
        except Exception as error:
            self._log.error("delivery_unmarked", delivery=claimed.id, error=type(error).__name__)
        finally:
            self._done.put(None)

    def _attempt(self, claimed: Claimed, lease: _Lease) -> None:
        try:
            self._send(claimed, lease)
        except Impossible as failure:
            self._mark_failed(claimed, lease, failure.code, again=False)
        except PutOff as failure:
            self._mark_failed(claimed, lease, failure.code, again=claimed.attempts < TRIES)
        except Unavailable:
            raise
        except Exception as error:
            # where it happened and never its words: they may be an address or a name
            places = [f"{place.filename}:{place.lineno}" for place in traceback.extract_tb(error.__traceback__)]
            self._log.error("sender_failed", delivery=claimed.id, error=type(error).__name__, at=places[-3:])
            self._mark_failed(claimed, lease, "internal_error", again=claimed.attempts < TRIES)
        else:
            with self._units.open(claimed.tenant_id, actor=SYSTEM) as unit:
                held = store.delivered(unit, claimed.id, lease=lease.id)
            self._log.info("delivered", delivery=claimed.id, about=claimed.event, attempts=claimed.attempts, held=held)

    def _send(self, claimed: Claimed, lease: _Lease) -> None:
        sender = next((each for each in self._senders if each.takes(claimed)), None)
        if sender is None:
            raise Impossible("no_channel")
        sender.send(claimed, until=lease.until)

    def _mark_failed(self, claimed: Claimed, lease: _Lease, code: str, *, again: bool) -> None:
        with self._units.open(claimed.tenant_id, actor=SYSTEM) as unit:
            if again:
                until_us = self._clock.now_us() + pause_after(claimed.attempts)
                store.put_off(unit, claimed.id, lease=lease.id, until_us=until_us, code=code)
            else:
                store.given_up(unit, claimed.id, lease=lease.id, code=code)
        event = "put_off" if again else "given_up"
        self._log.warning(event, delivery=claimed.id, about=claimed.event, attempts=claimed.attempts, code=code)
