"""Partners, and which of them are in business with us."""

from idp import partners
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import OPERATOR, WITH_PARTNER
from idp.admin.routes import Route
from idp.admin.shapes.platform import NewPartner, Partner, PartnerChange
from idp.credentials import Noun


def create(call: Call) -> Answer:
    """Add a partner; its keys are made below it."""
    draft = partners.read(call.document)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        partner = partners.create(unit, draft)
        body = partners.to_json(partner)
        return call.done(unit, body, status=201, version=partner.version, location=f"/partners/{partner.id}")


def listing(call: Call) -> Answer:
    """All partners in the order of their creation."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return call.page.shown(partners.LISTED.page(unit, call.page.question), partners.to_json)


def shown(call: Call) -> Answer:
    """One partner."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        partner = partners.get(unit, call.names["partner"])
        return call.shown(partners.to_json(partner), version=partner.version)


def change(call: Call) -> Answer:
    """Rename a partner, or take it out of business: a disabled one's keys open nothing, its customers stay as they
    are."""
    with call.house.units.open(call.home, actor=call.actor) as unit:
        before = partners.get(unit, call.names["partner"])
        expected = call.conditions.expected(before.version)
        partner = partners.change(unit, before.id, call.document, version=expected)
        return call.done(unit, partners.to_json(partner), version=partner.version)


_ONE = "/partners/{partner}"
_WRITE = rights.write(Noun.PARTNERS, OPERATOR)

ROUTES = (
    Route("POST", "/partners", create, _WRITE, takes=NewPartner, gives=Partner, status=201, versioned=True),
    Route(
        "GET",
        "/partners",
        listing,
        rights.read(Noun.PARTNERS, OPERATOR),
        gives=Partner,
        pages=True,
        listed=partners.LISTED,
    ),
    Route("GET", _ONE, shown, rights.read(Noun.PARTNERS, WITH_PARTNER), gives=Partner, versioned=True),
    Route("PATCH", _ONE, change, _WRITE, takes=PartnerChange, gives=Partner, versioned=True),
)
