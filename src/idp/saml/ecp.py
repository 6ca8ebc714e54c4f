"""Sign-on by a program (profiles 4.2, Enhanced Client or Proxy): it brings a service's request by SOAP together with
the person's name and password, and takes the answer to the service itself.

Off unless a service is registered for it, and for those alone who need nothing but a password: nobody can be shown a
page. Tries are counted as at the sign-in page, the gate is asked as in a browser. Whoever has not proved who they are
learns nothing: there is one fault for every message that cannot be taken, and one for every password that is not right.
"""

import asyncio
import base64
from typing import NamedTuple

from idp import audit, credentials, sessions, tenants, xml
from idp.access import Admission, Moment, NotAdmitted
from idp.credentials import Check, Verdict
from idp.kit.actors import Actor
from idp.kit.errors import Refused, TooMany, Unavailable
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.saml import answers, codec, places, tracing
from idp.saml.answering import send_xml
from idp.saml.codec import Received
from idp.saml.errors import BadMessage
from idp.saml.giving import Answer, decline, give
from idp.saml.known import Known
from idp.saml.model import Kind, Outcome, Status
from idp.saml.progress import Unanswerable, next_step
from idp.saml.sso import read_request
from idp.sessions import Generations, Method, Session
from idp.web.asgi import App, Header, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of
from idp.web.deciding import KeyMissing, make_key
from idp.web.forms import read_body
from idp.web.house import House
from idp.web.visitors import note_refused
from idp.xml import ECP, SOAP, Element

_LARGEST = 256 * 1024
_LONGEST = 1_024
_TRIES = 6
_KINDS = (Kind.AUTHN_REQUEST,)
_NEXT = "http://schemas.xmlsoap.org/soap/actor/next"
_SOMEBODY = Actor("user", "unknown")
_CHALLENGE: Header = (b"www-authenticate", b'Basic realm="SAML ECP", charset="UTF-8"')  # RFC 7617 2.1


class _Fault(Exception):
    """What the program is told; `said` says no more than what it has proved already."""

    def __init__(self, status: int, said: str, *headers: Header) -> None:
        super().__init__(said)
        self.status = status
        self.said = said
        self.headers = headers


class _Password(NamedTuple):
    name: str
    password: str


def endpoint(house: House) -> App:
    async def sign_on(scope: Scope, receive: Receive, send: Send) -> None:
        browser = (await browser_of(house, scope))._replace(session=None)
        try:
            known, answer = await _answer(house, scope, receive, browser)
        except BadMessage as bad:  # bindings 3.2.3.3: whom we refuse to talk to
            await send_xml(send, 403, answers.fault("Client", "The message cannot be taken."))
            await tracing.refused(house, scope, bad)
        except _Fault as fault:
            await send_xml(send, fault.status, answers.fault("Client", fault.said), fault.headers)
        else:
            await send_xml(send, 200, _enveloped(known, answer))

    return sign_on


async def _answer(house: House, scope: Scope, receive: Receive, browser: Browser) -> tuple[Known, Answer]:
    headers = scope["state"]["headers"]
    body = scope["state"]["sent"] = await read_body(receive, limit=_LARGEST)
    shown = _basic(headers.get(b"authorization", b""))
    kind: bytes = headers.get(b"content-type", b"")
    if scope["query_string"] or not codec.is_soap(kind):
        raise BadMessage("content_type")
    received = codec.from_soap(body, _KINDS)
    known = await _read(house, browser, received)
    if not known.service.enabled:
        raise BadMessage("unknown_service")
    facts, service, now_us = known.facts, known.service, house.units.clock.now_us()
    against = house.gate.reason_against(facts, service, now_us=now_us)
    if against is not None:  # nobody's password is looked at that would lead nowhere
        refusal = house.gate.turn_away(facts, service, None, against, Moment.AUTHORIZATION, now_us=now_us)
        return known, await _refuse(house, known, refusal)
    session = await _sign_in(house, browser, shown, address=scope["state"]["client_address"])
    signed_in = browser._replace(session=Presented(session.id, session.digest))
    try:
        return await _given(house, signed_in, received)
    except (BadMessage, _Fault):
        await house.units.commit(browser.tenant, lambda unit: sessions.end_session(unit, session.id))
        raise


async def _read(house: House, browser: Browser, received: Received) -> Known:
    for _ in range(_TRIES):
        try:
            return await read_request(house, browser, received)
        except KeyMissing as missing:
            await make_key(house, browser.tenant, missing.use, missing.alg)
    raise Unavailable("no key can be made")


