"""Roles of a tenant, and who has them; our own people's are the same collections of the platform."""

from idp import credentials, users
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes.roles import CountedRole, GivenRole, NewRole, RoleChange
from idp.admin.users import check_stand_in
from idp.credentials import KeyScope, Noun
from idp.kit.units import Unit


def create(call: Call) -> Answer:
    """Make a role of permissions that you hold."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        role = credentials.roles.create(unit, call.document, granting=call.key.granting)
        where = f"{call.below}/roles/{role.id}"
        return call.done(unit, credentials.roles.to_json(role, {}), status=201, version=role.version, location=where)


def listing(call: Call) -> Answer:
    """The roles that are built in, then the others in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = credentials.roles.listed(unit, _scope(call), call.page.question)
        holders = credentials.roles.holders(unit)
        return call.page.shown(found, lambda role: credentials.roles.to_json(role, holders))


def shown(call: Call) -> Answer:
    """One role."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        role = credentials.roles.get(unit, _scope(call), call.names["role"])
        version = getattr(role, "version", 0)
        return call.shown(credentials.roles.to_json(role, credentials.roles.holders(unit)), version=version)


def change(call: Call) -> Answer:
    """Change a role, for everybody who has it, from now on. What you add, or take from them, you hold yourself."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        role = credentials.roles.change(
            unit,
            _scope(call),
            call.names["role"],
            call.document,
            granting=call.key.granting,
            version=_expected(call, unit),
        )
        return call.done(unit, credentials.roles.to_json(role, credentials.roles.holders(unit)), version=role.version)


def delete(call: Call) -> Answer:
    """Not while somebody has it: the answer says how many."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        credentials.roles.delete(unit, _scope(call), call.names["role"], version=_expected(call, unit))
        return call.done(unit, None)


def held(call: Call) -> Answer:
    """The roles of an ID: those in its own `roles`, and those that it was given beside."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        user = users.get(unit, call.names["user"])
        found = credentials.roles.held_by(unit, _scope(call), user.id, of_id=user.roles)
        rows = [role for role in found if role.id > call.page.after][: call.page.wanted]
        return call.page.answer(rows, credentials.roles.to_json, lambda role: role.id)


def give(call: Call) -> Answer:
    """Give somebody a role all of which you hold. Again changes nothing."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        names, granting = call.names, call.key.granting
        credentials.roles.give(unit, _scope(call), names["role"], names["user"], granting=granting)
        return call.done(unit, None)


def take(call: Call) -> Answer:
    """Take a role from somebody who may do no more than you; what they may do shrinks with the next request."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        check_stand_in(call, unit, users.get(unit, call.names["user"]))
        credentials.roles.take(unit, _scope(call), call.names["role"], call.names["user"])
        return call.done(unit, None)


def _scope(call: Call) -> KeyScope:
    return KeyScope.OPERATOR if call.place.tenant is None else KeyScope.TENANT


def _expected(call: Call, unit: Unit) -> int | None:
    role = credentials.roles.get(unit, _scope(call), call.names["role"])
    return call.conditions.expected(getattr(role, "version", 0))


_MANY = "/tenants/{tenant}/roles"
_ONE = f"{_MANY}/{{role}}"
_HELD = "/tenants/{tenant}/users/{user}/roles"
_READ = rights.read(Noun.ROLES)
_WRITE = rights.write(Noun.ROLES, WITH_TENANT)
_CLOSED = "contract_not_active"
_TAKEN = "role_name_taken"
_FIXED = "built_in_role"

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        _WRITE,
        takes=NewRole,
        gives=CountedRole,
        status=201,
        versioned=True,
        conflicts=(_CLOSED, _TAKEN),
    ),
    Route("GET", _MANY, listing, _READ, gives=CountedRole, pages=True, listed=credentials.roles.LISTED),
    Route("GET", _ONE, shown, _READ, gives=CountedRole, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        _WRITE,
        takes=RoleChange,
        gives=CountedRole,
        versioned=True,
        conflicts=(_CLOSED, _TAKEN, _FIXED),
    ),
    Route("DELETE", _ONE, delete, _WRITE, status=204, versioned=True, conflicts=(_CLOSED, _FIXED, "role_in_use")),
    Route("GET", _HELD, held, _READ, gives=GivenRole, pages=True),
    Route("PUT", f"{_HELD}/{{role}}", give, _WRITE, status=204, conflicts=(_CLOSED, "role_of_the_id")),
    Route("DELETE", f"{_HELD}/{{role}}", take, _WRITE, status=204, conflicts=(_CLOSED, "role_of_the_id")),
)
