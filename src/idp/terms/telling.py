"""Laying something before tenants: into the outbox and on record, in the transaction of its cause."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from idp import delivery, tenants
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit
from idp.terms import store
from idp.terms.model import Receipt

_PAGE = 200


class Channel(StrEnum):
    OUTBOX = "outbox"


def everybody(unit: Unit) -> Iterator[TenantId]:
    """Needs a unit of the platform. Whoever comes into being meanwhile waits, or is among them: see `touch_all`."""
    after = ""
    while page := tenants.page(unit, after=after, limit=_PAGE):
        yield from (tenant.id for tenant in page if tenant.id != PLATFORM)
        after = page[-1].id


def tell(
    inner: Unit,
    event: str,
    *,
    kind: str,
    document_id: str,
    content_hash: str,
    payload: dict[str, Any],
    document: str = "",
) -> None:
    told = delivery.enqueue(inner, event, receiver="tenant", payload=payload)
    receipt = Receipt(content_hash, inner.now_us, Channel.OUTBOX.value, told)
    store.receive(inner, kind, document_id, receipt, document=document)
