from typing import NamedTuple

from sqlalchemy import bindparam, insert, select, update

from idp.kit.db import command, own, query
from idp.kit.errors import NotFound
from idp.kit.units import Unit
from idp.support.model import Grant, Party
from idp.support.tables import support_grants as grants


class _Row(NamedTuple):
    id: str
    party: str
    permissions: str
    reason: bytes
    granted_by: str
    granted_at: int
    until: int
    revoked_at: int | None


_COLUMNS = [grants.c[name] for name in _Row._fields]
_ADD = command(insert(grants))
_FIND = query(select(*_COLUMNS).where(own(grants), grants.c.id == bindparam("id")), _Row)
_PAGE = query(
    select(*_COLUMNS)
    .where(own(grants), grants.c.id > bindparam("after"))
    .order_by(grants.c.id)
    .limit(bindparam("limit")),
    _Row,
)
_OPEN = query(
    select(*_COLUMNS)
    .where(
        own(grants),
        grants.c.until > bindparam("now"),
        grants.c.revoked_at.is_(None),
        grants.c.party == bindparam("of_party"),
    )
    .order_by(grants.c.id),
    _Row,
)
_REVOKE = command(
    update(grants)
    .where(own(grants), grants.c.id == bindparam("of_id"), grants.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)


def add(unit: Unit, grant: Grant) -> None:
    unit.run(
        _ADD,
        **{
            **grant._asdict(),
            "party": grant.party.value,
            "permissions": " ".join(sorted(grant.permissions)),
            "reason": unit.seal("support_grants", "reason", grant.id, grant.reason.encode()),
        },
    )


def get(unit: Unit, grant_id: str) -> Grant:
    """Raises `NotFound`."""
    row = unit.one(_FIND, id=grant_id)
    if row is None:
        raise NotFound("support grant")
    return _grant(unit, row)


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Grant]:
    """In the order of their making; `after` is the id of the last one seen."""
    return [_grant(unit, row) for row in unit.all(_PAGE, after=after, limit=limit)]


def open_to(unit: Unit, party: Party) -> list[Grant]:
    return [_grant(unit, row) for row in unit.all(_OPEN, now=unit.now_us, of_party=party.value)]


def revoke(unit: Unit, grant_id: str) -> bool:
    """False where it was revoked before."""
    return unit.run(_REVOKE, of_id=grant_id, now=unit.now_us) == 1


def _grant(unit: Unit, row: _Row) -> Grant:
    reason = unit.open_sealed("support_grants", "reason", row.id, row.reason).decode()
    return Grant(
        row.id,
        Party(row.party),
        frozenset(row.permissions.split()),
        reason,
        row.granted_by,
        row.granted_at,
        row.until,
        row.revoked_at,
    )
