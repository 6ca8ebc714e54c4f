"""Sends what is due. Any number of processes may do it at once, and die at any moment.

Who dies between a claim and its mark leaves a lease that runs out: the delivery is sent again then, and whoever
receives it knows it by its id.
"""

import queue
import threading
from collections.abc import Callable, Sequence

from idp.delivery.attempting import Attempts, Lease, Sender
from idp.delivery.model import Claimed
from idp.kit.clock import Clock
from idp.kit.units import Units

LOOK = 1.0  # seconds
_AT_ONCE = 4  # so many slow receivers before anybody waits for them


class Dispatcher:
    """One turn after another, each saying after how many seconds it wants the next."""

    def __init__(
        self,
        units: Units,
        senders: Sequence[Sender],
        *,
        leaving: Callable[[], bool] = lambda: False,
        clock: Clock | None = None,
        at_once: int = _AT_ONCE,
    ) -> None:
        self._attempts = Attempts(units, senders, clock=clock)
        self._leaving = leaving
        self._at_once = at_once
        self._busy = 0
        self._done: queue.SimpleQueue[None] = queue.SimpleQueue()

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
        lease, found = self._attempts.claim_due(room)
        for claimed in found:
            self._busy += 1
            # a daemon: whoever has to leave at once does not wait for a receiver
            threading.Thread(target=self._attend, args=(claimed, lease), daemon=True).start()

    def _attend(self, claimed: Claimed, lease: Lease) -> None:
        try:
            self._attempts.attend(claimed, lease)
        finally:
            self._done.put(None)
