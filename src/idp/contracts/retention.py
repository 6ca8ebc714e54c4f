"""How long the persons in an application are kept that came to nothing."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import BigInteger, and_, bindparam, func, or_, select, update

from idp.contracts.lifecycle import Status
from idp.contracts.tables import contract_changes as changes
from idp.contracts.tables import contracts
from idp.kit.clock import SECOND
from idp.kit.db import command, own, query
from idp.kit.ids import TenantId
from idp.kit.sweeping import Sweep, before
from idp.kit.units import Unit

_DAY = timedelta(days=1) // timedelta(seconds=1) * SECOND
_last_change = (
    select(func.max(changes.c.at))
    .where(own(changes), changes.c.contract_id == contracts.c.id)
    .correlate(contracts)
    .scalar_subquery()
)
_came_to_nothing = or_(contracts.c.status == Status.REJECTED.value, contracts.c.status == Status.WITHDRAWN.value)
_keeps_persons = and_(_came_to_nothing, contracts.c.parties.is_not(None))


class Forgettable(NamedTuple):
    """An application that came to nothing, with its persons, and the instant from which they are kept no longer."""

    tenant_id: TenantId
    id: str
    time_zone: str
    until_us: int


_FORGETTABLE = query(
    select(
        contracts.c.tenant_id,
        contracts.c.id,
        contracts.c.time_zone,
        (func.max(changes.c.at) + bindparam("kept_us", type_=BigInteger)).label("until_us"),
    )
    .join_from(
        contracts, changes, and_(changes.c.tenant_id == contracts.c.tenant_id, changes.c.contract_id == contracts.c.id)
    )
    .where(_keeps_persons)
    .group_by(contracts.c.tenant_id, contracts.c.id, contracts.c.time_zone)
    .order_by("until_us", contracts.c.id),
    Forgettable,
    platform=True,
)
_FORGET = command(
    update(contracts)
    .where(own(contracts), contracts.c.id == bindparam("contract"), _keeps_persons)
    .values(parties=None)
)


def forgettable(unit: Unit, *, retention_days: int) -> list[Forgettable]:
    """In the order in which they go; needs a unit of the platform."""
    return unit.all(_FORGETTABLE, kept_us=retention_days * _DAY)


def forget(unit: Unit, contract_id: str) -> bool:
    """Its persons; false where somebody else was first."""
    return unit.run(_FORGET, contract=contract_id) == 1


def sweeps(*, retention_days: int) -> list[Sweep]:
    """Rejected and withdrawn applications lose representative and contacts so many days after they were; the rest of
    the record stays, as it does when a contract is erased."""
    over = and_(_keeps_persons, _last_change <= before())
    return [Sweep(contracts.c.id, over, grace=retention_days * _DAY, cleared={"parties": None})]
