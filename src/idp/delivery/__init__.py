"""What has to reach somebody outside: written in the transaction of its cause, sent after its commit, kept until told.

It knows no recipient's protocol and decides nothing about who is told: that is for the senders that are handed to the
dispatcher. Each delivery is sent at least once, with the same id each time, and to one receiver in the order in which
the deliveries came into being.
"""

from idp.delivery.at_once import AtOnce
from idp.delivery.attempting import Sender
from idp.delivery.by_http import call, refuse_unaccepted
from idp.delivery.dispatching import Dispatcher
from idp.delivery.model import OVERTAKEN, Claimed, Delivery, Impossible, PutOff, Status
from idp.delivery.outbox import LISTED, Backlog, backlog, discard, enqueue, pending, undelivered
from idp.delivery.pauses import pause_after

__all__ = [
    "LISTED",
    "OVERTAKEN",
    "AtOnce",
    "Backlog",
    "Claimed",
    "Delivery",
    "Dispatcher",
    "Impossible",
    "PutOff",
    "Sender",
    "Status",
    "backlog",
    "call",
    "discard",
    "enqueue",
    "pause_after",
    "pending",
    "refuse_unaccepted",
    "undelivered",
]
