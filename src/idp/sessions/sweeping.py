"""What of this room is long over.

A grant stays for as long as anything of it may live, and all its refresh tokens with it: a replaced one that is shown
must still be known. A grant without offline access is dead without its session, so it goes when that has gone.
"""

from sqlalchemy import ColumnElement, and_, not_, or_, select

from idp.kit.clock import SECOND
from idp.kit.db import own
from idp.kit.sweeping import Sweep, before
from idp.sessions.tables import grants, interactions, refresh_tokens, sessions

_HOUR = 3600 * SECOND
_DAY = 24 * _HOUR


def has_grant(grant_id: ColumnElement[str]) -> ColumnElement[bool]:
    """A condition for the statements of others: there is a grant of this id, alive or not yet swept."""
    # Not EXISTS: for that PostgreSQL would hash all grants at each stretch, not look up a key for each row.
    return select(grants.c.id).where(own(grants), grants.c.id == grant_id).scalar_subquery().is_not(None)


_has_session = (
    select(sessions.c.id).where(own(sessions), sessions.c.id == grants.c.session_id).scalar_subquery().is_not(None)
)

# In this order: each goes by what the one before has left.
SWEEPS = (
    Sweep(interactions.c.id, interactions.c.expires_at < before(), grace=_HOUR),
    # A day is longer than any access token lives that its session's end has killed.
    Sweep(
        sessions.c.id,
        or_(sessions.c.ended_at < before(), sessions.c.idle_until < before(), sessions.c.ends_at < before()),
        grace=_DAY,
    ),
    Sweep(
        grants.c.id,
        or_(
            grants.c.ended_at < before(), grants.c.ends_at < before(), and_(not_(grants.c.offline), not_(_has_session))
        ),
        grace=_DAY,
    ),
    Sweep(
        refresh_tokens.c.id,
        and_(refresh_tokens.c.created_at < before(), not_(has_grant(refresh_tokens.c.grant_id))),
        grace=_DAY,
    ),
)
