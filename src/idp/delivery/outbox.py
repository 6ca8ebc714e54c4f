"""The outbox."""

import json
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, select

from idp.delivery.tables import deliveries
from idp.kit import ids
from idp.kit.db import command, own, query
from idp.kit.units import Unit


class Delivery(NamedTuple):
    id: str
    event: str
    receiver: str
    payload: str
    created_at: int
    delivered_at: int | None


_ADD = command(insert(deliveries))
_PAGE = query(
    select(
        deliveries.c.id,
        deliveries.c.event,
        deliveries.c.receiver,
        deliveries.c.payload,
        deliveries.c.created_at,
        deliveries.c.delivered_at,
    )
    .where(own(deliveries), deliveries.c.id > bindparam("after"))
    .order_by(deliveries.c.id)
    .limit(bindparam("limit")),
    Delivery,
)


def enqueue(unit: Unit, event: str, *, receiver: str, payload: dict[str, Any]) -> str:
    """`event` such as `contract.established`; `receiver` names who is told: `tenant`, or the id of a service."""
    delivery = ids.new("dlv")
    unit.run(
        _ADD,
        id=delivery,
        event=event,
        receiver=receiver,
        payload=json.dumps(payload, ensure_ascii=False),
        created_at=unit.now_us,
        delivered_at=None,
        attempts=0,
    )
    return delivery


def pending(unit: Unit, *, after: str = "", limit: int = 50) -> list[Delivery]:
    """In the order of their causes, delivered or not."""
    return unit.all(_PAGE, after=after, limit=limit)
