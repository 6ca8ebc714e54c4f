"""Who stands before a door in a browser, and what is left behind when they are not let in."""

from typing import NamedTuple

from idp import access, audit, sessions
from idp.access import Facts, NotAdmitted, PersonProof
from idp.federation import Service
from idp.kit.units import Unit
from idp.sessions import Context, Session
from idp.users import Standing
from idp.web.browsers import Browser


class Visitor(NamedTuple):
    """`session` lives and is that of the person in `proof`."""

    session: Session
    proof: PersonProof

    @property
    def user(self) -> Standing:
        assert self.proof.user is not None
        return self.proof.user


def visitor_of(unit: Unit, facts: Facts, service: Service, browser: Browser) -> Visitor | None:
    """Whoever is signed in here, and still may be."""
    found = sessions.live_with_standing(unit, browser.session, tenant_generation=facts.tenant.generation)
    if found is None:
        return None
    session, user = found
    if user is None or not user.active_at(unit.now_us) or user.generation != session.user_generation:
        return None
    context = Context(browser.whereabouts, session.amr, session.authenticated_at)
    person = access.person_of(unit, facts, service, user.id, user)
    proof = access.prove(service, person, session_id=session.id, methods=session.methods, context=context)
    return Visitor(session, proof)


def note_refused(unit: Unit, refusal: NotAdmitted, service: Service, user: Standing | None) -> None:
    """The decision, so that its reference can be explained; in the trail where it was a person who was refused."""
    access.remember(unit, refusal.decision)
    if user is not None:
        refused = {"service": service.id, "reason": refusal.code, "reference": refusal.decision.reference}
        audit.record(unit, audit.Event.ACCESS_REFUSED, subject=user.id, **refused)
