"""Whose turn it is: a webhook is one worker's for less than a minute, and what has become of its attempt is marked by
whoever still holds it."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, bindparam, null, select, true, update

from idp import audit, delivery, tenants
from idp.audit import Event
from idp.kit.clock import SECOND
from idp.kit.db import command, own, query
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.webhooks import positions
from idp.webhooks.tables import webhooks

LEASE = 40  # seconds
LONGEST_PAUSE = 3600 * SECOND
GIVEN_UP_AFTER = 3 * 86_400 * SECOND
GONE = "gone"


class Due(NamedTuple):
    tenant_id: TenantId
    id: str


class Turn(NamedTuple):
    """What to send to whom; `secrets` sign, the newest first."""

    id: str
    tenant: str
    name: str
    url: str
    events: tuple[str, ...]
    secrets: tuple[bytes, ...]
    attempts: int
    failing_since: int | None


class _Row(NamedTuple):
    id: str
    name: str
    url: str
    events: str
    secret: bytes
    old_secret: bytes | None
    old_until: int | None
    attempts: int
    failing_since: int | None


_is_due = (webhooks.c.enabled == true(), webhooks.c.next_at <= bindparam("now", type_=BigInteger))
_DUE = query(
    select(webhooks.c.tenant_id, webhooks.c.id).where(*_is_due).order_by(webhooks.c.tenant_id, webhooks.c.id),
    Due,
    platform=True,
)
_TAKE = query(
    update(webhooks)
    .where(own(webhooks), webhooks.c.id == bindparam("webhook"), *_is_due)
    .values(lease=bindparam("new_lease"), next_at=bindparam("until", type_=BigInteger))
    .returning(*(webhooks.c[name] for name in _Row._fields)),
    _Row,
)
_held = (own(webhooks), webhooks.c.id == bindparam("webhook"), webhooks.c.lease == bindparam("held"))
_HOLD = command(update(webhooks).where(*_held).values(lease=bindparam("held")))
_TOLD = command(
    update(webhooks)
    .where(*_held)
    .values(attempts=0, failing_since=null(), error=null(), told_at=bindparam("now", type_=BigInteger))
)
_LEAVE = command(update(webhooks).where(*_held).values(lease=null(), next_at=0))
_PUT_OFF = command(
    update(webhooks)
    .where(*_held)
    .values(
        lease=null(),
        next_at=bindparam("new_next_at", type_=BigInteger),
        attempts=webhooks.c.attempts + 1,
        failing_since=bindparam("since", type_=BigInteger),
        error=bindparam("code"),
    )
)
_DISABLE = command(
    update(webhooks)
    .where(*_held)
    .values(
        lease=null(),
        enabled=bindparam("on"),
        error=bindparam("code"),
        failing_since=bindparam("since", type_=BigInteger),
        version=webhooks.c.version + 1,
        changed_at=bindparam("changed", type_=BigInteger),
    )
)


class Lost(Exception):
    """Somebody else has it by now, or it was changed: what this attempt did counts for nothing."""


def due(unit: Unit, *, now_us: int) -> list[Due]:
    """Needs a unit of the platform, which may only read."""
    return [each._replace(tenant_id=TenantId(each.tenant_id)) for each in unit.all(_DUE, now=now_us)]


def take(unit: Unit, webhook_id: str, *, lease: str, now_us: int) -> Turn | None:
    """None when somebody else was first."""
    row = unit.one(_TAKE, webhook=webhook_id, new_lease=lease, now=now_us, until=now_us + LEASE * SECOND)
    if row is None:
        return None
    keys = [unit.open_sealed("webhooks", "secret", row.id, row.secret)]
    if row.old_secret is not None and row.old_until is not None and unit.now_us < row.old_until:
        keys.append(unit.open_sealed("webhooks", "old_secret", row.id, row.old_secret))
    slug = tenants.get(unit).slug
    events = tuple(json.loads(row.events))
    return Turn(row.id, slug, row.name, row.url, events, tuple(keys), row.attempts, row.failing_since)


def told(unit: Unit, webhook_id: str, seen: Mapping[str, int], *, lease: str, now_us: int) -> None:
    """Raises `Lost`, and then nothing is written."""
    _refuse_lost(unit.run(_TOLD, webhook=webhook_id, held=lease, now=now_us))
    positions.move(unit, webhook_id, seen)


def passed(unit: Unit, webhook_id: str, seen: Mapping[str, int], *, lease: str) -> None:
    """What nobody had to be told of. Raises `Lost`."""
    _refuse_lost(unit.run(_HOLD, webhook=webhook_id, held=lease))
    positions.move(unit, webhook_id, seen)


def leave(unit: Unit, webhook_id: str, *, lease: str) -> None:
    unit.run(_LEAVE, webhook=webhook_id, held=lease)


def failed(unit: Unit, turn: Turn, code: str, *, lease: str, now_us: int) -> bool:
    """Whether it was switched off: after three days of failures, or at once where the receiver says that it is gone
    (Standard Webhooks 1.0.0: 410). Raises `Lost`."""
    since = now_us if turn.failing_since is None else turn.failing_since
    values: dict[str, Any] = {"webhook": turn.id, "held": lease, "since": since, "code": code}
    if code != GONE and now_us - since < GIVEN_UP_AFTER:
        pause = min(delivery.pause_after(turn.attempts + 1), LONGEST_PAUSE)
        _refuse_lost(unit.run(_PUT_OFF, new_next_at=now_us + pause, **values))
        return False
    _refuse_lost(unit.run(_DISABLE, on=False, changed=unit.now_us, **values))
    audit.record(unit, Event.WEBHOOK_DISABLED, subject=turn.id, error=code)
    delivery.enqueue(
        unit,
        "webhook.disabled",
        receiver="tenant",
        payload={"webhook": turn.id, "webhook_name": turn.name, "error": code},
    )
    return True


def _refuse_lost(count: int) -> None:
    if count == 0:
        raise Lost
