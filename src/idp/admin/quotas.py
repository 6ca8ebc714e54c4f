"""How many requests a caller may send: told with every answer, and refused when they are used up.

Each caller has a quota of its own, and those of one tenant or partner share another one beside it, so that neither one
program nor one customer leaves nothing for the rest. Whoever shows no valid key or token is counted by address. A quota
is full again when its window ends. Each worker counts for itself, in memory and by the machine's own time: a request
costs no write, and a restart forgets.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from idp import credentials
from idp.credentials import ApiKey, KeyScope, Throttle
from idp.kit import addresses
from idp.kit.clock import SECOND
from idp.kit.errors import TooMany

_WINDOW = 60
_MOST = 20_000
_HOUSEHOLD = 64  # bits: whoever has one IPv6 address has its whole network


class Quota(NamedTuple):
    """So many requests in each window of so many seconds."""

    name: str
    most: int
    window: int = _WINDOW


class Quotas(NamedTuple):
    caller: Quota
    customer: Quota
    address: Quota


STRICT = Quotas(Quota("caller", 3_000), Quota("customer", 9_000), Quota("address", 300))
WIDE = Quotas(Quota("caller", 60_000), Quota("customer", 180_000), Quota("address", 60_000))


def beside(throttle: Throttle) -> Quotas:
    """As narrow or wide as the limits of sign-ins are."""
    return STRICT if throttle.address == credentials.STRICT.address else WIDE


class Standing(NamedTuple):
    """After this request: how many are left, and in how many seconds the quota is full again."""

    quota: Quota
    left: int
    resets_in: int

    @property
    def spent(self) -> bool:
        return self.left < 0


class Counter:
    """`enforce` is off where quotas are only observed: counted and told as always, never refused."""

    def __init__(self, quotas: Quotas, *, enforce: bool = True) -> None:
        self.quotas = quotas
        self._enforce = enforce
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], list[int]] = {}  # when it ends, and how many came in it

    def count(self, wanted: Iterable[tuple[Quota, str]], now_us: int) -> list[Standing]:
        """One more request of each of these."""
        with self._lock:
            return [self._standing(quota, of, now_us, more=1) for quota, of in wanted]

    def look(self, quota: Quota, of: str, now_us: int) -> Standing:
        with self._lock:
            return self._standing(quota, of, now_us, more=0)

    def refuse_spent(self, standings: Iterable[Standing]) -> None:
        """Raises `TooMany`, to come again when the last of them is full."""
        spent = [each for each in standings if each.spent]
        if spent and self._enforce:
            raise TooMany(retry_after=max(each.resets_in for each in spent))

    def of_key(self, key: ApiKey) -> list[tuple[Quota, str]]:
        own = [(self.quotas.caller, f"{key.tenant} {key.id}")]
        if key.scope is KeyScope.OPERATOR:
            return own
        return [*own, (self.quotas.customer, key.partner_id or key.tenant)]

    def of_address(self, address: str) -> tuple[Quota, str]:
        try:
            found = addresses.canonical(address)
        except ValueError:
            return self.quotas.address, address
        if found.version == 6:
            return self.quotas.address, found.packed[: _HOUSEHOLD // 8].hex()
        return self.quotas.address, str(found)

    def _standing(self, quota: Quota, of: str, now_us: int, *, more: int) -> Standing:
        known = self._windows.get((quota.name, of))
        if known is None or now_us >= known[0]:
            known = [now_us + quota.window * SECOND, 0]
            if more:
                self._make_room(now_us)
                self._windows[quota.name, of] = known
        known[1] += more
        return Standing(quota, quota.most - known[1], -(-(known[0] - now_us) // SECOND))

    def _make_room(self, now_us: int) -> None:
        if len(self._windows) < _MOST:
            return
        self._windows = {of: known for of, known in self._windows.items() if known[0] > now_us}
        for of in list(self._windows)[: max(0, len(self._windows) - _MOST // 2)]:
            del self._windows[of]


def fields(standings: Iterable[Standing]) -> Mapping[str, str]:
    """What every answer says."""
    standings = list(standings)
    return {
        "RateLimit-Policy": ", ".join(
            f'"{each.quota.name}";q={each.quota.most};w={each.quota.window}' for each in standings
        ),
        "RateLimit": ", ".join(f'"{each.quota.name}";r={max(0, each.left)};t={each.resets_in}' for each in standings),
    }
