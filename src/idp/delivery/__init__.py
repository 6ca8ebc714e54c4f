"""What has to reach somebody outside: written in the transaction of its cause, sent after its commit, kept until told.

It knows no recipient's protocol and decides nothing about who is told.
"""

from idp.delivery.outbox import Delivery, enqueue, pending

__all__ = ["Delivery", "enqueue", "pending"]
