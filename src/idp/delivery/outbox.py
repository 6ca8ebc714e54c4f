"""The outbox."""

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from idp.delivery.model import Delivery, Status
from idp.delivery.tables import deliveries
from idp.kit import ids
from idp.kit.asking import Filter, Text, Words, asked
from idp.kit.db import command, own, query
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit


class Backlog(NamedTuple):
    """What waits to be sent, or to be tried again; `oldest_at` is when the first of it was caused."""

    waiting: int
    oldest_at: int | None


class _Receiver(NamedTuple):
    receiver: str


_ADD = command(insert(deliveries))
LISTED: Listing[Delivery] = Listing(
    rows=select(*(deliveries.c[name] for name in Delivery._fields)).where(own(deliveries)),
    row=Delivery,
    make=lambda _, delivery: delivery,
    filters={
        "event": Filter(
            takes=Text("contract.established", longest=100),
            meaning="Those of it.",
            where=deliveries.c.event == asked("event"),
        ),
        "status": Filter(
            takes=Words(Status),
            meaning="Those in it.",
            where={
                Status.PENDING.value: deliveries.c.next_at.is_not(None),
                Status.DELIVERED.value: deliveries.c.delivered_at.is_not(None),
                Status.FAILED.value: deliveries.c.failed_at.is_not(None),
            },
        ),
        "receiver": Filter(
            takes=Text("tenant"), meaning="What was for it.", where=deliveries.c.receiver == asked("receiver")
        ),
    },
)
_BACKLOG = query(
    select(func.count().label("waiting"), func.min(deliveries.c.created_at).label("oldest_at")).where(
        deliveries.c.next_at.is_not(None)
    ),
    Backlog,
    platform=True,
)
_UNDELIVERED = query(
    select(deliveries.c.receiver).where(
        own(deliveries), deliveries.c.id == bindparam("delivery"), deliveries.c.delivered_at.is_(None)
    ),
    _Receiver,
)
_DISCARD = command(delete(deliveries).where(own(deliveries), deliveries.c.next_at == 0))


def enqueue(unit: Unit, event: str, *, receiver: str, payload: dict[str, Any]) -> str:
    """`event` such as `contract.established`; `receiver` names who is told: `tenant`, `operator`, or an id. Neither
    secrets nor anything of a person belong in `payload`: whoever sends it looks them up."""
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
        next_at=0,
        lease=None,
        failed_at=None,
        error=None,
    )
    return delivery


def pending(unit: Unit, *, after: str = "", limit: int = 50) -> list[Delivery]:
    """In the order of their causes, delivered or not."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def backlog(unit: Unit) -> Backlog:
    """Of all tenants; needs a unit of the platform."""
    row = unit.one(_BACKLOG)
    assert row is not None
    return row


def undelivered(unit: Unit, delivery_ids: Iterable[str]) -> frozenset[str]:
    """The receivers of those that have not arrived: not yet, or never."""
    found = (unit.one(_UNDELIVERED, delivery=each) for each in delivery_ids)
    return frozenset(row.receiver for row in found if row is not None)


def discard(unit: Unit) -> None:
    """What nobody has tried to send yet: for tenants that are made up, where there is nobody to be told."""
    unit.run(_DISCARD)
