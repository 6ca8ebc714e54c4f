"""Webhooks: a tenant's own receivers of what its audit trail says, signed as Standard Webhooks 1.0.0 has it.

A webhook is a reader of the trail with a position of its own in each chain: the trail is the outbox, so whoever records
pays nothing for those who listen, and nothing that was committed is lost, whoever dies when. Each entry is sent at
least once, with the same id each time, and those of a chain in their order. It sends nothing that the trail does not
say, and to nobody but through `Egress`.
"""

from idp.webhooks.actions import LISTED, create, get, remove, rotate, test
from idp.webhooks.changing import change
from idp.webhooks.model import Draft, Webhook, read, read_change, to_json
from idp.webhooks.pumping import Pump

__all__ = [
    "LISTED",
    "Draft",
    "Pump",
    "Webhook",
    "change",
    "create",
    "get",
    "read",
    "read_change",
    "remove",
    "rotate",
    "test",
    "to_json",
]
