"""What a tenant keeps of its people beside what everybody has: a schema of its own."""

from idp import users
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.queries import flag
from idp.admin.rights import WITH_TENANT
from idp.admin.routes import Route
from idp.admin.shapes.attributes import Attribute, AttributeChange, AttributePreview, NewAttribute
from idp.credentials import Noun, Permission, Verb


def create(call: Call) -> Answer:
    """Keep something more of people. From then on it is `attributes.NAME` in files of IDs, in the claims and attributes
    of services, and in the rules of groups. Refused while somebody would not fit (`attribute_violated`, `count`)."""
    change = users.attribute_schema.Change(users.read_definition(call.document))
    _look(call, change)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        made = users.attribute_schema.create(unit, change)
        where = f"/tenants/{call.tenant.slug}/attributes/{made.name}"
        return call.done(unit, users.definition_to_json(made), status=201, version=made.version, location=where)


def preview(call: Call) -> Answer:
    """Whom a definition, new or in the place of one, would not fit."""
    change = users.attribute_schema.Change(users.read_definition(call.document))
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = change.preview(unit)
    return Answer(200, {**found._asdict(), "users": list(found.users)})


def listing(call: Call) -> Answer:
    """The tenant's attributes by their names."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        rows = users.attribute_schema.definitions(unit)
        found = users.attribute_schema.LISTED.gathered(unit, rows, call.page.question)
        return call.page.shown(found, users.definition_to_json)


def shown(call: Call) -> Answer:
    """One attribute."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = users.attribute_schema.get(unit, call.names["attribute"])
        return call.shown(users.definition_to_json(found), version=found.version)


def change(call: Call) -> Answer:
    """Change what is asked of an attribute. Refused while somebody would not fit (`attribute_violated`, `count`)."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        before, prepared = users.attribute_schema.prepared_change(unit, call.names["attribute"], call.document)
        prepared.preview(unit)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        call.conditions.expected(before.version)
        after = users.attribute_schema.change(unit, prepared, before=before)
        return call.done(unit, users.definition_to_json(after), version=after.version)


def delete(call: Call) -> Answer:
    """Keep it no longer. Refused while the rule of a group asks about it (`attribute_in_use` with `groups`), and while
    somebody has a value (`attribute_has_values` with `count`), unless `discard=true`, which needs `users:write`
    besides."""
    discard = flag(call, "discard")
    if discard:
        rights.demand(_WRITES_USERS, call.key)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        prepared = users.attribute_schema.Change(users.attribute_schema.get(unit, call.names["attribute"]))
        prepared.preview(unit)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        call.conditions.expected(prepared.definition.version)
        users.attribute_schema.delete(unit, prepared, discard=discard)
        return call.done(unit, None)


def _look(call: Call, prepared: users.attribute_schema.Change) -> None:
    """Beforehand, while nobody waits: those who do not change meanwhile need not be looked at again."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        prepared.preview(unit)


_MANY = "/tenants/{tenant}/attributes"
_ONE = f"{_MANY}/{{attribute}}"
_READ = rights.read(Noun.ATTRIBUTES)
_WRITES_USERS = Permission(Noun.USERS, Verb.WRITE)
_WRITE = rights.write(Noun.ATTRIBUTES, WITH_TENANT)
_CLOSED = "contract_not_active"
_VIOLATED = "attribute_violated"

ROUTES = (
    Route(
        "POST",
        _MANY,
        create,
        _WRITE,
        takes=NewAttribute,
        gives=Attribute,
        status=201,
        versioned=True,
        conflicts=(_CLOSED, "attribute_exists", "too_many_attributes", _VIOLATED),
    ),
    Route(
        "POST", f"{_MANY}/preview", preview, rights.asking(Noun.ATTRIBUTES), takes=NewAttribute, gives=AttributePreview
    ),
    Route("GET", _MANY, listing, _READ, gives=Attribute, pages=True, listed=users.attribute_schema.LISTED),
    Route("GET", _ONE, shown, _READ, gives=Attribute, versioned=True),
    Route(
        "PATCH",
        _ONE,
        change,
        _WRITE,
        takes=AttributeChange,
        gives=Attribute,
        versioned=True,
        conflicts=(_CLOSED, _VIOLATED),
    ),
    Route(
        "DELETE",
        _ONE,
        delete,
        _WRITE,
        status=204,
        versioned=True,
        filters={"discard": "`true`: with the values that people have."},
        conflicts=(_CLOSED, "attribute_has_values", "attribute_in_use"),
    ),
)
