"""The page of the terms: an administrator whose tenant has yet to accept those in force reads them and accepts.

The form is bound to the browser, the interaction, the sign-in and the version shown: an answer to a page of other terms
does not count.
"""

from typing import Any

from idp import terms
from idp.kit.errors import Conflict, NotFound, Refused
from idp.kit.units import Unit
from idp.oidc import sources
from idp.oidc.authorize import RESUME, TERMS, Next, answer, page_of, read_request
from idp.oidc.device_page import DECISION, terms_due
from idp.oidc.errors import PageError
from idp.oidc.known import Known
from idp.oidc.progress import Missing, next_step
from idp.sessions import Interaction
from idp.terms import Provision, Version
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.showing import show

_LARGEST = 64 * 1024


class _Shown(Exception):
    """There are terms to be accepted by whoever is signed in."""

    def __init__(self, interaction: Interaction, known: Known, version: Version, locales: str) -> None:
        super().__init__(interaction.id)
        self.interaction = interaction
        self.known = known
        self.version = version
        self.locales = locales


def question(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)

        async def look() -> Next:
            interaction = await _pending(house, browser, parse_query(scope["query_string"]))
            known, version, locales = await _due(house, browser, interaction)
            if version is None:
                return page_of(house, browser, interaction.resume, interaction)
            raise _Shown(interaction, known, version, locales)

        try:
            await answer(house, scope, send, look)
        except _Shown as shown:
            await _show(house, scope, send, browser, shown)

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
    known, version, _ = await _due(house, browser, interaction)
    if version is not None:
        try:
            csrf.check(house, scope, browser, form, purpose=_purpose(interaction, known, version))
        except Refused as refusal:
            raise PageError(refusal.code, status=403) from refusal
        accepted = version

        def write(unit: Unit) -> None:
            terms.accept(unit, accepted)

        try:
            await house.units.commit(browser.tenant, write, actor=known.actor)
        except (Conflict, NotFound):  # others came into force a moment ago: they are shown next
            return page_of(house, browser, TERMS, interaction)
    return page_of(house, browser, interaction.resume, interaction)


async def _due(house: House, browser: Browser, interaction: Interaction) -> tuple[Known, Version | None, str]:
    """The version, if acceptance is what the request lacks. What else it may lack, or get, is said where it resumes."""
    if interaction.resume == DECISION:
        return *(await terms_due(house, browser, interaction)), ""
    known, request = await read_request(house, browser, sources.from_text(interaction.request))
    now_us = house.units.clock.now_us()
    try:
        step = next_step(house.gate, known, request, interaction, allowed=False, now_us=now_us)
    except Refused:
        return known, None, request.ui_locales
    version = known.facts.terms.due(now_us) if step is Missing.TERMS else None
    return known, version, request.ui_locales


async def _pending(house: House, browser: Browser, form: Form) -> Interaction:
    for resume in (RESUME, DECISION):
        interaction = await pending(house, browser, form, resume=resume)
        if interaction is not None:
            return interaction
    raise PageError("interaction_expired")


def _purpose(interaction: Interaction, known: Known, version: Version) -> str:
    assert known.session is not None
    return f"terms {interaction.id} {known.session.id} {version}"


async def _show(house: House, scope: Scope, send: Send, browser: Browser, shown: _Shown) -> None:
    assert browser.device is not None
    found = await house.units.read(browser.tenant, lambda unit: _read(unit, shown.version))
    box = house.units.keys.box(browser.tenant)
    await show(
        house,
        scope,
        send,
        "terms",
        facts=shown.known.facts,
        ui_locales=shown.locales,
        action=f"{house.issuer(browser.slug)}/{TERMS}",
        csrf=csrf.token(box, browser.device.digest, _purpose(shown.interaction, shown.known, shown.version)),
        interaction=shown.interaction.id,
        **found,
    )


def _read(unit: Unit, version: Version) -> dict[str, Any]:
    """With what they change in the terms that the tenant accepted last, if it has accepted any."""
    found = terms.get(unit, version)
    accepted = {each.version for each in terms.acceptances(unit)}
    earlier = [each for each in terms.published(unit) if each.version in accepted]
    before: tuple[Provision, ...] = earlier[-1].draft.provisions if earlier else ()
    rows = terms.compare(before, found.draft.provisions) if earlier else []
    return {
        "heading": found.draft.title,
        "version": found.version,
        "effective_date": found.draft.effective_date.isoformat(),
        "articles": terms.to_document(found.draft)["articles"],
        "rows": [{**row.key._asdict(), "before": row.before, "after": row.after} for row in rows],
    }
