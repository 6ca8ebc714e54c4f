"""The page of the terms, for a request for sign-on that waits for their acceptance."""

from idp.kit.errors import Refused
from idp.saml import places, requests
from idp.saml.errors import BadMessage
from idp.saml.progress import Missing, Unanswerable, next_step
from idp.saml.sso import Next, answer, page_of, read_request
from idp.sessions import Interaction
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
from idp.web.deciding import KeyMissing
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.terms_page import Due, accept_terms, show_terms

_LARGEST = 64 * 1024


class _Shown(Exception):
    """There are terms to be accepted by whoever is signed in."""

    def __init__(self, interaction: Interaction, due: Due) -> None:
        super().__init__(interaction.id)
        self.interaction = interaction
        self.due = due


def question(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)

        async def look() -> Next:
            interaction = await _pending(house, browser, parse_query(scope["query_string"]))
            due = await _due(house, browser, interaction)
            if due is None:
                return page_of(house, browser, places.RESUME, interaction)
            raise _Shown(interaction, due)

        try:
            await answer(house, scope, send, look)
        except _Shown as shown:
            action = f"{house.issuer(browser.slug)}/{places.TERMS}"
            await show_terms(house, scope, send, browser, shown.interaction, shown.due, action=action)

    return ask


def acceptance(house: House) -> App:
    async def accept(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))
        await answer(house, scope, send, lambda: _accept(house, scope, browser, form))

    return accept


async def _accept(house: House, scope: Scope, browser: Browser, form: Form) -> Next:
    interaction = await _pending(house, browser, form)
    due = await _due(house, browser, interaction)
    try:
        done = due is None or await accept_terms(house, scope, browser, form, interaction, due)
    except Refused as refusal:
        raise BadMessage(refusal.code) from refusal
    return page_of(house, browser, places.RESUME if done else places.TERMS, interaction)


async def _due(house: House, browser: Browser, interaction: Interaction) -> Due | None:
    """If acceptance is what the request lacks. What else it may lack, or get, is said where it resumes."""
    try:
        known = await read_request(house, browser, requests.from_text(interaction.request))
    except KeyMissing:  # one is made where it resumes
        return None
    own, now_us = places.entity_id(house.issuer(browser.slug)), house.units.clock.now_us()
    try:
        step = next_step(house.gate, known, interaction, own=own, now_us=now_us)
    except (Refused, Unanswerable):
        return None
    version = known.facts.terms.due(now_us) if step is Missing.TERMS else None
    if version is None or known.session is None:
        return None
    return Due(known.facts, known.session.id, known.actor, version)


async def _pending(house: House, browser: Browser, form: Form) -> Interaction:
    interaction = await pending(house, browser, form, resume=places.RESUME)
    if interaction is None:
        raise BadMessage("interaction_expired")
    return interaction
