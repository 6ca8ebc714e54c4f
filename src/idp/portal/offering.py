"""The services that a person may begin to use from here: those that would let them in at this moment."""

from typing import NamedTuple
from urllib.parse import urlencode

from idp import access, federation, users
from idp.access import Facts, Outcome, PersonProof
from idp.federation import Service
from idp.kit.units import Unit
from idp.sessions import Context, Session
from idp.web.browsers import Browser
from idp.web.house import House

_MOST = 100


class Offer(NamedTuple):
    service: Service
    address: str


def offered(house: House, unit: Unit, facts: Facts, session: Session, browser: Browser) -> list[Offer]:
    """Nobody is shown a door that is closed to them: by its rules, its assignments, or the country they are in."""
    context = Context(browser.whereabouts, session.amr, session.authenticated_at)
    user = users.standing(unit, session.user_id)
    found: list[Offer] = []
    for service in federation.startable(unit):
        if len(found) >= _MOST:
            break
        person = access.person_of(unit, facts, service, session.user_id, user)
        proof = access.prove(service, person, session_id=session.id, methods=session.methods, context=context)
        if _admits(unit, facts, proof):
            found.append(Offer(service, _address(house, facts, service, session.user_id)))
    return found


def _admits(unit: Unit, facts: Facts, proof: PersonProof) -> bool:
    decision = access.evaluate(facts, proof, at_us=unit.now_us, asked_us=unit.now_us)
    return decision.outcome is not Outcome.DENY  # what is missing is asked for on the way


def _address(house: House, facts: Facts, service: Service, user_id: str) -> str:
    """With the identifier under which the service knows the person: no name goes into an address."""
    issuer = house.issuer(facts.tenant.slug)
    if service.saml is not None:
        return f"{issuer}/saml/init?{urlencode({'sp': service.saml.entity_id})}"
    assert service.oidc is not None
    subject = federation.subject_of(house.units.keys, facts.tenant.id, service.oidc, user_id)
    return federation.start_address(service.oidc, issuer=issuer, login_hint=subject)
