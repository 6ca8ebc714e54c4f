"""Groups whose members follow from a rule: kept in the transaction that changes a person, or the rule.

Who is in them is stored as any membership is, so that whoever decides reads it as plainly. Before a rule holds for
everybody they are looked at twice (`Survey`), so that nobody waits for long.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    JSON,
    BigInteger,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from idp import audit
from idp.audit import Event
from idp.kit import ids
from idp.kit.db import SQLITE, command, own, query
from idp.kit.errors import Conflict, FieldError, Invalid
from idp.kit.units import Unit
from idp.users import attribute_store, group_rules, group_store, store
from idp.users.group_rules import Rule
from idp.users.model import Draft, Group, GroupId, Known, UserId
from idp.users.surveying import Survey
from idp.users.tables import group_members as members
from idp.users.tables import groups
from idp.users.vocabulary import MemberKind

MOST_RULES = 1_000
"""Of a tenant: whoever changes a person reads them all while others wait, those of other tenants too."""
MOST_BYTES = 256 * 1024
"""Of all its rules together."""
_NAMED = 50
_AT_ONCE = 10_000  # in one statement, which is given seconds on PostgreSQL
_MATCHED = MemberKind.MATCHED.value


class _Ruled(NamedTuple):
    id: str
    rule: bytes


class _Id(NamedTuple):
    id: str


class _Amount(NamedTuple):
    number: int
    size: int


_RULED = query(select(groups.c.id, groups.c.rule).where(own(groups), groups.c.rule.is_not(None)), _Ruled)
_AMOUNT = query(
    select(func.count().label("number"), func.coalesce(func.sum(func.length(groups.c.rule)), 0).label("size")).where(
        own(groups), groups.c.rule.is_not(None)
    ),
    _Amount,
)
_MATCHES = query(
    select(members.c.group_id.label("id")).where(
        own(members), members.c.kind == _MATCHED, members.c.member_id == bindparam("user")
    ),
    _Id,
)
_MATCHED_BY = query(
    select(members.c.member_id.label("id")).where(
        own(members), members.c.kind == _MATCHED, members.c.group_id == bindparam("group")
    ),
    _Id,
)
_ANY_BY_HAND = query(
    select(members.c.id)
    .where(own(members), members.c.group_id == bindparam("group"), members.c.kind != _MATCHED)
    .limit(1),
    _Id,
)
_JOIN = command(insert(members))
_LEAVE = command(
    delete(members).where(
        own(members),
        members.c.kind == _MATCHED,
        members.c.group_id == bindparam("group"),
        members.c.member_id == bindparam("user"),
    )
)


def _join_many(dialect: Any) -> Any:
    """`people` is JSON: the id of the membership by that of the person."""
    people = bindparam("people", type_=Text)
    each = func.json_each(people) if dialect.dialect.name == SQLITE else func.json_each_text(cast(people, JSON))
    listed = each.table_valued("key", "value")
    row = {
        "tenant_id": bindparam("tenant_id"),
        "id": listed.c.value,
        "group_id": bindparam("group"),
        "kind": literal(_MATCHED),
        "member_id": listed.c.key,
        "created_at": bindparam("now", type_=BigInteger),
    }
    return dialect.insert(members).from_select(list(row), select(*row.values()))


_JOIN_MANY = command(_join_many)
_EMPTY = command(
    delete(members).where(own(members), members.c.kind == _MATCHED, members.c.group_id == bindparam("group"))
)
_SET_RULE = command(
    update(groups)
    .where(own(groups), groups.c.id == bindparam("group"))
    .values(rule=bindparam("new_rule"), version=groups.c.version + 1, changed_at=bindparam("now"))
)


class RuleChange:
    """One that has been looked at in a unit that reads, and is put in force in one that writes. None: no rule any
    more."""

    def __init__(self, rule: Rule | None) -> None:
        self.rule = rule
        self._survey: Survey[bool] = Survey(self._judge)

    def look(self, unit: Unit) -> list[UserId]:
        """Who would be in the group now."""
        if self.rule is None:
            return []
        return [user for user, matches in self._survey.look(unit).items() if matches]

    def _judge(self, known: Known) -> bool:
        assert self.rule is not None
        return group_rules.holds(self.rule, known)


class Preview(NamedTuple):
    number: int
    users: tuple[UserId, ...]


def preview(unit: Unit, rule: Rule) -> Preview:
    """How many are like that, and the first of them."""
    found = RuleChange(rule).look(unit)
    return Preview(len(found), tuple(sorted(found)[:_NAMED]))


def put_in_force(unit: Unit, group: Group, change: RuleChange) -> None:
    """From the commit on just those are in the group who are like that. The tenant's row is held.

    Raises `Conflict`: `group_has_members` where somebody was put into it by hand, `rule_limit_reached`; and `Invalid`
    for an attribute that there is no longer.
    """
    store.hold_names(unit)
    if change.rule is not None:
        if unit.one(_ANY_BY_HAND, group=group.id) is not None:
            raise Conflict("group_has_members", "Take the members out of the group before it has a rule.")
        _refuse_unknown(unit, change.rule)
    sealed = None if change.rule is None else group_store.sealed_rule(unit, group.id, change.rule)
    unit.run(_SET_RULE, group=group.id, new_rule=sealed, now=unit.now_us)
    if sealed is not None:
        _refuse_too_much(unit)
    now = set(change.look(unit))
    before = {UserId(row.id) for row in unit.all(_MATCHED_BY, group=group.id)}
    left, joined = sorted(before - now), sorted(now - before)
    if now.isdisjoint(before):
        unit.run(_EMPTY, group=group.id)
    else:
        unit.run_many(_LEAVE, [{"group": group.id, "user": user} for user in left])
    for some in _stretches(joined):
        unit.run(
            _JOIN_MANY, group=group.id, people=json.dumps({user: ids.new("mem") for user in some}), now=unit.now_us
        )
    audit.record(unit, Event.GROUP_RULED, subject=group.id, joined=len(joined), left=len(left))


def keep(unit: Unit, people: Sequence[tuple[UserId, Draft]], *, new: bool) -> None:
    """Each is in the groups whose rules they are like, and in no others. The caller holds the tenant's row or that of
    its seats, which whoever changes a rule has both."""
    rules = _rules(unit)
    joined: list[dict[str, Any]] = []
    for user, draft in people if rules else ():
        known = Known(draft.affiliation, draft.attributes)
        now = {group for group, rule in rules.items() if group_rules.holds(rule, known)}
        before = set() if new else {GroupId(row.id) for row in unit.all(_MATCHES, user=user)}
        for group in sorted(before - now):
            unit.run(_LEAVE, group=group, user=user)
            audit.record(unit, Event.GROUP_LEFT, subject=user, group=group)
        joined += [_row(unit, group, user) for group in sorted(now - before)]
        if not new:
            for group in sorted(now - before):
                audit.record(unit, Event.GROUP_JOINED, subject=user, group=group)
    unit.run_many(_JOIN, joined)


def asking_about(unit: Unit, attribute: str) -> list[GroupId]:
    """The groups whose rules name it."""
    return sorted(group for group, rule in _rules(unit).items() if attribute in group_rules.attributes_in(rule))


def refuse_by_hand(group: Group) -> None:
    """Raises `Conflict("group_is_dynamic")`."""
    if group.rule is not None:
        raise Conflict("group_is_dynamic", "Its rule says who is in this group.", group=group.id)


def _stretches(people: list[UserId]) -> Iterator[list[UserId]]:
    yield from (people[start : start + _AT_ONCE] for start in range(0, len(people), _AT_ONCE))


def _rules(unit: Unit) -> dict[GroupId, Rule]:
    return {
        GroupId(row.id): json.loads(unit.open_sealed("groups", "rule", row.id, row.rule)) for row in unit.all(_RULED)
    }


def _refuse_too_much(unit: Unit) -> None:
    amount = unit.one(_AMOUNT)
    if amount is not None and (amount.number > MOST_RULES or amount.size > MOST_BYTES):
        raise Conflict("rule_limit_reached", f"At most {MOST_RULES} groups have rules, of 256 KiB.", limit=MOST_RULES)


def _refuse_unknown(unit: Unit, rule: Rule) -> None:
    known = {each.name for each in attribute_store.definitions(unit)}
    gone = sorted(group_rules.attributes_in(rule) - known)
    if gone:
        errors = [FieldError("/rule", "unknown_attribute", "There is no such attribute.", name) for name in gone]
        raise Invalid("invalid", "Some fields are wrong.", errors=errors)


def _row(unit: Unit, group: GroupId, user: UserId) -> dict[str, Any]:
    row = {"group_id": group, "kind": _MATCHED, "member_id": user, "created_at": unit.now_us}
    return {"tenant_id": unit.tenant, "id": ids.new("mem"), **row}
