"""The nouns: an application as it was filed, the contract as others may see it, a row of its history."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple, NewType

from idp.contracts.lifecycle import Event, Status
from idp.contracts.numbers import Steps
from idp.contracts.standing import Standing
from idp.kit.actors import Source
from idp.kit.ids import TenantId
from idp.plans import Product
from idp.users import Affiliation

ContractId = NewType("ContractId", str)


class LegalForm(StrEnum):
    CORPORATION = "corporation"
    SOLE_PROPRIETOR = "sole_proprietor"


class Contact(NamedTuple):
    """`affiliation` is known of the administrator alone, who will hold an ID."""

    name: str
    email: str
    phone: str | None = None
    affiliation: Affiliation | None = None


class Parties(NamedTuple):
    """The persons in a contract: sealed at rest, gone after erasure."""

    representative: str
    admin: Contact
    billing: Contact


class Application(NamedTuple):
    """What was applied for, checked field by field. `slug` names the tenant wanted, or one that is a customer already;
    `parties` are never missing until they are erased."""

    product: Product
    slug: str
    legal_form: LegalForm
    legal_name: str
    corporate_number: str | None
    parties: Parties | None
    ids: int
    term_months: int
    start_date: date
    auto_renewal: bool
    time_zone: str = "Asia/Tokyo"
    partner: str | None = None
    plan: str | None = None
    continues: ContractId | None = None


class NonRenewal(NamedTuple):
    end_date: date
    requested_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """As of the instant of reading: `standing` is what the dates say. Instants are microseconds since the epoch.

    `application.ids` is the number of the day, `id_changes` what is still to come;
    `changes` counts the rows of its history.
    `tenant` is the platform's until the contract is approved, and the tenant's own from then on.
    """

    id: ContractId
    tenant: TenantId
    version: int
    application: Application
    standing: Standing
    created_at: int
    established_at: int | None
    erased_at: int | None
    non_renewal: NonRenewal | None
    stop_date: date | None
    id_changes: Steps = ()
    changes: int = 0

    @property
    def status(self) -> Status:
        return self.standing.status


class Change(NamedTuple):
    """One row of the append-only history. `actor` never is a name; what the schedule does bears its contractual
    instant."""

    seq: int
    at: int
    event: Event
    before: Status | None
    after: Status
    actor: str
    source: Source
    reason: str
