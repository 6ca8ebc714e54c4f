"""What happens to an ID.

Each change first raises the tenant's revision, whose row makes changes wait for each other: of two administrators who
disable one another at the same moment, one stays.
"""

from collections.abc import Mapping, Sequence

from idp import audit, tenants
from idp.audit import Event
from idp.kit import ids
from idp.kit.errors import Conflict, FieldError, Invalid, Stale
from idp.kit.fields import Fields, shortened
from idp.kit.units import Unit
from idp.users import attribute_store, attribute_types, dates, dynamic_groups, group_store, store
from idp.users import document as documents
from idp.users.frames import frame
from idp.users.model import Draft, GroupId, Identity, UserId
from idp.users.vocabulary import Role, UserStatus


def create(unit: Unit, draft: Draft, *, limit: int) -> Identity:
    """`limit` is the number of IDs in the contract. The unit fails with it: a seat was taken before.

    `Conflict`: `id_limit_reached` with `limit`, `user_name_taken`. `Invalid` for groups that there are not.
    """
    _refuse_unknown(unit, draft.groups)
    _take_seats(unit, 1, limit)
    user_id = UserId(ids.new("usr"))
    if not store.add(unit, user_id, draft):
        raise _taken()
    _keep_attributes(unit, [(user_id, draft)])
    dynamic_groups.keep(unit, [(user_id, draft)], new=True)
    _created(unit, user_id, draft)
    return store.get(unit, user_id)


def create_many(unit: Unit, drafts: Sequence[Draft], *, limit: int, can_sign_in: bool = False) -> list[UserId]:
    """All or none, with one entry in the trail; the names are known to be free. `Conflict`: `id_limit_reached`.

    `can_sign_in` where the same unit gives all of them their first password.
    """
    _take_seats(unit, len(drafts), limit)
    people = [(UserId(ids.new("usr")), draft) for draft in drafts]
    store.add_many(unit, people, can_sign_in=can_sign_in)
    _keep_attributes(unit, people)
    dynamic_groups.keep(unit, people, new=True)
    audit.record(unit, Event.USER_CREATED, count=len(people), first=people[0][0], last=people[-1][0])
    return [user_id for user_id, _ in people]


def create_each(unit: Unit, drafts: Sequence[Draft], *, limit: int) -> list[UserId]:
    """As `create`, for each of them: all or none. Their names are held and free (`find_by_names`)."""
    if not drafts:
        return []
    _refuse_unknown(unit, frozenset().union(*(draft.groups for draft in drafts)))
    _take_seats(unit, len(drafts), limit)
    people = [(UserId(ids.new("usr")), draft) for draft in drafts]
    store.add_many(unit, people, can_sign_in=False)
    _keep_attributes(unit, people)
    dynamic_groups.keep(unit, people, new=True)
    for user_id, draft in people:
        _created(unit, user_id, draft)
    return [user_id for user_id, _ in people]


def change(unit: Unit, user_id: str, patch: Mapping[str, object], *, version: int | None = None) -> Identity:
    """`patch` is RFC 7396 over the document, `status` included; `version` is the one the caller has seen.

    Raises `NotFound`, `Stale`, `Invalid`, `Conflict`: `user_name_taken`, `last_admin_locked_out`.
    """
    identity = _held(unit, user_id, version)
    change_to(unit, identity, *documents.read_change(identity, patch, frame(unit)))
    return store.get(unit, user_id)


