from typing import NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, exists, null, select, update

from idp.delivery.model import Claimed
from idp.delivery.tables import deliveries
from idp.kit.db import command, own, query
from idp.kit.ids import TenantId
from idp.kit.units import Unit

_earlier = deliveries.alias("earlier")
_due = (
    deliveries.c.next_at.is_not(None),
    deliveries.c.next_at <= bindparam("now", type_=BigInteger),
)
# in order: whatever the same receiver was to be told before has been told, or was given up
_before_it = (
    _earlier.c.tenant_id == deliveries.c.tenant_id,
    _earlier.c.receiver == deliveries.c.receiver,
    _earlier.c.id < deliveries.c.id,
    _earlier.c.next_at.is_not(None),
)
_is_due = and_(*_due, ~exists().where(*_before_it))
_first = (
    select(deliveries.c.tenant_id, deliveries.c.id)
    .where(_is_due)
    .order_by(deliveries.c.next_at, deliveries.c.id)
    .limit(bindparam("limit"))
)
# One statement: two who claim at once never get the same row. PostgreSQL passes over what another one holds at this
# moment; of SQLite only one writes at a time. As a common table it is read once, whatever the plan.
_taken = _first.with_for_update(skip_locked=True, of=deliveries).cte("taken")


class _Some(NamedTuple):
    id: str


_LOOK = query(select(deliveries.c.id).where(_is_due).limit(1), _Some, platform=True)
_leased = {
    "lease": bindparam("new_lease"),
    "next_at": bindparam("until", type_=BigInteger),
    "attempts": deliveries.c.attempts + 1,
}
_claimed = [deliveries.c[name] for name in Claimed._fields]
_CLAIM = query(
    update(deliveries)
    .where(deliveries.c.tenant_id == _taken.c.tenant_id, deliveries.c.id == _taken.c.id)
    .values(_leased)
    .returning(*_claimed),
    Claimed,
    platform=True,
)
_CLAIM_ONE = query(
    update(deliveries)
    .where(
        own(deliveries),
        deliveries.c.id == bindparam("delivery"),
        *_due,
        ~exists().where(own(_earlier), *_before_it),
    )
    .values(_leased)
    .returning(*_claimed),
    Claimed,
)
_AWAITED = query(
    select(deliveries.c.id).where(
        own(deliveries),
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.next_at.is_not(None),
        ~exists().where(
            own(_earlier),
            _earlier.c.receiver == deliveries.c.receiver,
            _earlier.c.id <= deliveries.c.id,
            _earlier.c.next_at.is_not(None),
            _earlier.c.lease.is_(None),
            _earlier.c.attempts > 0,
        ),
    ),
    _Some,
)
# Only by whoever holds the lease: after its end somebody else may have sent it, and knows better.
_held = and_(own(deliveries), deliveries.c.id == bindparam("delivery"), deliveries.c.lease == bindparam("held"))
_DELIVERED = command(
    update(deliveries).where(_held).values(delivered_at=bindparam("now"), next_at=null(), lease=null(), error=null())
)
_PUT_OFF = command(
    update(deliveries).where(_held).values(next_at=bindparam("new_next_at"), lease=null(), error=bindparam("code"))
)
_GIVEN_UP = command(
    update(deliveries)
    .where(_held)
    .values(failed_at=bindparam("now"), next_at=null(), lease=null(), error=bindparam("code"))
)


def any_due(unit: Unit, *, now_us: int) -> bool:
    """Needs a unit of the platform, which may only read."""
    return unit.one(_LOOK, now=now_us) is not None


def claim(unit: Unit, *, lease: str, now_us: int, until_us: int, limit: int) -> list[Claimed]:
    """Needs a unit of the platform. Theirs until `until_us`, who hold `lease`; then they are due again."""
    found = unit.all(_CLAIM, new_lease=lease, now=now_us, until=until_us, limit=limit)
    return [each._replace(tenant_id=TenantId(each.tenant_id)) for each in found]


def claim_one(unit: Unit, delivery: str, *, lease: str, now_us: int, until_us: int) -> Claimed | None:
    """As `claim`, in a unit of its tenant; None unless it is due."""
    found = unit.one(_CLAIM_ONE, delivery=delivery, new_lease=lease, now=now_us, until=until_us)
    return None if found is None else found._replace(tenant_id=TenantId(found.tenant_id))


def is_awaited(unit: Unit, delivery: str) -> bool:
    """Whether somebody is at it or will be at once: neither it nor any before it has been put off."""
    return unit.one(_AWAITED, delivery=delivery) is not None


def delivered(unit: Unit, delivery: str, *, lease: str) -> bool:
    """False when the lease is no longer held."""
    return unit.run(_DELIVERED, delivery=delivery, held=lease, now=unit.now_us) == 1


def put_off(unit: Unit, delivery: str, *, lease: str, until_us: int, code: str) -> bool:
    """As `delivered`."""
    return unit.run(_PUT_OFF, delivery=delivery, held=lease, new_next_at=until_us, code=code) == 1


def given_up(unit: Unit, delivery: str, *, lease: str, code: str) -> bool:
    """As `delivered`."""
    return unit.run(_GIVEN_UP, delivery=delivery, held=lease, now=unit.now_us, code=code) == 1
