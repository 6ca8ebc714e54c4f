"""A webhook: what it is, and how it is written and read."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, NewType

from idp import audit
from idp.kit.clock import rfc3339
from idp.kit.egress import Egress, Unreachable
from idp.kit.fields import Fields

WebhookId = NewType("WebhookId", str)

MOST = 20
"""Of a tenant."""
EVERYTHING = "*"
_MOST_WORDS = 50
_LONGEST_WORD = 60
_LONGEST_URL = 2_000


class Draft(NamedTuple):
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool


class Webhook(NamedTuple):
    """`error` is the code of the latest attempt, if it failed."""

    id: WebhookId
    name: str
    url: str
    events: tuple[str, ...]
    enabled: bool
    version: int
    created_at: int
    changed_at: int
    old_until: int | None
    failing_since: int | None
    told_at: int | None
    error: str | None

    @property
    def draft(self) -> Draft:
        return Draft(self.name, self.url, self.events, self.enabled)


def read(document: Mapping[str, object], *, egress: Egress, known: str | None = None) -> Draft:
    """Of `{"name", "url", "events": ["user.*"], "enabled"?}`; the address that is `known` already is not judged again.
    Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(Draft._fields)
    for name in ("name", "url", "events"):
        fields.required(name)
    draft = Draft(
        fields.text("name", longest=100) or "",
        _url(fields, egress, known),
        _events(fields),
        fields.flag("enabled", default=True),
    )
    fields.finish()
    return draft


def read_change(webhook: Webhook, patch: Mapping[str, object], *, egress: Egress) -> Draft:
    """What RFC 7396 makes of a webhook and a patch of its document. Raises `Invalid`."""
    document = {**webhook.draft._asdict(), "events": list(webhook.events), **patch}
    return read(document, egress=egress, known=webhook.url)


def to_json(webhook: Webhook) -> dict[str, Any]:
    """Its secret is not in it."""
    return {
        "id": webhook.id,
        "name": webhook.name,
        "url": webhook.url,
        "events": list(webhook.events),
        "enabled": webhook.enabled,
        "created_at": rfc3339(webhook.created_at),
        "changed_at": rfc3339(webhook.changed_at),
        "old_secret_until": _instant(webhook.old_until),
        "last_delivered_at": _instant(webhook.told_at),
        "failing_since": _instant(webhook.failing_since),
        "error": webhook.error,
    }


def wants(events: tuple[str, ...], event: str) -> bool:
    kind = event.partition(".")[0]
    return any(word in (EVERYTHING, event, f"{kind}.*") for word in events)


def from_row(webhook_id: str, name: str, url: str, events: str, enabled: bool, *rest: Any) -> Webhook:
    return Webhook(WebhookId(webhook_id), name, url, tuple(json.loads(events)), bool(enabled), *rest)


def _url(fields: Fields, egress: Egress, known: str | None) -> str:
    """What a name leads to is judged when it is called: names lead elsewhere tomorrow (attack D2)."""
    url = fields.text("url", longest=_LONGEST_URL)
    if url is None:
        return ""
    try:
        if url != known:
            egress.judge(url)
        never = url != known and "#" in url
    except Unreachable:
        never = True
    if never:
        fields.refuse("url", "invalid_uri", "We would not call this address.", found=url, expected="https://…")
    return url


def _events(fields: Fields) -> tuple[str, ...]:
    words = fields.texts("events", most=_MOST_WORDS, longest=_LONGEST_WORD) or {}
    if fields.clean("events") and fields.given("events") == []:
        fields.refuse("events", "required", "A webhook is told of something.", expected=["user.*"])
    for index, word in words.items():
        if word != EVERYTHING and not audit.is_known(word):
            fields.refuse(f"events/{index}", "unknown_value", "There is no such event.", found=word)
    return tuple(sorted(set(words.values())))


def _instant(us: int | None) -> str | None:
    return None if us is None else rfc3339(us)
