"""A sign-in by password in three steps: count the try and look up (committed), hash (outside any transaction), judge.

The answer is the identity or None, alike for a wrong password, an unknown name, a disabled ID and one without a
password, and as late: the hash is computed for them all.
"""

from typing import NamedTuple

from idp import audit, users
from idp.audit import Event
from idp.credentials import store, throttle
from idp.credentials.passwords import Verdict
from idp.credentials.throttle import Throttle, Tried
from idp.kit.units import Unit
from idp.users import Identity


class Check(NamedTuple):
    """What the hash is compared with, and what it was found under; `encoded` is None where there is nothing."""

    user_id: str | None
    generation: int
    encoded: str | None
    tries: list[Tried]


def begin_check(unit: Unit, user_name: str, *, address: str, limits: Throttle) -> Check:
    """Must be committed before the password is verified: a try that is not written was never counted."""
    tries = throttle.count(unit, limits, account=users.look_up_key(user_name), address=address)
    identity = users.find_by_name(unit, user_name)
    if identity is None:
        return Check(None, 0, None, tries)
    return Check(identity.id, identity.generation, store.password_hash(unit, identity.id), tries)


def finish_check(unit: Unit, check: Check, verdict: Verdict) -> Identity | None:
    identity = users.find(unit, check.user_id) if check.user_id else None
    # the generation moves when the password is changed or the ID disabled while the hash was computed
    stands = identity is not None and identity.active_at(unit.now_us) and identity.generation == check.generation
    if not verdict.right or identity is None or not stands:
        reason = _reason(verdict, identity, unit.now_us)
        audit.record(unit, Event.SIGN_IN_FAILED, subject=check.user_id or "", reason=reason)
        return None
    throttle.give_back(unit, check.tries)
    if verdict.replacement is not None:
        store.put_password(unit, identity.id, verdict.replacement)
    return identity


def _reason(verdict: Verdict, identity: Identity | None, now_us: int) -> str:
    """For the trail alone; nobody else learns it."""
    if identity is None:
        return "unknown"
    if not identity.active_at(now_us):
        return "disabled" if identity.span.holds(now_us) else "outside_dates"
    return "changed" if verdict.right else "wrong_password"
