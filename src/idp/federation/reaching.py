"""Which services somebody may come to, as far as assignments say: rules are asked at the door."""

from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select

from idp import users
from idp.federation.tables import assignments, services
from idp.federation.vocabulary import AssigneeKind, ServiceStatus
from idp.kit.db import own, query
from idp.kit.units import Unit

_MOST = 1_000


class Reached(NamedTuple):
    id: str
    name: str


_mine = or_(
    and_(assignments.c.kind == AssigneeKind.USER.value, assignments.c.subject_id == bindparam("user")),
    and_(
        assignments.c.kind == AssigneeKind.GROUP.value, assignments.c.subject_id.in_(users.holding(bindparam("user")))
    ),
)
_REACHED = query(
    select(services.c.id, services.c.name)
    .where(
        own(services),
        services.c.status == ServiceStatus.ENABLED.value,
        or_(
            services.c.assignment_required.is_(False),
            services.c.id.in_(select(assignments.c.service_id).where(own(assignments), _mine)),
        ),
    )
    .order_by(services.c.id)
    .limit(_MOST),
    Reached,
)


def reached(unit: Unit, user_id: str) -> list[Reached]:
    """The first thousand."""
    return unit.all(_REACHED, user=user_id)
