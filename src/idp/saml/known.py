"""Everything about a request for sign-on that the database knows."""

from typing import NamedTuple

from idp import federation, sessions
from idp.access import Facts, PersonProof
from idp.federation import Binding, Consumer, SamlService, Service
from idp.kit.actors import Actor
from idp.kit.units import Unit
from idp.saml import codec, judging, persons, places, requests
from idp.saml.codec import Received
from idp.saml.errors import BadMessage
from idp.saml.persons import Person
from idp.saml.replays import use
from idp.saml.requests import AuthnRequest
from idp.sessions import Interaction, Session
from idp.signing import Alg, Use
from idp.users import Standing
from idp.web.browsers import Browser
from idp.web.deciding import KeyMissing
from idp.web.house import House
from idp.web.visitors import Visitor, visitor_of


class Known(NamedTuple):
    """Read in one snapshot. `consumer` is where every answer goes; `person` is what of the visitor would be told.
    `direct`: a program brings the request, with the password of whoever it is about."""

    facts: Facts
    service: Service
    request: AuthnRequest
    consumer: Consumer
    visitor: Visitor | None = None
    person: Person | None = None
    consented: bool = False
    direct: bool = False
    reference: str = ""

    @property
    def saml(self) -> SamlService:
        assert self.service.saml is not None
        return self.service.saml

    @property
    def session(self) -> Session | None:
        return self.visitor.session if self.visitor else None

    @property
    def proof(self) -> PersonProof | None:
        return self.visitor.proof if self.visitor else None

    @property
    def user(self) -> Standing | None:
        return self.visitor.user if self.visitor else None

    @property
    def actor(self) -> Actor:
        return Actor("user", self.user.id) if self.user else Actor("service", self.service.id)


def look(house: House, unit: Unit, browser: Browser, asked: Received | AuthnRequest) -> Known:
    """`asked` as it has just come, or as it was kept. Raises `BadMessage`, one for all that is wrong with it, and
    `KeyMissing`."""
    sender = asked.issuer if isinstance(asked, Received) else asked.sender
    facts = house.memory.current(unit, sender)
    service = facts.services.get(sender)
    service = None if service is None else federation.with_releases(service, facts.saml)
    if service is None or service.saml is None:
        raise BadMessage("unknown_service")
    issuer, direct = house.issuer(browser.slug), isinstance(asked, Received) and asked.binding is Binding.SOAP
    request = asked
    if isinstance(request, Received):
        now_us = house.units.clock.now_us()
        request = _believed(request, service.saml, now_us=now_us)
        if direct:  # the program chooses whom it goes to: the service does not know (profiles 4.2.3.4)
            here = places.ecp(issuer)
            judging.refuse_unusable(request._replace(destination=request.destination or here), here=here, now_us=now_us)
        else:
            judging.refuse_unusable(request, here=places.sso(issuer), now_us=now_us)
    _refuse_unwelcome(request, service.saml, now_us=house.units.clock.now_us())
    consumer = (judging.program_of if direct else judging.consumer_of)(request, service.saml)
    if facts.keys.xml is None:
        raise KeyMissing(Use.SAML, Alg.RS256)
    visitor = visitor_of(unit, facts, service, browser)
    if visitor is None:
        return Known(facts, service, request, consumer, direct=direct)
    own = places.entity_id(issuer, facts)
    person = persons.told(unit, service, visitor.user.id, request, issuer=issuer, own=own)
    known = Known(facts, service, request, consumer, visitor, person, direct=direct)
    return known._replace(consented=_has_consented(unit, known)) if service.consent_required else known


def _refuse_unwelcome(request: AuthnRequest, service: SamlService, *, now_us: int) -> None:
    """By what the registration says now: the request may have waited since it said otherwise. Raises `BadMessage`."""
    if request.id is None and not service.idp_initiated:
        raise BadMessage("unknown_service")
    if request.id is not None and service.requires_signed_requests and not request.signed:
        raise BadMessage("unsigned")
    if service.has_ended(now_us):
        raise BadMessage("metadata_expired")


def _has_consented(unit: Unit, known: Known) -> bool:
    assert known.user is not None
    wanted = persons.disclosed(known.saml, known.request)
    return sessions.has_consent(unit, user_id=known.user.id, service_id=known.service.id, wanted=wanted)


def _believed(received: Received, service: SamlService, *, now_us: int) -> AuthnRequest:
    verified = codec.verified(
        received,
        service.keys.signing,
        required=service.requires_signed_requests,
        sha1=service.takes_sha1(now_us),
    )
    return requests.read(
        verified.root, sender=received.issuer, signed=verified.signed, relay_state=received.relay_state
    )


def finish(unit: Unit, interaction: Interaction | None, request: AuthnRequest) -> None:
    """Of all answers to one request one counts, in whichever browsers, and however often it is sent. Raises
    `BadMessage`."""
    if interaction is None:
        use(unit, request)
    elif not sessions.finish(unit, interaction):
        raise BadMessage("interaction_expired")
