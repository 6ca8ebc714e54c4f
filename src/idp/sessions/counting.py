"""How much is signed in, for whoever wants to know what an act would cut off."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, select

from idp.kit.db import own, query
from idp.kit.units import Unit
from idp.sessions.tables import grants, sessions


class _Held(NamedTuple):
    user_id: str
    user_generation: int
    number: int


class Alive(NamedTuple):
    """Sessions of browsers, and what services may go on with in the name of people."""

    sessions: int
    grants: int


_live_sessions = (
    own(sessions),
    sessions.c.tenant_generation == bindparam("generation"),
    sessions.c.ended_at.is_(None),
    sessions.c.idle_until > bindparam("now"),
    sessions.c.ends_at > bindparam("now"),
)
_SESSIONS = query(
    select(sessions.c.user_id, sessions.c.user_generation, func.count().label("number"))
    .where(*_live_sessions)
    .group_by(sessions.c.user_id, sessions.c.user_generation),
    _Held,
)
_GRANTS = query(
    select(grants.c.user_id, grants.c.user_generation, func.count().label("number"))
    .where(
        own(grants),
        grants.c.tenant_generation == bindparam("generation"),
        grants.c.ended_at.is_(None),
        grants.c.ends_at > bindparam("now"),
        or_(grants.c.offline.is_(True), grants.c.session_id.in_(select(sessions.c.id).where(*_live_sessions))),
    )
    .group_by(grants.c.user_id, grants.c.user_generation),
    _Held,
)


def count_alive(unit: Unit, *, tenant_generation: int, people: Mapping[str, int]) -> Alive:
    """`people` are the IDs that may sign in, each with its generation of now: what is older is dead already."""

    def number(held: list[_Held]) -> int:
        return sum(row.number for row in held if people.get(row.user_id) == row.user_generation)

    at = {"generation": tenant_generation, "now": unit.now_us}
    return Alive(number(unit.all(_SESSIONS, **at)), number(unit.all(_GRANTS, **at)))
