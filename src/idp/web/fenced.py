"""Whether the database behind this worker is still the one: a restore elsewhere leaves it with the old."""

import asyncio

from idp import tenants
from idp.kit.actors import SYSTEM
from idp.kit.errors import Unavailable
from idp.kit.units import Units

_EVERY = 1.0  # seconds


def is_put_back(units: Units) -> bool:
    """Blocks. Raises `Unavailable`, and `FenceDamaged` when nobody can tell."""
    if not units.keys.fence.epoch():
        return False
    with units.platform(actor=SYSTEM, write=False) as unit:
        return tenants.is_put_back(unit)


async def until_put_back(units: Units) -> None:
    """Returns when it is; raises `FenceDamaged`. Asks the database only when the fence has moved."""
    settled = -1
    while True:
        fence = units.keys.fence.epoch()
        if fence != settled:
            try:
                if await asyncio.to_thread(is_put_back, units):
                    return
                settled = fence
            except Unavailable:
                pass  # it is asked again when it answers
        await asyncio.sleep(_EVERY)
