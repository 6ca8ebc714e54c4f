from typing import Annotated

from pydantic import ConfigDict, Field

from idp.admin.shapes.base import Day, Instant, Sent, Shown, Slug, Text
from idp.contracts import EndReason, Event, LegalForm, Product, Status
from idp.kit.actors import Source
from idp.users import Affiliation

Reason = Annotated[str, Field(max_length=1000)]


class AdminContact(Sent):
    """Who will administer the tenant, and hold an ID."""

    name: Text
    email: Annotated[str, Field(examples=["taro@kaede.example"])]
    affiliation: Affiliation
    phone: str | None = None


class BillingContact(Sent):
    name: Text
    email: Annotated[str, Field(examples=["billing@kaede.example"])]
    phone: str | None = None


class _Terms(Sent):
    """What was applied for."""

    product: Product
    tenant: Slug
    legal_form: LegalForm
    legal_name: Text
    corporate_number: Annotated[
        str | None, Field(pattern="^[0-9]{13}$", description="With its check digit; required for corporations.")
    ] = None
    ids: Annotated[int, Field(ge=1, le=1_000_000)]
    term_months: Annotated[int, Field(ge=1, le=120)]
    start_date: Day
    auto_renewal: bool
    partner: Annotated[
        str | None, Field(description="The responsible partner; a partner's key always applies in its own name.")
    ] = None
    plan: Annotated[str | None, Field(description="By its id or its name; of the same product.")] = None
    continues: Annotated[str | None, Field(description="The contract that this one continues.")] = None


class NewApplication(_Terms):
    """`tenant` is the name wanted in URLs, or that of a tenant that exists, for a further product."""

    representative: Text
    admin_contact: AdminContact
    billing_contact: BillingContact
    time_zone: Annotated[str | None, Field(description="Of the IANA database; left out: Asia/Tokyo.")] = None


class Term(Shown):
    number: int
    start_date: Day
    end_date: Day


class NonRenewal(Shown):
    end_date: Day
    requested_at: Instant


class IdChange(Shown):
    from_: Annotated[Day, Field(alias="from")]
    ids: int
    requested_at: Instant


class Contract(_Terms):
    """An application and the contract that it became: one record, one id. `status` is what the dates say now."""

    model_config = ConfigDict(extra="ignore")
    id: str
    status: Status
    end_reason: EndReason | None
    term: Annotated[Term | None, Field(description="The present one; null before the contract is established.")]
    last_day_to_ask: Annotated[Day | None, Field(description="For not renewing at the end of the present term.")]
    next_possible_end_date: Annotated[Day | None, Field(description="The end that can still be asked for.")]
    non_renewal: NonRenewal | None
    stop_date: Day | None
    created_at: Instant
    established_at: Instant | None
    ended_on: Day | None
    export_until: Day | None
    erased_at: Instant | None
    ids_used: int
    id_changes: Annotated[list[IdChange], Field(description="What is still to come, by its day.")]
    time_zone: str
    representative: Annotated[str | None, Field(description="Gone after erasure, as the contacts are.")]
    admin_contact: AdminContact | None
    billing_contact: BillingContact | None
    accepted_terms: Annotated[
        str | None, Field(description="The version in force on the day of the application, accepted with it.")
    ]


class Why(Sent):
    reason: Reason | None = None


class Because(Sent):
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class AskNonRenewal(Sent):
    """`end_date` is the last day of the present or a later term."""

    end_date: Day
    reason: Reason | None = None


class AskStop(Sent):
    """`stop_date` is the last day of use, today or later."""

    stop_date: Day
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class ChangeIds(Sent):
    """More from any day on; fewer from the first day of a later term. Without `from` it is today."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"ids": 120, "from": "2026-10-01"}]})
    ids: Annotated[int, Field(ge=1, le=1_000_000)]
    from_: Annotated[Day | None, Field(alias="from")] = None
    reason: Reason | None = None


class ErasureCertificate(Shown):
    """`sha256` is over the RFC 8785 form of the members other than itself and `signature`; `signature` is a JWS, by a
    key published at `/.well-known/jwks.json`, of the RFC 8785 form of all other members."""

    contract: str
    tenant: Slug
    erased_at: Instant
    erased_by: str
    counts: dict[str, int]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    signature: str


class Change(Shown):
    """One row of the append-only history."""

    seq: int
    at: Instant
    event: Event
    from_: Annotated[Status | None, Field(alias="from")]
    to: Status
    actor: str
    source: Source
    reason: str | None
