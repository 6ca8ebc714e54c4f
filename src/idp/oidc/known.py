"""Everything about an authorization request that the database knows, and the code that comes of it."""

from typing import NamedTuple

from idp import access, audit, sessions, tenants
from idp.access import Admission, Facts, NotAdmitted, PersonProof
from idp.federation import Service
from idp.kit import ids
from idp.kit.errors import Refused
from idp.kit.ids import Minted
from idp.kit.units import Actor, Unit
from idp.oidc import hints, store
from idp.oidc.errors import PageError
from idp.oidc.model import CODE_KIND, CODE_LIFETIME, Code
from idp.oidc.request import AuthorizationRequest
from idp.sessions import Context, Interaction, Session
from idp.users import Standing
from idp.web.browsers import Browser
from idp.web.house import House


class Known(NamedTuple):
    """Read in one snapshot. `session` lives and is that of the person in `proof`, or both are None; `meant` is False
    where the service has proved by an ID token that it means somebody else."""

    facts: Facts
    service: Service
    session: Session | None = None
    proof: PersonProof | None = None
    consented: bool = False
    meant: bool = True

    @property
    def user(self) -> Standing | None:
        return self.proof.user if self.proof else None

    @property
    def actor(self) -> Actor:
        return Actor("user", self.user.id) if self.user else Actor("service", self.service.id)


def look(house: House, unit: Unit, client_id: str, browser: Browser) -> Known:
    """Raises `PageError` for an unknown service."""
    facts = house.memory.current(unit, client_id)
    service = facts.services.get(client_id)
    if service is None or service.oidc is None:
        raise PageError("unknown_service")
    session = sessions.live_session(unit, browser.session, tenant_generation=facts.tenant.generation)
    if session is None:
        return Known(facts, service)
    context = Context(browser.whereabouts, tuple(session.amr), session.authenticated_at)
    proof = access.prove(
        unit,
        facts,
        service,
        session.user_id,
        session_id=session.id,
        methods=session.methods,
        context=context,
    )
    user = proof.user
    if user is None or not user.active or user.generation != session.user_generation:
        return Known(facts, service)
    return Known(facts, service, session, proof)


def with_hint(known: Known, request: AuthorizationRequest, issuer: str) -> Known:
    if known.user is None:
        return known
    shown, service = request.id_token_hint, known.service
    other = hints.names_another(shown, known.facts, issuer, client_id=service.client_id, user_id=known.user.id)
    return known._replace(meant=not other)


def with_consent(unit: Unit, known: Known, request: AuthorizationRequest) -> Known:
    if known.user is None or not known.service.consent_required:
        return known
    given = sessions.has_consent(unit, user_id=known.user.id, service_id=known.service.id, scopes=request.scopes)
    return known._replace(consented=given)


async def give_code(
    house: House,
    known: Known,
    request: AuthorizationRequest,
    admission: Admission,
    interaction: Interaction | None,
    *,
    allowed: bool,
) -> str:
    """A code for the one browser and request it was asked in, with the consent of this moment, if any: of an answer
    that comes twice, or of a yes and a no, one counts. Raises `tenants.Moved` and `PageError`."""
    secret = ids.mint(CODE_KIND)
    code = _code(secret, request, admission)

    def write(unit: Unit) -> None:
        tenants.hold(unit, admission.revision)
        finish(unit, interaction, request)
        if allowed:
            sessions.give_consent(unit, user_id=code.user_id, service_id=code.service_id, scopes=request.scopes)
        store.add_code(unit, code)
        if known.session is not None:
            sessions.seen(unit, known.session)
        access.remember_admission(unit, admission)
        issued = {"service": code.service_id, "code": code.id, "reference": admission.reference}
        audit.record(unit, audit.Event.CODE_ISSUED, subject=code.user_id, **issued)

    await house.units.commit(admission.tenant.id, write, actor=known.actor, now_us=admission.at_us)
    return secret.token


def finish(unit: Unit, interaction: Interaction | None, request: AuthorizationRequest) -> None:
    """Of two answers to one request one counts, in whichever browsers it was shown. Raises `PageError`."""
    if interaction is not None and not sessions.finish(unit, interaction):
        raise PageError("interaction_expired")
    if request.pushed is not None and not store.finish_pushed(unit, request.pushed):  # RFC 9126 4
        raise PageError("invalid_request_uri")


def _code(secret: Minted, request: AuthorizationRequest, admission: Admission) -> Code:
    assert admission.user is not None
    assert admission.session_id is not None
    return Code(
        id=secret.id,
        digest=secret.digest,
        service_id=admission.service.id,
        user_id=admission.user.id,
        session_id=admission.session_id,
        redirect_uri=request.redirect_uri,
        scopes=" ".join(sorted(request.scopes)),
        nonce=request.nonce,
        challenge=request.challenge,
        methods=admission.methods,
        authenticated_at=admission.authenticated_at,
        tenant_generation=admission.tenant.generation,
        user_generation=admission.user_generation,
        service_generation=admission.service.generation,
        expires_at=admission.at_us + CODE_LIFETIME,
        redeemed_at=None,
    )


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
