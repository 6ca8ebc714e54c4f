"""What the demonstration consists of, made by the actions that the API offers too. Done again, it adds what lacks, but
for what was erased meanwhile."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from idp import access, contracts, credentials, partners, plans, tenants, users
from idp.cli.bootstrapping import HOST, new_key
from idp.cli.demo.people import AOBA, LOOPBACK, MIDORI, OPERATOR, PARTNER, PASSWORD, PLAN, Company
from idp.contracts import Application
from idp.credentials import HashPool
from idp.kit.errors import Unauthenticated
from idp.kit.ids import TenantId
from idp.kit.units import Unit, Units

_SEATS = 100
_ZONE = "Asia/Tokyo"


def furnish(units: Units, *, further_ids: int) -> None:
    """`further_ids` is how many more the contract of `aoba` must have room for."""
    hashed = [hashed_password() for _ in range(4)]
    with units.platform(actor=HOST) as unit:
        tenants.touch(unit)  # two who furnish at once wait here for each other
        _loopback(unit)
        partner = _partner(unit)
        standard_plan(unit)
        for company, seats in ((AOBA, _SEATS + further_ids), (MIDORI, _SEATS)):
            if tenants.find_even_erased(unit, company.slug) is None:
                inner = establish(unit, application(unit, company, seats=seats, partner=partner))
                tenants.rename(inner, display_name=company.name, colour=company.colour, help_text=company.help_text)
                if company.logo is not None:
                    tenants.set_logo(inner, company.logo())
                for person in company.people:
                    _person(inner, person, hashed.pop(), limit=seats)
                if company.suspended:
                    _suspend(inner, company.suspended)
        if users.find_by_name(unit, OPERATOR["user_name"]) is None:
            _person(unit, OPERATOR, hashed.pop(), limit=_SEATS)


def establish(unit: Unit, filed: Application) -> Unit:
    """A tenant with an active contract; a unit of it, within this one of the platform."""
    contract = contracts.apply(unit, filed)
    contracts.screen(unit, contract.id)
    contracts.approve(unit, contract.id)
    established = contracts.complete_setup(unit, contract.id)
    return unit.inside(established.tenant)


def application(unit: Unit, company: Company, *, seats: int, partner: str | None = None) -> Application:
    """As the customer would file it today."""
    admin = {name: company.admin[name] for name in ("email", "affiliation")}
    filed: dict[str, Any] = {
        "product": "ID_PLUS",
        "tenant": company.slug,
        "legal_form": "corporation" if company.number else "sole_proprietor",
        "legal_name": company.name,
        "corporate_number": company.number or None,
        "representative": company.admin["display_name"],
        "admin_contact": {"name": company.admin["display_name"], **admin},
        "billing_contact": {"name": "経理部", "email": f"keiri@{company.slug}.example"},
        "ids": seats,
        "term_months": 12,
        "start_date": unit.now.astimezone(ZoneInfo(_ZONE)).date().isoformat(),
        "auto_renewal": True,
        "time_zone": _ZONE,
        "partner": partner,
        "plan": PLAN["name"],
    }
    return contracts.read_application({name: value for name, value in filed.items() if value is not None})


def operator_key(units: Units, known: str) -> str:
    """`known` where it opens this installation already, else a new one."""
    with units.platform(actor=HOST) as unit:
        try:
            credentials.authenticate_key(unit, known)
        except Unauthenticated:
            return new_key(unit, "demo")
        return known


def tenant_of(units: Units, slug: str) -> TenantId | None:
    """None where it was erased."""
    with units.platform(actor=HOST, write=False) as unit:
        found = tenants.find_by_slug(unit, slug)
        return None if found is None else found.id


def _partner(unit: Unit) -> str:
    known = next((each for each in partners.page(unit) if each.name == PARTNER), None)
    return (known or partners.create(unit, partners.read({"name": PARTNER}))).id


def _loopback(unit: Unit) -> None:
    """Loopback is in no country: unless the operator names it, nobody could sign in."""
    if access.networks_abroad.find_by_name(unit, LOOPBACK["name"]) is None:
        access.networks_abroad.create(unit, access.networks_abroad.read(LOOPBACK))


def standard_plan(unit: Unit) -> None:
    if plans.named(unit, PLAN["name"]) is None:
        plans.create(unit, plans.read(PLAN))


def _person(unit: Unit, document: Mapping[str, Any], encoded: str, *, limit: int) -> None:
    """An ID with the demonstration's password; who administers is there already, with what the application said."""
    draft = users.read(document, users.frame(unit))
    found = users.find_by_name(unit, draft.user_name)
    person = users.change(unit, found.id, document) if found else users.create(unit, draft, limit=limit)
    credentials.set_password(unit, person.id, encoded)


def _suspend(inner: Unit, reason: str) -> None:
    contract = contracts.find_live(inner)
    assert contract is not None
    contracts.suspend(inner, contract.id, reason=reason)


def hashed_password() -> str:
    pool = HashPool(cores=1, waiting=1)
    try:
        return pool.hash(PASSWORD)
    finally:
        pool.close()
