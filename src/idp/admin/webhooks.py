"""Webhooks: receivers of a tenant's own that are told what its audit trail says."""

from typing import Any

from idp import webhooks
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes import webhooks as shapes
from idp.credentials import Noun, Permission, Verb
from idp.webhooks import Webhook


def create(call: Call) -> Answer:
    """Have a receiver told of events of the audit trail, from now on.

    Each event comes as a POST of JSON, signed as Standard Webhooks 1.0.0 has it (`webhook-id`, `webhook-timestamp`,
    `webhook-signature`) with the `secret` that this answer shows once. It comes at least once, with the same id each
    time, and is sent again for three days, with growing pauses, until the receiver answers 2xx; others wait behind it.
    After that the webhook is switched off, and administrators are told. Needs `audit:read` besides.
    """
    draft = webhooks.read(call.document, egress=call.house.egress)
    rights.demand(_READS_TRAIL, call.key)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        webhook, secret = webhooks.create(unit, draft)
        where = f"/tenants/{call.tenant.slug}/webhooks/{webhook.id}"
        return call.done(unit, _with(webhook, secret), status=201, version=webhook.version, location=where)


def listing(call: Call) -> Answer:
    """The tenant's webhooks, and whether their receivers take what they are sent."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(webhooks.LISTED.page(unit, call.page.question), webhooks.to_json)


def shown(call: Call) -> Answer:
    """One webhook. Its secret is not shown again."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        webhook = webhooks.get(unit, call.names["webhook"])
        return call.shown(webhooks.to_json(webhook), version=webhook.version)


def change(call: Call) -> Answer:
    """Another address, other events, off or on again: then it goes on where it was, and is told of all it missed.
    Needs `audit:read` besides, and a contract that runs, unless it is merely switched off."""
    merely_off = call.document == {"enabled": False}
    with call.house.units.open(call.home, actor=call.actor) as unit:
        if not merely_off:
            gate.require_contract(unit, call.key)
        before = webhooks.get(unit, call.names["webhook"])
        expected = call.conditions.expected(before.version)
        webhook = webhooks.change(unit, before.id, call.document, egress=call.house.egress, version=expected)
        if not merely_off:
            rights.demand(_READS_TRAIL, call.key)
        return call.done(unit, webhooks.to_json(webhook), version=webhook.version)


def delete(call: Call) -> Answer:
    """Nothing is sent to its receiver any more; whatever the contract says."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        webhook = webhooks.get(unit, call.names["webhook"])
        webhooks.remove(unit, webhook.id, version=call.conditions.expected(webhook.version))
        return call.done(unit, None)


def rotate(call: Call) -> Answer:
    """Another secret, shown in this answer alone. For a day what is sent is signed with both."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        before = webhooks.get(unit, call.names["webhook"])
        webhook, secret = webhooks.rotate(unit, before.id, version=call.conditions.expected(before.version))
        return call.done(unit, _with(webhook, secret), version=webhook.version)


def test(call: Call) -> Answer:
    """Send it a `webhook.tested`, whatever else it wants to hear of; the webhook then shows whether it was taken."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        webhook = webhooks.test(unit, call.names["webhook"])
        return call.done(unit, webhooks.to_json(webhook), status=202)


def _with(webhook: Webhook, secret: str) -> dict[str, Any]:
    return {**webhooks.to_json(webhook), "secret": secret}


_MANY = "/tenants/{tenant}/webhooks"
_ONE = f"{_MANY}/{{webhook}}"
_CLOSED = "contract_not_active"
_READ = rights.read(Noun.WEBHOOKS)
_READS_TRAIL = Permission(Noun.AUDIT, Verb.READ)
_WRITE = rights.write(Noun.WEBHOOKS, WITH_TENANT)

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        _WRITE,
        takes=shapes.NewWebhook,
        gives=shapes.MadeWebhook,
        status=201,
        versioned=True,
        conflicts=(_CLOSED, "webhook_limit_reached"),
    ),
    Route("GET", _MANY, listing, _READ, gives=shapes.Webhook, pages=True, listed=webhooks.LISTED),
    Route("GET", _ONE, shown, _READ, gives=shapes.Webhook, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        _WRITE,
        takes=shapes.WebhookChange,
        gives=shapes.Webhook,
        versioned=True,
        conflicts=(_CLOSED,),
    ),
    Route("DELETE", _ONE, delete, _WRITE, status=204, versioned=True),
    Route("POST", f"{_ONE}/secret", rotate, _WRITE, gives=shapes.MadeWebhook, versioned=True, conflicts=(_CLOSED,)),
    Route(
        "POST",
        f"{_ONE}/test",
        test,
        _WRITE,
        gives=shapes.Webhook,
        status=202,
        conflicts=(_CLOSED, "webhook_disabled"),
    ),
)
