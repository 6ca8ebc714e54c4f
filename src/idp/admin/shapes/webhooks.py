from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown

Name = Annotated[str, Field(min_length=1, max_length=100, examples=["SIEM"])]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://siem.kaede.example/hooks/warifu"])]
Events = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=60)]],
    Field(
        min_length=1,
        max_length=50,
        description="Names of events of the audit trail; `user.*` are all of one kind, `*` is everything.",
        examples=[["user.*", "sign_in.failed"]],
    ),
]


class NewWebhook(Sent):
    """`url` is https, on the public Internet."""

    name: Name
    url: Url
    events: Events
    enabled: Annotated[bool | None, Field(description="Left out: yes.")] = None


class WebhookChange(Sent):
    name: Name | None = None
    url: Url | None = None
    events: Events | None = None
    enabled: bool | None = None


class Webhook(Shown):
    """`failing_since` is when its receiver stopped taking what it is sent; `error` is the code of the latest attempt,
    if it failed."""

    id: str
    name: Name
    url: Url
    events: Events
    enabled: bool
    created_at: Instant
    changed_at: Instant
    old_secret_until: Instant | None
    last_delivered_at: Instant | None
    failing_since: Instant | None
    error: str | None


class MadeWebhook(Webhook):
    """`secret` (`whsec_…`) is shown in this answer and never again."""

    secret: Annotated[str, Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw…"])]
