"""Changing a webhook."""

import json
from collections.abc import Mapping

from sqlalchemy import bindparam, null, update

from idp import audit, tenants
from idp.audit import Event
from idp.kit.db import command, own
from idp.kit.egress import Egress
from idp.kit.units import Unit
from idp.webhooks.actions import get, held
from idp.webhooks.model import Draft, Webhook, read_change
from idp.webhooks.tables import webhooks

_CHANGE = command(
    update(webhooks)
    .where(own(webhooks), webhooks.c.id == bindparam("webhook"))
    .values(
        name=bindparam("new_name"),
        url=bindparam("new_url"),
        events=bindparam("new_events"),
        enabled=bindparam("new_enabled"),
        version=webhooks.c.version + 1,
        changed_at=bindparam("now"),
        next_at=0,
        lease=null(),  # whoever is at it says no more of how it went
        attempts=0,
        failing_since=null(),
        error=null(),
    )
)


def change(
    unit: Unit, webhook_id: str, patch: Mapping[str, object], *, egress: Egress, version: int | None = None
) -> Webhook:
    """`patch` is RFC 7396 over the document. One that is switched on again goes on where it was, and is told of all
    that it has missed. Raises `NotFound`, `Stale`, `Invalid`."""
    tenants.touch(unit)
    before = held(unit, webhook_id, version)
    draft = read_change(before, patch, egress=egress)
    if draft == before.draft:
        return before
    events = json.dumps(draft.events)
    unit.run(
        _CHANGE,
        webhook=before.id,
        new_name=draft.name,
        new_url=draft.url,
        new_events=events,
        new_enabled=draft.enabled,
        now=unit.now_us,
    )
    changed = [name for name in Draft._fields if getattr(draft, name) != getattr(before.draft, name)]
    audit.record(unit, Event.WEBHOOK_CHANGED, subject=before.id, fields=changed)
    return get(unit, before.id)