def change_to(unit: Unit, identity: Identity, draft: Draft, status: UserStatus) -> None:
    """The same where the change is judged: `identity` was read with the tenant's row held. Raises as `change` does, and
    nothing has changed then."""
    refuse_lockout(unit, identity, draft, status)
    if draft != identity.draft:
        draft = _changed_now(identity.draft, draft)
        _refuse_taken(unit, identity, draft)
        _refuse_unknown(unit, draft.groups - identity.groups)
        store.change(unit, identity, draft)
        if draft.attributes != identity.attributes:
            _keep_attributes(unit, [(identity.id, draft)])
        if (draft.affiliation, draft.attributes) != (identity.affiliation, identity.attributes):
            dynamic_groups.keep(unit, [(identity.id, draft)], new=False)
        audit.record(unit, Event.USER_CHANGED, subject=identity.id, fields=_changed(identity.draft, draft))
        _end_if_outside(unit, identity, draft)
    _move(unit, identity, status)


def refuse_lockout(unit: Unit, identity: Identity, draft: Draft, status: UserStatus) -> None:
    """Raises `Conflict("last_admin_locked_out")` when nobody could administer the tenant after this change."""
    lasts = draft.validity.last is None and draft.validity.instants(frame(unit).zone).has_begun(unit.now_us)
    if Role.ADMIN not in draft.roles or status is UserStatus.DISABLED or not lasts:
        _keep_an_admin(unit, identity)


def is_readdressed(before: Draft, after: Draft) -> bool:
    """Whether it changes what somebody could prove to be the person by, or get a new password through."""
    return (before.user_name, before.email) != (after.user_name, after.email)


def is_cut(before: Draft, after: Draft) -> bool:
    """Whether it changes when somebody may sign in, or takes a role from them."""
    return before.validity != after.validity or bool(before.roles - after.roles)


def disable(unit: Unit, user_id: str) -> Identity:
    """Ends every session and token of it. Raises `NotFound`, `Conflict("last_admin_locked_out")`."""
    return _moved(unit, user_id, UserStatus.DISABLED)


def enable(unit: Unit, user_id: str) -> Identity:
    """Raises `NotFound`. What ended when it was disabled stays ended."""
    return _moved(unit, user_id, UserStatus.ACTIVE)


def delete(unit: Unit, user_id: str, *, version: int | None = None) -> None:
    """For good: its seat and name are free, its id never again. Raises as `disable` does."""
    identity = _held(unit, user_id, version)
    _keep_an_admin(unit, identity)
    store.delete(unit, identity)
    attribute_store.release(unit, identity.id)
    audit.record(unit, Event.USER_DELETED, subject=identity.id)


def stop_at(unit: Unit, user_id: UserId, at_us: int | None) -> None:
    """From that instant on nobody gets in with the ID, by the clock; None: no longer so. Raises `NotFound`,
    `Conflict("last_admin_locked_out")`."""
    identity = _held(unit, user_id)
    if at_us is not None:
        _keep_an_admin(unit, identity)
    dates.stop_at(unit, identity, at_us)
    if identity.span.has_ended(unit.now_us):  # what was open then stays closed
        store.end_generation(unit, user_id)


def end_generation(unit: Unit, user_id: str) -> None:
    """Every session and token of the ID is dead from this commit on. Nothing happens where there is none."""
    tenants.touch(unit)
    store.end_generation(unit, user_id)


def credentials_changed(unit: Unit, user_id: str, *, can_sign_in: bool) -> None:
    """Told by whoever keeps them: what was signed in with the old ones ends."""
    end_generation(unit, user_id)
    store.set_can_sign_in(unit, user_id, can=can_sign_in)


def _created(unit: Unit, user_id: UserId, draft: Draft) -> None:
    audit.record(unit, Event.USER_CREATED, subject=user_id, affiliation=draft.affiliation.value, roles=_roles(draft))


def _held(unit: Unit, user_id: str, version: int | None = None) -> Identity:
    tenants.touch(unit)
    identity = store.get(unit, user_id)
    if version is not None and version != identity.version:
        raise Stale("user")
    return identity


def _moved(unit: Unit, user_id: str, status: UserStatus) -> Identity:
    _move(unit, _held(unit, user_id), status)
    return store.get(unit, user_id)


