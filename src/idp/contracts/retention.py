"""How long the persons in an application are kept that came to nothing."""

from datetime import timedelta

from sqlalchemy import and_, func, or_, select

from idp.contracts.lifecycle import Status
from idp.contracts.tables import contract_changes as changes
from idp.contracts.tables import contracts
from idp.kit.clock import SECOND
from idp.kit.db import own
from idp.kit.sweeping import Sweep, before

_DAY = timedelta(days=1) // timedelta(seconds=1) * SECOND
_last_change = (
    select(func.max(changes.c.at))
    .where(own(changes), changes.c.contract_id == contracts.c.id)
    .correlate(contracts)
    .scalar_subquery()
)
_came_to_nothing = or_(contracts.c.status == Status.REJECTED.value, contracts.c.status == Status.WITHDRAWN.value)


def sweeps(*, retention_days: int) -> list[Sweep]:
    """Rejected and withdrawn applications lose representative and contacts so many days after they were; the rest of
    the record stays, as it does when a contract is erased."""
    over = and_(_came_to_nothing, contracts.c.parties.is_not(None), _last_change <= before())
    return [Sweep(contracts.c.id, over, grace=retention_days * _DAY, cleared={"parties": None})]
