"""What an admission gives: a response with an assertion, and the traces of it, in one commit."""

from collections.abc import Callable
from typing import NamedTuple

from idp import access, audit, federation, sessions, tenants, xml
from idp.access import Admission
from idp.federation import Binding
from idp.kit import ids
from idp.kit.units import Unit
from idp.saml import answers, artifacts, assertions, contexts, elements, given_names, judging, persons, places, tracing
from idp.saml.known import Known, finish
from idp.saml.model import SUCCESS, Authentication, Outcome, Recipient
from idp.saml.progress import Unanswerable
from idp.sessions import Grant, Interaction, reached
from idp.web.house import House
from idp.xml import BadXml, Element


class Answer(NamedTuple):
    """`artifact` stands for the message, where the service fetches that itself."""

    message: bytes
    artifact: str | None = None


async def give(
    house: House, known: Known, admission: Admission, interaction: Interaction | None, *, allowed: bool = False
) -> Answer:
    """The response, with the consent of this moment, if any: of a yes and a no one counts. Raises `tenants.Moved`,
    `BadMessage` and `Unanswerable`."""
    grant = _grant(known, admission)
    try:
        own = places.entity_id(house.issuer(admission.tenant.slug), known.facts)
        response = _response(known, admission, grant, own=own)
    except BadXml as bad:  # a name of the person, or an attribute, that no document can have
        raise Unanswerable(judging.UNSPEAKABLE) from bad
    answer = _answer(house, known, response)

    def write(unit: Unit) -> None:
        tenants.hold(unit, admission.revision)
        finish(unit, interaction, known.request)
        assert known.session is not None
        if allowed:
            wanted = persons.disclosed(known.saml, known.request)
            sessions.give_consent(unit, user_id=grant.user_id, service_id=grant.service_id, wanted=wanted)
        sessions.seen(unit, known.session)
        whereabouts = sessions.context_of(unit, known.session).whereabouts
        sessions.begin_grant(unit, _named(unit, known, grant), whereabouts=whereabouts, refreshable=False)
        _keep_name(unit, known)
        _keep(unit, known, answer, grant_id=grant.id)
        access.remember_admission(unit, admission)
        issued = {"service": known.service.id, "session_index": grant.id, "reference": admission.reference}
        audit.record(unit, audit.Event.ASSERTION_ISSUED, subject=grant.user_id, **issued)
        tracing.given(unit, known, admission, grant)

    await house.units.commit(admission.tenant.id, write, actor=known.actor, now_us=admission.at_us)
    return answer


async def decline(
    house: House,
    known: Known,
    outcome: Outcome,
    interaction: Interaction | None,
    *,
    note: Callable[[Unit], None] | None = None,
    decision: str | None = None,
) -> Answer:
    """A response without an assertion; `note` is written with it, `decision` is the reference of the gate's no. Raises
    `BadMessage`."""
    answer = _answer(house, known, refusing(house, known, outcome))
    traced = tracing.may_keep(house, known)

    def write(unit: Unit) -> None:
        finish(unit, interaction, known.request)
        _keep(unit, known, answer, grant_id=None)
        if note is not None:
            note(unit)
        if traced:
            tracing.declined(unit, known, outcome, decision)

    await house.units.commit(known.facts.tenant.id, write, actor=known.actor)
    return answer


def refusing(house: House, known: Known, outcome: Outcome) -> bytes:
    """A response without an assertion, for whoever may take it to the service: it lets nobody in."""
    own = places.entity_id(house.issuer(known.facts.tenant.slug), known.facts)
    response = answers.response(
        outcome,
        entity_id=own,
        destination=known.consumer.url,
        request_id=known.request.id,
        at_us=house.units.clock.now_us(),
    )
    _sign(response, known, now_us=house.units.clock.now_us())
    return xml.written(response)


def _answer(house: House, known: Known, message: bytes) -> Answer:
    if known.consumer.binding is not Binding.ARTIFACT:
        return Answer(message)
    return Answer(message, artifacts.new_artifact(places.entity_id(house.issuer(known.facts.tenant.slug), known.facts)))


def _keep(unit: Unit, known: Known, answer: Answer, *, grant_id: str | None) -> None:
    if answer.artifact is not None:
        artifacts.keep(unit, answer.artifact, answer.message, service_id=known.service.id, grant_id=grant_id)


def _response(known: Known, admission: Admission, grant: Grant, *, own: str) -> bytes:
    saml = known.saml
    assertion = _assertion(known, admission, grant, own=own)
    if saml.signs.assertion:
        _sign(assertion, known, now_us=admission.at_us)
    if saml.encrypts and saml.keys.encryption is not None:
        assertion = assertions.enciphered(assertion, saml.keys.encryption, cipher=saml.cipher, transport=saml.transport)
    response = answers.response(
        SUCCESS,
        entity_id=own,
        destination=known.consumer.url,
        request_id=known.request.id,
        at_us=admission.at_us,
        assertion=assertion,
    )
    if saml.signs.response:
        _sign(response, known, now_us=admission.at_us)
    return xml.written(response)


def _assertion(known: Known, admission: Admission, grant: Grant, *, own: str) -> Element:
    assert known.person is not None
    assert known.person.name is not None
    assert grant.acr is not None
    return assertions.assertion(
        admission,
        entity_id=own,
        recipient=Recipient(known.saml.entity_id, known.consumer.url, known.request.id),
        name_id=known.person.name,
        authentication=Authentication(grant.acr, grant.id, grant.ends_at),
        attributes=known.person.attributes,
    )


def _sign(element: Element, known: Known, *, now_us: int) -> None:
    key = known.facts.keys.xml_for(known.saml.switch, now_us=now_us)
    elements.sign(element, key, known.saml.signature_alg)


def _grant(known: Known, admission: Admission) -> Grant:
    """By it the service is known to have seen the session; `acr` is the class that it was told."""
    session, request = known.session, known.request
    assert session is not None
    assert admission.user is not None
    return Grant(
        id=ids.digits(),
        user_id=admission.user.id,
        service_id=admission.service.id,
        session_id=session.id,
        tenant_generation=admission.tenant.generation,
        user_generation=admission.user_generation,
        service_generation=admission.service.generation,
        scopes="",
        nonce=None,
        methods=admission.methods,
        authenticated_at=admission.authenticated_at,
        offline=False,
        created_at=admission.at_us,
        ends_at=session.ends_at,
        ended_at=None,
        acr=contexts.told(request.contexts, request.comparison, reached(session.amr)),
    )


def _named(unit: Unit, known: Known, grant: Grant) -> Grant:
    assert known.person is not None
    assert known.person.name is not None
    return given_names.kept(unit, grant, known.person.name)


def _keep_name(unit: Unit, known: Known) -> None:
    """Raises `tenants.Moved`: another answer has given the person a name at this service a moment ago."""
    assert known.user is not None
    assert known.person is not None
    name = known.person.new_name
    if name is None:
        return
    if not federation.add_person_name(unit, service_id=known.service.id, user_id=known.user.id, name=name):
        raise tenants.Moved
