"""Accepting terms: by a tenant, and with an application before there is a tenant."""

from idp import audit, tenants
from idp.audit import Event
from idp.kit.errors import Conflict, NotFound
from idp.kit.units import Unit
from idp.terms import standing, store
from idp.terms.model import Acceptance, Terms


def accept(unit: Unit, version: str) -> Acceptance:
    """Of terms in force or announced; again changes nothing. `Conflict("terms_superseded")`: others are in force."""
    tenants.touch(unit)
    terms = store.find(unit, version)
    if terms is None or terms.published_at is None:
        raise NotFound("terms")
    earlier = _found(unit, terms)
    if earlier is not None:
        return earlier
    if terms.effective_at <= unit.now_us and standing.facts(unit).in_force(unit.now_us) != terms.version:
        raise Conflict("terms_superseded", "Other terms are in force by now.")
    _keep(unit, _acceptance(unit, terms))
    made = _found(unit, terms)
    assert made is not None
    return made


def accept_in_application(unit: Unit, contract: str) -> Acceptance | None:
    """The terms in force on its day, if there are any. Needs a unit of the platform, in the application's
    transaction."""
    version = standing.facts(unit).in_force(unit.now_us)
    if version is None:
        return None
    acceptance = _acceptance(unit, store.get(unit, version))
    store.apply(unit, contract, acceptance)
    audit.record(unit, Event.TERMS_ACCEPTED, subject=contract, version=version)
    return acceptance


def carry_over(unit: Unit, inner: Unit, contract: str) -> None:
    """What was accepted with an application counts for the tenant (`inner`) that its approval brings into being."""
    acceptance = store.in_application(unit, contract)
    if acceptance is None:
        return
    store.apply(inner, contract, acceptance)
    if store.accept(inner, acceptance):
        tenants.touch(inner)


def _acceptance(unit: Unit, terms: Terms) -> Acceptance:
    return Acceptance(terms.version, terms.content_hash, unit.now_us, unit.actor.id)


def _keep(unit: Unit, acceptance: Acceptance) -> None:
    if store.accept(unit, acceptance):
        audit.record(unit, Event.TERMS_ACCEPTED, subject=unit.tenant, version=acceptance.version)


def _found(unit: Unit, terms: Terms) -> Acceptance | None:
    return next((each for each in store.acceptances(unit) if each.version == terms.version), None)
