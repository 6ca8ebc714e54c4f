"""The application filed, and those told who have to know."""

from idp import contracts, credentials, delivery, tenants, terms
from idp.contracts import Application, Contract
from idp.credentials import Throttle
from idp.kit.actors import Actor
from idp.kit.errors import Conflict
from idp.kit.units import Unit

SOMEBODY = Actor("applicant", "form")


def count(unit: Unit, limits: Throttle, address: str) -> None:
    """Must be committed before it is filed. Raises `TooMany`."""
    credentials.count_form(unit, limits, purpose=b"apply", address=address)


def file(unit: Unit, application: Application, *, language: str) -> Contract:
    """Needs a unit of the platform. Raises as `contracts.apply`; Conflict `tenant_taken`: who has a contract already
    asks for more where they are known, for anybody could use their name here."""
    if application.continues is None and tenants.find_by_slug(unit, application.slug) is not None:
        raise Conflict("tenant_taken", "The name belongs to a customer.")
    contract = contracts.apply(unit, application)
    terms.accept_in_application(unit, contract.id)
    payload = {"contract": contract.id, "language": language}
    delivery.enqueue(unit, "application.received", receiver=contract.id, payload=payload)
    delivery.enqueue(unit, "application.filed", receiver="operator", payload={"contract": contract.id})
    return contract
