from enum import StrEnum
from typing import NamedTuple

from idp.kit.ids import TenantId


class Status(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Delivery(NamedTuple):
    """`next_at` is None unless it is pending, and 0 before the first attempt; `error` is the code of the latest attempt
    that failed."""

    id: str
    event: str
    receiver: str
    payload: str
    created_at: int
    delivered_at: int | None
    attempts: int
    next_at: int | None
    failed_at: int | None
    error: str | None

    @property
    def status(self) -> Status:
        if self.next_at is not None:
            return Status.PENDING
        return Status.FAILED if self.delivered_at is None else Status.DELIVERED


class Claimed(NamedTuple):
    """A delivery for which this attempt, the `attempts`-th, is the only one under way."""

    tenant_id: TenantId
    id: str
    event: str
    receiver: str
    payload: str
    created_at: int
    attempts: int


class PutOff(Exception):
    """Not now, perhaps later. `code` is for whoever looks into the outbox, and never says anything of a person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


OVERTAKEN = "overtaken"
"""Nobody needs to hear of it any more: nothing went wrong."""


class Impossible(Exception):
    """Never: trying again would change nothing. `code` as in `PutOff`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