def _move(unit: Unit, identity: Identity, status: UserStatus) -> None:
    if status is UserStatus.DISABLED:
        _keep_an_admin(unit, identity)
    if store.move(unit, identity.id, status):
        event = Event.USER_ENABLED if status is UserStatus.ACTIVE else Event.USER_DISABLED
        audit.record(unit, event, subject=identity.id)


def _keep_an_admin(unit: Unit, identity: Identity) -> None:
    lasts = identity.active_at(unit.now_us) and identity.span.ends_at is None
    if lasts and identity.can_sign_in and Role.ADMIN in identity.roles and store.other_admins(unit, identity.id) == 0:
        raise Conflict("last_admin_locked_out", "Nobody could administer the tenant any more.")


def _keep_attributes(unit: Unit, people: Sequence[tuple[UserId, Draft]]) -> None:
    """Judged once more, by the schema that nobody changes before the commit: who changes it holds the tenant's row and
    that of its seats, one of which the caller has. The unit fails with what is wrong."""
    definitions = attribute_store.definitions(unit)
    unique = [each.name for each in definitions if each.unique]
    for user_id, draft in people:
        if definitions or draft.attributes:
            fields = Fields({"attributes": draft.attributes})
            attribute_types.read(fields.inner("attributes"), definitions)
            fields.finish()
        taken = attribute_store.claim(unit, user_id, draft.attributes, unique) if unique else None
        if taken is not None:
            detail = "Somebody else has this value."
            errors = [FieldError(f"/attributes/{taken}", "taken", detail, shortened(draft.attributes[taken]))]
            raise Conflict("attribute_taken", detail, attribute=taken, errors=errors)


def _end_if_outside(unit: Unit, before: Identity, draft: Draft) -> None:
    """What was signed in before an end stays ended when the end is moved, and whoever may not sign in now is out."""
    if draft.validity == before.validity:
        return
    after = store.get(unit, before.id)
    if not (before.span.holds(unit.now_us) and after.span.holds(unit.now_us)):
        store.end_generation(unit, before.id)


def _changed_now(before: Draft, after: Draft) -> Draft:
    """A time of the last change that was brought along is no longer true, unless it is said anew."""
    if before.claims.get("updated_at") != after.claims.get("updated_at"):
        return after
    return after._replace(claims={name: value for name, value in after.claims.items() if name != "updated_at"})


def _refuse_taken(unit: Unit, identity: Identity, draft: Draft) -> None:
    if draft.user_name == identity.user_name:
        return
    store.hold_names(unit)
    holder = store.find_by_name(unit, draft.user_name)
    if holder is not None and holder.id != identity.id:
        raise _taken()


def _refuse_unknown(unit: Unit, groups: frozenset[GroupId]) -> None:
    """None of these goes away before the commit: who deletes a group raises the tenant's revision."""
    if not groups:
        return
    tenants.touch(unit)
    found = {group_id: group_store.find(unit, group_id) for group_id in sorted(groups)}
    unknown = [group_id for group_id, group in found.items() if group is None]
    if unknown:
        detail = "There is no such group."
        errors = [FieldError("/groups", "unknown_group", detail, shortened(group_id)) for group_id in unknown]
        raise Invalid("invalid", "Some fields are wrong.", errors=errors)
    for group in found.values():
        if group is not None:
            dynamic_groups.refuse_by_hand(group)


def _take_seats(unit: Unit, wanted: int, limit: int) -> None:
    if not store.take_seats(unit, wanted, limit=limit):
        raise Conflict("id_limit_reached", f"The contract allows {limit} IDs.", limit=limit)


def _taken() -> Conflict:
    return Conflict.at("/user_name", "user_name_taken", "Somebody else has this user name.")


def _roles(draft: Draft) -> list[str]:
    return sorted(role.value for role in draft.roles)


def _changed(before: Draft, after: Draft) -> list[str]:
    return [name for name in Draft._fields if getattr(before, name) != getattr(after, name)]
