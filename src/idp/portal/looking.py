"""Everything that the page shows of whoever is signed in, in one snapshot."""

from typing import NamedTuple

from idp import contracts, credentials, federation, sessions, users
from idp.access import Facts
from idp.credentials import Factor
from idp.federation import Service
from idp.kit.actors import Actor
from idp.kit.errors import NotFound, Refused
from idp.kit.units import Unit
from idp.portal.offering import Offer, offered
from idp.sessions import Generations, Held, Session, Whereabouts
from idp.users import Identity
from idp.web.browsers import Browser
from idp.web.house import House


class Nobody(Exception):
    """Is signed in here."""


class Mine(NamedTuple):
    facts: Facts
    identity: Identity
    session: Session
    sessions: list[Session]
    places: dict[str, Whereabouts]
    held: list[tuple[Service, Held]]
    factors: list[Factor]
    offers: list[Offer]

    @property
    def actor(self) -> Actor:
        return Actor("user", self.identity.id)

    @property
    def purpose(self) -> str:
        """Of its forms: of one sign-in alone."""
        return f"portal {self.session.id}"


def look(house: House, unit: Unit, browser: Browser) -> Mine:
    """Raises `Nobody`, and `Refused` with what stands against the tenant as a whole."""
    facts = house.memory.current(unit)
    against = contracts.reason_against(facts.contract, unit.now_us)
    if against is not None:
        raise Refused(against.value)
    session = sessions.live_session(unit, browser.session, tenant_generation=facts.tenant.generation)
    identity = users.find(unit, session.user_id) if session else None
    if session is None or identity is None or not identity.active_at(unit.now_us):
        raise Nobody
    if identity.generation != session.user_generation:
        raise Nobody
    present = Generations(facts.tenant.generation, identity.generation)
    live = sessions.sessions_of(unit, identity.id, present=present)
    held = [
        (service, each)
        for each in sessions.held_by_services(unit, identity.id, present=present)
        if (service := _service(unit, each.service_id)) is not None
    ]
    offers = offered(house, unit, facts, session, browser)
    places = {each.id: sessions.context_of(unit, each).whereabouts for each in live}
    return Mine(facts, identity, session, live, places, held, credentials.factors_of(unit, identity.id), offers)


def refused(refusal: Refused) -> bool:
    """Whether it is the contract's no, and not a form of another page."""
    return refusal.code.startswith("contract_")


def _service(unit: Unit, service_id: str) -> Service | None:
    try:
        return federation.get(unit, service_id)
    except NotFound:
        return None
