"""Roles: named permissions that IDs have. Some are built in; the others hold only what their maker held.

Whoever makes a role, adds to it or gives it to somebody holds all of that at that moment, and what they hold reaches
no further. So nobody comes to a permission that nobody above has given. Each change raises the tenant's revision, whose
row makes changes wait for each other.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from idp import audit, tenants, users
from idp.audit import Event
from idp.credentials import built_in, role_store
from idp.credentials import permissions as grammar
from idp.credentials.built_in import BuiltIn
from idp.credentials.model import KeyScope
from idp.credentials.permissions import Permission, Permissions
from idp.credentials.role_store import Role, RoleDraft, held_of, holders
from idp.kit import ids
from idp.kit.asking import Filter, Flag, named_like
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict, FieldError, Invalid, NotFound, Refused, Stale
from idp.kit.fields import Fields, merged
from idp.kit.listing import Listing, Question, Slice
from idp.kit.units import Unit

__all__ = [
    "LISTED",
    "change",
    "create",
    "delete",
    "forget",
    "get",
    "give",
    "held_by",
    "held_of",
    "holders",
    "listed",
    "page",
    "permissions_of",
    "read",
    "read_permissions",
    "take",
    "to_json",
]

_MOST = 100
_LONGEST_NAME = 100
_LONGEST_DESCRIPTION = 500
_MEMBERS = ("name", "description", "permissions")


def read(document: Mapping[str, object]) -> RoleDraft:
    """`{"name", "description"?, "permissions"}`. Raises `Invalid` with every fault."""
    fields = Fields(document)
    fields.only(_MEMBERS)
    fields.required("name")
    fields.required("permissions")
    name = fields.text("name", longest=_LONGEST_NAME) or ""
    description = fields.text("description", longest=_LONGEST_DESCRIPTION) or ""
    draft = RoleDraft(name, description, read_permissions(fields))
    fields.finish()
    return draft


def read_permissions(fields: Fields) -> Permissions:
    """Of the member `permissions`, which names at least one."""
    items = fields.texts("permissions", most=_MOST, longest=100) or {}
    found: set[Permission] = set()
    for index, text in items.items():
        permission = grammar.parse(text)
        if permission is None:
            detail = "This permission is not known."
            fields.refuse(f"permissions/{index}", "unknown_value", detail, found=text, expected="users:read, *:read, …")
        else:
            found.add(permission)
    if fields.given("permissions") == []:
        fields.refuse("permissions", "required", "Without a permission it opens nothing.")
    return frozenset(found)


def create(unit: Unit, document: Mapping[str, object], *, granting: Permissions, known_as: str | None = None) -> Role:
    """Under the id that it was `known_as`, if it was before. Raises `Invalid`, `not_held` for each permission that the
    maker lacks, and `Conflict("role_name_taken")`."""
    tenants.touch(unit)
    draft = read(document)
    _refuse_beyond(document, draft.permissions, granting)
    role = Role(known_as or ids.new("rol"), *draft, version=1, created_at=unit.now_us, changed_at=unit.now_us)
    if not role_store.add(unit, role):
        raise _taken()
    audit.record(unit, Event.ROLE_CREATED, subject=role.id, permissions=sorted(map(str, role.permissions)))
    return role


def change(
    unit: Unit,
    scope: KeyScope,
    role_id: str,
    patch: Mapping[str, object],
    *,
    granting: Permissions,
    version: int | None = None,
) -> Role:
    """`patch` is RFC 7396 over the document. What is added must be held by whoever adds it, and so must what is taken
    from a role that somebody has; what stays need not be.

    Raises as `create`, and `NotFound`, `Stale`, `Refused("forbidden")`, `Conflict("built_in_role")`.
    """
    before = _held(unit, scope, role_id, version)
    document = merged({name: value for name, value in _said(before).items() if value}, patch)
    draft = read(document)
    added = frozenset(each for each in draft.permissions if not grammar.holds(before.permissions, each))
    _refuse_beyond(document, added, granting)
    if draft == before.draft:
        return before
    _refuse_stripping(unit, before, draft.permissions, granting)
    namesake = role_store.named(unit, draft.name)
    if namesake is not None and namesake.id != before.id:
        raise _taken()
    if not role_store.change(unit, before, draft):
        raise Stale("role")
    audit.record(unit, Event.ROLE_CHANGED, subject=before.id, permissions=sorted(map(str, draft.permissions)))
    return get_made(unit, before.id)


def delete(unit: Unit, scope: KeyScope, role_id: str, *, version: int | None = None) -> None:
    """Not while somebody has it. Raises `NotFound`, `Stale`, `Conflict`: `built_in_role`, `role_in_use`."""
    role = _held(unit, scope, role_id, version)
    many = holders(unit).get(role.id, 0)
    if many:
        raise Conflict("role_in_use", "Somebody has this role: take it from them first.", holders=many)
    role_store.remove(unit, role.id)
    audit.record(unit, Event.ROLE_DELETED, subject=role.id)


def give(unit: Unit, scope: KeyScope, role_id: str, user_id: str, *, granting: Permissions) -> None:
    """Again changes nothing. Raises `NotFound` for either, `Refused("forbidden")`, `Conflict("role_of_the_id")`."""
    tenants.touch(unit)
    user, role = users.get(unit, user_id), get(unit, scope, role_id)
    _refuse_given_otherwise(role)
    beyond = grammar.not_grantable(granting, sorted(role.permissions, key=str))
    if beyond:
        raise Refused("forbidden", f"Whoever gives this role holds all of it; you lack {beyond[0]}.")
    if role_store.give(unit, role.id, user.id):
        audit.record(unit, Event.ROLE_GIVEN, subject=user.id, role=role.id)


def take(unit: Unit, scope: KeyScope, role_id: str, user_id: str) -> None:
    """Raises `NotFound`, `Conflict("role_of_the_id")`."""
    tenants.touch(unit)
    user, role = users.get(unit, user_id), get(unit, scope, role_id)
    _refuse_given_otherwise(role)
    if not role_store.take(unit, role.id, user.id):
        raise NotFound("role of the ID")
    audit.record(unit, Event.ROLE_TAKEN, subject=user.id, role=role.id)


def forget(unit: Unit, user_id: str) -> None:
    role_store.forget(unit, user_id)


def get(unit: Unit, scope: KeyScope, role_id: str) -> BuiltIn | Role:
    """Raises `NotFound`."""
    return built_in.find(scope, role_id) or get_made(unit, role_id)


def get_made(unit: Unit, role_id: str) -> Role:
    role = role_store.find(unit, role_id)
    if role is None:
        raise NotFound("role")
    return role


def page(unit: Unit, scope: KeyScope, *, after: str = "", limit: int = 50) -> list[BuiltIn | Role]:
    """In the order of their ids: those that are built in, then the others as they were made."""
    rows: list[BuiltIn | Role] = [each for each in built_in.of_scope(scope) if each.id > after]
    rows += role_store.page(unit, after=after, limit=limit)
    return rows[:limit]


LISTED: Listing[BuiltIn | Role] = Listing(
    row=Role,
    make=lambda _, role: role,
    orders={"name": "name"},
    filters={
        "q": named_like("name", "description", example="desk", meaning="Those in whose name or description it stands."),
        "built_in": Filter(
            takes=Flag(),
            meaning="Those that come with this program, or those that somebody has made.",
            sieve=lambda _, role, wanted: isinstance(role, BuiltIn) is wanted,
        ),
    },
)


def listed(unit: Unit, scope: KeyScope, question: Question) -> Slice[BuiltIn | Role]:
    """By itself in the order of their ids: those that are built in, then the others as they were made."""
    return LISTED.gathered(unit, [*built_in.of_scope(scope), *role_store.every(unit)], question)


def held_by(unit: Unit, scope: KeyScope, user_id: str, *, of_id: Iterable[str]) -> list[BuiltIn | Role]:
    """All roles of an ID, in the order of their ids; `of_id` are those that stand in it. Raises `NotFound`."""
    held = {*of_id, *role_store.held(unit, user_id)}
    fixed: list[BuiltIn | Role] = [each for each in built_in.of_scope(scope) if each.id in held]
    made: list[BuiltIn | Role] = list(role_store.made_for(unit, user_id))
    return [*fixed, *sorted(made, key=lambda role: role.id)]


def permissions_of(unit: Unit, scope: KeyScope, user_id: str, *, of_id: Iterable[str]) -> Permissions:
    """What an ID may do by this API, at this moment."""
    made = role_store.made_for(unit, user_id)
    fixed = built_in.allowed(scope, {*of_id, *role_store.held(unit, user_id)})
    return fixed.union(*(role.permissions for role in made))


def to_json(role: BuiltIn | Role, counts: Mapping[str, int] | None = None) -> dict[str, Any]:
    """As the admin API shows it; `holders`, by `counts`, beside those who have it by `roles` of their ID."""
    made = role if isinstance(role, Role) else None
    return {
        "id": role.id,
        **_said(role),
        "built_in": made is None,
        "created_at": None if made is None else rfc3339(made.created_at),
        "changed_at": None if made is None else rfc3339(made.changed_at),
        **({} if counts is None else {"holders": counts.get(role.id, 0)}),
    }


def _said(role: BuiltIn | Role) -> dict[str, Any]:
    permissions = sorted(map(str, role.permissions))
    return {"name": role.name, "description": role.description, "permissions": permissions}


def _held(unit: Unit, scope: KeyScope, role_id: str, version: int | None) -> Role:
    tenants.touch(unit)
    if built_in.find(scope, role_id) is not None:
        raise Conflict("built_in_role", "This role is built in: it is neither changed nor deleted.")
    role = get_made(unit, role_id)
    if version is not None and version != role.version:
        raise Stale("role")
    return role


def _refuse_beyond(document: Mapping[str, object], wanted: Permissions, granting: Permissions) -> None:
    beyond = set(grammar.not_grantable(granting, wanted))
    said = document.get("permissions")
    errors = [
        FieldError(f"/permissions/{index}", "not_held", "Nobody puts into a role what they do not hold.", text)
        for index, text in enumerate(said if isinstance(said, list) else [])
        if isinstance(text, str) and grammar.parse(text) in beyond
    ]
    if errors:
        raise Invalid("invalid", "Some fields are wrong.", errors=errors)


def _refuse_stripping(unit: Unit, before: Role, kept: Permissions, granting: Permissions) -> None:
    """Who loses a permission with their role could be taken over by whoever may do the rest."""
    lost = sorted((each for each in before.permissions if not grammar.holds(kept, each)), key=str)
    beyond = grammar.not_grantable(granting, lost)
    if beyond and holders(unit).get(before.id):
        raise Refused("forbidden", f"Somebody has this role, and nobody takes from others what they lack: {beyond[0]}.")


def _refuse_given_otherwise(role: BuiltIn | Role) -> None:
    if role.id in built_in.OF_AN_ID:
        raise Conflict("role_of_the_id", "This role is given and taken with `roles` of the ID itself.")


def _taken() -> Conflict:
    return Conflict.at("/name", "role_name_taken", "Another role has this name.")
