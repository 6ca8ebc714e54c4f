from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update

from idp.kit.asking import Filter, Words, asked, named_like
from idp.kit.db import command, own, query
from idp.kit.errors import NotFound
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit
from idp.partners.model import Partner, PartnerDraft, PartnerId, PartnerStatus
from idp.partners.tables import partners


class PartnerRow(NamedTuple):
    id: str
    name: str
    status: str
    version: int
    created_at: int


_COLUMNS = [partners.c[name] for name in PartnerRow._fields]
_FIND = query(select(*_COLUMNS).where(own(partners), partners.c.id == bindparam("id")), PartnerRow)
_ADD = command(insert(partners))
_CHANGE = command(
    update(partners)
    .where(own(partners), partners.c.id == bindparam("partner"), partners.c.version == bindparam("seen"))
    .values(name=bindparam("new_name"), status=bindparam("new_status"), version=partners.c.version + 1)
)


def find(unit: Unit, partner_id: str) -> Partner | None:
    row = unit.one(_FIND, id=partner_id)
    return None if row is None else _partner(row)


def get(unit: Unit, partner_id: str) -> Partner:
    """Raises `NotFound`."""
    partner = find(unit, partner_id)
    if partner is None:
        raise NotFound("partner")
    return partner


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Partner]:
    """In the order of creation; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def add(unit: Unit, partner: Partner) -> None:
    unit.run(_ADD, **{**partner._asdict(), "status": partner.status.value})


def change(unit: Unit, partner: Partner, draft: PartnerDraft) -> bool:
    """False when it is no longer as it was read."""
    new = {"new_name": draft.name, "new_status": draft.status.value}
    return unit.run(_CHANGE, partner=partner.id, seen=partner.version, **new) == 1


def _partner(row: PartnerRow) -> Partner:
    return Partner(PartnerId(row.id), row.name, PartnerStatus(row.status), row.version, row.created_at)


LISTED: Listing[Partner] = Listing(
    rows=select(*_COLUMNS).where(own(partners)),
    row=PartnerRow,
    make=lambda _, row: _partner(row),
    orders={"name": "name"},
    filters={
        "q": named_like("name", example="kanto", meaning="Those in whose name it stands, in any case and width."),
        "status": Filter(
            takes=Words(PartnerStatus), meaning="Those of it.", where=partners.c.status == asked("status")
        ),
    },
)
