import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    bindparam,
    delete,
    func,
    or_,
    select,
    union_all,
    update,
)

from idp.kit import ids
from idp.kit.asking import Filter, Text, asked, contains
from idp.kit.batches import among, batches, binds
from idp.kit.db import add_new, command, own, query
from idp.kit.errors import NotFound
from idp.kit.listing import Listing, Question
from idp.kit.units import Unit
from idp.users.model import PEOPLE, Group, GroupId, Member, UserId
from idp.users.names import look_up_key
from idp.users.tables import group_members as members
from idp.users.tables import group_nesting as nested
from idp.users.tables import groups, users
from idp.users.vocabulary import MemberKind


class GroupRow(NamedTuple):
    id: str
    name: bytes
    version: int
    created_at: int
    changed_at: int
    rule: bytes | None


class _Id(NamedTuple):
    id: str


class _Name(NamedTuple):
    id: str
    name: bytes


def holding(user_id: "BindParameter[str]") -> "CompoundSelect[tuple[str]]":
    """The ids of the groups that an ID is in, by itself and through others, for statements of those who give groups
    something. One may come more than once."""
    mine = (own(members), members.c.kind.in_(PEOPLE), members.c.member_id == user_id)
    through = select(nested.c.outer_id).join(members, members.c.group_id == nested.c.inner_id).where(own(nested), *mine)
    return union_all(select(members.c.group_id.label("id")).where(*mine), through)


# For statements on users: the ids of the groups that they were put into, in one text.
GROUPS_OF_ROW: ColumnElement[str] = (
    select(func.aggregate_strings(members.c.group_id, " "))
    .where(own(members), members.c.kind == MemberKind.USER.value, members.c.member_id == users.c.id)
    .scalar_subquery()
    .label("groups")
)

_COLUMNS = [groups.c[name] for name in GroupRow._fields]
_FIND = query(select(*_COLUMNS).where(own(groups), groups.c.id == bindparam("id")), GroupRow)
_BY_NAME = query(select(*_COLUMNS).where(own(groups), groups.c.name_mac == bindparam("name_mac")), GroupRow)
_ANY = query(select(groups.c.id).where(own(groups)).limit(1), _Id)
_USED = query(
    select(members.c.id)
    .where(own(members), or_(members.c.group_id == bindparam("group"), members.c.member_id == bindparam("group")))
    .limit(1),
    _Id,
)
_ADD = add_new(groups)
_RENAME = command(
    update(groups)
    .where(own(groups), groups.c.id == bindparam("group"))
    .values(
        name_mac=bindparam("new_name_mac"),
        name=bindparam("new_name"),
        version=groups.c.version + 1,
        changed_at=bindparam("now"),
    )
)
_DELETE = command(delete(groups).where(own(groups), groups.c.id == bindparam("group")))

_GROUPS_OF = query(holding(bindparam("user")), _Id)
_NAMES = query(
    select(groups.c.id, groups.c.name).where(own(groups), groups.c.id.in_(holding(bindparam("user")))), _Name
)
_JOIN = add_new(members)
_LEAVE = command(
    delete(members).where(
        own(members),
        members.c.group_id == bindparam("group"),
        members.c.kind == MemberKind.USER.value,
        members.c.member_id == bindparam("user"),
    )
)
_HELD = query(
    select(members.c.member_id.label("id")).where(
        own(members),
        members.c.group_id == bindparam("group"),
        members.c.kind == MemberKind.USER.value,
        among(members.c.member_id),
    ),
    _Id,
)
_LEAVE_ALL = command(
    delete(members).where(own(members), members.c.kind.in_(PEOPLE), members.c.member_id == bindparam("user"))
)
# What is shown of the members says that they are in the group.
_NOTE_MEMBERS = command(
    update(users)
    .where(
        own(users),
        users.c.id.in_(select(members.c.member_id).where(own(members), members.c.group_id == bindparam("group"))),
    )
    .values(version=users.c.version + 1, changed_at=bindparam("now"))
)
_EMPTY = command(delete(members).where(own(members), members.c.group_id == bindparam("group")))


def find(unit: Unit, group_id: str) -> Group | None:
    row = unit.one(_FIND, id=group_id)
    return None if row is None else _group(unit, row)


def get(unit: Unit, group_id: str) -> Group:
    """Raises `NotFound`."""
    group = find(unit, group_id)
    if group is None:
        raise NotFound("group")
    return group


def find_by_name(unit: Unit, name: str) -> Group | None:
    """In any spelling that is the same name."""
    row = unit.one(_BY_NAME, name_mac=_name_mac(unit, name))
    return None if row is None else _group(unit, row)


def page(unit: Unit, *, after: str = "", limit: int = 50) -> list[Group]:
    """In the order of creation; `after` is the id of the last one seen."""
    return LISTED.page(unit, Question(after=after, limit=limit)).items


def exist(unit: Unit) -> bool:
    """Whether the tenant has any."""
    return unit.one(_ANY) is not None


def is_in_use(unit: Unit, group_id: GroupId) -> bool:
    """Whether anybody or any group is in it, or it is in another."""
    return unit.one(_USED, group=group_id) is not None


