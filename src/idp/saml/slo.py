"""Single logout (profiles 4.4), as services begin it: by redirect, by a form, or directly.

The session that is named ends, in the browser or out of it, and whoever can be told directly is told. Where a service
of SAML has seen the session too, it is not told, and the answer says that it was partial (core 3.7.3.2). Signed
requests only: whoever could sign others out unsigned would.
"""

from typing import NamedTuple

from idp import sessions, xml
from idp.access import Facts
from idp.federation import Binding, LogoutAddress, Service
from idp.kit.errors import Unavailable
from idp.kit.units import Actor, Unit
from idp.saml import answers, codec, elements, judging, logout_requests, places
from idp.saml.answering import post, redirect, show_bad
from idp.saml.codec import Received
from idp.saml.detached import signed_query
from idp.saml.errors import BadMessage
from idp.saml.inflating import deflate, to_base64
from idp.saml.logout_requests import LogoutRequest
from idp.saml.model import SUCCESS, Kind, Outcome, Status
from idp.saml.replays import use
from idp.signing import Alg, Use, XmlKey
from idp.web.asgi import App, Receive, Scope, Send, respond
from idp.web.browsers import Browser, browser_of
from idp.web.deciding import KeyMissing, make_key
from idp.web.forms import parse_form, read_body
from idp.web.house import House
from idp.xml import Element

_LARGEST = 512 * 1024
_TRIES = 3
_KINDS = (Kind.LOGOUT_REQUEST,)
_XML = b"text/xml"
_PARTIAL = Outcome(Status.SUCCESS, Status.PARTIAL_LOGOUT)
_UNKNOWN = Outcome(Status.REQUESTER, Status.UNKNOWN_PRINCIPAL, "This session was not told to the service by that name.")


class _Asked(NamedTuple):
    """Whose signature was right. `address` is where the answer goes; None: back the way the request came."""

    facts: Facts
    service: Service
    key: XmlKey
    request: LogoutRequest
    received: Received
    address: LogoutAddress | None


def endpoint(house: House) -> App:
    async def sign_out(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        direct = _is_direct(scope)
        try:
            received = await _receive(scope, receive, direct=direct)
            asked = await _believe(house, browser, received)
            outcome = await house.units.commit(
                browser.tenant, lambda unit: _end(unit, asked), actor=Actor("service", asked.service.id)
            )
        except BadMessage as bad:
            if direct:
                await _send_xml(send, 500, answers.fault("Client", "The message cannot be taken."))  # SOAP 1.1 6.2
            else:
                await show_bad(house, scope, send, bad)
            return
        await _answer(house, scope, send, asked, _response(house, browser, asked, outcome))

    return sign_out


def _is_direct(scope: Scope) -> bool:
    kind: bytes = scope["state"]["headers"].get(b"content-type", b"")
    return scope["method"] == "POST" and kind.partition(b";")[0].strip().lower() == _XML


async def _receive(scope: Scope, receive: Receive, *, direct: bool) -> Received:
    if scope["method"] == "GET":
        return codec.from_redirect(scope["query_string"], _KINDS)
    body = await read_body(receive, limit=_LARGEST)
    if scope["query_string"]:  # two places for one message
        raise BadMessage("query")
    if direct:
        return codec.from_soap(body, _KINDS)
    return codec.from_post(parse_form(body, scope["state"]["headers"].get(b"content-type")), _KINDS)


async def _believe(house: House, browser: Browser, received: Received) -> _Asked:
    for _ in range(_TRIES):
        try:
            return await house.units.read(browser.tenant, lambda unit: _look(house, unit, browser, received))
        except KeyMissing as missing:
            await make_key(house, browser.tenant, missing.use, missing.alg)
    raise Unavailable("no key can be made")


def _look(house: House, unit: Unit, browser: Browser, received: Received) -> _Asked:
    """Raises `BadMessage`, one for all that is wrong with it, and `KeyMissing`."""
    facts, now_us = house.memory.current(unit, received.issuer), house.units.clock.now_us()
    service = facts.services.get(received.issuer)
    if service is None or service.saml is None or not service.enabled:
        raise BadMessage("unknown_service")
    sha1 = service.saml.takes_sha1(now_us)
    verified = codec.verified(received, service.saml.keys.signing, required=True, sha1=sha1)
    request = logout_requests.read(verified.root, sender=received.issuer)
    here = places.slo(house.issuer(browser.slug))
    judging.refuse_unusable(request, here=here, now_us=now_us)
    if request.expires_at is not None and request.expires_at <= now_us:
        raise BadMessage("expired")
    address = service.saml.logout(received.binding) or service.saml.logout(Binding.POST)
    if received.binding is not Binding.SOAP and address is None:
        raise BadMessage("single_logout_service")
    if facts.keys.xml is None:
        raise KeyMissing(Use.SAML, Alg.RS256)
    return _Asked(facts, service, facts.keys.xml_for(service.saml.switch, now_us=now_us), request, received, address)


def _end(unit: Unit, asked: _Asked) -> Outcome:
    """Of all sessions or of none; one that has ended already is none the worse for it. Raises `BadMessage`."""
    use(unit, asked.request)
    grants = [sessions.find_grant(unit, each) for each in asked.request.sessions]
    if not all(logout_requests.is_meant(unit, asked.service, each, asked.request.name) for each in grants):
        return _UNKNOWN
    named = {each.session_id for each in grants if each is not None and each.session_id is not None}
    ended = [found for each in sorted(named) if (found := sessions.end_session(unit, each)) is not None]
    others = (service for each in ended for service in each.services if service.id != asked.service.id)
    return SUCCESS if all(service.saml is None for service in others) else _PARTIAL


def _response(house: House, browser: Browser, asked: _Asked, outcome: Outcome) -> Element:
    direct = asked.received.binding is Binding.SOAP
    return answers.logout_response(
        outcome,
        entity_id=places.entity_id(house.issuer(browser.slug)),
        destination=None if direct or asked.address is None else asked.address.for_answers,
        request_id=asked.request.id,
        at_us=house.units.clock.now_us(),
    )


async def _answer(house: House, scope: Scope, send: Send, asked: _Asked, response: Element) -> None:
    assert asked.service.saml is not None
    alg, relay_state, address = asked.service.saml.signature_alg, asked.received.relay_state, asked.address
    if address is not None and address.binding is Binding.REDIRECT and asked.received.binding is not Binding.SOAP:
        message = to_base64(deflate(xml.written(response)))
        query = signed_query("SAMLResponse", message, relay_state, key=asked.key, alg=alg)
        joint = "&" if "?" in address.for_answers else "?"
        await redirect(send, f"{address.for_answers}{joint}{query}", [])
        return
    elements.sign(response, asked.key, alg)
    if asked.received.binding is Binding.SOAP:
        await _send_xml(send, 200, answers.enveloped(response))
        return
    assert address is not None
    await post(
        house, scope, send, asked.facts, xml.written(response), address=address.for_answers, relay_state=relay_state
    )


async def _send_xml(send: Send, status: int, document: Element) -> None:
    headers = [(b"content-type", b"text/xml; charset=utf-8"), (b"cache-control", b"no-store")]
    await respond(send, status, headers, xml.written(document))
