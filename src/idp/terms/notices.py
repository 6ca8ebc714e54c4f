"""Notices: what operator or partner announces. Once sent they never change; each tenant keeps what it was told."""

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import bindparam, insert, or_, select, update

from idp import audit, tenants
from idp.audit import Event
from idp.kit import ids
from idp.kit.asking import Filter, Flag, Text, Words, contains
from idp.kit.db import command, own, query
from idp.kit.errors import FieldError, Invalid, NotFound
from idp.kit.fields import Fields
from idp.kit.ids import TenantId
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit
from idp.terms import days, tables, telling
from idp.terms.document import day, hash_of

_SENT = "notice.published"
_KIND = "notice"
_LONGEST_BODY = 20_000
_MEMBERS = ("kind", "title", "body", "effective_date", "emergency")
_NO_WORDS: frozenset[str] = frozenset()


class NoticeKind(StrEnum):
    SPEC_CHANGE = "spec_change"
    MAINTENANCE = "maintenance"
    TERMS = "terms"
    OTHER = "other"


class NoticeDraft(NamedTuple):
    kind: NoticeKind
    title: str
    body: str
    effective_date: date
    emergency: bool


class Notice(NamedTuple):
    """`partner` is empty for the operator's; `told` is how many tenants."""

    id: str
    partner: str
    draft: NoticeDraft
    content_hash: str
    told: int
    created_at: int


class Told(NamedTuple):
    """A notice as it reached one tenant."""

    id: str
    draft: NoticeDraft
    content_hash: str
    sent_at: int
    channel: str
    delivery: str
    acknowledged_at: int | None
    acknowledged_by: str | None


class NoticeRow(NamedTuple):
    id: str
    partner: str
    document: str
    content_hash: str
    tenants: int
    created_at: int


class ToldRow(NamedTuple):
    id: str
    document: str
    content_hash: str
    sent_at: int
    channel: str
    delivery: str
    acknowledged_at: int | None
    acknowledged_by: str | None


_notices, _receipts = tables.notices, tables.receipts
_COLUMNS = [_notices.c[name] for name in NoticeRow._fields]
_TOLD_COLUMNS = [_receipts.c[name] for name in ToldRow._fields]
_visible = (own(_notices), or_(bindparam("of_partner") == "", _notices.c.partner == bindparam("of_partner")))
_FIND = query(select(*_COLUMNS).where(*_visible, _notices.c.id == bindparam("wanted")), NoticeRow)
_ADD = command(insert(_notices))
_mine = (own(_receipts), _receipts.c.kind == _KIND)
_TOLD_ONE = query(select(*_TOLD_COLUMNS).where(*_mine, _receipts.c.id == bindparam("wanted")), ToldRow)
_ACKNOWLEDGE = command(
    update(_receipts)
    .where(*_mine, _receipts.c.id == bindparam("wanted"), _receipts.c.acknowledged_at.is_(None))
    .values(acknowledged_at=bindparam("now"), acknowledged_by=bindparam("by"))
)


def read_notice(document: Mapping[str, object]) -> NoticeDraft:
    """Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(_MEMBERS)
    for name in ("kind", "title", "body", "effective_date"):
        fields.required(name)
    draft = NoticeDraft(
        kind=fields.choice("kind", NoticeKind, _NO_WORDS, default=NoticeKind.OTHER),
        title=fields.text("title") or "",
        body=fields.text("body", longest=_LONGEST_BODY, lines=True) or "",
        effective_date=day(fields, "effective_date"),
        emergency=fields.flag("emergency", default=False),
    )
    fields.finish()
    return draft


def announce(
    unit: Unit, draft: NoticeDraft, *, partner: str = "", reach: Iterable[TenantId] | None = None, least_days: int
) -> Notice:
    """To all tenants, or to those of `reach`. Needs a unit of the platform.

    `Invalid("notice_too_late")`: a change of the specification is announced `least_days` before it (Art. 10.3), unless
    it is marked as an emergency.
    """
    tenants.touch(unit)  # a tenant that is coming into being is seen, or comes after
    _check_period(unit, draft, least_days)
    said = document(draft)
    wanted = list(telling.everybody(unit) if reach is None else reach)
    notice = Notice(ids.new("ntc"), partner, draft, hash_of(said), len(wanted), unit.now_us)
    packed = json.dumps(said, ensure_ascii=False)
    unit.run(
        _ADD,
        id=notice.id,
        partner=partner,
        document=packed,
        content_hash=notice.content_hash,
        emergency=draft.emergency,
        tenants=notice.told,
        created_at=notice.created_at,
    )
    payload = {"notice": notice.id, **said, "content_hash": notice.content_hash}
    for tenant in wanted:
        telling.tell(
            unit.inside(tenant),
            _SENT,
            kind=_KIND,
            document_id=notice.id,
            content_hash=notice.content_hash,
            payload=payload,
            document=packed,
        )
    facts = {"kind": draft.kind.value, "emergency": draft.emergency, "tenants": notice.told}
    audit.record(unit, Event.NOTICE_PUBLISHED, subject=notice.id, **facts)
    return notice


def find_notice(unit: Unit, notice_id: str, *, partner: str = "") -> Notice | None:
    """`partner` leaves its own. Needs a unit of the platform."""
    row = unit.one(_FIND, wanted=notice_id, of_partner=partner)
    return None if row is None else _notice(row)


def notices(unit: Unit, *, partner: str = "", after: str = "", limit: int = 50) -> list[Notice]:
    """As `find_notice`, oldest first; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit), of_partner=partner).items


