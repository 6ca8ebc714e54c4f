"""How much of the way out one tenant may have: whoever names slow places must not stop the calls of all others."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from idp.kit.clock import monotonic
from idp.kit.egress.meanings import Reason, Unreachable

_REMEMBERED = 4_096


@dataclass(slots=True)
class _Account:
    left: float
    seen: float
    at_once: int = 0


class Budget:
    """Per process: calls that are saved up to `most`, regained at `per_second`, of which `at_once` run together."""

    def __init__(self, *, most: float = 120, per_second: float = 10, at_once: int = 4) -> None:
        self._most = most
        self._per_second = per_second
        self._at_once = at_once
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def one(self, tenant: str) -> Iterator[None]:
        """Raises `Unreachable`."""
        account = self._begin(tenant)
        try:
            yield
        finally:
            with self._lock:
                account.at_once -= 1

    def _begin(self, tenant: str) -> _Account:
        now = monotonic()
        with self._lock:
            account = self._accounts.setdefault(tenant, _Account(self._most, now))
            self._accounts.move_to_end(tenant)
            account.left = min(self._most, account.left + (now - account.seen) * self._per_second)
            account.seen = now
            if account.left < 1 or account.at_once >= self._at_once:
                raise Unreachable(Reason.BUDGET)
            account.left -= 1
            account.at_once += 1
            self._forget()
        return account

    def _forget(self) -> None:
        while len(self._accounts) > _REMEMBERED:
            self._accounts.popitem(last=False)
