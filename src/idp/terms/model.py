from datetime import date
from enum import StrEnum
from typing import NamedTuple, NewType

Version = NewType("Version", str)


class TermsStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"


class Key(NamedTuple):
    """`number` as printed, without a closing point: `4`, `(3)`, `1.(1)`; empty in an article without numbers."""

    article: str
    number: str


class Provision(NamedTuple):
    article: str
    number: str
    text: str

    @property
    def key(self) -> Key:
        return Key(self.article, self.number)


class Draft(NamedTuple):
    version: Version
    title: str
    effective_date: date
    provisions: tuple[Provision, ...]


class Terms(NamedTuple):
    """`effective_at` is 00:00 in Japan of its day; `content_hash` is SHA-256 of the draft as canonical JSON;
    `changes` counts those of the draft."""

    draft: Draft
    effective_at: int
    content_hash: str
    changes: int
    created_at: int
    published_at: int | None

    @property
    def version(self) -> Version:
        return self.draft.version


class Receipt(NamedTuple):
    """That something was laid before the tenant: what exactly, when, and on which way."""

    content_hash: str
    sent_at: int
    channel: str
    delivery: str


class Acceptance(NamedTuple):
    version: Version
    content_hash: str
    accepted_at: int
    accepted_by: str
