"""Groups of a tenant's IDs, and who is in them."""

from idp import access, federation, users
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.queries import flag
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes.users import (
    Group,
    GroupChange,
    Member,
    Membership,
    NestedGroup,
    NewGroup,
    RulePreview,
    RulePreviewed,
)
from idp.credentials import Noun, Permission, Verb
from idp.kit.fields import Fields


def create(call: Call) -> Answer:
    """Add a group: with nobody in it, or by a `rule` with just those who are as it says, now and whenever somebody
    changes: that needs `members:write` besides."""
    name, change = _judged(call, otherwise=None)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        group = users.groups.create(unit, name, change)
        where = f"/tenants/{call.tenant.slug}/groups/{group.id}"
        return call.done(unit, users.groups.to_json(group), status=201, version=group.version, location=where)


def listing(call: Call) -> Answer:
    """The tenant's groups in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(users.groups.LISTED.page(unit, call.page.question), users.groups.to_json)


def shown(call: Call) -> Answer:
    """One group."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        group = users.groups.get(unit, call.names["group"])
        return call.shown(users.groups.to_json(group), version=group.version)


def change(call: Call) -> Answer:
    """Rename a group, or give it another rule, which needs `members:write` besides; null takes the rule away, and
    everybody out of the group. Policies and assignments name it by its id."""
    _, change = _judged(call, otherwise="it stays")
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        before = users.groups.get(unit, call.names["group"])
        group = users.groups.rename(unit, before.id, call.document, version=call.conditions.expected(before.version))
        if change is not None or "rule" in call.document:
            group = users.groups.rule(unit, before.id, change or users.groups.RuleChange(None))
        return call.done(unit, users.groups.to_json(group), version=group.version)


def preview(call: Call) -> Answer:
    """Who would be in a group of this rule: how many, and the first 50. Needs `users:read` besides."""
    fields = Fields(call.document)
    fields.only(("rule",))
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        rule = users.groups.read_rule(fields, users.frame(unit).definitions)
        rights.demand(_READS_USERS, call.key)
        found = users.groups.preview(unit, rule)
    return Answer(200, {"count": found.number, "users": list(found.users)})


def delete(call: Call) -> Answer:
    """With its assignments; whoever was let in by them alone does not get in again. Not while a policy names it. Where
    anybody is in it, or it is in another group, that needs `members:write` besides."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        told = access.told_mentions(unit)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        before = users.groups.get(unit, call.names["group"])
        version = call.conditions.expected(before.version)
        if users.groups.is_in_use(unit, before.id):
            _demand_members(call)
        access.refuse_mentioned_group(unit, before.id, told)
        users.groups.delete(unit, before.id, version=version)
        federation.forget_group(unit, before.id)
        return call.done(unit, None)


def members(call: Call) -> Answer:
    """Who is in the group, in the order in which they joined. `effective=true`: also who is in it through groups in it,
    in the order of their IDs."""
    effective = flag(call, "effective")
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        group = users.groups.get(unit, call.names["group"])
        if effective:
            found = users.groups.everybody_in(unit, group.id, call.page.question)
        else:
            found = users.groups.MEMBERS.page(unit, call.page.question, group=group.id)
        return call.page.shown(found, users.groups.member_to_json)


def add_member(call: Call) -> Answer:
    """Put an ID into the group. Again changes nothing."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        users.groups.add_member(unit, call.names["group"], call.names["user"])
        return call.done(unit, None)


def remove_member(call: Call) -> Answer:
    """Take an ID out of the group; the ID stays."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        users.groups.remove_member(unit, call.names["group"], call.names["user"])
        return call.done(unit, None)


def nested(call: Call) -> Answer:
    """The groups right in the group, in the order in which they were put there."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        group = users.groups.get(unit, call.names["group"])
        found = users.groups.NESTED.page(unit, call.page.question, group=group.id)
        return call.page.shown(found, users.groups.nested_to_json)


