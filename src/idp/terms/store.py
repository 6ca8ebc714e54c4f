import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import bindparam, not_, select, update

from idp.kit.asking import Filter, Words, named_like
from idp.kit.batches import among, batches, binds
from idp.kit.db import add_new, command, own, query
from idp.kit.errors import NotFound
from idp.kit.ids import TenantId
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit
from idp.terms import tables
from idp.terms.days import start_us
from idp.terms.document import hash_of, to_document
from idp.terms.model import Acceptance, Draft, Provision, Receipt, Terms, TermsStatus, Version

TERMS = "terms"


class TermsRow(NamedTuple):
    version: str
    title: str
    effective_date: str
    effective_at: int
    provisions: str
    content_hash: str
    changes: int
    created_at: int
    published_at: int | None


class _Due(NamedTuple):
    version: str
    effective_at: int


class _Accepted(NamedTuple):
    version: str


class _Filed(NamedTuple):
    contract: str
    version: str


class _Receipt(NamedTuple):
    id: str
    content_hash: str
    sent_at: int
    channel: str
    delivery: str


_versions, _receipts = tables.terms_versions, tables.receipts
_acceptances, _applied = tables.acceptances, tables.application_terms
_COLUMNS = [_versions.c[name] for name in TermsRow._fields]
_out = _versions.c.published_at.is_not(None)
_order = (_versions.c.effective_at, _versions.c.published_at, _versions.c.version)
_FIND = query(select(*_COLUMNS).where(_versions.c.version == bindparam("wanted")), TermsRow)
_PUBLISHED = query(select(*_COLUMNS).where(_out).order_by(*_order), TermsRow)
_DUE = query(select(_versions.c.version, _versions.c.effective_at).where(_out).order_by(*_order), _Due)
_ADD = add_new(_versions, platform=True)
_unpublished = (_versions.c.version == bindparam("wanted"), _versions.c.published_at.is_(None))
_CHANGE = command(
    update(_versions)
    .where(*_unpublished)
    .values(
        title=bindparam("new_title"),
        effective_date=bindparam("new_date"),
        effective_at=bindparam("new_at"),
        provisions=bindparam("new_provisions"),
        content_hash=bindparam("new_hash"),
        changes=_versions.c.changes + 1,
    ),
    platform=True,
)
_PUBLISH = command(
    update(_versions).where(*_unpublished).values(published_at=bindparam("now"), changes=_versions.c.changes + 1),
    platform=True,
)
_RECEIVE = add_new(_receipts)
_RECEIPTS = query(
    select(*(_receipts.c[name] for name in _Receipt._fields)).where(own(_receipts), _receipts.c.kind == TERMS),
    _Receipt,
)
_ACCEPT = add_new(_acceptances)
_ACCEPTANCES = query(
    select(*(_acceptances.c[name] for name in Acceptance._fields))
    .where(own(_acceptances))
    .order_by(_acceptances.c.accepted_at, _acceptances.c.version),
    Acceptance,
)
_ACCEPTED = query(select(_acceptances.c.version).where(own(_acceptances)), _Accepted)
_APPLY = add_new(_applied)
_APPLIED = query(
    select(*(_applied.c[name] for name in Acceptance._fields)).where(
        own(_applied), _applied.c.contract == bindparam("wanted")
    ),
    Acceptance,
)

_accepted_in = select(_applied.c.contract, _applied.c.version).where(among(_applied.c.contract))
_ACCEPTED_IN = query(_accepted_in.where(own(_applied)), _Filed)
_ACCEPTED_IN_ALL = query(_accepted_in.where(among(_applied.c.tenant_id, "owner")), _Filed, platform=True)


def find(unit: Unit, version: str) -> Terms | None:
    """For a unit of a tenant, what is published."""
    row = unit.one(_FIND, wanted=version)
    return None if row is None or (row.published_at is None and not unit.platform) else _terms(row)


def get(unit: Unit, version: str) -> Terms:
    """Raises `NotFound`."""
    found = find(unit, version)
    if found is None:
        raise NotFound("terms")
    return found


def page(unit: Unit, *, drafts: bool, after: str = "", limit: int = 50) -> list[Terms]:
    """In the order of their names. `drafts` needs a unit of the platform."""
    listed = LISTED if drafts else PUBLISHED
    return listed.page(unit, Question(after=after, limit=limit)).items


