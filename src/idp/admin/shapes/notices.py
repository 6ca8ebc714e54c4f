from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Day, Instant, Sent, Shown, Text
from idp.admin.shapes.terms import Hash
from idp.terms import NoticeKind


class NewNotice(Sent):
    kind: NoticeKind
    title: Text
    body: Annotated[str, Field(min_length=1, max_length=20_000)]
    effective_date: Day
    emergency: bool = False


class _Said(Shown):
    id: str
    kind: NoticeKind
    title: str
    body: str
    effective_date: Day
    emergency: bool
    content_hash: Hash


class Notice(_Said):
    """`partner` is null for the operator's; `tenants_told` is null for tenants."""

    created_at: Instant
    partner: str | None
    tenants_told: int | None


class NoticeReceived(_Said):
    """The record of its delivery: what exactly, when, on which way, and who has acknowledged it."""

    sent_at: Instant
    channel: str
    delivery: str
    acknowledged_at: Instant | None
    acknowledged_by: str | None
