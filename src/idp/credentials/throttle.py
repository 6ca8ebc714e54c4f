"""How often somebody may try: counted before the try, in one conditional write, by the machine's own time.

The window slides (generic cell rate algorithm): a key holds the instant at which it is wholly free again, each try
moves it on by one step, and a try that would move it more than `burst` steps ahead is refused. So of any number of
tries at once exactly as many pass as may, in every process and after a restart, and there is no lock-out:
the next step is never further away than one interval (U4). Who succeeds gets the step back; only failures count.
"""

import ipaddress
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, case, select, update

from idp.credentials.tables import attempts
from idp.kit.clock import SECOND, Clock, SystemClock
from idp.kit.db import command, own, query
from idp.kit.errors import TooMany
from idp.kit.sweeping import Sweep, before
from idp.kit.units import Unit


class Limit(NamedTuple):
    """`burst` tries at once, then one more each `step` microseconds."""

    burst: int
    step: int


class Throttle(NamedTuple):
    """`enforce` is off where limits are only observed: counted and written as always, never refused."""

    account: Limit
    address: Limit
    enforce: bool = True
    forms: Limit = Limit(5, 600 * SECOND)  # sent by somebody who is not signed in, from one address
    codes: Limit = Limit(5, 300 * SECOND)  # of one person: three of a million are right at any time
    clock: Clock | None = None  # the machine's own, unless handed in; never the one that contracts go by

    def now_us(self) -> int:
        return (self.clock or SystemClock()).now_us()


STRICT = Throttle(account=Limit(10, 30 * SECOND), address=Limit(100, SECOND))
# For development and tests: fifty sign-ins a second from one address must pass, with a hundred in flight.
WIDE = Throttle(account=Limit(100, SECOND), address=Limit(1_000, SECOND // 100), forms=Limit(1_000, SECOND // 100))

_NO_LIMIT = 2**60


class _FreeAt(NamedTuple):
    free_at: int


def _count(dialect: Any) -> Any:
    now, step = bindparam("now", type_=BigInteger), bindparam("step", type_=BigInteger)
    statement = dialect.insert(attempts).values(
        tenant_id=bindparam("tenant_id"), key=bindparam("key"), free_at=now + step
    )
    since = case((attempts.c.free_at > now, attempts.c.free_at), else_=now)
    return statement.on_conflict_do_update(
        index_elements=["tenant_id", "key"],
        set_={"free_at": since + step},
        where=attempts.c.free_at <= bindparam("latest"),
    )


_COUNT = command(_count)
_FREE_AT = query(select(attempts.c.free_at).where(own(attempts), attempts.c.key == bindparam("of_key")), _FreeAt)
_GIVE_BACK = command(
    update(attempts)
    .where(own(attempts), attempts.c.key == bindparam("of_key"))
    .values(free_at=attempts.c.free_at - bindparam("step"))
)


class Tried(NamedTuple):
    """One try, counted; what it takes to give it back."""

    key: bytes
    step: int


def count(unit: Unit, throttle: Throttle, *, account: bytes, address: str) -> list[Tried]:
    """Must be committed before the try is made. `account` is one form of the name; raises `TooMany`.

    The address is asked first: one that has spent its tries spends none of anybody's account.
    """
    by_address = _tried(unit, throttle, throttle.address, b"address\0" + _network(address))
    return [by_address, _tried(unit, throttle, throttle.account, b"account\0" + account)]


def count_code(unit: Unit, throttle: Throttle, user_id: str) -> Tried:
    """As `count`, for a one-time code of somebody whose password was right."""
    return _tried(unit, throttle, throttle.codes, b"code\0" + user_id.encode())


def count_form(unit: Unit, throttle: Throttle, *, purpose: bytes, address: str) -> list[Tried]:
    """As `count`, for a form that is open to anybody."""
    return [_tried(unit, throttle, throttle.forms, b"form\0" + purpose + b"\0" + _network(address))]


def give_back(unit: Unit, tries: list[Tried]) -> None:
    for tried in tries:
        unit.run(_GIVE_BACK, of_key=tried.key, step=tried.step)


def sweeps(throttle: Throttle) -> tuple[Sweep, ...]:
    """Keys that are wholly free may go: that is as if they had never been."""
    over = attempts.c.free_at < before()
    return (Sweep(attempts.c.key, over, grace=0, start=b"", clock=throttle.now_us),)


def _tried(unit: Unit, throttle: Throttle, limit: Limit, of: bytes) -> Tried:
    key = unit.mac("credentials.attempts", of)
    now = throttle.now_us()
    ahead = (limit.burst - 1) * limit.step if throttle.enforce else _NO_LIMIT
    if not unit.run(_COUNT, key=key, now=now, step=limit.step, latest=now + ahead):
        row = unit.one(_FREE_AT, of_key=key)
        wait = (row.free_at - ahead - now) if row else limit.step
        raise TooMany("too_many_attempts", retry_after=max(1, -(-wait // SECOND)))
    return Tried(key, limit.step)


def _network(address: str) -> bytes:
    """Whoever has one IPv6 address has its whole /64."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address.encode(errors="surrogatepass")
    if isinstance(found, ipaddress.IPv6Address):
        return found.ipv4_mapped.packed if found.ipv4_mapped else found.packed[:8]
    return found.packed
