"""What follows the end of a session at our pages: services are told, and the person goes where they may go.

Those that want to be told directly are told first (Back-Channel Logout 1.0, 2.4); those that want it in the browser are
loaded in frames of the last page, which only then goes on (Front-Channel Logout 1.0, 2).
"""

from collections.abc import Iterable
from urllib.parse import urlencode

from idp import sessions
from idp.access import Facts
from idp.federation import Service
from idp.kit.units import Actor
from idp.oidc import session_state
from idp.oidc.answering import redirect
from idp.sessions import Ended
from idp.web import cookies
from idp.web.asgi import Header, Scope, Send
from idp.web.browsers import Browser
from idp.web.cookies import Cookie
from idp.web.house import House
from idp.web.showing import show

PATIENCE = 3.0  # seconds that the person waits until services are told; what takes longer goes on without them


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
    ended: Ended | None = None
    if session is not None:
        ended = await house.units.commit(
            browser.tenant, lambda unit: sessions.end_session(unit, session), actor=Actor("session", session)
        )
    if ended is not None:
        await house.tell_at_once(browser.tenant, ended.deliveries, patience=PATIENCE)
    cleared = [cookies.clear(Cookie.SESSION, slug=browser.slug, secure=house.secure)]
    if facts.switches.session_management:
        cleared.append(session_state.forgotten(house, browser.slug))
    frames = addresses(ended, house.issuer(browser.slug)) if ended else []
    await goodbye(house, scope, send, facts, target, headers=cleared, frames=frames)


async def goodbye(
    house: House,
    scope: Scope,
    send: Send,
    facts: Facts,
    target: str | None,
    *,
    headers: Iterable[Header] = (),
    frames: list[str] | None = None,
) -> None:
    """`target` is where a service wants its person back: proven, and registered."""
    if target is not None and not frames:
        await redirect(send, target, headers)
        return
    await show(
        house,
        scope,
        send,
        "logged_out",
        facts=facts,
        headers=headers,
        frames=frames or (),
        onward=target,
        query="",  # what led here is done: another language must not ask for it again
        switchable=scope["method"] != "POST",
    )


def addresses(ended: Ended, issuer: str) -> list[str]:
    """What the person's browser has to load."""
    asked = urlencode({"iss": issuer, "sid": ended.session_id})
    return [f"{uri}{'&' if '?' in uri else '?'}{asked}" for each in ended.services if (uri := _frontchannel(each))]


def _frontchannel(service: Service) -> str | None:
    return service.oidc.logout.frontchannel_uri if service.oidc else None
