"""The resolution of artifacts (bindings 3.6.5, core 3.5): services ask directly, by SOAP, and sign.

What was kept is given only while what it says still holds: the gate is asked again, as it is for a code of OpenID
Connect, and whoever was signed out or disabled meanwhile is not told of. The artifact is used up all the same.
"""

from typing import NamedTuple

from idp import access, sessions, tenants, users, xml
from idp.access import Facts, Moment, NotAdmitted
from idp.federation import Service
from idp.kit.actors import Actor
from idp.kit.errors import Unavailable
from idp.kit.units import Unit
from idp.saml import answers, artifacts, codec, elements, judging, places, tracing
from idp.saml.answering import send_xml
from idp.saml.codec import Received
from idp.saml.errors import BadMessage
from idp.saml.model import SUCCESS, Kind, Outcome, Status
from idp.saml.replays import use
from idp.saml.requests import id_of, instant_of
from idp.sessions import Generations, Grant
from idp.signing import Alg, Use
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of
from idp.web.deciding import KeyMissing, make_key
from idp.web.forms import read_body
from idp.web.house import House
from idp.web.visitors import note_refused
from idp.xml import SAMLP, Element

_LARGEST = 64 * 1024
_TRIES = 6
_KINDS = (Kind.ARTIFACT_RESOLVE,)
_OVER = Outcome(Status.RESPONDER, Status.REQUEST_DENIED, "What it stood for no longer holds.")


class Asked(NamedTuple):
    """As its service has signed it; `issued_at` in microseconds."""

    id: str
    sender: str
    issued_at: int
    destination: str | None
    artifact: str
    signed: bool = True


class _Believed(NamedTuple):
    facts: Facts
    service: Service
    asked: Asked


class _Found(NamedTuple):
    outcome: Outcome
    message: bytes | None = None


def endpoint(house: House) -> App:
    async def resolve(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        try:
            received = await _receive(scope, receive)
            believed, found = await _resolved(house, browser, received)
        except BadMessage as bad:  # bindings 3.2.3.3: whom we refuse to talk to
            await send_xml(send, 403, answers.fault("Client", "The message cannot be taken."))
            await tracing.refused(house, scope, bad)
            return
        await send_xml(send, 200, answers.enveloped(_response(house, browser, believed, found)))

    return resolve


async def _receive(scope: Scope, receive: Receive) -> Received:
    kind: bytes = scope["state"]["headers"].get(b"content-type", b"")
    body = scope["state"]["sent"] = await read_body(receive, limit=_LARGEST)
    if scope["query_string"] or not codec.is_soap(kind):
        raise BadMessage("content_type")
    return codec.from_soap(body, _KINDS)


async def _resolved(house: House, browser: Browser, received: Received) -> tuple[_Believed, _Found]:
    for _ in range(_TRIES):
        try:
            believed = await house.units.read(browser.tenant, lambda unit: _look(house, unit, browser, received))
            return believed, await _commit(house, browser, believed)
        except tenants.Moved:
            continue
        except KeyMissing as missing:
            await make_key(house, browser.tenant, missing.use, missing.alg)
    raise Unavailable("the tenant's facts change faster than a decision is made")


async def _commit(house: House, browser: Browser, believed: _Believed) -> _Found:
    actor = Actor("service", believed.service.id)
    return await house.units.commit(browser.tenant, lambda unit: _take(house, unit, believed), actor=actor)


def _look(house: House, unit: Unit, browser: Browser, received: Received) -> _Believed:
    """Raises `BadMessage`, one for all that is wrong with it, and `KeyMissing`."""
    facts, now_us = house.memory.current(unit, received.issuer), house.units.clock.now_us()
    service = facts.services.get(received.issuer)
    if service is None or service.saml is None or not service.enabled:
        raise BadMessage("unknown_service")
    sha1 = service.saml.takes_sha1(now_us)
    verified = codec.verified(received, service.saml.keys.signing, required=True, sha1=sha1)
    asked = _read(verified.root, sender=received.issuer)
    judging.refuse_unusable(asked, here=places.artifact(house.issuer(browser.slug)), now_us=now_us)
    if facts.keys.xml is None:
        raise KeyMissing(Use.SAML, Alg.RS256)
    return _Believed(facts, service, asked)


def _read(root: Element, *, sender: str) -> Asked:
    artifact = (root.findtext(SAMLP("Artifact")) or "").strip()
    issued_at = instant_of(root.get("IssueInstant") or "")
    return Asked(id_of(root), sender, issued_at, root.get("Destination"), artifact)


def _take(house: House, unit: Unit, believed: _Believed) -> _Found:
    """Raises `BadMessage` and `tenants.Moved`."""
    facts, service, asked = believed
    tenants.hold(unit, facts.tenant.revision)
    use(unit, asked)
    kept = artifacts.take(unit, asked.artifact, service_id=service.id)
    if kept is None:
        return _Found(SUCCESS)  # core 3.5.3
    if kept.grant_id is None:
        return _Found(SUCCESS, kept.message)
    outcome = _still(house, unit, facts, service, sessions.find_grant(unit, kept.grant_id))
    return _Found(outcome, kept.message if outcome is SUCCESS else None)


def _still(house: House, unit: Unit, facts: Facts, service: Service, grant: Grant | None) -> Outcome:
    """Whether the person would be told of now."""
    session = sessions.find_session(unit, grant.session_id) if grant and grant.session_id else None
    if grant is None or session is None:
        return _OVER
    user = users.standing(unit, grant.user_id)
    person = access.person_of(unit, facts, service, grant.user_id, user)
    context = sessions.context_of(unit, session)
    proof = access.prove(service, person, session_id=session.id, methods=grant.methods, context=context)
    try:
        house.gate.admit(facts, proof, Moment.CODE, now_us=unit.now_us)
    except NotAdmitted as refusal:
        note_refused(unit, refusal, service, user)
        return _OVER._replace(said=refusal.code)
    present = Generations(facts.tenant.generation, user.generation if user else 0, service.generation)
    return SUCCESS if sessions.grant_is_alive(grant, session, unit.now_us, present=present) else _OVER


def _response(house: House, browser: Browser, believed: _Believed, found: _Found) -> Element:
    facts, service, asked = believed
    assert service.saml is not None
    now_us = house.units.clock.now_us()
    made = answers.artifact_response(
        found.outcome,
        entity_id=places.entity_id(house.issuer(browser.slug), facts),
        request_id=asked.id,
        at_us=now_us,
        kept=None if found.message is None else xml.read(found.message),
    )
    key = facts.keys.xml_for(service.saml.switch, now_us=now_us)
    elements.sign(made, key, service.saml.signature_alg)
    return made