def told(unit: Unit, *, after: str = "", limit: int = 50) -> list[Told]:
    """What reached the tenant, oldest first."""
    return TOLD.page(unit, Question(after=after, limit=limit)).items


def told_one(unit: Unit, notice_id: str) -> Told | None:
    row = unit.one(_TOLD_ONE, wanted=notice_id)
    return None if row is None else _told(row)


def acknowledge(unit: Unit, notice_id: str) -> Told:
    """Again changes nothing. Raises `NotFound`."""
    first = unit.run(_ACKNOWLEDGE, wanted=notice_id, now=unit.now_us, by=unit.actor.id) == 1
    found = told_one(unit, notice_id)
    if found is None:
        raise NotFound("notice")
    if first:
        audit.record(unit, Event.NOTICE_ACKNOWLEDGED, subject=notice_id)
    return found


def document(draft: NoticeDraft) -> dict[str, Any]:
    return {**draft._asdict(), "kind": draft.kind.value, "effective_date": draft.effective_date.isoformat()}


def _check_period(unit: Unit, draft: NoticeDraft, least_days: int) -> None:
    if draft.kind is not NoticeKind.SPEC_CHANGE or draft.emergency:
        return
    earliest = days.today(unit.now) + timedelta(days=least_days)
    if draft.effective_date < earliest:
        found, expected = draft.effective_date.isoformat(), earliest.isoformat()
        detail = f"A change of the specification that is announced today takes effect on {expected} at the earliest."
        error = FieldError("/effective_date", "notice_too_late", detail, found, expected)
        raise Invalid("notice_too_late", detail, errors=[error])


def _draft(packed: str) -> NoticeDraft:
    said = json.loads(packed)
    day_of_effect = date.fromisoformat(said["effective_date"])
    return NoticeDraft(NoticeKind(said["kind"]), said["title"], said["body"], day_of_effect, said["emergency"])


def _notice(row: NoticeRow) -> Notice:
    return Notice(row.id, row.partner, _draft(row.document), row.content_hash, row.tenants, row.created_at)


def _told(row: ToldRow) -> Told:
    return Told(row.id, _draft(row.document), *row[2:])


_SAID: dict[str, Filter] = {
    "q": Filter(
        takes=Text("maintenance", longest=100),
        meaning="Those in whose title it stands, in any case and width.",
        keeps=lambda notice, wanted: contains(notice.draft.title, wanted),
    ),
    "kind": Filter(
        takes=Words(NoticeKind), meaning="Those of it.", keeps=lambda notice, wanted: notice.draft.kind == wanted
    ),
    "emergency": Filter(
        takes=Flag(),
        meaning="Those that are one, or those that are not.",
        keeps=lambda notice, wanted: notice.draft.emergency is wanted,
    ),
}
LISTED: Listing[Notice] = Listing(
    rows=select(*_COLUMNS).where(*_visible), row=NoticeRow, make=lambda _, row: _notice(row), filters=_SAID
)
TOLD: Listing[Told] = Listing(
    rows=select(*_TOLD_COLUMNS).where(*_mine),
    row=ToldRow,
    make=lambda _, row: _told(row),
    filters={
        **_SAID,
        "acknowledged": Filter(
            takes=Flag(),
            meaning="Those that the tenant has acknowledged, or those that it has not.",
            where={True: _receipts.c.acknowledged_at.is_not(None), False: _receipts.c.acknowledged_at.is_(None)},
        ),
    },
)
