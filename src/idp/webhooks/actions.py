"""Webhooks made, looked up, tried out and taken away."""

import hmac
import json
from typing import NamedTuple

from sqlalchemy import bindparam, delete, insert, select, update

from idp import audit, tenants
from idp.audit import Event
from idp.kit import ids
from idp.kit.asking import named_like
from idp.kit.clock import SECOND
from idp.kit.db import command, own, query
from idp.kit.errors import Conflict, NotFound, Stale
from idp.kit.listing import Listing
from idp.kit.units import Unit
from idp.webhooks import positions, signature
from idp.webhooks.model import MOST, Draft, Webhook, WebhookId, from_row
from idp.webhooks.tables import webhooks

OVERLAP = 24 * 3600 * SECOND
"""For so long what is sent is signed with the secret before, too."""

_COLUMNS = [webhooks.c[name] for name in Webhook._fields]


class _Id(NamedTuple):
    id: str


class _Secret(NamedTuple):
    secret: bytes


_FIND = query(select(*_COLUMNS).where(own(webhooks), webhooks.c.id == bindparam("id")), from_row)
_EVERY = query(select(*_COLUMNS).where(own(webhooks)).order_by(webhooks.c.id), from_row)
_IDS = query(select(webhooks.c.id).where(own(webhooks)), _Id)
_SECRET = query(select(webhooks.c.secret).where(own(webhooks), webhooks.c.id == bindparam("id")), _Secret)
_ADD = command(insert(webhooks))
_ROTATE = command(
    update(webhooks)
    .where(own(webhooks), webhooks.c.id == bindparam("webhook"))
    .values(
        secret=bindparam("new_secret"),
        old_secret=bindparam("was_secret"),
        old_until=bindparam("until"),
        version=webhooks.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_WAKE = command(update(webhooks).where(own(webhooks), webhooks.c.id == bindparam("webhook")).values(next_at=0))
_REMOVE = command(delete(webhooks).where(own(webhooks), webhooks.c.id == bindparam("webhook")))
LISTED: Listing[Webhook] = Listing(
    rows=select(*_COLUMNS).where(own(webhooks)),
    row=from_row,
    make=lambda _, webhook: webhook,
    orders={"name": "name"},
    filters={"q": named_like("name", example="siem", meaning="Those in whose name it stands, in any case and width.")},
)


def get(unit: Unit, webhook_id: str) -> Webhook:
    """Raises `NotFound`."""
    found = unit.one(_FIND, id=webhook_id)
    if found is None:
        raise NotFound("webhook")
    return found


def held(unit: Unit, webhook_id: str, version: int | None) -> Webhook:
    """Raises `NotFound`, `Stale`."""
    found = get(unit, webhook_id)
    if version not in (None, found.version):
        raise Stale("webhook")
    return found


def every(unit: Unit) -> list[Webhook]:
    return unit.all(_EVERY)


def signs_with(unit: Unit, webhook: Webhook, secret: bytes) -> bool:
    """Whether that is its secret now."""
    return hmac.compare_digest(_secret_of(unit, webhook), secret)


def create(
    unit: Unit, draft: Draft, *, secret: bytes | None = None, known_as: WebhookId | None = None
) -> tuple[Webhook, str]:
    """With its secret, unless one is brought along; nobody is shown it again. It is told of what is recorded from this
    commit on, under the id that it was `known_as`, if it was before.

    Raises `Conflict("webhook_limit_reached")`.
    """
    tenants.touch(unit)
    if len(unit.all(_IDS)) >= MOST:
        raise Conflict("webhook_limit_reached", f"A tenant has at most {MOST} webhooks.", limit=MOST)
    webhook_id, secret = known_as or WebhookId(ids.new("whk")), secret or signature.make_secret()
    unit.run(
        _ADD,
        id=webhook_id,
        name=draft.name,
        url=draft.url,
        events=json.dumps(draft.events),
        enabled=draft.enabled,
        secret=unit.seal("webhooks", "secret", webhook_id, secret),
        old_secret=None,
        old_until=None,
        version=1,
        created_at=unit.now_us,
        changed_at=unit.now_us,
        next_at=0,
        lease=None,
        attempts=0,
        failing_since=None,
        told_at=None,
        error=None,
    )
    positions.begin(unit, webhook_id)
    audit.record(unit, Event.WEBHOOK_CREATED, subject=webhook_id, events=list(draft.events))
    return get(unit, webhook_id), signature.shown(secret)


def rotate(
    unit: Unit, webhook_id: str, *, version: int | None = None, secret: bytes | None = None
) -> tuple[Webhook, str]:
    """Another secret, one that is brought along or a new one; for a day all that is sent is signed with both. Raises
    `NotFound`, `Stale`."""
    tenants.touch(unit)
    webhook, until = held(unit, webhook_id, version), unit.now_us + OVERLAP
    secret, was = secret or signature.make_secret(), _secret_of(unit, webhook)
    unit.run(
        _ROTATE,
        webhook=webhook.id,
        new_secret=unit.seal("webhooks", "secret", webhook.id, secret),
        was_secret=unit.seal("webhooks", "old_secret", webhook.id, was),
        until=until,
        now=unit.now_us,
    )
    audit.record(unit, Event.WEBHOOK_SECRET_ROTATED, subject=webhook.id)
    return get(unit, webhook.id), signature.shown(secret)


def test(unit: Unit, webhook_id: str) -> Webhook:
    """It alone is told of this, whatever else it wants to hear of, and at once. Raises `NotFound`, and
    `Conflict("webhook_disabled")`."""
    webhook = get(unit, webhook_id)
    if not webhook.enabled:
        raise Conflict("webhook_disabled", "The webhook is switched off.")
    unit.run(_WAKE, webhook=webhook.id)
    audit.record(unit, Event.WEBHOOK_TESTED, subject=webhook.id)
    return webhook


def remove(unit: Unit, webhook_id: str, *, version: int | None = None) -> None:
    """Raises `NotFound`, `Stale`."""
    tenants.touch(unit)
    webhook = held(unit, webhook_id, version)
    positions.clear(unit, webhook.id)
    unit.run(_REMOVE, webhook=webhook.id)
    audit.record(unit, Event.WEBHOOK_DELETED, subject=webhook.id)


def _secret_of(unit: Unit, webhook: Webhook) -> bytes:
    row = unit.one(_SECRET, id=webhook.id)
    assert row is not None
    return unit.open_sealed("webhooks", "secret", webhook.id, row.secret)
