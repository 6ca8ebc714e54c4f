"""One attempt at one delivery: claimed for half a minute, sent outside of any transaction, and marked."""

import traceback
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import structlog

from idp.delivery import store
from idp.delivery.model import OVERTAKEN, Claimed, Impossible, PutOff
from idp.delivery.pauses import TRIES, pause_after
from idp.kit import ids
from idp.kit.actors import SYSTEM
from idp.kit.clock import SECOND, Clock, SystemClock, monotonic
from idp.kit.errors import Unavailable
from idp.kit.ids import TenantId
from idp.kit.units import Units

LEASE = 30  # seconds


class Sender(Protocol):
    def takes(self, claimed: Claimed) -> bool:
        """Whether it knows what this event means, and how to tell the receiver."""

    def send(self, claimed: Claimed, *, until: float) -> None:
        """Tells the receiver; by `until` (monotonic seconds) the last word must have been said, for then somebody else
        may begin. Raises `PutOff` and `Impossible`."""


class Lease(NamedTuple):
    id: str
    until: float


class Attempts:
    """Leases and pauses go by the machine's own time."""

    def __init__(self, units: Units, senders: Sequence[Sender], *, clock: Clock | None = None) -> None:
        self._units = units
        self._senders = senders
        self._clock = clock or SystemClock()
        self._log: structlog.typing.FilteringBoundLogger = structlog.get_logger("idp.delivery").bind()

    def claim_due(self, limit: int) -> tuple[Lease, list[Claimed]]:
        """Whatever is due first, of all tenants."""
        lease, now_us = Lease(ids.new("lse"), monotonic() + LEASE), self._clock.now_us()
        with self._units.platform(actor=SYSTEM, write=False) as unit:
            if not store.any_due(unit, now_us=now_us):
                return lease, []
        with self._units.platform(actor=SYSTEM) as unit:
            until_us = now_us + LEASE * SECOND
            return lease, store.claim(unit, lease=lease.id, now_us=now_us, until_us=until_us, limit=limit)

    def claim_one(self, tenant: TenantId, delivery: str) -> tuple[Lease, Claimed | None]:
        """None unless it is due."""
        lease, now_us = Lease(ids.new("lse"), monotonic() + LEASE), self._clock.now_us()
        with self._units.open(tenant, actor=SYSTEM) as unit:
            until_us = now_us + LEASE * SECOND
            return lease, store.claim_one(unit, delivery, lease=lease.id, now_us=now_us, until_us=until_us)

    def attend(self, claimed: Claimed, lease: Lease) -> None:
        """Raises nothing: what cannot be marked is tried again once the lease has run out."""
        try:
            self._attempt(claimed, lease)
        except Unavailable as error:
            self._log.warning("delivery_unmarked", delivery=claimed.id, detail=error.detail)
        except Exception as error:
            self._log.error("delivery_unmarked", delivery=claimed.id, error=type(error).__name__)

    def _attempt(self, claimed: Claimed, lease: Lease) -> None:
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

    def _send(self, claimed: Claimed, lease: Lease) -> None:
        sender = next((each for each in self._senders if each.takes(claimed)), None)
        if sender is None:
            raise Impossible("no_channel")
        sender.send(claimed, until=lease.until)

    def _mark_failed(self, claimed: Claimed, lease: Lease, code: str, *, again: bool) -> None:
        with self._units.open(claimed.tenant_id, actor=SYSTEM) as unit:
            if again:
                until_us = self._clock.now_us() + pause_after(claimed.attempts)
                store.put_off(unit, claimed.id, lease=lease.id, until_us=until_us, code=code)
            else:
                store.given_up(unit, claimed.id, lease=lease.id, code=code)
        event = "put_off" if again else "given_up"
        log = self._log.info if code == OVERTAKEN else self._log.warning
        log(event, delivery=claimed.id, about=claimed.event, attempts=claimed.attempts, code=code)
