"""Access for support, as a tenant grants it and takes it back."""

from idp import credentials, support
from idp.admin import gate, rights, supporting
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes.support import NewSupportAccess, SupportAccess
from idp.credentials import MACHINE, KeyScope, Noun, Permissions
from idp.kit.errors import FieldError, Invalid, Refused
from idp.support import Draft, Level


def create(call: Call) -> Answer:
    """Let the operator, or the responsible partner, into the tenant, for at most 72 hours.

    `level` says what for: `read`, or `write`, with which people, services, rules and settings can be changed too; or
    `permissions` names it one by one. Each of their people may then do what their own roles allow and no more than
    this. Keys, roles and further grants are never part of it. Each request under it stands in the tenant's trail as
    `support_access.used`.
    """
    if call.key.maker not in ("", MACHINE):
        raise Refused("forbidden", "A key that was made for the tenant by somebody else grants nothing in its name.")
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        draft = support.read(call.document, now_us=unit.now_us)
        permissions = _permissions(draft, call.key.granting)
        made = support.grant(unit, draft, [str(each) for each in permissions])
        where = f"{call.below}/support-access/{made.id}"
        return call.done(unit, support.to_json(made, unit.now_us), status=201, location=where)


def listing(call: Call) -> Answer:
    """What was ever granted, in the order in which it was."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        rows = support.page(unit, after=call.page.after, limit=call.page.wanted)
        return call.page.answer(rows, lambda grant: support.to_json(grant, unit.now_us), lambda grant: grant.id)


def shown(call: Call) -> Answer:
    """One grant."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return Answer(200, support.to_json(support.get(unit, call.names["grant"]), unit.now_us))


def revoke(call: Call) -> Answer:
    """From the answer on nobody is let in by it; possible in every state of the contract. The operator may give it
    back."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        support.revoke(unit, call.names["grant"])
        return call.done(unit, None)


def _permissions(draft: Draft, granting: Permissions) -> Permissions:
    """Raises `Invalid`: `unknown_value`, `not_grantable`, `not_held`."""
    if draft.permissions is None:
        wanted = supporting.LEVELS[draft.level]
        beyond = credentials.not_grantable(granting, sorted(wanted, key=str))
        if beyond:
            raise Refused("forbidden", f"Nobody grants what they do not hold: you lack {beyond[0]}.")
        return wanted
    errors: list[FieldError] = []
    found = set()
    for index, text in enumerate(draft.permissions):
        pointer, permission = f"/permissions/{index}", credentials.parse(text)
        if permission is None:
            errors.append(FieldError(pointer, "unknown_value", "This permission is not known.", text, "users:read"))
        elif not credentials.holds(supporting.LEVELS[Level.WRITE], permission):
            errors.append(FieldError(pointer, "not_grantable", "This is never granted for support.", text))
        elif not credentials.holds(granting, permission):
            errors.append(FieldError(pointer, "not_held", "Nobody grants what they do not hold.", text))
        else:
            found.add(permission)
    if errors:
        raise Invalid("invalid", "Some fields are wrong.", errors=errors)
    return frozenset(found)


_MANY = "/tenants/{tenant}/support-access"
_ONE = f"{_MANY}/{{grant}}"
_READ = rights.read(Noun.SUPPORT_ACCESS)

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        rights.write(Noun.SUPPORT_ACCESS, frozenset({KeyScope.TENANT})),
        takes=NewSupportAccess,
        gives=SupportAccess,
        status=201,
        conflicts=("contract_not_active",),
    ),
    Route("GET", _MANY, listing, _READ, gives=SupportAccess, pages=True),
    Route("GET", _ONE, shown, _READ, gives=SupportAccess),
    Route("DELETE", _ONE, revoke, rights.write(Noun.SUPPORT_ACCESS, WITH_TENANT), status=204),
)
