"""The browser's walk from service to service at a sign-out (profiles 4.4.3.4), one page of ours before each.

The sessions have ended before it begins, so nothing hangs on it but what services are told. A service is visited by the
whole window: in a frame most browsers would keep its cookies from it, and it would find nobody to sign out. Each page
goes on by itself, past a service that says nothing for ten seconds, and waits for the person when they come back
without an answer. How far the browser has come stands in its address; which services have answered, and which of them
has confirmed, in the database. At the end the browser goes where the logout began (core 3.7.3.2).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from idp import federation, sessions, xml
from idp.access import Facts
from idp.federation import Binding, Service
from idp.kit.units import Unit
from idp.saml import answers, asked, elements, given_names, places, replying
from idp.saml.answering import show_bad
from idp.saml.asked import Step
from idp.saml.detached import signed_query
from idp.saml.errors import BadMessage
from idp.saml.given_names import Told
from idp.saml.inflating import deflate, to_base64
from idp.saml.model import SUCCESS, Outcome, Status
from idp.sessions import Interaction
from idp.signing import XmlKey
from idp.web import cookies, farewells
from idp.web.asgi import App, Header, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
from idp.web.cookies import Cookie
from idp.web.farewells import Farewell
from idp.web.forms import parse_query
from idp.web.house import House
from idp.web.showing import show, shown_service
from idp.xml import Element

PARTIAL = Outcome(Status.SUCCESS, Status.PARTIAL_LOGOUT)
_PLACE = re.compile("[0-9]{1,4}")


class _Stop(NamedTuple):
    service: Service
    told: Told


class _Visit(NamedTuple):
    """The next one, the `place`-th of `total`; `again`: it was visited before, and has not confirmed."""

    stop: _Stop
    request: Element
    place: int
    total: int
    again: bool
    key: XmlKey


class _End(NamedTuple):
    """`untold` are names of services that have not confirmed. `framed`: a page comes in between."""

    untold: tuple[str, ...]
    place: int
    framed: bool


class _Known(NamedTuple):
    facts: Facts
    next: _Visit | _End


def endpoint(house: House) -> App:
    async def walk(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)
        form = parse_query(scope["query_string"])
        interaction = await pending(house, browser, form, resume=farewells.WALK)
        place = form.get("at") or ""
        try:
            if interaction is None or not _PLACE.fullmatch(place):
                raise BadMessage("interaction_expired")
            farewell = farewells.from_text(interaction.request)
            known = await house.units.commit(
                browser.tenant, lambda unit: _step(house, unit, interaction, farewell, Step(interaction.id, int(place)))
            )
        except BadMessage as bad:
            await show_bad(house, scope, send, bad)
            return
        headers = cleared(house, browser, known.facts, farewell.sessions)
        if isinstance(known.next, _Visit):
            await _visit(house, scope, send, known, known.next, walk=interaction.id, headers=headers)
        else:
            end, walk = known.next, interaction.id
            await _leave(house, scope, send, known, end, walk=walk, farewell=farewell, headers=headers)

    return walk


def cleared(house: House, browser: Browser, facts: Facts, ended: Sequence[str]) -> list[Header]:
    """The cookie of a session only if that is one of those that ended: a browser may have a newer one."""
    shown = browser.session is not None and browser.session.id in ended
    session = [cookies.clear(Cookie.SESSION, slug=browser.slug, secure=house.secure)] if shown else []
    return [*session, *farewells.state_cleared(house, facts)]


def _step(house: House, unit: Unit, interaction: Interaction, farewell: Farewell, at: Step) -> _Known:
    """Raises `BadMessage`."""
    owed = replying.from_text(farewell.reply) if farewell.reply else None
    facts = house.memory.current(unit, owed.service if owed else None)
    if facts.keys.xml is None:
        raise BadMessage("no_key")
    stops, sent = _stops(unit, farewell), asked.of_walk(unit, at.walk)
    confirmed = {each.place for each in sent if each.confirmed}
    place = next((each for each in range(at.place, len(stops)) if each not in confirmed), None)
    if place is not None:
        again = any(each.place == place for each in sent)
        request = _asked(house, unit, facts, stops[place], Step(at.walk, place), interaction.expires_at)
        saml = stops[place].service.saml
        key = facts.keys.xml_for(saml.switch if saml else None, now_us=unit.now_us)
        return _Known(facts, _Visit(stops[place], request, place, len(stops), again, key))
    framed = bool(farewell.frames) and owed is not None and at.place <= len(stops)
    if not framed and not sessions.finish(unit, interaction):
        raise BadMessage("interaction_expired")
    untold = dict.fromkeys(stop.service.name for each, stop in enumerate(stops) if each not in confirmed)
    return _Known(facts, _End(tuple(untold), len(stops), framed))


def _stops(unit: Unit, farewell: Farewell) -> Sequence[_Stop]:
    """In an order that stays: what is found later comes behind."""
    of_user = farewell.user_id
    seen = [grant for each in farewell.sessions for grant in sessions.grants_of(unit, session_id=each, user_id=of_user)]
    services = [found for each in farewell.visits if (found := federation.find(unit, each)) is not None]
    visited = [each for each in services if each.enabled and each.saml is not None and each.saml.logout_in_browser]
    return [
        _Stop(service, told)
        for service in visited
        for told in given_names.told(unit, [grant for grant in seen if grant.service_id == service.id])
    ]


def _asked(house: House, unit: Unit, facts: Facts, stop: _Stop, step: Step, expires_at: int) -> Element:
    """A new request each time: a service may refuse one that it has seen."""
    assert stop.service.saml is not None
    address = stop.service.saml.logout_in_browser
    assert address is not None
    request = answers.logout_request(
        stop.told.name,
        stop.told.indexes,
        entity_id=places.entity_id(house.issuer(facts.tenant.slug), facts),
        destination=address.url,
        at_us=unit.now_us,
    )
    asked.ask(unit, request.get("ID") or "", step, service_id=stop.service.id, expires_at=expires_at)
    return request


async def _visit(
    house: House, scope: Scope, send: Send, known: _Known, visit: _Visit, *, walk: str, headers: list[Header]
) -> None:
    slug = known.facts.tenant.slug
    address, fields = _message(visit, walk)
    await show(
        house,
        scope,
        send,
        "signing_out",
        facts=known.facts,
        headers=headers,
        address=address,
        fields=fields,
        service=shown_service(visit.stop.service, slug),
        place=visit.place + 1,
        total=visit.total,
        again=visit.again,
        action=f"{house.issuer(slug)}/{farewells.WALK}",
        interaction=walk,
        onward=visit.place + 1,
    )


def _message(visit: _Visit, walk: str) -> tuple[str, list[tuple[str, str]]]:
    """The address, and the fields of a form if it is one (bindings 3.4, 3.5)."""
    saml = visit.stop.service.saml
    assert saml is not None
    address = saml.logout_in_browser
    assert address is not None
    if address.binding is Binding.REDIRECT:
        message = to_base64(deflate(xml.written(visit.request)))
        query = signed_query("SAMLRequest", message, walk, key=visit.key, alg=saml.signature_alg)
        return replying.joined(address.url, query), []
    elements.sign(visit.request, visit.key, saml.signature_alg)
    return address.url, [("SAMLRequest", to_base64(xml.written(visit.request))), ("RelayState", walk)]


async def _leave(
    house: House,
    scope: Scope,
    send: Send,
    known: _Known,
    end: _End,
    *,
    walk: str,
    farewell: Farewell,
    headers: list[Header],
) -> None:
    facts, target = known.facts, farewell.target
    if end.framed:
        target = farewells.address(house.issuer(facts.tenant.slug), walk, end.place + 1)
    elif farewell.reply:
        outcome = PARTIAL if farewell.unreached or end.untold else SUCCESS
        owed = replying.from_text(farewell.reply)
        if await replying.reply(house, scope, send, facts, owed, outcome, headers=headers):
            return
    frames = () if farewell.reply and not end.framed else farewell.frames
    shown = () if end.framed else end.untold
    await farewells.goodbye(
        house, scope, send, facts, target, headers=headers, frames=frames, untold=shown, switchable=False
    )
