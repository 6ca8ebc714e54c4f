"""Who is in a group, by themselves and through groups in it.

Lists of them are gone through by the group, in the order of the ids and no further than a page needs: whether a group
holds one of the tenant's people or all of them, a page of them costs the same. A database that is left to choose goes
through all people of the tenant for some groups, and sorts everybody in the group for others.
"""

from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Select, Text, and_, bindparam, exists, or_, select, union
from sqlalchemy.sql import ColumnElement

from idp.kit.asking import Span
from idp.kit.db import own, query
from idp.kit.units import Unit
from idp.users.model import PEOPLE
from idp.users.tables import group_members as members
from idp.users.tables import group_nesting as nested

_AT_ONCE = 8  # groups


class _Id(NamedTuple):
    id: str


_INNER = query(select(nested.c.inner_id.label("id")).where(own(nested), nested.c.outer_id == bindparam("group")), _Id)


def _several(*, descending: bool) -> Select[Any]:
    """Of each of several groups no more than the page needs, a stretch of the index as it stands there."""
    member, after = members.c.member_id, bindparam("after", type_=Text)
    behind = member < after if descending else member > after
    order = member.desc() if descending else member.asc()
    base = select(member.label("id")).where(own(members), behind).order_by(order).limit(bindparam("most"))
    stretches = [
        base.where(members.c.group_id == bindparam(f"group_{number}"), members.c.kind == kind).subquery()
        for number in range(_AT_ONCE)
        for kind in PEOPLE
    ]
    found = union(*(select(each.c.id) for each in stretches)).subquery()
    ordered = found.c.id.desc() if descending else found.c.id.asc()
    return select(found.c.id).order_by(ordered).limit(bindparam("most"))


_FORWARDS, _BACKWARDS = (query(_several(descending=each), _Id) for each in (False, True))


def find(unit: Unit, group_id: str, span: Span) -> list[str]:
    """Their ids, each once."""
    groups = [group_id, *(row.id for row in unit.all(_INNER, group=group_id))]
    statement = _BACKWARDS if span.descending else _FORWARDS
    found: set[str] = set()
    for start in range(0, len(groups), _AT_ONCE):
        some = [*groups[start : start + _AT_ONCE], *[""] * _AT_ONCE][:_AT_ONCE]  # no group is called nothing
        asked = {f"group_{number}": each for number, each in enumerate(some)}
        found.update(row.id for row in unit.all(statement, **asked, after=span.start, most=span.limit))
    return sorted(found, reverse=span.descending)[: span.limit]


def within(user_id: ColumnElement[str], group: "BindParameter[str]") -> ColumnElement[bool]:
    """For statements on few people: whether one is."""
    mine = (own(members), members.c.kind.in_(PEOPLE), members.c.member_id == user_id)
    inner = and_(own(nested), nested.c.inner_id == members.c.group_id, nested.c.outer_id == group)
    through = select(members.c.id).join(nested, inner).where(*mine, own(nested))
    return or_(exists().where(*mine, members.c.group_id == group), through.exists())
