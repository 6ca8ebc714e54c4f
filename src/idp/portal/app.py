"""The page and its forms, below the issuer."""

from idp import credentials, sessions
from idp.kit.errors import NotFound, Refused
from idp.kit.units import Unit
from idp.portal.looking import Mine, Nobody, look, refused
from idp.portal.showing import show_mine
from idp.sessions import Acr, Needs, Waiting, reached
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send, respond
from idp.web.browsers import PORTAL, Browser, browser_of, known_browser
from idp.web.dispatch import Route
from idp.web.forms import Form, parse_form, read_body
from idp.web.house import House
from idp.web.showing import show

_GET = frozenset({"GET"})
_POST = frozenset({"POST"})
_LARGEST = 16 * 1024
_FRESH = 10 * 60 * 1_000_000
"""So long after a sign-in with both factors one of them may be taken away (attack U12)."""


def routes(house: House) -> list[Route]:
    return [
        Route("/t/{tenant}/", _GET, "portal", page(house)),
        Route("/t/{tenant}/portal", _POST, "portal", act(house)),
    ]


def page(house: House) -> App:
    async def shown(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)
        try:
            mine = await house.units.read(browser.tenant, lambda unit: look(house, unit, browser))
        except Nobody:
            await _sign_in(house, send, browser, Needs())
        except Refused as refusal:
            await _deny(house, scope, send, refusal)
        else:
            digest, headers = known_browser(house, browser)
            await show_mine(house, scope, send, mine, digest=digest, headers=headers)

    return shown


def act(house: House) -> App:
    """One act on what is the person's own, by a form of the page; then the page again."""

    async def done(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        form = parse_form(await read_body(receive, limit=_LARGEST), scope["state"]["headers"].get(b"content-type"))
        try:
            mine = await house.units.read(browser.tenant, lambda unit: look(house, unit, browser))
            csrf.check(house, scope, browser, form, purpose=mine.purpose)
            needs = await house.units.commit(
                browser.tenant, lambda unit: _act(house, unit, browser, form), actor=mine.actor
            )
        except Nobody:
            await _sign_in(house, send, browser, Needs())
        except Refused as refusal:
            await _deny(house, scope, send, refusal)
        else:
            if needs is None:
                await respond(send, 303, [(b"location", f"{house.issuer(browser.slug)}/".encode())])
            else:
                await _sign_in(house, send, browser, needs)

    return done


def _act(house: House, unit: Unit, browser: Browser, form: Form) -> Needs | None:
    """What has to be proved first, or None when it is done; what is not there is done already."""
    mine, named = look(house, unit, browser), form.get("id") or ""
    match form.get("act"):
        case "withdraw":
            sessions.withdraw(unit, user_id=mine.identity.id, service_id=named)
        case "sign_out" if named in {session.id for session in mine.sessions}:
            sessions.end_session(unit, named)
        case "enrol" if not mine.factors:
            return Needs(anew=True, second=True)
        case "remove" if mine.factors:
            if not _proved(mine, unit.now_us):
                return Needs(anew=True, second=True)
            _remove(unit, mine, named)
        case _:
            pass
    return None


def _proved(mine: Mine, now_us: int) -> bool:
    evidence = mine.session.evidence
    return reached(evidence.methods) is Acr.TWO_FACTORS and now_us - evidence.authenticated_at <= _FRESH


def _remove(unit: Unit, mine: Mine, factor_id: str) -> None:
    try:
        credentials.remove_factor(unit, mine.identity.id, factor_id)
    except NotFound:
        return


async def _sign_in(house: House, send: Send, browser: Browser, needs: Needs) -> None:
    digest, headers = known_browser(house, browser)
    waiting = Waiting(PORTAL, "", "", wanted=needs.to_text())
    interaction = await house.units.commit(
        browser.tenant, lambda unit: sessions.begin_interaction(unit, waiting, browser=digest)
    )
    onward = f"{house.issuer(browser.slug)}/signin?interaction={interaction.id}"
    await respond(send, 303, [(b"location", onward.encode()), *headers])


async def _deny(house: House, scope: Scope, send: Send, refusal: Refused) -> None:
    facts, reference = house.memory.latest(scope["state"]["tenant_slug"]), scope["state"]["reference"]
    if refused(refusal):
        await show(house, scope, send, "denied", facts=facts, status=403, code=refusal.code, reference=reference)
    else:
        await show(house, scope, send, "error", facts=facts, status=403, code=refusal.code, reference=reference)
