"""Grants and their refresh tokens: rotation with families, reuse found out, exactly one winner.

RFC 9700 4.14: presenting a token that was replaced ends its whole family.
"""

import hmac
from typing import Final

from idp import audit
from idp.kit import ids
from idp.kit.errors import Refused
from idp.kit.ids import Minted, Presented
from idp.kit.units import Unit
from idp.sessions import store
from idp.sessions.contexts import sealed_for_grant
from idp.sessions.model import Generations, Grant, Lifetimes, Session, Whereabouts
from idp.sessions.signed_in import is_current
from idp.sessions.store import RefreshToken

KIND: Final = "rt"


def begin_grant(unit: Unit, grant: Grant, *, whereabouts: Whereabouts, refreshable: bool) -> Minted | None:
    """The grant, and its first refresh token if the client may have one; `whereabouts` are those of its session. To be
    found from the commit on."""
    store.add_grant(unit, grant._replace(whereabouts=sealed_for_grant(unit, grant.id, whereabouts)))
    return _mint(unit, grant) if refreshable else None


def find_grant(unit: Unit, grant_id: str) -> Grant | None:
    return store.find_grant(unit, grant_id)


def grants_called(unit: Unit, *, service_id: str, alias: bytes) -> list[Grant]:
    """Alive or not."""
    return store.grants_called(unit, service_id=service_id, alias=alias)


def grants_of(unit: Unit, *, session_id: str, user_id: str) -> list[Grant]:
    """Those that were given in one session, alive or not, in the order of their creation."""
    return store.grants_of(unit, session_id=session_id, user_id=user_id)


def grant_of_refresh_token(unit: Unit, shown: Presented) -> Grant | None:
    """The grant behind a refresh token that is ours, used up or not."""
    row = _found(unit, shown)
    if row is None:
        return None
    return store.find_grant(unit, row.grant_id)


def usable_grant(unit: Unit, shown: Presented) -> Grant | None:
    """The grant behind a refresh token that has neither been replaced nor lain idle too long."""
    row = _found(unit, shown)
    if row is None or row.replaced_at is not None or unit.now_us >= row.idle_until:
        return None
    return store.find_grant(unit, row.grant_id)


def grant_is_alive(grant: Grant, session: Session | None, now_us: int, *, present: Generations) -> bool:
    """`present` are the generations of now. Without offline access a grant lives no longer than its session."""
    if grant.ended_at is not None or now_us >= grant.ends_at or grant.generations != present:
        return False
    return grant.offline or (session is not None and is_current(session, now_us, tenant_generation=present.tenant))


def end_grant(unit: Unit, grant_id: str) -> bool:
    """Every access and refresh token of it is dead from this commit on."""
    return store.end_grant(unit, grant_id)


def use_refresh_token(unit: Unit, shown: Presented, *, grant: Grant, rotate: bool, grace: int = 0) -> Minted | None:
    """One use, and the successor under rotation. `Refused("invalid_grant")` when unknown, idle too long, or replaced.

    The replacement is one conditional write, so of many at once one wins; a loser presents a replaced token and so
    ends the family, in a unit that survives the refusal. Without rotation the client keeps its token (FAPI 2). Within
    `grace` (microseconds) of its replacement a token is good once more: its successor, unless somebody has used it, is
    replaced in its stead, so that there is never more than one token to go on with.
    """
    until = unit.now_us + Lifetimes.REFRESH_IDLE
    if not rotate and store.prolong(unit, shown, idle_until=until):
        return None
    successor = ids.mint(KIND)
    won = rotate and store.replace(unit, shown, successor=successor.id)
    if won or (grace and _replaced_again(unit, shown, successor.id, grace)):
        store.add_refresh_token(unit, successor, grant.id, idle_until=until)
        return successor
    if _was_replaced(unit, shown):
        unit.after_rollback(lambda survivor: _end_family(survivor, grant))
    raise Refused("invalid_grant", "The refresh token is not valid.")


def _mint(unit: Unit, grant: Grant) -> Minted:
    secret = ids.mint(KIND)
    store.add_refresh_token(unit, secret, grant.id, idle_until=unit.now_us + Lifetimes.REFRESH_IDLE)
    return secret


def _replaced_again(unit: Unit, shown: Presented, successor: str, grace: int) -> bool:
    row = _found(unit, shown)
    if row is None or row.replaced_at is None or row.successor_id is None or unit.now_us - row.replaced_at > grace:
        return False
    return store.supersede(unit, row.successor_id, successor=successor)


def _was_replaced(unit: Unit, shown: Presented) -> bool:
    row = _found(unit, shown)
    return row is not None and row.replaced_at is not None


def _found(unit: Unit, shown: Presented) -> RefreshToken | None:
    row = store.find_refresh_token(unit, shown.id)
    return row if row is not None and hmac.compare_digest(row.digest, shown.digest) else None


def _end_family(unit: Unit, grant: Grant) -> None:
    if store.end_grant(unit, grant.id):
        audit.record(unit, audit.Event.REFRESH_REPLAYED, subject=grant.user_id, grant=grant.id)
