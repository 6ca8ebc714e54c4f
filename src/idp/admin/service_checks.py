"""Whether what is registered can work: looked at when somebody asks, and what was found then."""

from idp import federation
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.shapes.checks import Verification, Verify
from idp.credentials import KeyScope, Noun
from idp.kit.errors import Refused
from idp.kit.fields import Fields


def verify(call: Call) -> Answer:
    """Look at a registration and ask its addresses: within half a minute it is known what works and what does not.

    Nothing is posted, and redirect URIs are only looked up by name. One failed check leaves the service `unverified`,
    none makes it `meets_spec`; with `confirm` an operator says that it works, and it is `verified` until a check fails
    or something else is registered. The status blocks nobody by itself; policies can ask for it.
    """
    fields = Fields(call.document)
    fields.only({"confirm"})
    confirmed = fields.flag("confirm", default=False)
    fields.finish()
    if confirmed and call.key.scope is not KeyScope.OPERATOR:
        raise Refused("forbidden", "That a service works is confirmed by operators.")
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        gate.refuse_closed(unit, call.key)
        seen, now_us = federation.get(unit, call.names["service"]), unit.now_us
    found = federation.verifying.look(
        seen, call.house.egress, tenant=call.home, production=call.house.production, now_us=now_us
    )
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        after, made = federation.verifying.conclude(unit, seen, found, confirmed=confirmed)
        return call.done(unit, federation.verifying.to_json(after.service, made))


def shown(call: Call) -> Answer:
    """What the latest checks have found; those at the registration ask nobody (`complete` is false)."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        service = federation.get(unit, call.names["service"])
        last = federation.verifying.found_last(unit, service.id)
        return call.shown(federation.verifying.to_json(service, last), version=service.version)


_ONE = "/tenants/{tenant}/services/{service}/verify"

ROUTES = (
    Route(
        "POST",
        _ONE,
        verify,
        rights.write(Noun.SERVICES, WITH_TENANT, Partners.PREPARE),
        takes=Verify,
        gives=Verification,
        conflicts=("contract_not_active", "changed_meanwhile"),
    ),
    Route("GET", _ONE, shown, rights.read(Noun.SERVICES), gives=Verification, versioned=True),
)
