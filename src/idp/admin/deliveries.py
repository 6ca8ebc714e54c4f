"""The outbox of a tenant: what has to reach whom, and what has."""

import json
from typing import Any

from idp import delivery
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.routes import Route
from idp.admin.shapes import platform as shapes
from idp.credentials import Noun
from idp.delivery import Delivery
from idp.kit.clock import rfc3339


def listing(call: Call) -> Answer:
    """In the order of their causes, delivered or not."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(delivery.LISTED.page(unit, call.page.question), _to_json)


def _to_json(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.id,
        "event": row.event,
        "receiver": row.receiver,
        "payload": json.loads(row.payload),
        "created_at": rfc3339(row.created_at),
        "status": row.status.value,
        "attempts": row.attempts,
        "next_at": None if row.next_at is None else rfc3339(row.next_at or row.created_at),
        "delivered_at": _instant(row.delivered_at),
        "failed_at": _instant(row.failed_at),
        "error": row.error,
    }


def _instant(us: int | None) -> str | None:
    return None if us is None else rfc3339(us)


ROUTES = (
    Route(
        "GET",
        "/tenants/{tenant}/deliveries",
        listing,
        rights.read(Noun.DELIVERIES),
        gives=shapes.Delivery,
        pages=True,
        listed=delivery.LISTED,
    ),
)