def add(unit: Unit, group_id: GroupId, name: str) -> bool:
    """False when the name is taken."""
    row = {**_name_columns(unit, group_id, name), "version": 1, "created_at": unit.now_us, "changed_at": unit.now_us}
    return unit.run(_ADD, id=group_id, rule=None, **row) == 1


def rename(unit: Unit, group_id: GroupId, name: str) -> None:
    row = _name_columns(unit, group_id, name)
    unit.run(_RENAME, group=group_id, now=unit.now_us, **{f"new_{name}": value for name, value in row.items()})


def delete_group(unit: Unit, group_id: GroupId) -> None:
    unit.run(_NOTE_MEMBERS, group=group_id, now=unit.now_us)
    unit.run(_EMPTY, group=group_id)
    unit.run(_DELETE, group=group_id)


def groups_of(unit: Unit, user_id: str) -> frozenset[GroupId]:
    """Those that the ID is in, by itself and through others. Without opening anything sealed."""
    return frozenset(GroupId(row.id) for row in unit.all(_GROUPS_OF, user=user_id))


def names_of(unit: Unit, user_id: str) -> list[str]:
    """Of `groups_of`, sorted."""
    found = unit.all(_NAMES, user=user_id)
    return sorted(unit.open_sealed("groups", "name", row.id, row.name).decode() for row in found)


def members_of(unit: Unit, group_id: str, *, after: str = "", limit: int = 50) -> list[Member]:
    """In the order in which they joined; `after` is the `id` of the last one seen."""
    return MEMBERS.page(unit, Question(after=after, limit=limit), group=group_id).items


def join(unit: Unit, pairs: Sequence[tuple[GroupId, UserId]]) -> int:
    """How many were not in theirs before."""
    return sum(unit.run(_JOIN, **_new_member(unit, group_id, user_id)) for group_id, user_id in pairs)


def join_many(unit: Unit, pairs: Sequence[tuple[GroupId, UserId]]) -> None:
    unit.run_many(_JOIN, [_new_member(unit, group_id, user_id) for group_id, user_id in pairs])


def leave(unit: Unit, left: Iterable[GroupId], user_id: UserId) -> int:
    """How many of them the ID was in."""
    return sum(unit.run(_LEAVE, group=group_id, user=user_id) for group_id in left)


def leave_many(unit: Unit, group_id: GroupId, user_ids: Iterable[str]) -> None:
    unit.run_many(_LEAVE, [{"group": group_id, "user": user_id} for user_id in user_ids])


def held(unit: Unit, group_id: str, user_ids: Collection[str]) -> set[UserId]:
    """Those of them who were put into the group."""
    return {UserId(row.id) for batch in batches(user_ids) for row in unit.all(_HELD, group=group_id, **binds(batch))}


def leave_all(unit: Unit, user_id: UserId) -> None:
    unit.run(_LEAVE_ALL, user=user_id)


def _new_member(unit: Unit, group_id: GroupId, user_id: UserId) -> dict[str, Any]:
    return {
        "id": ids.new("mem"),
        "group_id": group_id,
        "kind": MemberKind.USER.value,
        "member_id": user_id,
        "created_at": unit.now_us,
    }


def sealed_rule(unit: Unit, group_id: GroupId, rule: Mapping[str, Any]) -> bytes:
    """It names departments and the like: what is known of people, if not of whom."""
    return unit.seal("groups", "rule", group_id, json.dumps(rule, ensure_ascii=False).encode())


def _name_mac(unit: Unit, name: str) -> bytes:
    return unit.mac("groups.name", look_up_key(name))


def _name_columns(unit: Unit, group_id: GroupId, name: str) -> dict[str, Any]:
    return {"name_mac": _name_mac(unit, name), "name": unit.seal("groups", "name", group_id, name.encode())}


def _group(unit: Unit, row: GroupRow) -> Group:
    name = unit.open_sealed("groups", "name", row.id, row.name).decode()
    rule = None if row.rule is None else json.loads(unit.open_sealed("groups", "rule", row.id, row.rule))
    return Group(GroupId(row.id), name, row.version, row.created_at, row.changed_at, rule)


LISTED: Listing[Group] = Listing(
    rows=select(*_COLUMNS).where(own(groups)),
    row=GroupRow,
    make=_group,
    orders={"changed_at": "changed_at"},
    filters={
        "q": Filter(
            takes=Text("sales", longest=100),
            meaning="Those in whose name it stands, in any case and width.",
            keeps=lambda group, wanted: contains(group.name, wanted),
        ),
        "user": Filter(
            takes=Text("usr_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="Those that an ID is in.",
            where=groups.c.id.in_(holding(asked("user"))),
        ),
    },
)

MEMBERS: Listing[Member] = Listing(
    rows=select(members.c.id, members.c.member_id.label("user_id"), members.c.created_at).where(
        own(members), members.c.group_id == bindparam("group"), members.c.kind.in_(PEOPLE)
    ),
    row=Member,
    make=lambda _, member: member,
    filters={
        "user": Filter(
            takes=Text("usr_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"),
            meaning="That of one ID.",
            where=members.c.member_id == asked("user"),
        )
    },
)