async def _sign_in(house: House, browser: Browser, shown: _Password, *, address: str) -> Session:
    """Raises `_Fault`. Counted, compared and judged as at the sign-in page."""
    try:
        check = await house.units.commit(
            browser.tenant,
            lambda unit: credentials.begin_check(unit, shown.name, address=address, limits=house.throttle),
            actor=_SOMEBODY,
        )
    except TooMany as limit:
        raise _Fault(429, limit.public, (b"retry-after", str(limit.retry_after).encode())) from limit
    verdict = await asyncio.wrap_future(house.passwords.verifying(check.encoded, shown.password))
    session = await house.units.commit(
        browser.tenant, lambda unit: _judge(unit, browser, check, verdict), actor=_SOMEBODY
    )
    if session is None:
        raise _unproved()
    if isinstance(session, str):
        raise _Fault(403, session)
    return session


def _judge(unit: Unit, browser: Browser, check: Check, verdict: Verdict) -> Session | str | None:
    """The session, or what its owner has to be told, or nothing."""
    identity = credentials.finish_check(unit, check, verdict)
    if identity is None:
        return None
    if credentials.has_factor(unit, identity.id):  # it is asked for at each sign-in, and cannot be here
        return "This account has a second factor: sign in with a browser."
    opened = sessions.open_session(
        unit,
        user_id=identity.id,
        generations=Generations(tenants.get(unit).generation, identity.generation),
        methods=[Method.PASSWORD],
        whereabouts=browser.whereabouts,
    )
    facts = {"session": opened.session.id, "methods": [Method.PASSWORD.value]}
    audit.record(unit, audit.Event.SIGN_IN_SUCCEEDED, subject=identity.id, **facts)
    return opened.session


async def _given(house: House, browser: Browser, received: Received) -> tuple[Known, Answer]:
    for _ in range(_TRIES):
        known = await _read(house, browser, received)
        if known.session is None:  # over since a moment ago
            raise _unproved()
        own = places.entity_id(house.issuer(browser.slug), known.facts)
        try:
            step = next_step(house.gate, known, None, own=own, now_us=house.units.clock.now_us())
            if isinstance(step, Admission):
                return known, await give(house, known, step, None)
        except tenants.Moved:
            continue
        except Unanswerable as unanswerable:
            return known, await _decline(house, known, unanswerable.outcome)
        except Refused as refusal:
            return known, await _refuse(house, known, refusal)
        raise _Fault(403, "More than a password is needed: sign in with a browser.")
    raise Unavailable("the tenant's facts change faster than a decision is made")


async def _refuse(house: House, known: Known, refusal: Refused) -> Answer:
    outcome = Outcome(Status.RESPONDER, Status.REQUEST_DENIED, refusal.code)
    return await _decline(house, known, outcome, refusal)


async def _decline(house: House, known: Known, outcome: Outcome, refusal: Refused | None = None) -> Answer:
    """A session that nothing came of is of no use to anybody."""

    def note(unit: Unit) -> None:
        if isinstance(refusal, NotAdmitted):
            note_refused(unit, refusal, known.service, known.user)
        if known.session is not None:
            sessions.end_session(unit, known.session.id)

    decision = refusal.decision.reference if isinstance(refusal, NotAdmitted) else None
    return await decline(house, known, outcome, None, note=note, decision=decision)


def _basic(authorization: bytes) -> _Password:
    """RFC 7617 2. Raises `_Fault`."""
    scheme, _, encoded = authorization.partition(b" ")
    try:
        if scheme.lower() != b"basic" or len(encoded) > 2 * _LONGEST:
            raise _unproved()
        name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise _unproved() from None
    if not colon or not name.strip() or not password:
        raise _unproved()
    return _Password(name.strip(), password)


def _unproved() -> _Fault:
    return _Fault(401, "The name or the password is not right.", _CHALLENGE)


def _enveloped(known: Known, answer: Answer) -> Element:
    """Profiles 4.2.4.5: the program compares the address with the one that it was given by the service."""
    said = ECP.make("Response", AssertionConsumerServiceURL=known.consumer.url)
    said.set(SOAP("mustUnderstand"), "1")
    said.set(SOAP("actor"), _NEXT)
    return SOAP.make("Envelope", SOAP.make("Header", said), SOAP.make("Body", xml.read(answer.message)))
