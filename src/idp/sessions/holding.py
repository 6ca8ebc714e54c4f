"""What one person holds and may end: where they are signed in, and what they have let services go on with."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, or_, select, update

from idp import audit
from idp.kit.db import command, own, query
from idp.kit.listing import Listing
from idp.kit.units import Unit
from idp.sessions.model import Generations, Session
from idp.sessions.tables import consents, grants, sessions


class Held(NamedTuple):
    """By one service, since `since` (microseconds); `lives` while it can fetch something."""

    service_id: str
    scopes: frozenset[str]
    since: int
    lives: bool


class _Row(NamedTuple):
    service_id: str
    scopes: str
    since: int


_alive = (
    own(sessions),
    sessions.c.user_id == bindparam("user"),
    sessions.c.tenant_generation == bindparam("tenant_generation"),
    sessions.c.user_generation == bindparam("user_generation"),
    sessions.c.ended_at.is_(None),
    sessions.c.idle_until > bindparam("now"),
    sessions.c.ends_at > bindparam("now"),
)
_SESSIONS = query(
    select(*[sessions.c[name] for name in Session._fields]).where(*_alive).order_by(sessions.c.id.desc()), Session
)
_CONSENTS = query(
    select(consents.c.service_id, consents.c.scopes, consents.c.given_at.label("since")).where(
        own(consents), consents.c.user_id == bindparam("user")
    ),
    _Row,
)
_GRANTS = query(
    select(grants.c.service_id, grants.c.scopes, grants.c.created_at.label("since")).where(
        own(grants),
        grants.c.user_id == bindparam("user"),
        grants.c.tenant_generation == bindparam("tenant_generation"),
        grants.c.user_generation == bindparam("user_generation"),
        grants.c.ended_at.is_(None),
        grants.c.ends_at > bindparam("now"),
        or_(grants.c.offline.is_(True), grants.c.session_id.in_(select(sessions.c.id).where(*_alive))),
    ),
    _Row,
)
_FORGET_CONSENT = command(
    delete(consents).where(
        own(consents), consents.c.user_id == bindparam("user"), consents.c.service_id == bindparam("service")
    )
)
_FORGET_CONSENTS = command(delete(consents).where(own(consents), consents.c.service_id == bindparam("service")))
_END_GRANTS = command(
    update(grants)
    .where(
        own(grants),
        grants.c.user_id == bindparam("user"),
        grants.c.service_id == bindparam("service"),
        grants.c.ended_at.is_(None),
    )
    .values(ended_at=bindparam("now"))
)


LISTED: Listing[Session] = Listing(
    row=Session, make=lambda _, session: session, orders={"last_seen_at": "seen_at", "ends_at": "ends_at"}
)
"""Those of one ID, by when they began."""


def sessions_of(unit: Unit, user_id: str, *, present: Generations) -> list[Session]:
    """Those that live, the newest first."""
    return unit.all(_SESSIONS, **_of(unit, user_id, present))


def held_by_services(unit: Unit, user_id: str, *, present: Generations) -> list[Held]:
    """What was consented to, and what lives without anybody having been asked."""
    given = {row.service_id: _held(row, lives=False) for row in unit.all(_CONSENTS, user=user_id)}
    for row in unit.all(_GRANTS, **_of(unit, user_id, present)):
        given[row.service_id] = _joined(given, _held(row, lives=True))
    return sorted(given.values(), key=lambda held: held.since, reverse=True)


def withdraw(unit: Unit, *, user_id: str, service_id: str) -> bool:
    """What the service was allowed it is asked for again, and every token that it has is dead from this commit on.
    False when there was nothing."""
    forgotten = unit.run(_FORGET_CONSENT, user=user_id, service=service_id)
    ended = unit.run(_END_GRANTS, user=user_id, service=service_id, now=unit.now_us)
    if forgotten or ended:
        audit.record(unit, audit.Event.CONSENT_WITHDRAWN, subject=user_id, service=service_id)
    return bool(forgotten or ended)


def ask_anew(unit: Unit, service_id: str) -> None:
    """Everybody who has allowed the service something is asked again: it is not the one that they allowed."""
    forgotten = unit.run(_FORGET_CONSENTS, service=service_id)
    if forgotten:
        audit.record(unit, audit.Event.CONSENT_WITHDRAWN, subject=service_id, service=service_id, people=forgotten)


def _of(unit: Unit, user_id: str, present: Generations) -> dict[str, object]:
    generations = {"tenant_generation": present.tenant, "user_generation": present.user}
    return {"user": user_id, "now": unit.now_us, **generations}


def _held(row: _Row, *, lives: bool) -> Held:
    return Held(row.service_id, frozenset(row.scopes.split()), row.since, lives)


def _joined(given: Mapping[str, Held], found: Held) -> Held:
    before = given.get(found.service_id, found)
    return Held(
        found.service_id, before.scopes | found.scopes, min(before.since, found.since), before.lives or found.lives
    )
