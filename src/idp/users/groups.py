"""Groups: some of a tenant's IDs under one name, so that rules and services may mean all of them.

Who is in a group decides what they get, so each change raises the tenant's revision. Whether a group may be taken away
from those that name it is not seen from here.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from idp import audit, tenants
from idp.audit import Event
from idp.kit import ids
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict, FieldError, NotFound, Stale
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.users import dynamic_groups, group_rules, group_store, nested_groups, store
from idp.users.attribute_types import Definition
from idp.users.dynamic_groups import RuleChange, preview
from idp.users.group_rules import Rule
from idp.users.group_store import LISTED, MEMBERS, exist, find, find_by_name, get, is_in_use, members_of, page
from idp.users.model import Group, GroupId, Member, Membership, NestedGroup, UserId
from idp.users.nested_groups import (
    NESTED,
    every_nesting,
    everybody_in,
    memberships_of,
    nest,
    nesting_many,
    unnest,
)
from idp.users.vocabulary import MemberKind

__all__ = [
    "LISTED",
    "MEMBERS",
    "NESTED",
    "RuleChange",
    "add_member",
    "add_members",
    "create",
    "delete",
    "every_nesting",
    "everybody_in",
    "exist",
    "find",
    "find_by_name",
    "get",
    "is_in_use",
    "judge",
    "member_to_json",
    "members_of",
    "membership_to_json",
    "memberships_of",
    "nest",
    "nested_to_json",
    "nesting_many",
    "page",
    "preview",
    "read",
    "read_rule",
    "remove_member",
    "remove_members",
    "rename",
    "rule",
    "to_json",
    "unnest",
]

_LONGEST = 100


def read(document: Mapping[str, object]) -> str:
    """The name. Raises `Invalid`."""
    return _read(document, otherwise=None)


def read_rule(fields: Fields, definitions: Iterable[Definition]) -> Rule:
    """The `rule` of a document that has one. Raises `Invalid`, with what was found wrong before."""
    fields.required("rule", expected="a condition")
    found = group_rules.read(fields, "rule", definitions)
    fields.finish()
    assert found is not None
    return found


def judge(
    document: Mapping[str, object], definitions: Iterable[Definition], *, otherwise: str | None = None
) -> tuple[str, Rule | None]:
    """The name, or `otherwise` the one that stays, and the rule, if there is one. Raises `Invalid` with what is wrong
    with either."""
    fields = Fields(document)
    found = group_rules.read(fields, "rule", definitions)
    return _read(document, otherwise=otherwise, errors=fields.errors), found


def create(unit: Unit, name: str, change: RuleChange | None = None, *, known_as: GroupId | None = None) -> Group:
    """`change` where it has a rule; under the id that it was `known_as`, if it was before. Raises
    `Conflict("group_name_taken")`, in any spelling that is the same name, and `Invalid` for a rule that asks about what
    there is no longer."""
    tenants.touch(unit)
    group_id = known_as or GroupId(ids.new("grp"))
    if not group_store.add(unit, group_id, name):
        raise _taken()
    audit.record(unit, Event.GROUP_CREATED, subject=group_id)
    if change is not None:
        dynamic_groups.put_in_force(unit, get(unit, group_id), change)
    return get(unit, group_id)


def rule(unit: Unit, group_id: str, change: RuleChange, *, version: int | None = None) -> Group:
    """From this commit on it has the rule, or none. Raises `NotFound`, `Stale`, `Invalid`,
    `Conflict`: `group_has_members`, `rule_limit_reached`."""
    group = _held(unit, group_id, version)
    if change.rule != group.rule:
        dynamic_groups.put_in_force(unit, group, change)
    return get(unit, group_id)


def rename(unit: Unit, group_id: str, patch: Mapping[str, object], *, version: int | None = None) -> Group:
    """`patch` is RFC 7396 over the document. Raises `NotFound`, `Stale`, `Invalid`, `Conflict("group_name_taken")`."""
    group = _held(unit, group_id, version)
    name = _read(patch, otherwise=group.name)
    if name != group.name:
        holder = find_by_name(unit, name)
        if holder is not None and holder.id != group.id:
            raise _taken()
        group_store.rename(unit, group.id, name)
        audit.record(unit, Event.GROUP_CHANGED, subject=group.id)
    return get(unit, group_id)


def delete(unit: Unit, group_id: str, *, version: int | None = None) -> None:
    """Its members stay. Raises `NotFound`, `Stale`."""
    group = _held(unit, group_id, version)
    group_store.delete_group(unit, group.id)
    nested_groups.forget(unit, group.id)
    audit.record(unit, Event.GROUP_DELETED, subject=group.id)


def add_member(unit: Unit, group_id: str, user_id: str) -> None:
    """Again changes nothing. Raises `NotFound` for either, `Conflict("group_is_dynamic")`."""
    group, user = _held(unit, group_id), store.get(unit, user_id)
    dynamic_groups.refuse_by_hand(group)
    if group_store.join(unit, [(group.id, user.id)]):
        store.noted(unit, user.id)
        audit.record(unit, Event.GROUP_JOINED, subject=user.id, group=group.id)


def remove_member(unit: Unit, group_id: str, user_id: str) -> None:
    """Raises `NotFound` for a group that is not there, and for who is not in it; `Conflict("group_is_dynamic")`."""
    group, user = _held(unit, group_id), store.get(unit, user_id)
    dynamic_groups.refuse_by_hand(group)
    if not group_store.leave(unit, [group.id], user.id):
        raise NotFound("member")
    store.noted(unit, user.id)
    audit.record(unit, Event.GROUP_LEFT, subject=user.id, group=group.id)


def add_members(unit: Unit, pairs: Collection[tuple[str, str]]) -> None:
    """Groups and who joins them, many at once; who is in one already stays so. Raises as `add_member`."""
    tenants.touch(unit)
    wanted: dict[str, set[str]] = {}
    for group_id, user_id in pairs:
        wanted.setdefault(group_id, set()).add(user_id)
    for group_id in wanted:
        dynamic_groups.refuse_by_hand(get(unit, group_id))
    people = set[str]().union(*wanted.values())
    if store.existing(unit, people) != people:
        raise NotFound("user")
    new = [
        (GroupId(group_id), UserId(user_id))
        for group_id, user_ids in wanted.items()
        for user_id in sorted(user_ids - group_store.held(unit, group_id, user_ids))
    ]
    group_store.join_many(unit, new)
    store.noted_many(unit, {user_id for _, user_id in new})
    for group, user in new:
        audit.record(unit, Event.GROUP_JOINED, subject=user, group=group)


def remove_members(unit: Unit, group_id: str, user_ids: Collection[str]) -> None:
    """Many at once; who is not in it stays so. Raises `NotFound` for the group, `Conflict("group_is_dynamic")`."""
    group = _held(unit, group_id)
    dynamic_groups.refuse_by_hand(group)
    left = sorted(group_store.held(unit, group.id, user_ids))
    group_store.leave_many(unit, group.id, left)
    store.noted_many(unit, left)
    for user in left:
        audit.record(unit, Event.GROUP_LEFT, subject=user, group=group.id)


def to_json(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "rule": group.rule,
        "created_at": rfc3339(group.created_at),
        "changed_at": rfc3339(group.changed_at),
    }


def member_to_json(member: Member) -> dict[str, Any]:
    return {"user": member.user_id, "created_at": rfc3339(member.created_at)}


def nested_to_json(nested: NestedGroup) -> dict[str, Any]:
    return {"group": nested.group_id, "created_at": rfc3339(nested.created_at)}


def membership_to_json(membership: Membership) -> dict[str, Any]:
    return {
        "group": membership.group_id,
        "direct": membership.kind is MemberKind.USER,
        "dynamic": membership.kind is MemberKind.MATCHED,
        "through": list(membership.through),
    }


def _read(document: Mapping[str, object], *, otherwise: str | None, errors: list[FieldError] | None = None) -> str:
    """`otherwise` is the name that stays when the document has none; null takes nothing away that has to be there."""
    fields = Fields(document, errors=errors)
    fields.only(("name", "rule"))
    if otherwise is None or "name" in document:
        fields.required("name")
    name = fields.text("name", longest=_LONGEST)
    if name is not None and name != name.strip():
        detail = "A name has no space around it."
        fields.refuse("name", "invalid_text", detail, found=name, expected=name.strip())
    fields.finish()
    return name or otherwise or ""


def _held(unit: Unit, group_id: str, version: int | None = None) -> Group:
    tenants.touch(unit)
    group = get(unit, group_id)
    if version is not None and version != group.version:
        raise Stale("group")
    return group


def _taken() -> Conflict:
    return Conflict.at("/name", "group_name_taken", "There is a group of this name already.")
