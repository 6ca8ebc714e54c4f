"""Single logout (profiles 4.4): services begin it here, by redirect, by a form, or directly, and answer here when they
were asked.

A request ends the sessions that it names. Whoever can be told directly is told at once, and what fails is told later,
from the outbox. Then the browser is taken to the other services of SAML, past frames of those of OpenID Connect, and at
last back with the answer: success, and `PartialLogout` in it where somebody has not confirmed, or cannot be reached by
the binding of the request (core 3.7.3.2). Where no answer is wanted, the browser stays with us.

Everything is signed: whoever could sign others out unsigned would, and whoever could confirm for others would make
people believe that they are safe. An answer is good once, for a request that was sent to this service; where it leads
follows from that request, and from nothing that the answer says.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from idp import sessions
from idp.access import Facts
from idp.federation import Binding, Service
from idp.kit.actors import Actor
from idp.kit.errors import Unavailable
from idp.kit.units import Unit
from idp.saml import (
    answers,
    asked,
    codec,
    elements,
    judging,
    logout_answers,
    logout_requests,
    places,
    replying,
    tracing,
    walking,
)
from idp.saml.answering import send_xml, show_bad
from idp.saml.asked import Step
from idp.saml.codec import Received
from idp.saml.errors import BadMessage
from idp.saml.logout_requests import LogoutRequest
from idp.saml.model import SUCCESS, Kind, Outcome, Status
from idp.saml.replays import use
from idp.saml.replying import Reply
from idp.sessions import Ended
from idp.signing import Alg, Use
from idp.web import farewells
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of
from idp.web.deciding import KeyMissing, make_key
from idp.web.forms import Form, parse_form, read_body
from idp.web.house import House
from idp.web.returning import comes_again
from idp.xml import Element

_LARGEST = 512 * 1024
_TRIES = 3
_FROM_BROWSERS = (Kind.LOGOUT_REQUEST, Kind.LOGOUT_RESPONSE)
_DIRECTLY = (Kind.LOGOUT_REQUEST,)
_WALK = re.compile("int_[0-9a-f]{32}")
_UNKNOWN = Outcome(Status.REQUESTER, Status.UNKNOWN_PRINCIPAL, "This session was not told to the service by that name.")


class _Asked(NamedTuple):
    """Whose signature was right."""

    facts: Facts
    service: Service
    request: LogoutRequest
    received: Received

    @property
    def reply(self) -> Reply | None:
        if not self.request.answered:
            return None
        state = self.received.relay_state
        return Reply(self.service.client_id, self.request.id, self.received.binding.value, state)


def endpoint(house: House) -> App:
    async def sign_out(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        if _is_direct(scope):
            await _directly(house, scope, receive, send, browser)
            return
        received, form = None, await _form(scope, receive)
        # An answer ties nothing to the browser.
        if form is not None and "SAMLRequest" in form and await comes_again(house, scope, send, browser, form):
            return
        try:
            received = _received(scope, form)
            if received.kind is Kind.LOGOUT_RESPONSE:
                step = await _take_answer(house, browser, received)
                await farewells.go(send, farewells.address(house.issuer(browser.slug), step.walk, step.place + 1))
            else:
                await _by_browser(house, scope, send, browser, received)
        except BadMessage as bad:
            await show_bad(house, scope, send, bad, onward=_onward(house, browser, received))
            await tracing.refused(house, scope, bad)

    return sign_out


def _is_direct(scope: Scope) -> bool:
    kind: bytes = scope["state"]["headers"].get(b"content-type", b"")
    return scope["method"] == "POST" and codec.is_soap(kind)


async def _form(scope: Scope, receive: Receive) -> Form | None:
    if scope["method"] == "GET":
        return None
    body = await read_body(receive, limit=_LARGEST)
    form = scope["state"]["sent"] = parse_form(body, scope["state"]["headers"].get(b"content-type"))
    return form


def _received(scope: Scope, form: Form | None) -> Received:
    if form is None:
        return codec.from_redirect(scope["query_string"], _FROM_BROWSERS)
    if scope["query_string"]:  # two places for one message
        raise BadMessage("query")
    return codec.from_post(form, _FROM_BROWSERS)


def _onward(house: House, browser: Browser, received: Received | None) -> str | None:
    """Nobody is to be stuck with a service whose answers cannot be believed: in the browser that walks, and only there,
    the walk goes on."""
    if received is None or received.kind is not Kind.LOGOUT_RESPONSE or not _WALK.fullmatch(received.relay_state or ""):
        return None
    return farewells.address(house.issuer(browser.slug), received.relay_state or "", 0)


async def _by_browser(house: House, scope: Scope, send: Send, browser: Browser, received: Received) -> None:
    asked_for = await _believe(house, browser, received)
    facts, owed = asked_for.facts, asked_for.reply
    ended = await _end(house, browser, asked_for)
    if ended is None and owed is None:  # there is nobody to be told of it but the person
        raise BadMessage("unknown_principal")
    farewell = await farewells.tell(house, browser, ended or ())
    headers = walking.cleared(house, browser, facts, farewell.sessions) if ended else []
    if owed is None or farewell.visits or farewell.frames:
        farewell = farewell._replace(reply=owed.to_text() if owed else None)
        await farewells.begin(house, scope, send, browser, facts, farewell, headers=headers)
        return
    outcome = _outcome(ended, reached=not farewell.unreached)
    await replying.reply(house, scope, send, facts, owed, outcome, headers=headers)


async def _directly(house: House, scope: Scope, receive: Receive, send: Send, browser: Browser) -> None:
    """Bindings 3.2."""
    try:
        if scope["query_string"]:
            raise BadMessage("query")
        body = scope["state"]["sent"] = await read_body(receive, limit=_LARGEST)
        received = codec.from_soap(body, _DIRECTLY)
        asked_for = await _believe(house, browser, received)
        ended = await _end(house, browser, asked_for)
    except BadMessage as bad:
        await send_xml(send, 500, answers.fault("Client", "The message cannot be taken."))  # SOAP 1.1 6.2
        await tracing.refused(house, scope, bad)
        return
    farewell = await farewells.tell(house, browser, ended or ())
    now_us, saml = house.units.clock.now_us(), asked_for.service.saml
    response = answers.logout_response(
        _outcome(ended, reached=not (farewell.unreached or farewell.visits)),
        entity_id=places.entity_id(house.issuer(browser.slug), asked_for.facts),
        destination=None,
        request_id=asked_for.request.id,
        at_us=now_us,
    )
    assert saml is not None
    elements.sign(response, asked_for.facts.keys.xml_for(saml.switch, now_us=now_us), saml.signature_alg)
    await send_xml(send, 200, answers.enveloped(response))


async def _believe(house: House, browser: Browser, received: Received) -> _Asked:
    for _ in range(_TRIES):
        try:
            return await house.units.read(browser.tenant, lambda unit: _look(house, unit, browser, received))
        except KeyMissing as missing:
            await make_key(house, browser.tenant, missing.use, missing.alg)
    raise Unavailable("no key can be made")


def _look(house: House, unit: Unit, browser: Browser, received: Received) -> _Asked:
    """Raises `BadMessage`, one for all that is wrong with it, and `KeyMissing`."""
    facts, service, root = _verified(house, unit, received)
    assert service.saml is not None
    now_us = house.units.clock.now_us()
    request = logout_requests.read(root, sender=received.issuer)
    judging.refuse_unusable(request, here=places.slo(house.issuer(browser.slug)), now_us=now_us)
    if request.expires_at is not None and request.expires_at <= now_us:
        raise BadMessage("expired")
    by_browser = received.binding is not Binding.SOAP
    if by_browser and request.answered and replying.address_for(service.saml, received.binding) is None:
        raise BadMessage("single_logout_service")
    if facts.keys.xml is None:
        raise KeyMissing(Use.SAML, Alg.RS256)
    return _Asked(facts, service, request, received)


def _verified(house: House, unit: Unit, received: Received) -> tuple[Facts, Service, Element]:
    """Raises `BadMessage`."""
    facts, now_us = house.memory.current(unit, received.issuer), house.units.clock.now_us()
    service = facts.services.get(received.issuer)
    if service is None or service.saml is None or not service.enabled:
        raise BadMessage("unknown_service")
    sha1 = service.saml.takes_sha1(now_us)
    return facts, service, codec.verified(received, service.saml.keys.signing, required=True, sha1=sha1).root


async def _end(house: House, browser: Browser, asked_for: _Asked) -> Sequence[Ended] | None:
    """Of all sessions that are named, or of none: then it is None. One that has ended already is none the worse for it.
    Raises `BadMessage`."""

    def end(unit: Unit) -> Sequence[Ended] | None:
        use(unit, asked_for.request)
        grants = logout_requests.meant(unit, asked_for.service, asked_for.request)
        tracing.logged_out(unit, asked_for.service, asked_for.request, reference=browser.reference, known=bool(grants))
        by = asked_for.service.id
        named = dict.fromkeys(each.session_id for each in grants)
        ended = [sessions.end_session(unit, each, asked_by=by) for each in named]
        return [each for each in ended if each is not None] if grants else None

    return await house.units.commit(browser.tenant, end, actor=Actor("service", asked_for.service.id))


def _outcome(ended: Sequence[Ended] | None, *, reached: bool) -> Outcome:
    if ended is None:
        return _UNKNOWN
    return SUCCESS if reached else walking.PARTIAL


async def _take_answer(house: House, browser: Browser, received: Received) -> Step:
    """Where the walk stands. Raises `BadMessage`."""

    def take(unit: Unit) -> Step:
        _, service, root = _verified(house, unit, received)
        said = logout_answers.read(root, sender=received.issuer, signed=True)
        judging.refuse_unusable(said, here=places.slo(house.issuer(browser.slug)), now_us=house.units.clock.now_us())
        step = asked.answered(unit, said.request_id, service_id=service.id, confirmed=said.confirms)
        if step is None:
            raise BadMessage("unasked")
        return step

    return await house.units.commit(browser.tenant, take)