def published(unit: Unit) -> list[Terms]:
    """In the order in which they come into force."""
    return [_terms(row) for row in unit.all(_PUBLISHED)]


def coming(unit: Unit) -> tuple[tuple[int, Version], ...]:
    """When each published version comes into force, in order."""
    return tuple((row.effective_at, Version(row.version)) for row in unit.all(_DUE))


def add(unit: Unit, draft: Draft) -> bool:
    """False when the version is taken."""
    return (
        unit.run(_ADD, **_columns(draft), version=draft.version, changes=1, created_at=unit.now_us, published_at=None)
        == 1
    )


def change(unit: Unit, draft: Draft) -> bool:
    """False when it is no draft any more."""
    said = _columns(draft)
    return (
        unit.run(
            _CHANGE,
            wanted=draft.version,
            new_title=said["title"],
            new_date=said["effective_date"],
            new_at=said["effective_at"],
            new_provisions=said["provisions"],
            new_hash=said["content_hash"],
        )
        == 1
    )


def publish(unit: Unit, version: Version) -> bool:
    """False when it is no draft any more."""
    return unit.run(_PUBLISH, wanted=version, now=unit.now_us) == 1


def receive(unit: Unit, kind: str, document_id: str, receipt: Receipt, *, document: str = "") -> None:
    unit.run(
        _RECEIVE,
        id=document_id,
        kind=kind,
        **receipt._asdict(),
        document=document,
        acknowledged_at=None,
        acknowledged_by=None,
    )


def receipts(unit: Unit) -> dict[Version, Receipt]:
    """Of the terms, by their versions."""
    return {Version(row.id): Receipt(*row[1:]) for row in unit.all(_RECEIPTS)}


def accept(unit: Unit, acceptance: Acceptance) -> bool:
    """False when it was accepted before."""
    return unit.run(_ACCEPT, **acceptance._asdict()) == 1


def acceptances(unit: Unit) -> list[Acceptance]:
    return unit.all(_ACCEPTANCES)


def accepted(unit: Unit) -> frozenset[Version]:
    return frozenset(Version(row.version) for row in unit.all(_ACCEPTED))


def apply(unit: Unit, contract: str, acceptance: Acceptance) -> None:
    unit.run(_APPLY, contract=contract, **acceptance._asdict())


def in_application(unit: Unit, contract: str) -> Acceptance | None:
    """What was accepted with it: the platform's until its approval, then the tenant's."""
    return unit.one(_APPLIED, wanted=contract)


def accepted_in(unit: Unit, filed: Mapping[str, TenantId]) -> dict[str, Version]:
    """What was accepted with these contracts, each with its owner; of others' in a unit of the platform."""
    statement = _ACCEPTED_IN_ALL if unit.platform else _ACCEPTED_IN
    found: dict[str, Version] = {}
    for batch in batches(filed):
        owners = {} if not unit.platform else binds([filed[each] for each in batch], "owner")
        found |= {row.contract: Version(row.version) for row in unit.all(statement, **binds(batch), **owners)}
    return found


def _columns(draft: Draft) -> dict[str, str | int]:
    return {
        "title": draft.title,
        "effective_date": draft.effective_date.isoformat(),
        "effective_at": start_us(draft.effective_date),
        "provisions": json.dumps(draft.provisions, ensure_ascii=False),
        "content_hash": hash_of(to_document(draft)),
    }


def _terms(row: TermsRow) -> Terms:
    provisions = tuple(Provision(*each) for each in json.loads(row.provisions))
    draft = Draft(Version(row.version), row.title, date.fromisoformat(row.effective_date), provisions)
    return Terms(draft, row.effective_at, row.content_hash, row.changes, row.created_at, row.published_at)


_FILTERS = {
    "q": named_like("version", "title", example="2026", meaning="Those in whose name or title it stands."),
    "status": Filter(
        takes=Words(TermsStatus),
        meaning="Those of it.",
        where={TermsStatus.PUBLISHED.value: _out, TermsStatus.DRAFT.value: not_(_out)},
    ),
}
LISTED: Listing[Terms] = Listing(
    of_all=select(*_COLUMNS),
    row=TermsRow,
    make=lambda _, row: _terms(row),
    key="version",
    natural="version",
    orders={"created_at": "created_at", "effective_at": "effective_at"},
    filters=_FILTERS,
)
PUBLISHED: Listing[Terms] = replace(LISTED, rows=select(*_COLUMNS).where(_out), of_all=None, statements={})