def nest(call: Call) -> Answer:
    """Put a group into the group: everybody in it is in both. Again changes nothing. No group comes to be in itself
    (`group_cycle` with the `path`), and at most ten stand in one another (`groups_too_deep` with `limit`). Needs
    `members:write` besides."""
    _demand_members(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        users.groups.nest(unit, call.names["group"], call.names["inner"])
        return call.done(unit, None)


def unnest(call: Call) -> Answer:
    """Take a group out of the group. Needs `members:write` besides."""
    _demand_members(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        users.groups.unnest(unit, call.names["group"], call.names["inner"])
        return call.done(unit, None)


def groups_of(call: Call) -> Answer:
    """Every group that the ID is in, and how, in the order of their ids."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        identity = users.get(unit, call.names["user"])
        rows = [each for each in users.groups.memberships_of(unit, identity.id) if each.group_id > call.page.after]
        return call.page.answer(
            rows[: call.page.wanted], users.groups.membership_to_json, lambda membership: membership.group_id
        )


def _demand_members(call: Call) -> None:
    """Of what puts many into a group at once, or takes them out."""
    rights.demand(rights.JOINING.permission, call.key)


def _judged(call: Call, *, otherwise: str | None) -> tuple[str, users.groups.RuleChange | None]:
    """The document, with everybody looked at beforehand by its rule, while nobody waits."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        name, rule = users.groups.judge(call.document, users.frame(unit).definitions, otherwise=otherwise)
        if rule is not None or (otherwise is not None and "rule" in call.document):
            _demand_members(call)
        if rule is None:
            return name, None
        change = users.groups.RuleChange(rule)
        change.look(unit)
    return name, change


_MANY = "/tenants/{tenant}/groups"
_ONE = f"{_MANY}/{{group}}"
_MEMBERS = f"{_ONE}/members"
_MEMBER = f"{_MEMBERS}/{{user}}"
_NESTED = f"{_ONE}/groups"
_INNER = f"{_NESTED}/{{inner}}"
_READ = rights.read(Noun.GROUPS)
_WRITE = rights.write(Noun.GROUPS, WITH_TENANT)
_READS_USERS = Permission(Noun.USERS, Verb.READ)
_CLOSED = "contract_not_active"
_TAKEN = "group_name_taken"
_NAMED = "named_by_policy"
_DYNAMIC = "group_is_dynamic"
_LIMIT = "rule_limit_reached"

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        _WRITE,
        takes=NewGroup,
        gives=Group,
        status=201,
        versioned=True,
        conflicts=(_CLOSED, _TAKEN, _LIMIT),
    ),
    Route(
        "POST",
        f"{_MANY}/preview",
        preview,
        rights.asking(Noun.GROUPS),
        takes=RulePreview,
        gives=RulePreviewed,
    ),
    Route("GET", _MANY, listing, _READ, gives=Group, pages=True, listed=users.groups.LISTED),
    Route("GET", _ONE, shown, _READ, gives=Group, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        _WRITE,
        takes=GroupChange,
        gives=Group,
        versioned=True,
        conflicts=(_CLOSED, _TAKEN, "group_has_members", _LIMIT),
    ),
    Route("DELETE", _ONE, delete, _WRITE, status=204, versioned=True, conflicts=(_CLOSED, _NAMED)),
    Route(
        "GET",
        _MEMBERS,
        members,
        rights.read(Noun.MEMBERS),
        gives=Member,
        pages=True,
        listed=users.groups.MEMBERS,
        filters={"effective": "`true`: also those who are in it through groups in it."},
    ),
    Route("PUT", _MEMBER, add_member, rights.JOINING, status=204, conflicts=(_CLOSED, _DYNAMIC)),
    Route("DELETE", _MEMBER, remove_member, rights.JOINING, status=204, conflicts=(_CLOSED, _DYNAMIC)),
    Route("GET", _NESTED, nested, _READ, gives=NestedGroup, pages=True, listed=users.groups.NESTED),
    Route(
        "PUT",
        _INNER,
        nest,
        _WRITE,
        status=204,
        conflicts=(_CLOSED, "group_cycle", "groups_too_deep", "too_many_groups", _DYNAMIC),
    ),
    Route("DELETE", _INNER, unnest, _WRITE, status=204, conflicts=(_CLOSED,)),
    Route("GET", "/tenants/{tenant}/users/{user}/groups", groups_of, _READ, gives=Membership, pages=True),
)
