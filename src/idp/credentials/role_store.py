from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from idp.credentials.permissions import Permissions, parse
from idp.credentials.tables import role_holders, roles
from idp.kit.db import add_new, command, own, query
from idp.kit.units import Unit


class RoleDraft(NamedTuple):
    """What is said of a role, judged."""

    name: str
    description: str
    permissions: Permissions


class Role(NamedTuple):
    """A role that somebody has made. Instants in microseconds."""

    id: str
    name: str
    description: str
    permissions: Permissions
    version: int
    created_at: int
    changed_at: int

    @property
    def draft(self) -> RoleDraft:
        return RoleDraft(self.name, self.description, self.permissions)


class _Row(NamedTuple):
    id: str
    name: str
    description: str
    permissions: str
    version: int
    created_at: int
    changed_at: int


class _Held(NamedTuple):
    role_id: str


class _Holder(NamedTuple):
    user_id: str


class _Count(NamedTuple):
    role_id: str
    holders: int


_COLUMNS = [roles.c[name] for name in _Row._fields]
_OF_USER = (own(role_holders), role_holders.c.user_id == bindparam("of_user"))
_OF_ROLE = (own(role_holders), role_holders.c.role_id == bindparam("of_role"))
_ADD = add_new(roles)
_FIND = query(select(*_COLUMNS).where(own(roles), roles.c.id == bindparam("id")), _Row)
_NAMED = query(select(*_COLUMNS).where(own(roles), roles.c.name == bindparam("of_name")), _Row)
_PAGE = query(
    select(*_COLUMNS).where(own(roles), roles.c.id > bindparam("after")).order_by(roles.c.id).limit(bindparam("limit")),
    _Row,
)
_EVERY = query(select(*_COLUMNS).where(own(roles)), _Row)
_HELD = query(select(role_holders.c.role_id).where(*_OF_USER).order_by(role_holders.c.role_id), _Held)
_HELD_OF = query(select(role_holders.c.user_id).where(*_OF_ROLE).order_by(role_holders.c.user_id), _Holder)
_MADE_FOR = query(
    select(*_COLUMNS).where(own(roles), roles.c.id.in_(select(role_holders.c.role_id).where(*_OF_USER))), _Row
)
_COUNTS = query(
    select(role_holders.c.role_id, func.count().label("holders"))
    .where(own(role_holders))
    .group_by(role_holders.c.role_id),
    _Count,
)
_CHANGE = command(
    update(roles)
    .where(own(roles), roles.c.id == bindparam("role"), roles.c.version == bindparam("seen"))
    .values(
        name=bindparam("new_name"),
        description=bindparam("new_description"),
        permissions=bindparam("new_permissions"),
        version=roles.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_DELETE = command(delete(roles).where(own(roles), roles.c.id == bindparam("role")))
_GIVE = add_new(role_holders)
_TAKE = command(delete(role_holders).where(*_OF_USER, role_holders.c.role_id == bindparam("of_role")))
_FORGET = command(delete(role_holders).where(*_OF_USER))


def add(unit: Unit, role: Role) -> bool:
    """False where the name is taken."""
    return unit.run(_ADD, **{**role._asdict(), "permissions": _text(role.permissions)}) == 1


def find(unit: Unit, role_id: str) -> Role | None:
    row = unit.one(_FIND, id=role_id)
    return None if row is None else _role(row)


def named(unit: Unit, name: str) -> Role | None:
    row = unit.one(_NAMED, of_name=name)
    return None if row is None else _role(row)


def page(unit: Unit, *, after: str, limit: int) -> list[Role]:
    return [_role(row) for row in unit.all(_PAGE, after=after, limit=limit)]


def every(unit: Unit) -> list[Role]:
    return [_role(row) for row in unit.all(_EVERY)]


def change(unit: Unit, role: Role, draft: RoleDraft) -> bool:
    """False when it is no longer as it was read."""
    new = {"new_name": draft.name, "new_description": draft.description, "new_permissions": _text(draft.permissions)}
    return unit.run(_CHANGE, role=role.id, seen=role.version, now=unit.now_us, **new) == 1


def remove(unit: Unit, role_id: str) -> None:
    unit.run(_DELETE, role=role_id)


def give(unit: Unit, role_id: str, user_id: str) -> bool:
    """False where the ID has it already."""
    return unit.run(_GIVE, user_id=user_id, role_id=role_id, given_by=unit.actor.id, given_at=unit.now_us) == 1


def take(unit: Unit, role_id: str, user_id: str) -> bool:
    return unit.run(_TAKE, of_user=user_id, of_role=role_id) == 1


def forget(unit: Unit, user_id: str) -> None:
    unit.run(_FORGET, of_user=user_id)


def held(unit: Unit, user_id: str) -> list[str]:
    """Ids, in their order."""
    return [row.role_id for row in unit.all(_HELD, of_user=user_id)]


def held_of(unit: Unit, role_id: str) -> list[str]:
    """Who has it, by their ids, in their order."""
    return [row.user_id for row in unit.all(_HELD_OF, of_role=role_id)]


def made_for(unit: Unit, user_id: str) -> list[Role]:
    """Those that the ID has and that are not built in."""
    return [_role(row) for row in unit.all(_MADE_FOR, of_user=user_id)]


def holders(unit: Unit) -> Mapping[str, int]:
    """How many have each role that anybody has."""
    return {row.role_id: row.holders for row in unit.all(_COUNTS)}


def _text(permissions: Permissions) -> str:
    return " ".join(sorted(map(str, permissions)))


def _role(row: _Row) -> Role:
    found = frozenset(permission for text in row.permissions.split() if (permission := parse(text)))
    return Role(row.id, row.name, row.description, found, row.version, row.created_at, row.changed_at)
