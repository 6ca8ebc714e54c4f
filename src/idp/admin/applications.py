"""Applications: contracts before they are established."""

from idp import contracts, erasure, signing, tenants, terms
from idp.admin import places, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.contract_json import contract_json, showing
from idp.admin.contracts import act, shown
from idp.admin.reasons import reason_of
from idp.admin.rights import EVERYONE, WITH_PARTNER
from idp.admin.routes import Route
from idp.admin.shapes.contracts import Because, Contract, NewApplication, Why
from idp.contracts import Status
from idp.credentials import KeyScope, Noun
from idp.kit.errors import Conflict
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit


def file(call: Call) -> Answer:
    """Apply for a contract, under the terms that are in force today.

    The tenant comes into being when the application is approved; until then, and after rejection or withdrawal, nothing
    of it exists.
    """
    document = call.document
    if call.key.scope is KeyScope.PARTNER:
        document = {**document, "partner": call.key.partner_id}
    application = contracts.read_application(document)
    with call.house.units.platform(actor=call.actor) as unit:
        if call.key.scope is KeyScope.PARTNER:
            _refuse_strangers(unit, application.slug, call.key.partner_id)
        contract = contracts.apply(unit, application)
        terms.accept_in_application(unit, contract.id)
        body = contract_json(unit, contract, call.grace_days)
        return call.done(unit, body, status=201, version=contract.version, location=f"/applications/{contract.id}")


def listing(call: Call) -> Answer:
    """Applications and contracts that are not yet active, in the order in which they were filed."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        found = contracts.APPLICATIONS.page(unit, call.page.question, of_partner=call.key.partner_id)
        return call.page.shown(found, showing(unit, found.items, call.grace_days))


def screen(call: Call) -> Answer:
    """Begin to look at an application."""
    return act(call, contracts.screen, reason_of(call.document))


def approve(call: Call) -> Answer:
    """Approve an application: the tenant and its keys come into being."""
    reason = reason_of(call.document)
    new = call.contract.tenant == PLATFORM and call.contract.status is Status.SCREENING
    # an RSA key takes up to a second to find: not while a transaction is open
    keys = [(use, alg, signing.generate(alg)) for use, alg in tenants.FIRST_KEYS] if new else []
    with call.house.units.open(call.home, actor=call.actor) as unit:
        expected = call.conditions.expected(contracts.get(unit, call.contract.id).version)
        contract = contracts.approve(unit, call.contract.id, reason=reason, if_match=expected)
        inner = unit.inside(contract.tenant)
        terms.carry_over(unit, inner, contract.id)
        for use, alg, private in keys:
            signing.add_key(inner, use, alg, private)
        if keys:
            tenants.touch(inner)
        return call.done(unit, contract_json(unit, contract, call.grace_days), version=contract.version)


def reject(call: Call) -> Answer:
    """Decline an application, with the reason."""
    return act(call, contracts.reject, reason_of(call.document, needed=True))


def withdraw(call: Call) -> Answer:
    """Take an application back, at any time before the set-up notice; what was prepared for it is deleted."""
    return act(call, erasure.withdraw, reason_of(call.document))


def _refuse_strangers(unit: Unit, slug: str, partner_id: str) -> None:
    """A partner does not apply for somebody else's customer: its own approval would make it responsible for them."""
    tenant = tenants.find_by_slug(unit, slug)
    if tenant is not None and not places.is_customer(unit.inside(tenant.id), partner_id):
        raise Conflict.at(
            "/tenant", "contract_exists", f"The name {slug} belongs to a tenant that is not your customer.", found=slug
        )


_ONE = "/applications/{contract}"
_SCREENED = rights.write(Noun.APPLICATIONS, WITH_PARTNER)
_MOVES = ("illegal_transition",)

ROUTES = (
    Route(
        "POST",
        "/applications",
        file,
        _SCREENED,
        takes=NewApplication,
        gives=Contract,
        status=201,
        versioned=True,
        conflicts=("contract_exists", "cannot_continue", "tenant_retired"),
    ),
    Route(
        "GET",
        "/applications",
        listing,
        rights.read(Noun.APPLICATIONS, EVERYONE),
        gives=Contract,
        pages=True,
        listed=contracts.APPLICATIONS,
    ),
    Route("GET", _ONE, shown, rights.read(Noun.APPLICATIONS), gives=Contract, versioned=True),
    *(
        Route(
            "POST",
            f"{_ONE}/{name}",
            handler,
            _SCREENED,
            takes=model,
            gives=Contract,
            versioned=True,
            conflicts=codes,
        )
        for name, handler, model, codes in (
            ("screen", screen, Why, _MOVES),
            ("approve", approve, Why, (*_MOVES, "contract_required", "cannot_continue", "ids_in_use")),
            ("reject", reject, Because, _MOVES),
            ("withdraw", withdraw, Why, _MOVES),
        )
    ),
)
