"""What a plan does to an ID: by the steps of a change that is asked for there and then."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from idp import credentials, federation, users
from idp.credentials import How, KeyScope, Noun, Permission, Permissions, Verb
from idp.kit.errors import Invalid
from idp.kit.fields import merged
from idp.kit.units import Unit
from idp.planning.model import Act, Plan, Wish
from idp.users import Identity, Role, UserId, UserStatus

Document = Mapping[str, Any]
NEEDED = Permission(Noun.USERS, Verb.WRITE)
"""For planning and undoing as for carrying out."""
_JOINING = Permission(Noun.MEMBERS, Verb.WRITE)


def apply(unit: Unit, user_id: UserId, wish: Wish, granting: Permissions) -> tuple[Document, Document | None]:
    """The document of the ID before and after; None where it is deleted. Raises as the act does there and then."""
    before = users.get(unit, user_id)
    if wish.act is Act.DELETE:
        refuse_beyond(unit, before, None, granting)
        users.delete(unit, user_id)
        credentials.forget_user(unit, user_id)
        federation.forget_user(unit, user_id)
        return document_of(before), None
    if wish.act is Act.DISABLE:
        refuse_beyond(unit, before, users.disable(unit, user_id), granting)
    elif wish.act is Act.ENABLE:
        refuse_beyond(unit, before, users.enable(unit, user_id), granting)
    else:
        refuse_beyond(unit, before, users.change(unit, user_id, wish.patch), granting)
    return document_of(before), document_of(users.get(unit, user_id))


def refuse_beyond(unit: Unit, before: Identity, after: Identity | None, granting: Permissions) -> None:
    """Raises `Refused("forbidden")` where it makes somebody more than whoever asks for it is, shuts out or lets in
    somebody who is more, or puts somebody into a group for who may not. `after` is None where it deletes them."""
    credentials.refuse_administrator(granting, had=before.roles, gets=() if after is None else after.roles)
    if after is not None and after.groups != before.groups:
        credentials.refuse_without(granting, _JOINING)
    cut = after is None or before.status is not after.status or users.is_cut(before.draft, after.draft)
    if cut or (after is not None and users.is_readdressed(before.draft, after.draft)):
        held = credentials.roles.permissions_of(unit, KeyScope.TENANT, before.id, of_id=before.roles)
        credentials.refuse_stand_in(granting, held)


def refuse_for(unit: Unit, plan: Plan, granting: Permissions) -> None:
    """Raises `Refused("forbidden")` for who may not do what is planned there and then, whether or not it could be done
    today."""
    credentials.refuse_without(granting, NEEDED)
    identity, wish = users.find(unit, plan.user_id), plan.wish
    if identity is None:
        return
    moved = identity._replace(status=_other(identity.status))
    after = None if wish.act is Act.DELETE else moved
    if wish.act is Act.CHANGE:
        _refuse_named(wish.patch, granting)
        try:
            draft, status = users.read_change(identity, wish.patch, users.frame(unit))
            after = identity._replace(**draft._asdict(), status=status)
        except Invalid:  # today; a later change of the ID may mend it, and let somebody in, shut out or readdress
            after = moved
    refuse_beyond(unit, identity, after, granting)


def _refuse_named(patch: Document, granting: Permissions) -> None:
    """By the members that it names, whatever the ID is like today: other plans may come before this one."""
    if "groups" in patch:
        credentials.refuse_without(granting, _JOINING)
    roles = patch.get("roles")
    if isinstance(roles, list) and Role.ADMIN.value in roles:
        credentials.refuse_administrator(granting, had=(), gets={Role.ADMIN})


def note_hands(unit: Unit, user_id: UserId, before: Document, after: Document | None, hands: Collection[str]) -> None:
    """Of who could sign in as somebody from now on."""
    if after is not None and any(before.get(name) != after.get(name) for name in ("user_name", "email")):
        credentials.hands.note(unit, user_id, hands, How.KNOWS)


def _other(status: UserStatus) -> UserStatus:
    return UserStatus.DISABLED if status is UserStatus.ACTIVE else UserStatus.ACTIVE


def document_of(identity: Identity) -> Document:
    return {**users.writable(identity.draft), "status": identity.status.value}


def between(before: Document, after: Document) -> dict[str, Any]:
    """The patch (RFC 7396) that makes the one into the other."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        known = before.get(name)
        if isinstance(value, Mapping) and isinstance(known, Mapping):
            if inner := between(known, value):
                patch[name] = inner
        elif value != known:
            patch[name] = value
    return patch


def changed_since(done: Document, now: Document) -> list[str]:
    """The members of a patch that was carried out which are not as it left them."""
    return sorted(_paths(between(now, merged(now, done))))


def _paths(patch: Document, at: str = "") -> Iterator[str]:
    for name, value in patch.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{at}{name}.")
        else:
            yield f"{at}{name}"
