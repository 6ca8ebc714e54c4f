from typing import NamedTuple

from idp.federation import Service
from idp.kit.ids import TenantId
from idp.signing import ForeignKey

_MOST = 20_000


class Published(NamedTuple):
    keys: tuple[ForeignKey, ...]
    fetched_at: int


class ClientKeyMemory:
    """Forgetting any of it costs time alone. A changed address is another entry."""

    def __init__(self) -> None:
        self._published: dict[tuple[TenantId, str, str], Published] = {}

    def get(self, tenant: TenantId, service: Service, uri: str) -> Published | None:
        return self._published.get((tenant, service.id, uri))

    def put(self, tenant: TenantId, service: Service, uri: str, published: Published) -> Published:
        if len(self._published) >= _MOST:
            self._published.clear()
        self._published[tenant, service.id, uri] = published
        return published
