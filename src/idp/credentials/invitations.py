"""Invitations to choose a first password: a link in a letter, for one person, once, for seven days.

The secret in the link is kept nowhere. It is computed from the tenant's key when the letter is written, so that one
that has to be sent again is the same; what is stored is its digest.
"""

import hmac
from datetime import timedelta

from idp import audit, delivery, tenants, users
from idp.audit import Event
from idp.credentials import actions, store
from idp.credentials.model import Invitation
from idp.kit import ids
from idp.kit.clock import SECOND
from idp.kit.errors import Conflict, NotFound
from idp.kit.ids import Minted, Presented
from idp.kit.units import Unit
from idp.users import Identity, UserStatus

_KIND = "iv"
_VALID = timedelta(days=7) // timedelta(seconds=1) * SECOND


def invite(unit: Unit, user_id: str) -> Invitation:
    """By a letter to the address of the ID. A link that it was sent before opens nothing from this commit on.

    Raises `NotFound`, `Conflict`: `password_exists`, `email_missing`, `user_disabled`.
    """
    tenants.touch(unit)  # two who invite at once wait here for each other
    identity = users.get(unit, user_id)
    if identity.status is not UserStatus.ACTIVE or identity.span.has_ended(unit.now_us):
        raise Conflict("user_disabled", "Nobody signs in with this ID until it is enabled, or has a later last day.")
    if identity.email is None:
        raise Conflict("email_missing", "There is no address to send the link to.")
    if store.password_hash(unit, user_id) is not None:
        raise Conflict("password_exists", "This ID has a password already.")
    store.forget_invitations(unit, user_id)
    plain = ids.new("inv").partition("_")[2]
    digest = _derived(unit, plain).digest
    invitation = Invitation(f"inv_{plain}", user_id, digest, unit.now_us, unit.now_us + _VALID)
    store.add_invitation(unit, invitation)
    audit.record(unit, Event.USER_INVITED, subject=user_id)
    payload = {"user": user_id, "invitation": invitation.id}
    delivery.enqueue(unit, "user.invited", receiver=user_id, payload=payload)
    return invitation


def secret_of(unit: Unit, invitation_id: str) -> str | None:
    """For the letter; None when it has been used, replaced or is over."""
    invitation = store.invitation(unit, invitation_id)
    if invitation is None or invitation.expires_at <= unit.now_us:
        return None
    return _derived(unit, invitation_id.partition("_")[2]).token


def find_invited(unit: Unit, token: str) -> Identity | None:
    """Whose password the link lets choose; it is not used by this."""
    shown = ids.presented(_KIND, token)
    invitation = None if shown is None else store.invitation(unit, f"inv_{shown.id}")
    if shown is None or invitation is None or invitation.expires_at <= unit.now_us:
        return None
    identity = users.find(unit, invitation.user_id) if _is_right(invitation, shown) else None
    return identity if identity is not None and _may_choose(identity, unit.now_us) else None


def _may_choose(identity: Identity, now_us: int) -> bool:
    """Also before their first day."""
    return identity.status is UserStatus.ACTIVE and not identity.span.has_ended(now_us)


def accept(unit: Unit, token: str, encoded: str) -> Identity:
    """The link is used and the password set, once however many come with it. `encoded` comes from the pool.

    Raises `NotFound`, alike for a link that never was, one that was used and one that is over.
    """
    shown = ids.presented(_KIND, token)
    identity = find_invited(unit, token)
    if shown is None or identity is None or not store.use_invitation(unit, f"inv_{shown.id}", shown.digest):
        raise NotFound("invitation")
    actions.set_password(unit, identity.id, encoded)
    return identity


def _derived(unit: Unit, plain: str) -> Minted:
    return ids.derived(_KIND, plain, unit.mac("credentials.invitation", plain.encode()))


def _is_right(invitation: Invitation, shown: Presented) -> bool:
    return hmac.compare_digest(invitation.digest, shown.digest)
