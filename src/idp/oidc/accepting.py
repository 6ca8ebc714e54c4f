"""The page of the terms, for what waits for their acceptance: a request for authorization, or a device."""

from idp.kit.errors import Refused
from idp.oidc import sources
from idp.oidc.authorize import RESUME, TERMS, Next, answer, page_of, read_request
from idp.oidc.device_page import DECISION, terms_due
from idp.oidc.errors import PageError
from idp.oidc.known import Known
from idp.oidc.progress import Missing, next_step
from idp.sessions import Interaction
from idp.terms import Version
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
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
                return page_of(house, browser, interaction.resume, interaction)
            raise _Shown(interaction, due)

        try:
            await answer(house, scope, send, look)
        except _Shown as shown:
            action = f"{house.issuer(browser.slug)}/{TERMS}"
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
        raise PageError(refusal.code, status=403) from refusal
    return page_of(house, browser, interaction.resume if done else TERMS, interaction)


async def _due(house: House, browser: Browser, interaction: Interaction) -> Due | None:
    """If acceptance is what is lacking. What else may be lacking, or there is to get, is said where it resumes."""
    if interaction.resume == DECISION:
        known, version = await terms_due(house, browser, interaction)
        return _due_to(known, version, "")
    known, request = await read_request(house, browser, sources.from_text(interaction.request))
    now_us = house.units.clock.now_us()
    try:
        step = next_step(house.gate, known, request, interaction, allowed=False, now_us=now_us)
    except Refused:
        return None
    version = known.facts.terms.due(now_us) if step is Missing.TERMS else None
    return _due_to(known, version, request.ui_locales)


def _due_to(known: Known, version: Version | None, locales: str) -> Due | None:
    if version is None or known.session is None:
        return None
    return Due(known.facts, known.session.id, known.actor, version, locales)


async def _pending(house: House, browser: Browser, form: Form) -> Interaction:
    for resume in (RESUME, DECISION):
        interaction = await pending(house, browser, form, resume=resume)
        if interaction is not None:
            return interaction
    raise PageError("interaction_expired")
