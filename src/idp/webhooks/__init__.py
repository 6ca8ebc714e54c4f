"""Webhooks: a tenant's own receivers of what its audit trail says, signed as Standard Webhooks 1.0.0 has it.

A webhook is a reader of the trail with a position of its own in each chain: the trail is the outbox, so whoever records
pays nothing for those who listen, and nothing that was committed is lost, whoever dies when. Each entry is sent at
least once, with the same id each time, and those of a chain in their order. It sends nothing that the trail does not
say, and to nobody but through `Egress`.
"""

from idp.webhooks.actions import LISTED, create, every, get, remove, rotate, signs_with, test
from idp.webhooks.changing import change
from idp.webhooks.model import Draft, Webhook, WebhookId, read, read_change, to_json
from idp.webhooks.pumping import Pump
from idp.webhooks.signature import read_secret

__all__ = [
    "LISTED",
    "Draft",
    "Pump",
    "Webhook",
    "WebhookId",
    "change",
    "create",
    "every",
    "get",
    "read",
    "read_change",
    "read_secret",
    "remove",
    "rotate",
    "signs_with",
    "test",
    "to_json",
]
