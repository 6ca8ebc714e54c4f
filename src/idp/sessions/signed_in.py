"""Sessions of people who have signed in."""

import hmac
from collections.abc import Iterable
from typing import Final

from idp import tenants
from idp.kit import ids
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.sessions import store
from idp.sessions.assurance import Evidence, Method
from idp.sessions.contexts import sealed_for_session
from idp.sessions.ending import end_unnoticed
from idp.sessions.model import Generations, Lifetimes, Opened, Session, Whereabouts, as_methods
from idp.users import Standing

COOKIE: Final = "ss"


def open_session(
    unit: Unit,
    *,
    user_id: str,
    generations: Generations,
    methods: Iterable[Method],
    whereabouts: Whereabouts,
    authenticated_at: int | None = None,
    replaces: str | None = None,
) -> Opened:
    """A new id at each sign-in; the session that the browser held before ends (session fixation). Without
    `authenticated_at` that is now."""
    if replaces is not None:
        end_unnoticed(unit, replaces)
    secret = ids.mint(COOKIE)
    session = Session(
        id=secret.id,
        digest=secret.digest,
        user_id=user_id,
        tenant_generation=generations.tenant,
        user_generation=generations.user,
        methods=as_methods(methods),
        authenticated_at=unit.now_us if authenticated_at is None else authenticated_at,
        created_at=unit.now_us,
        seen_at=unit.now_us,
        idle_until=unit.now_us + Lifetimes.SESSION_IDLE,
        ends_at=unit.now_us + Lifetimes.SESSION_ABSOLUTE,
        ended_at=None,
        whereabouts=sealed_for_session(unit, secret.id, whereabouts),
    )
    store.add_session(unit, session)
    return Opened(session, secret)


def raise_session(
    unit: Unit, session: Session, shown: Presented, evidence: Evidence, whereabouts: Whereabouts
) -> Opened | None:
    """More was proved in it. It stays the session that services know (`sid`), with its limits; the secret in the
    browser's cookie is another, and the old one is dead. None when that had happened meanwhile."""
    secret = ids.mint(COOKIE, session.id)
    raised = session._replace(
        digest=secret.digest,
        methods=as_methods(evidence.methods),
        whereabouts=sealed_for_session(unit, session.id, whereabouts),
        idle_until=unit.now_us + Lifetimes.SESSION_IDLE,
    )
    return Opened(raised, secret) if store.raise_session(unit, shown, raised) else None


def find_session(unit: Unit, session_id: str) -> Session | None:
    """Alive or not."""
    return store.find_session(unit, session_id)


def live_session(unit: Unit, shown: Presented | None, *, tenant_generation: int) -> Session | None:
    """The session of a cookie, if it lives; the ID's own standing is for the caller to compare."""
    found = live_with_standing(unit, shown, tenant_generation=tenant_generation)
    return None if found is None else found[0]


def live_with_standing(
    unit: Unit, shown: Presented | None, *, tenant_generation: int
) -> tuple[Session, Standing | None] | None:
    """As `live_session`, and how the ID stands whose it is: None where there is no such ID, or no longer."""
    if shown is None:
        return None
    found = store.find_with_standing(unit, shown.id)
    if found is None or not hmac.compare_digest(found[0].digest, shown.digest):
        return None
    return found if is_current(found[0], unit.now_us, tenant_generation=tenant_generation) else None


def is_current(session: Session, now_us: int, *, tenant_generation: int) -> bool:
    return (
        session.ended_at is None
        and now_us < session.idle_until
        and now_us < session.ends_at
        and session.tenant_generation == tenant_generation
    )


def hold(unit: Unit, session: Session, user: Standing | None) -> int:
    """When it was last seen. `tenants.Moved` unless it goes on, and the ID stands, as when they were decided on at this
    unit's instant: with more that is proved in it a session gets another secret, and its limits move on alone."""
    found = store.held(unit, session)
    if found is None or found[1] != user:
        raise tenants.Moved
    return found[0]


def seen(unit: Unit, session: Session, *, before: int | None = None) -> None:
    """Moves the idle limit, at most once a minute: a write for each look would cost more than it tells. `before` is
    when it was last seen, where that is known better than by the session."""
    if unit.now_us - (session.seen_at if before is None else before) >= Lifetimes.SEEN_EVERY:
        store.touch_session(unit, session.id, idle_until=unit.now_us + Lifetimes.SESSION_IDLE)
