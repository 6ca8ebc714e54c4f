"""The stored row, and the readings of it."""

import json
from datetime import date
from typing import NamedTuple, Protocol

from idp.contracts import numbers
from idp.contracts.instants import day_of
from idp.contracts.lifecycle import EndReason, Event, Status
from idp.contracts.model import (
    Application,
    Contact,
    Contract,
    ContractId,
    LegalForm,
    NonRenewal,
    Parties,
)
from idp.contracts.standing import Agreement, Ending, standing
from idp.kit.clock import instant
from idp.kit.ids import TenantId
from idp.plans import Product
from idp.users import Affiliation


class Record(NamedTuple):
    """Field for field the table; `changes` counts the rows of the history, `renewals` those among them that renew."""

    tenant_id: str
    id: str
    slug: str
    product: str
    legal_form: str
    legal_name: str
    corporate_number: str | None
    parties: bytes | None
    ids: int
    term_months: int
    start_date: str
    auto_renewal: bool
    time_zone: str
    partner: str | None
    plan: str | None
    continues: str | None
    created_at: int
    version: int
    changes: int
    status: str
    entered_by: str
    established_at: int | None = None
    first_day: str | None = None
    renewals: int = 0
    non_renewal_date: str | None = None
    non_renewal_at: int | None = None
    stop_date: str | None = None
    end_reason: str | None = None
    ended_on: str | None = None
    ended_at: int | None = None
    erased_at: int | None = None
    id_changes: str = "[]"
    reminded_on: str | None = None
    due_at: int | None = None

    def with_end(self, end: Ending) -> "Record":
        return self._replace(end_reason=end.reason.value, ended_on=end.on.isoformat(), ended_at=end.at_us)


class Dated(Protocol):
    """Any row that holds what bears on time."""

    @property
    def status(self) -> str: ...
    @property
    def entered_by(self) -> str: ...
    @property
    def time_zone(self) -> str: ...
    @property
    def term_months(self) -> int: ...
    @property
    def auto_renewal(self) -> bool: ...
    @property
    def first_day(self) -> str | None: ...
    @property
    def renewals(self) -> int: ...
    @property
    def non_renewal_date(self) -> str | None: ...
    @property
    def stop_date(self) -> str | None: ...
    @property
    def end_reason(self) -> str | None: ...
    @property
    def ended_on(self) -> str | None: ...
    @property
    def ended_at(self) -> int | None: ...


def agreement(row: Dated) -> Agreement:
    ended = None
    if row.end_reason is not None and row.ended_on is not None and row.ended_at is not None:
        ended = Ending(EndReason(row.end_reason), date.fromisoformat(row.ended_on), row.ended_at)
    return Agreement(
        status=Status(row.status),
        entered_by=Event(row.entered_by),
        zone=row.time_zone,
        months=row.term_months,
        auto_renewal=bool(row.auto_renewal),
        first_day=_day(row.first_day),
        non_renewal=_day(row.non_renewal_date),
        stop=_day(row.stop_date),
        renewals=row.renewals,
        ended=ended,
    )


def contract(record: Record, parties: Parties | None, now_us: int) -> Contract:
    steps, today = numbers.unpack(record.id_changes), day_of(instant(now_us), record.time_zone)
    return Contract(
        id=ContractId(record.id),
        tenant=TenantId(record.tenant_id),
        version=record.version,
        application=_application(record, parties)._replace(ids=numbers.number_on(record.ids, steps, today)),
        standing=standing(agreement(record), instant(now_us)),
        created_at=record.created_at,
        established_at=record.established_at,
        erased_at=record.erased_at,
        non_renewal=_non_renewal(record),
        stop_date=_day(record.stop_date),
        id_changes=numbers.ahead(steps, today),
        changes=record.changes,
    )


def pack(parties: Parties) -> bytes:
    return json.dumps(parties, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(packed: bytes) -> Parties:
    representative, admin, billing = json.loads(packed)
    return Parties(representative, _contact(*admin), _contact(*billing))


def _contact(name: str, email: str, phone: str | None, affiliation: str | None) -> Contact:
    return Contact(name, email, phone, None if affiliation is None else Affiliation(affiliation))


def _application(record: Record, parties: Parties | None) -> Application:
    return Application(
        product=Product(record.product),
        slug=record.slug,
        legal_form=LegalForm(record.legal_form),
        legal_name=record.legal_name,
        corporate_number=record.corporate_number,
        parties=parties,
        ids=record.ids,
        term_months=record.term_months,
        start_date=date.fromisoformat(record.start_date),
        auto_renewal=bool(record.auto_renewal),
        time_zone=record.time_zone,
        partner=record.partner,
        plan=record.plan,
        continues=None if record.continues is None else ContractId(record.continues),
    )


def _non_renewal(record: Record) -> NonRenewal | None:
    if record.non_renewal_date is None or record.non_renewal_at is None:
        return None
    return NonRenewal(date.fromisoformat(record.non_renewal_date), record.non_renewal_at)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
