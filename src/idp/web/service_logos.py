"""The logo that a service has registered by its address, shown to people from an address of ours.

A browser that fetched it from the service's own server would tell a stranger, before anybody has signed in or agreed
to anything, who is about to; and the content policy of our pages knows no other origin. So we fetch it, through the one
way out, write it anew as we do a tenant's logo, and keep it for a day. What cannot be fetched, or is no picture, is not
asked for again for a minute, and stands in nobody's way: the page shows the name.
"""

import asyncio
from collections import OrderedDict
from hashlib import sha256
from typing import NamedTuple

from idp import tenants
from idp.federation import Service
from idp.kit.clock import monotonic
from idp.kit.egress import Egress, Unreachable
from idp.tenants import NotALogo

_MOST = 64
_DAY = 86_400.0
_MINUTE = 60.0


class _Kept(NamedTuple):
    image: bytes | None
    until: float


class ServiceLogos:
    """Those that were shown last. Each is fetched once, however many ask for it at a time."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._coming: dict[str, asyncio.Task[bytes | None]] = {}

    async def picture(self, address: str, *, tenant: str) -> bytes | None:
        """A PNG; None where there is none to be had."""
        kept = self._kept.get(address)
        if kept is not None and monotonic() < kept.until:
            self._kept.move_to_end(address)
            return kept.image
        coming = self._coming.get(address)
        if coming is None:
            coming = self._coming[address] = asyncio.create_task(self._fetch(address, tenant))
            coming.add_done_callback(lambda _: self._coming.pop(address, None))
        return await asyncio.shield(coming)

    async def _fetch(self, address: str, tenant: str) -> bytes | None:
        try:
            answer = await self._egress.fetch_aside(address, tenant=tenant, largest=tenants.LARGEST_LOGO)
            image = await asyncio.to_thread(tenants.encode_logo, answer.body) if answer.status == 200 else None
        except (Unreachable, NotALogo):
            image = None
        self._kept[address] = _Kept(image, monotonic() + (_DAY if image else _MINUTE))
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return image


def logo_path(slug: str, service: Service) -> str | None:
    """Where it is shown; another logo has another address."""
    registered = service.oidc.logo_uri if service.oidc else None
    if registered is None:
        return None
    return f"/t/{slug}/service-logo?service={service.id}&v={sha256(registered.encode()).hexdigest()[:16]}"
