"""Statements, to read: as JSON, CSV and PDF."""

from idp import billing, contracts, tenants
from idp.admin import negotiation, rights
from idp.admin.answers import Answer, File
from idp.admin.call import Call
from idp.admin.places import number_of
from idp.admin.rights import WITH_PARTNER
from idp.admin.routes import Route
from idp.admin.shapes import statements as shapes
from idp.billing import Statement
from idp.contracts import Filter
from idp.credentials import Noun
from idp.kit.errors import FieldError, Invalid, NotFound
from idp.kit.units import Unit

_JSON, _CSV, _PDF = "application/json", "text/csv", "application/pdf"


def of_tenant(call: Call) -> Answer:
    """The tenant's statements in the order of their numbers."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return _page(call, unit, partner="")


def of_all(call: Call) -> Answer:
    """Statements in the order of their numbers, of erased tenants too: an operator sees all, a partner those of the
    customers that it was responsible for when they were issued."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        slug = call.filters.get("tenant")
        chosen = unit if slug is None else _inside(unit, slug, partner=call.key.partner_id)
        return _page(call, chosen, partner=call.key.partner_id)


def shown_of_tenant(call: Call) -> Answer | File:
    """One statement of the tenant, in the form that `Accept` asks for."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return _shown(call, unit, partner="")


def shown(call: Call) -> Answer | File:
    """One statement of whatever tenant, in the form that `Accept` asks for."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        return _shown(call, unit, partner=call.key.partner_id)


def _page(call: Call, unit: Unit, *, partner: str) -> Answer:
    return call.page.shown(billing.LISTED.page(unit, call.page.question, of_partner=partner), billing.to_json)


def _inside(unit: Unit, slug: str, *, partner: str) -> Unit:
    """For a partner a tenant that never was its customer is not there."""
    tenant = tenants.find_even_erased(unit, slug)
    if tenant is None:
        raise NotFound("tenant")
    inner = unit.inside(tenant.id)
    if partner and not any(
        contract.established_at is not None for contract in contracts.page(inner, chosen=Filter(partner=partner))
    ):
        raise NotFound("another partner's tenant")
    return inner


def _shown(call: Call, unit: Unit, *, partner: str) -> Answer | File:
    statement = billing.find(unit, number_of(call.names["statement"]), partner=partner)
    if statement is None:
        raise NotFound("statement")
    marked = _marked(call)
    form = negotiation.choose(call.accept, (_JSON, _CSV, _PDF))
    if form == _JSON:
        return call.shown(billing.to_json(statement), version=1)._replace(vary="Accept")
    file = _file(statement, form, marked=marked)
    call.conditions.refuse_unchanged(file.etag)
    return file


def _file(statement: Statement, form: str, *, marked: bool) -> File:
    name = f"statement-{statement.number}-{statement.month}"
    if form == _PDF:
        return File(billing.to_pdf(statement), _PDF, f"{name}.pdf")
    return File(billing.to_csv(statement, marked=marked), f"{_CSV}; charset=utf-8; header=present", f"{name}.csv")


def _marked(call: Call) -> bool:
    given = call.filters.get("bom", "false")
    if given not in ("true", "false"):
        detail = "It is true or false."
        raise Invalid("invalid", detail, errors=[FieldError("/bom", "unknown_value", detail, given[:20])])
    return given == "true"


_FORMS = (_CSV, _PDF)
_MARK = {"bom": "`true`: CSV begins with the byte order mark that Excel needs to open it by a double click."}
_ALL, _OF_TENANT = "/statements", "/tenants/{tenant}/statements"
_READ, _READ_ALL = rights.read(Noun.STATEMENTS), rights.read(Noun.STATEMENTS, WITH_PARTNER)

ROUTES = (
    Route("GET", _OF_TENANT, of_tenant, _READ, gives=shapes.Statement, pages=True, listed=billing.LISTED),
    Route(
        "GET",
        f"{_OF_TENANT}/{{statement}}",
        shown_of_tenant,
        _READ,
        gives=shapes.Statement,
        versioned=True,
        filters=_MARK,
        also=_FORMS,
    ),
    Route(
        "GET",
        _ALL,
        of_all,
        _READ_ALL,
        gives=shapes.Statement,
        pages=True,
        listed=billing.LISTED,
        filters={"tenant": "Those of one tenant, by the name in its URLs."},
    ),
    Route(
        "GET",
        f"{_ALL}/{{statement}}",
        shown,
        _READ_ALL,
        gives=shapes.Statement,
        versioned=True,
        filters=_MARK,
        also=_FORMS,
    ),
)
