"""What stands in which group, and through which: kept whole with each change, so that whoever decides reads it as
plainly as who is in a group itself."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select

from idp import audit, tenants
from idp.audit import Event
from idp.kit import ids
from idp.kit.asking import Filter, Text
from idp.kit.db import add_new, command, own, query
from idp.kit.errors import Conflict, NotFound
from idp.kit.listing import Listing, Question, Slice
from idp.kit.units import Unit
from idp.users import belonging, group_store, nesting
from idp.users.model import PEOPLE, GroupId, Member, Membership, NestedGroup, UserId
from idp.users.tables import group_members as members
from idp.users.tables import group_nesting as nested
from idp.users.vocabulary import MemberKind

_MOST_IN_ONE = 500


class _Pair(NamedTuple):
    outer: str
    inner: str


class _Direct(NamedTuple):
    group_id: str
    kind: str


_is_group = members.c.kind == MemberKind.GROUP.value
_is_person = members.c.kind.in_(PEOPLE)
_EDGES = query(
    select(members.c.group_id.label("outer"), members.c.member_id.label("inner")).where(own(members), _is_group), _Pair
)
_PAIRS = query(select(nested.c.outer_id.label("outer"), nested.c.inner_id.label("inner")).where(own(nested)), _Pair)
_NESTED_AT_ALL = query(
    select(nested.c.outer_id.label("outer"), nested.c.inner_id.label("inner"))
    .where(own(nested), or_(nested.c.outer_id == bindparam("group"), nested.c.inner_id == bindparam("group")))
    .limit(1),
    _Pair,
)
_PUT = add_new(members)
_TAKE = command(
    delete(members).where(
        own(members), _is_group, members.c.group_id == bindparam("outer"), members.c.member_id == bindparam("inner")
    )
)
_TAKE_EVERYWHERE = command(delete(members).where(own(members), _is_group, members.c.member_id == bindparam("inner")))
_ADD = command(insert(nested))
_REMOVE = command(
    delete(nested).where(own(nested), nested.c.outer_id == bindparam("outer"), nested.c.inner_id == bindparam("inner"))
)
NESTED: Listing[NestedGroup] = Listing(
    rows=select(members.c.id, members.c.member_id.label("group_id"), members.c.created_at).where(
        own(members), _is_group, members.c.group_id == bindparam("group")
    ),
    row=NestedGroup,
    make=lambda _, each: each,
)
"""The groups right in one."""

_EFFECTIVE: Listing[Member] = Listing(
    rows=select(
        members.c.member_id.label("id"),
        members.c.member_id.label("user_id"),
        func.min(members.c.created_at).label("created_at"),
    )
    .where(
        own(members),
        _is_person,
        or_(
            members.c.group_id == bindparam("group"),
            members.c.group_id.in_(
                select(nested.c.inner_id).where(own(nested), nested.c.outer_id == bindparam("group"))
            ),
        ),
    )
    .group_by(members.c.member_id),
    row=Member,
    make=lambda _, member: member,
    filters={
        "user": replace(group_store.MEMBERS.filters["user"], narrow=True),
        "group": Filter(takes=Text("grp_019a3c5f0b7d2e64a1b8c9d0e1f2a3b4"), meaning="", finds=belonging.find),
    },
)
_DIRECT = query(
    select(members.c.group_id, members.c.kind).where(
        own(members), _is_person, members.c.member_id == bindparam("user")
    ),
    _Direct,
)
_THROUGH = query(
    select(nested.c.outer_id.label("outer"), nested.c.inner_id.label("inner"))
    .join(members, and_(own(members), members.c.group_id == nested.c.inner_id))
    .where(own(nested), own(members), _is_person, members.c.member_id == bindparam("user")),
    _Pair,
)


def nest(unit: Unit, outer_id: str, inner_id: str) -> None:
    """All that are in the inner one are in the outer one from this commit on. Again changes nothing.

    Raises `NotFound` for either, `Conflict`: `group_cycle` with the `path` from the group down to itself,
    `groups_too_deep` and `too_many_groups` with `limit`, `group_is_dynamic`.
    """
    with nesting_many(unit) as put:
        put(outer_id, inner_id)


@contextmanager
def nesting_many(unit: Unit) -> Iterator[Callable[[str, str], None]]:
    """What `nest` does, for many: what stands in what is read once, and what follows of it is kept at the end."""
    tenants.touch(unit)
    edges = _edges(unit)
    yield lambda outer_id, inner_id: _put(unit, edges, outer_id, inner_id)
    _keep(unit, edges)


def _put(unit: Unit, edges: dict[GroupId, set[GroupId]], outer_id: str, inner_id: str) -> None:
    holder, inner = group_store.get(unit, outer_id), group_store.get(unit, inner_id).id
    outer = holder.id
    if holder.rule is not None:
        raise Conflict("group_is_dynamic", "Its rule says who is in this group.", group=outer)
    if inner in edges.get(outer, ()):
        return
    back = nesting.path(edges, inner, outer)
    if back:
        raise Conflict("group_cycle", "The group would be in itself.", path=[outer, *back])
    edges.setdefault(outer, set()).add(inner)
    if len(edges[outer]) > _MOST_IN_ONE:
        raise Conflict("too_many_groups", f"A group holds at most {_MOST_IN_ONE} groups.", limit=_MOST_IN_ONE)
    if nesting.depth(edges) > nesting.DEEPEST:
        detail = f"At most {nesting.DEEPEST} groups stand in one another."
        raise Conflict("groups_too_deep", detail, limit=nesting.DEEPEST)
    row = {"group_id": outer, "kind": MemberKind.GROUP.value, "member_id": inner, "created_at": unit.now_us}
    unit.run(_PUT, id=ids.new("mem"), **row)
    audit.record(unit, Event.GROUP_NESTED, subject=inner, group=outer)


def unnest(unit: Unit, outer_id: str, inner_id: str) -> None:
    """Raises `NotFound` for a group that is not there, and for one that does not stand right in it."""
    tenants.touch(unit)
    outer, inner = group_store.get(unit, outer_id).id, group_store.get(unit, inner_id).id
    if not unit.run(_TAKE, outer=outer, inner=inner):
        raise NotFound("group in group")
    _keep(unit, _edges(unit))
    audit.record(unit, Event.GROUP_UNNESTED, subject=inner, group=outer)


def forget(unit: Unit, group_id: GroupId) -> None:
    """A group that was deleted stands in no other any more, and none in it."""
    unit.run(_TAKE_EVERYWHERE, inner=group_id)
    if unit.one(_NESTED_AT_ALL, group=group_id) is not None:
        _keep(unit, _edges(unit))


def everybody_in(unit: Unit, group_id: GroupId, question: Question) -> Slice[Member]:
    """By themselves or through groups in it, each once and since the oldest of these ways; in the order of their IDs.
    It may be asked what `MEMBERS` may be."""
    return _EFFECTIVE.page(unit, question.among("group", group_id), group=group_id)


def memberships_of(unit: Unit, user_id: UserId) -> list[Membership]:
    """Every group that the ID is in, and how, by the id of the group."""
    direct = {GroupId(row.group_id): MemberKind(row.kind) for row in unit.all(_DIRECT, user=user_id)}
    through: dict[GroupId, set[GroupId]] = {}
    for outer, inner in unit.all(_THROUGH, user=user_id):
        through.setdefault(GroupId(outer), set()).add(GroupId(inner))
    return [
        Membership(each, direct.get(each), tuple(sorted(through.get(each, ())))) for each in sorted({*direct, *through})
    ]


def every_nesting(unit: Unit) -> nesting.Edges:
    """For each group that has any, those that stand right in it."""
    return _edges(unit)


def _edges(unit: Unit) -> dict[GroupId, set[GroupId]]:
    edges: dict[GroupId, set[GroupId]] = {}
    for outer, inner in unit.all(_EDGES):
        edges.setdefault(GroupId(outer), set()).add(GroupId(inner))
    return edges


def _keep(unit: Unit, edges: nesting.Edges) -> None:
    """What follows from the edges takes the place of what is stored. The tenant's row is held."""
    now = nesting.pairs(edges)
    before = {(GroupId(outer), GroupId(inner)) for outer, inner in unit.all(_PAIRS)}
    unit.run_many(_REMOVE, [dict(row) for row in _rows(before - now)])
    unit.run_many(_ADD, [{"tenant_id": unit.tenant, "outer_id": o, "inner_id": i} for o, i in sorted(now - before)])


def _rows(pairs: Iterable[tuple[GroupId, GroupId]]) -> list[dict[str, str]]:
    return [{"outer": outer, "inner": inner} for outer, inner in sorted(pairs)]
