"""Networks that have names: a tenant's own, for its rules, and the operator's, which count as Japan."""

from contextlib import suppress

from idp import access, tenants
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR, WITH_TENANT, Right
from idp.admin.routes import Handler, Route
from idp.admin.shapes.networks import Network, NetworkChange, NewNetwork
from idp.credentials import Noun
from idp.kit.errors import Refused, Unavailable

_TRIES = 3


def create(call: Call) -> Answer:
    """Name a network, for policies to mean it by its name."""
    draft = access.networks.read(call.document)
    _refuse_bound(call, draft.name)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        network = access.networks.create(unit, draft)
        where = f"/tenants/{call.tenant.slug}/networks/{network.id}"
        return call.done(unit, access.networks.to_json(network), status=201, version=network.version, location=where)


def listing(call: Call) -> Answer:
    """The tenant's networks in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(access.networks.LISTED.page(unit, call.page.question), access.networks.to_json)


def shown(call: Call) -> Answer:
    """One network."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        network = access.networks.get(unit, call.names["network"])
        return call.shown(access.networks.to_json(network), version=network.version)


def change(call: Call) -> Answer:
    """Policies that name it go by the new addresses at once, unless no administrator could sign in then. One that a
    policy names keeps its name."""
    for _ in range(_TRIES):
        with suppress(tenants.Moved):
            return _changed(call)
    raise Unavailable("the tenant changes faster than its policies are tried out")


def _changed(call: Call) -> Answer:
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        gate.refuse_closed(unit, call.key)
        before = access.networks.get(unit, call.names["network"])
        _refuse_bound(call, before.name, call.document.get("name"))
        expected = call.conditions.expected(before.version)
        tried_at = access.drafts.try_network(unit, before.id, call.document)
        told = access.told_mentions(unit) if "name" in call.document else None
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        if tried_at is not None:
            access.drafts.hold(unit, tried_at)
        network = access.networks.change(unit, before.id, call.document, version=expected, told=told)
        return call.done(unit, access.networks.to_json(network), version=network.version)


def delete(call: Call) -> Answer:
    """Not while a policy names it."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        told = access.told_mentions(unit)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        before = access.networks.get(unit, call.names["network"])
        _refuse_bound(call, before.name)
        access.networks.remove(unit, before.id, version=call.conditions.expected(before.version), told=told)
        return call.done(unit, None)


def create_abroad(call: Call) -> Answer:
    """Sign-in from there counts as from Japan, for every tenant."""
    draft = access.networks_abroad.read(call.document)
    _refuse_bound(call, draft.name)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        network = access.networks_abroad.create(unit, draft)
        body = access.networks_abroad.to_json(network)
        return call.done(unit, body, status=201, version=network.version, location=f"/system/networks/{network.id}")


def listing_abroad(call: Call) -> Answer:
    """The operator's networks in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = access.networks_abroad.LISTED.page(unit, call.page.question)
        return call.page.shown(found, access.networks_abroad.to_json)


def shown_abroad(call: Call) -> Answer:
    """One network of the operator."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        network = access.networks_abroad.get(unit, call.names["network_abroad"])
        return call.shown(access.networks_abroad.to_json(network), version=network.version)


def change_abroad(call: Call) -> Answer:
    """For every tenant at once."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        before = access.networks_abroad.get(unit, call.names["network_abroad"])
        _refuse_bound(call, before.name, call.document.get("name"))
        expected = call.conditions.expected(before.version)
        network = access.networks_abroad.change(unit, before.id, call.document, version=expected)
        return call.done(unit, access.networks_abroad.to_json(network), version=network.version)


def delete_abroad(call: Call) -> Answer:
    """Where it is counts again, for every tenant at once."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        before = access.networks_abroad.get(unit, call.names["network_abroad"])
        _refuse_bound(call, before.name)
        access.networks_abroad.remove(unit, before.id, version=call.conditions.expected(before.version))
        return call.done(unit, None)


def _refuse_bound(call: Call, *names: object) -> None:
    """A key that is good from networks of these names would let itself be used from anywhere."""
    if call.home == call.key.tenant and any(name in call.key.networks for name in names):
        raise Refused("forbidden", "A key does not change the networks that it is bound to.")


_MANY = "/tenants/{tenant}/networks"
_ONE = f"{_MANY}/{{network}}"
_ABROAD = "/system/networks"
_ONE_ABROAD = f"{_ABROAD}/{{network_abroad}}"
_READ = rights.read(Noun.NETWORKS)
_WRITE = rights.write(Noun.NETWORKS, WITH_TENANT)
_READ_ABROAD = rights.read(Noun.NETWORKS, OPERATOR)
_WRITE_ABROAD = rights.write(Noun.NETWORKS, OPERATOR)
_CLOSED = "contract_not_active"
_NAMED = "named_by_policy"
_TAKEN = "network_name_taken"
_LIMIT = "network_limit_reached"


def _makes(path: str, handler: Handler, right: Right, *conflicts: str) -> Route:
    return Route(
        "POST", path, handler, right, takes=NewNetwork, gives=Network, status=201, versioned=True, conflicts=conflicts
    )


def _changes(path: str, handler: Handler, right: Right, *conflicts: str) -> Route:
    return Route("PATCH", path, handler, right, takes=NetworkChange, gives=Network, versioned=True, conflicts=conflicts)


ROUTES = (
    _makes(_MANY, create, _WRITE, _CLOSED, _TAKEN, _LIMIT),
    Route("GET", _MANY, listing, _READ, gives=Network, pages=True, listed=access.networks.LISTED),
    Route("GET", _ONE, shown, _READ, gives=Network, versioned=True),
    _changes(_ONE, change, _WRITE, _CLOSED, _TAKEN, _NAMED, "last_admin_locked_out"),
    Route("DELETE", _ONE, delete, _WRITE, status=204, versioned=True, conflicts=(_CLOSED, _NAMED)),
    _makes(_ABROAD, create_abroad, _WRITE_ABROAD, _TAKEN, _LIMIT),
    Route(
        "GET",
        _ABROAD,
        listing_abroad,
        _READ_ABROAD,
        gives=Network,
        pages=True,
        listed=access.networks_abroad.LISTED,
    ),
    Route("GET", _ONE_ABROAD, shown_abroad, _READ_ABROAD, gives=Network, versioned=True),
    _changes(_ONE_ABROAD, change_abroad, _WRITE_ABROAD, _TAKEN),
    Route("DELETE", _ONE_ABROAD, delete_abroad, _WRITE_ABROAD, status=204, versioned=True),
)
