from typing import Annotated, Literal

from pydantic import Field

from idp.admin.shapes.base import Day, Instant, Sent, Shown, Text
from idp.terms import Difference

Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$", examples=["2026-04"])]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the text as canonical JSON.")]
ArticleName = Annotated[str, Field(min_length=1, max_length=100, examples=["第7条"])]
Number = Annotated[
    str,
    Field(
        max_length=100,
        description="As printed, without a closing point; empty for an article without numbers.",
        examples=["4", "(3)", "1.(1)"],
    ),
]


class Provision(Sent):
    number: Number = ""
    text: Annotated[str, Field(min_length=1, max_length=20_000)]


class Article(Sent):
    article: ArticleName
    provisions: list[Provision]


class NewTerms(Sent):
    version: Version
    title: Text
    effective_date: Day
    articles: Annotated[list[Article], Field(min_length=1, max_length=200)]


class TermsChange(Sent):
    """What is left out stays; `version` cannot be changed."""

    version: Version | None = None
    title: Text | None = None
    effective_date: Day | None = None
    articles: Annotated[list[Article] | None, Field(min_length=1, max_length=200)] = None


class TermsInBrief(Shown):
    version: Version
    title: str
    effective_date: Day
    in_force_from: Annotated[Instant, Field(description="00:00 in Japan on the effective date.")]
    status: Literal["draft", "published"]
    content_hash: Hash
    created_at: Instant
    published_at: Instant | None


class Terms(TermsInBrief):
    """Published terms do not change."""

    articles: list[Article]


class WordingRule(Sent):
    before: Annotated[str, Field(alias="from", min_length=1, max_length=200, examples=["使用"])]
    after: Annotated[str, Field(alias="to", min_length=1, max_length=200, examples=["利用"])]


Rules = Annotated[list[WordingRule], Field(default_factory=list, max_length=100)]


class Compare(Sent):
    against: Version
    wording_rules: Rules


class ComparisonRow(Shown):
    article: ArticleName
    number: Number
    before: str | None
    after: str | None
    change: Difference


class Comparison(Shown):
    rows: list[ComparisonRow]


class Label(Sent):
    article: ArticleName
    number: Number = ""


class Publish(Sent):
    """`wording_only` are the provisions that are announced as changed in their wording alone."""

    against: Version | None = None
    wording_rules: Rules
    wording_only: Annotated[list[Label], Field(default_factory=list, max_length=1000)]


class TermsTold(Shown):
    content_hash: Hash
    sent_at: Instant
    channel: str
    delivery: str


class TermsLaid(TermsInBrief):
    """`told` is null where the tenant came after the publication."""

    told: TermsTold | None
    accepted_at: Instant | None


class Accept(Sent):
    version: Version


class Acceptance(Shown):
    version: Version
    content_hash: Hash
    accepted_at: Instant
    accepted_by: str


class TermsOfTenant(Shown):
    """`acceptance_required`: those in force have not been accepted, and administrators are asked at their sign-in."""

    in_force: TermsLaid | None
    announced: list[TermsLaid]
    accepted: list[Acceptance]
    acceptance_required: bool
