"""Setting passwords, and what it takes to stand in for somebody."""

from collections.abc import Iterable, Sequence

from idp import audit, users
from idp.audit import Event
from idp.credentials import factor_store, role_store, store
from idp.credentials import permissions as grammar
from idp.credentials.permissions import EVERYTHING, Permissions
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.users import Role


def set_password(unit: Unit, user_id: str, encoded: str) -> None:
    """`encoded` comes from the pool, computed before the unit was opened. Ends what is signed in with the old one.

    Raises `NotFound`.
    """
    users.get(unit, user_id)
    store.put_password(unit, user_id, encoded)
    store.forget_invitations(unit, user_id)
    users.credentials_changed(unit, user_id, can_sign_in=True)
    audit.record(unit, Event.PASSWORD_SET, subject=user_id)


def set_first_passwords(unit: Unit, user_ids: Sequence[str], encoded: str) -> None:
    """The same for many IDs that were created in this unit, as able to sign in."""
    store.add_passwords(unit, user_ids, encoded)
    audit.record(unit, Event.PASSWORD_SET, count=len(user_ids))


def has_password(unit: Unit, user_id: str) -> bool:
    return store.password_hash(unit, user_id) is not None


def forget_user(unit: Unit, user_id: str) -> None:
    """All credentials and roles of an ID that was deleted."""
    store.delete_password(unit, user_id)
    store.forget_invitations(unit, user_id)
    factor_store.forget(unit, user_id)
    role_store.forget(unit, user_id)


def refuse_administrator(granting: Permissions, *, had: Iterable[Role], gets: Iterable[Role]) -> None:
    """Who makes an administrator must hold all that an administrator may. Raises `Refused("forbidden")`."""
    becomes = Role.ADMIN in frozenset(gets) - frozenset(had)
    if becomes and grammar.not_grantable(granting, EVERYTHING):
        raise Refused("forbidden", "An administrator may do more than this key.")


def refuse_stand_in(granting: Permissions, of_somebody: Permissions) -> None:
    """Who could sign in as somebody must hold all that they may. Raises `Refused("forbidden")`."""
    beyond = grammar.not_grantable(granting, sorted(of_somebody, key=str))
    if beyond:
        raise Refused("forbidden", "They may do more than this key.", detail=str(beyond[0]))
