"""Deciding on remembered facts, and again when they turn out to be outdated."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from idp import signing, tenants
from idp.access import Facts
from idp.kit.errors import Failure, Unavailable
from idp.kit.ids import TenantId
from idp.signing import Alg, Use
from idp.web.house import House

T = TypeVar("T")

_TRIES: Final = 6


class Settled(Exception):
    """A refusal that has left its traces in a commit that held the facts: it stands whatever has changed since, and
    what it has used up is not looked for again."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code)
        self.failure = failure


class KeyMissing(Exception):
    """The tenant has no key yet for this use and algorithm: it is made, and the request decided again."""

    def __init__(self, use: Use, alg: Alg) -> None:
        super().__init__(use, alg)
        self.use = use
        self.alg = alg


async def decide(house: House, slug: str, client_id: str, work: Callable[[Facts], Awaitable[T]]) -> T:
    """The result of `work` on the facts of now: what it commits holds their revision, what it refuses is checked.

    `work` may run several times; whatever it does besides one commit must bear that.
    """
    facts = house.memory.at_hand(slug, client_id) or await house.memory.remembered(slug, client_id)
    outcome: tenants.Moved | KeyMissing | Failure
    for _ in range(_TRIES):
        try:
            return await work(facts)
        except Settled as settled:
            raise settled.failure from None
        except Unavailable:
            raise
        except (tenants.Moved, KeyMissing, Failure) as raised:
            outcome = raised
        if isinstance(outcome, KeyMissing):
            await make_key(house, facts.tenant.id, outcome.use, outcome.alg)
        elif isinstance(outcome, Failure) and await house.memory.is_current(facts):
            raise outcome
        facts = await house.units.read(facts.tenant.id, lambda unit: house.memory.current(unit, client_id))
    raise Unavailable("the tenant's facts change faster than a decision is made")


async def make_key(house: House, tenant: TenantId, use: Use, alg: Alg) -> None:
    """Many may come here at once; one key becomes the active one."""
    private = await asyncio.to_thread(signing.generate, alg)

    await house.units.commit(tenant, lambda unit: tenants.adopt_key(unit, use, alg, private))
