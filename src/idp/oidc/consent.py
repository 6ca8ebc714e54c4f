"""The consent page: what a service will learn, allowed or not by the person who is signed in.

The form is bound to the browser, the interaction, the sign-in, the scopes and APIs shown and the service as it
was shown: one from another flow, or one that somebody else was shown, does not count, nor one of before a service
took another name.
"""

from idp import audit, federation, users
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.oidc import sources
from idp.oidc.authorize import RESUME, Given, Next, answer, page_of, proceed, read_request
from idp.oidc.errors import PageError
from idp.oidc.known import Known, finish
from idp.oidc.progress import Missing, next_step
from idp.oidc.request import AuthorizationRequest, RedirectError
from idp.sessions import Interaction
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.pages import ShownPerson
from idp.web.showing import show, shown_service

_LARGEST = 64 * 1024


class _Shown(Exception):
    """Nothing stands in the way of asking the person."""

    def __init__(self, interaction: Interaction, known: Known, request: AuthorizationRequest) -> None:
        super().__init__(interaction.id)
        self.interaction = interaction
        self.known = known
        self.request = request


def question(house: House) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)

        async def look() -> Next:
            interaction = await _pending(house, browser, parse_query(scope["query_string"]))
            known, request = await read_request(house, browser, sources.from_text(interaction.request))
            if not _is_asked(house, known, request, interaction):
                return page_of(house, browser, RESUME, interaction)
            raise _Shown(interaction, known, request)

        try:
            await answer(house, scope, send, look)
        except _Shown as shown:
            await _show(house, scope, send, browser, shown)

    return ask


def decision(house: House) -> App:
    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))
        await answer(house, scope, send, lambda: _decide(house, scope, browser, form))

    return decide


async def _decide(house: House, scope: Scope, browser: Browser, form: Form) -> Next | Given:
    interaction = await _pending(house, browser, form)
    waiting = sources.from_text(interaction.request)
    known, request = await read_request(house, browser, waiting)
    if known.user is None:
        return page_of(house, browser, RESUME, interaction)
    _check_form(house, scope, browser, form, _purpose(interaction, known, request))
    user, service = known.user.id, known.service.id
    if form.get("decision") != "allow":
        await house.units.commit(
            browser.tenant, lambda unit: _deny(unit, interaction, request, user, service), actor=known.actor
        )
        raise RedirectError(request.back, "access_denied", "The person did not allow it.")
    if not _is_asked(house, known, request, interaction):
        return page_of(house, browser, RESUME, interaction)
    return await proceed(house, browser, waiting, interaction, allowed=True)


def _is_asked(house: House, known: Known, request: AuthorizationRequest, interaction: Interaction) -> bool:
    """Whether consent is what the request lacks. Everything else that it may lack, or get, is said where it resumes."""
    now_us = house.units.clock.now_us()
    try:
        step = next_step(house.gate, known, request, interaction, allowed=False, now_us=now_us)
    except Refused:
        return False
    return step is Missing.CONSENT


def _deny(unit: Unit, interaction: Interaction, request: AuthorizationRequest, user: str, service: str) -> None:
    finish(unit, interaction, request)
    audit.record(unit, audit.Event.CONSENT_DENIED, subject=user, service=service)


def _check_form(house: House, scope: Scope, browser: Browser, form: Form, purpose: str) -> None:
    try:
        csrf.check(house, scope, browser, form, purpose=purpose)
    except Refused as refusal:
        raise PageError(refusal.code, status=403) from refusal


async def _pending(house: House, browser: Browser, form: Form) -> Interaction:
    interaction = await pending(house, browser, form, resume=RESUME)
    if interaction is None:
        raise PageError("interaction_expired")
    return interaction


def _purpose(interaction: Interaction, known: Known, request: AuthorizationRequest) -> str:
    assert known.session is not None
    asked = f"{' '.join(sorted(request.disclosed))} for {' '.join(sorted(request.resources))}"
    seen = f"{asked} {federation.face_of(known.service)}"
    return f"consent {interaction.id} {known.session.id} {seen}"


async def _show(house: House, scope: Scope, send: Send, browser: Browser, shown: _Shown) -> None:
    known, user = shown.known, shown.known.user
    assert user is not None
    assert browser.device is not None
    person = await house.units.read(browser.tenant, lambda unit: users.get(unit, user.id))
    box = house.units.keys.box(browser.tenant)
    await show(
        house,
        scope,
        send,
        "consent",
        facts=known.facts,
        ui_locales=shown.request.ui_locales,
        action=f"{house.issuer(browser.slug)}/consent",
        csrf=csrf.token(box, browser.device.digest, _purpose(shown.interaction, known, shown.request)),
        interaction=shown.interaction.id,
        service=shown_service(known.service, browser.slug),
        person=ShownPerson(person.display_name, person.user_name),
        scopes=sorted(shown.request.disclosed),
        resources=sorted(set(shown.request.resources) - {house.audience(browser.slug)}),
        switch_account_url=f"{house.issuer(browser.slug)}/signin?interaction={shown.interaction.id}",
    )
