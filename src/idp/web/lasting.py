"""Facts for documents that everybody may read: they are answered while the database is down, too."""

import asyncio

from idp import contracts
from idp.access import Facts
from idp.kit.errors import NotFound, Unavailable
from idp.web.failures import Refusal
from idp.web.house import House

_PATIENCE = 1.0  # seconds


async def lasting(house: House, slug: str) -> Facts:
    """The facts of now, or those remembered when now cannot be asked, or not soon: whoever fetches keys gives up.
    Raises `Refusal` (404) where there is no customer."""
    remembered = house.memory.latest(slug)
    try:
        tenant = await house.memory.tenant_id(slug)
        async with asyncio.timeout(None if remembered is None else _PATIENCE):
            facts = await house.units.read(tenant, house.memory.current)
        if contracts.is_known(facts.contract):
            return facts
        raise NotFound("tenant")
    except NotFound:
        raise Refusal(404, "not_found", "There is nothing here.") from None
    except (Unavailable, TimeoutError):
        if remembered is None:
            raise
        return remembered
