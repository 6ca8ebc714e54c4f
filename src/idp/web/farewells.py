"""What follows the end of sessions in the person's browser, whichever door has ended them.

Whoever can be told directly is told first (Back-Channel Logout 1.0, 2.4; SAML by SOAP). Services of SAML that cannot be
are walked to, one after the other, by the door that speaks with them. Last comes a page with frames of the services of
OpenID Connect that want it in the browser (Front-Channel Logout 1.0, 2), which only then goes on.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from idp import delivery, sessions
from idp.access import Facts
from idp.federation import Service
from idp.kit.actors import Actor
from idp.sessions import Ended, Waiting
from idp.web import cookies, state_cookie
from idp.web.asgi import Header, Scope, Send, respond
from idp.web.browsers import Browser, known_browser
from idp.web.cookies import Cookie
from idp.web.house import House
from idp.web.showing import show

WALK = "saml/logout"
"""Where the door of SAML lets the browser go on from service to service."""

PATIENCE = 3.0  # seconds that the person waits until services are told; what takes longer goes on without them


class Farewell(NamedTuple):
    """The `sessions` of one person have ended. `visits` are services that the browser has yet to be taken to, `frames`
    addresses that it has yet to load; `unreached`: somebody else has not been told so far. Then it goes to `target`,
    proven and registered, or takes along what the door of SAML has promised by `reply`."""

    user_id: str = ""
    sessions: tuple[str, ...] = ()
    visits: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    unreached: bool = False
    target: str | None = None
    reply: str | None = None

    def to_text(self) -> str:
        return json.dumps(self)


def from_text(text: str) -> Farewell:
    """What `to_text` has written."""
    user_id, ended, visits, frames, *rest = json.loads(text)
    return Farewell(user_id, tuple(ended), tuple(visits), tuple(frames), *rest)


async def sign_out(
    house: House,
    scope: Scope,
    send: Send,
    browser: Browser,
    facts: Facts,
    *,
    session: str | None,
    target: str | None,
) -> None:
    """The session of this browser, by its person."""
    ended: Ended | None = None
    if session is not None:
        ended = await house.units.commit(
            browser.tenant, lambda unit: sessions.end_session(unit, session), actor=Actor("session", session)
        )
    farewell = await tell(house, browser, [ended] if ended else [])
    cleared = [cookies.clear(Cookie.SESSION, slug=browser.slug, secure=house.secure), *state_cleared(house, facts)]
    await begin(house, scope, send, browser, facts, farewell._replace(target=target), headers=cleared)


async def tell(house: House, browser: Browser, ended: Sequence[Ended]) -> Farewell:
    """At once, as far as that is possible; and what is left to do."""
    owed = [each for one in ended for each in one.deliveries]
    await house.tell_at_once(browser.tenant, owed, patience=PATIENCE)
    late: Collection[str] = ()
    if owed:
        late = await house.units.read(browser.tenant, lambda unit: delivery.undelivered(unit, owed))
    return farewell_of(ended, late, issuer=house.issuer(browser.slug))


def farewell_of(ended: Sequence[Ended], late: Collection[str], *, issuer: str) -> Farewell:
    """`late` are services that should have been told directly and have not been."""
    seen = {service.id: service for one in ended for service in one.services}
    left = [each for each in seen.values() if not _told(each, late)]
    visits = [each.id for each in left if _is_visited(each)]
    return Farewell(
        user_id=ended[0].user_id if ended else "",
        sessions=tuple(one.session_id for one in ended),
        visits=tuple(visits),
        frames=tuple(address for one in ended for address in addresses(one, issuer)),
        unreached=len(visits) < len(left),
    )


def _told(service: Service, late: Collection[str]) -> bool:
    """A service of OpenID Connect without an address is told of nothing, and misses nothing that it has asked for."""
    if service.saml is not None and not service.saml.is_told_directly:
        return False
    return service.id not in late


def _is_visited(service: Service) -> bool:
    return service.enabled and service.saml is not None and service.saml.logout_in_browser is not None


def addresses(ended: Ended, issuer: str) -> list[str]:
    """What the person's browser has to load."""
    asked = urlencode({"iss": issuer, "sid": ended.session_id})
    return [f"{uri}{'&' if '?' in uri else '?'}{asked}" for each in ended.services if (uri := _frontchannel(each))]


def _frontchannel(service: Service) -> str | None:
    return service.oidc.logout.frontchannel_uri if service.oidc else None


async def begin(
    house: House,
    scope: Scope,
    send: Send,
    browser: Browser,
    facts: Facts,
    farewell: Farewell,
    *,
    headers: Iterable[Header] = (),
) -> None:
    """The walk, or its end where there is nobody to walk to."""
    if not farewell.visits and farewell.reply is None:
        await goodbye(house, scope, send, facts, farewell.target, headers=headers, frames=farewell.frames)
        return
    digest, known = known_browser(house, browser)
    waiting = Waiting(WALK, "", farewell.to_text())
    begun = await house.units.commit(
        browser.tenant, lambda unit: sessions.begin_interaction(unit, waiting, browser=digest)
    )
    await go(send, address(house.issuer(browser.slug), begun.id, 0), [*headers, *known])


def address(issuer: str, walk: str, place: int) -> str:
    """Of the walk at its `place`-th stop, the first being 0."""
    return f"{issuer}/{WALK}?{urlencode({'interaction': walk, 'at': place})}"


async def go(send: Send, location: str, headers: Iterable[Header] = ()) -> None:
    await respond(send, 303, [(b"location", location.encode()), *headers])


def state_cleared(house: House, facts: Facts) -> list[Header]:
    """So that services which watch the session notice (Session Management 1.0)."""
    return [state_cookie.forgotten(house, facts.tenant.slug)] if facts.switches.session_management else []


async def goodbye(
    house: House,
    scope: Scope,
    send: Send,
    facts: Facts,
    target: str | None,
    *,
    headers: Iterable[Header] = (),
    frames: Sequence[str] = (),
    untold: Sequence[str] = (),
    switchable: bool = True,
) -> None:
    """`target` is where a service wants its person back: proven, and registered. `untold` are names of services that
    have not confirmed."""
    if target is not None and not frames:
        await go(send, target, headers)
        return
    await show(
        house,
        scope,
        send,
        "logged_out",
        facts=facts,
        headers=headers,
        frames=frames,
        onward=target,
        untold=untold,
        query="",  # what led here is done: another language must not ask for it again
        switchable=switchable and scope["method"] != "POST",
    )
