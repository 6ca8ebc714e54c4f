"""Everything about an authorization request that the database knows."""

from typing import NamedTuple

from idp import access, audit, credentials, federation, sessions
from idp.access import Facts, NotAdmitted, PersonProof
from idp.federation import Service
from idp.kit.actors import Actor
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.oidc import hints, store
from idp.oidc.errors import PageError
from idp.oidc.request import AuthorizationRequest
from idp.sessions import Allowed, Interaction, Session
from idp.users import Standing
from idp.web.browsers import Browser
from idp.web.house import House
from idp.web.visitors import visitor_of


class Known(NamedTuple):
    """Read in one snapshot. `session` lives and is that of the person in `proof`, or both are None; `meant` is False
    where the service does not mean this person, as far as its hint proves; `has_factor` is read only where the request
    wishes for more than the session has."""

    facts: Facts
    service: Service
    session: Session | None = None
    proof: PersonProof | None = None
    consented: bool = False
    meant: bool = True
    has_factor: bool = False

    @property
    def user(self) -> Standing | None:
        return self.proof.user if self.proof else None

    def subject(self, house: House) -> str:
        """Under which the service knows the person."""
        assert self.user is not None
        assert self.service.oidc is not None
        return federation.subject_of(house.units.keys, self.facts.tenant.id, self.service.oidc, self.user.id)

    @property
    def actor(self) -> Actor:
        user = self.user
        return Actor("user", user.id) if user else Actor("service", self.service.id)


def look(unit: Unit, facts: Facts, client_id: str, browser: Browser) -> Known:
    """Raises `PageError` for an unknown service."""
    service = facts.services.get(client_id)
    if service is None or service.oidc is None:
        raise PageError("unknown_service")
    visitor = visitor_of(unit, facts, service, browser)
    return Known(facts, service) if visitor is None else Known(facts, service, visitor.session, visitor.proof)


def with_hint(house: House, known: Known, request: AuthorizationRequest, issuer: str) -> Known:
    shown, named = request.id_token_hint, request.claims.subjects
    if (not shown and not named) or known.user is None:
        return known
    subject, client_id = known.subject(house), known.service.client_id
    hinted = hints.means(shown, known.facts, issuer, client_id=client_id, subject=subject, silent=request.silent)
    return known._replace(meant=hinted and (not named or subject in named))  # Core 5.5.1


def with_factor(unit: Unit, known: Known, request: AuthorizationRequest) -> Known:
    if known.session is None or not request.acr.values or request.acr.met_by(known.session.amr):
        return known
    return known._replace(has_factor=credentials.has_factor(unit, known.session.user_id))


def with_consent(unit: Unit, known: Known, request: AuthorizationRequest, own: str) -> Known:
    if not known.service.consent_required or known.user is None:
        return known
    wanted = wanted_of(request, own)
    given = sessions.has_consent(unit, user_id=known.user.id, service_id=known.service.id, wanted=wanted)
    return known._replace(consented=given)


def wanted_of(request: AuthorizationRequest, own: str) -> Allowed:
    """`own` is the audience of tokens that name nothing: what they are for is what the scopes say."""
    return Allowed(request.disclosed, frozenset(request.resources) - {own})


def finish(unit: Unit, interaction: Interaction | None, request: AuthorizationRequest) -> None:
    """Of two answers to one request one counts, in whichever browsers it was shown. Raises `PageError`."""
    if interaction is not None and not sessions.finish(unit, interaction):
        raise PageError("interaction_expired")
    if request.pushed is not None and not store.finish_pushed(unit, request.pushed):  # RFC 9126 4
        raise PageError("invalid_request_uri")


async def note_refusal(house: House, known: Known, refusal: Refused) -> None:
    """The decision, so that its reference can be explained; in the trail where it was a person who was refused."""
    if not isinstance(refusal, NotAdmitted):
        return
    reference, service = refusal.decision.reference, known.service.id

    def write(unit: Unit) -> None:
        access.remember(unit, refusal.decision)
        if known.user is not None:
            refused = {"service": service, "reason": refusal.code, "reference": reference}
            audit.record(unit, audit.Event.ACCESS_REFUSED, subject=known.user.id, **refused)

    await house.units.commit(known.facts.tenant.id, write, actor=known.actor)
