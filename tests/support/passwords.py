"""A sign-in by password with its three steps as one, for tests, which can wait."""

from typing import NamedTuple

from idp.credentials import HashPool, Throttle, begin_check, finish_check
from idp.kit.actors import Actor
from idp.kit.ids import TenantId
from idp.kit.units import Units
from idp.users import Identity


class Typed(NamedTuple):
    """What somebody typed, and where they are."""

    user_name: str
    password: str
    address: str


class PasswordSignIn:
    """The three steps as one, for those who can wait; composed once."""

    def __init__(self, units: Units, pool: HashPool, limits: Throttle) -> None:
        self._units = units
        self._pool = pool
        self._limits = limits

    def check(self, tenant: TenantId, typed: Typed, *, actor: Actor) -> Identity | None:
        """Blocks. Raises `TooMany` (too many tries) and `Unavailable` (too many at once)."""
        with self._units.open(tenant, actor=actor) as unit:
            check = begin_check(unit, typed.user_name, address=typed.address, limits=self._limits)
        verdict = self._pool.verify(check.encoded, typed.password)
        with self._units.open(tenant, actor=actor) as unit:
            return finish_check(unit, check, verdict)
