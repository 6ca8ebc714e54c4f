"""The consent page: what a service will learn, allowed or not by the person who is signed in.

The form is bound to the browser, the interaction, the sign-in, what was shown and the service as it was shown: one
from another flow, or one that somebody else was shown, does not count, nor one of before a service took another name.
What is asked for, what a yes gives and how a no is said is for the door whose request waits.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, NamedTuple, TypeVar

from idp import federation, users
from idp.access import Facts
from idp.federation import Service
from idp.kit.errors import Refused
from idp.sessions import Allowed, Interaction
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.pages import ShownPerson
from idp.web.showing import show, shown_service

T = TypeVar("T")

_LARGEST = 64 * 1024


class Wanted(NamedTuple):
    """By `service`, of the person who is signed in by that session. `is_asked`: consent is what the request lacks.
    Scopes are shown by their words."""

    facts: Facts
    service: Service
    session_id: str
    user_id: str
    allowed: Allowed
    is_asked: bool
    ui_locales: str = ""


class Asking(NamedTuple, Generic[T]):
    """A door whose requests wait for this page, with addresses below the issuer. `wanted` is None where nobody is
    signed in; `answer` sends the browser where work says that it goes, `allow` and `deny` are such work. What the door
    raises, by code: `expired` without an interaction, `refused` for a form that is not of this page."""

    page: str
    resume: str
    wanted: Callable[[House, Browser, Interaction], Awaitable[Wanted | None]]
    answer: Callable[[House, Scope, Send, Callable[[], Awaitable[T]]], Awaitable[None]]
    page_of: Callable[[House, Browser, str, Interaction], T]
    allow: Callable[[House, Browser, Interaction], Awaitable[T]]
    deny: Callable[[House, Browser, Interaction], Awaitable[T]]
    expired: Callable[[str], Exception]
    refused: Callable[[str], Exception]


class _Shown(Exception):
    """Nothing stands in the way of asking the person."""

    def __init__(self, interaction: Interaction, wanted: Wanted) -> None:
        super().__init__(interaction.id)
        self.interaction = interaction
        self.wanted = wanted


def question(house: House, door: Asking[T]) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)

        async def look() -> T:
            interaction = await _pending(house, door, browser, parse_query(scope["query_string"]))
            wanted = await door.wanted(house, browser, interaction)
            if wanted is None or not wanted.is_asked:
                return door.page_of(house, browser, door.resume, interaction)
            raise _Shown(interaction, wanted)

        try:
            await door.answer(house, scope, send, look)
        except _Shown as shown:
            action = f"{house.issuer(browser.slug)}/{door.page}"
            await _show(house, scope, send, browser, shown.interaction, shown.wanted, action=action)

    return ask


def decision(house: House, door: Asking[T]) -> App:
    async def decide(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))

        async def go_on() -> T:
            interaction = await _pending(house, door, browser, form)
            wanted = await door.wanted(house, browser, interaction)
            if wanted is None:
                return door.page_of(house, browser, door.resume, interaction)
            try:
                csrf.check(house, scope, browser, form, purpose=_purpose(interaction, wanted))
            except Refused as refusal:
                raise door.refused(refusal.code) from refusal
            if form.get("decision") != "allow":
                return await door.deny(house, browser, interaction)
            if not wanted.is_asked:
                return door.page_of(house, browser, door.resume, interaction)
            return await door.allow(house, browser, interaction)

        await door.answer(house, scope, send, go_on)

    return decide


async def _pending(house: House, door: Asking[T], browser: Browser, form: Form) -> Interaction:
    interaction = await pending(house, browser, form, resume=door.resume)
    if interaction is None:
        raise door.expired("interaction_expired")
    return interaction


def _purpose(interaction: Interaction, wanted: Wanted) -> str:
    asked = f"{' '.join(sorted(wanted.allowed.scopes))} for {' '.join(sorted(wanted.allowed.resources))}"
    return f"consent {interaction.id} {wanted.session_id} {asked} {federation.face_of(wanted.service)}"


async def _show(
    house: House, scope: Scope, send: Send, browser: Browser, interaction: Interaction, wanted: Wanted, *, action: str
) -> None:
    assert browser.device is not None
    person = await house.units.read(browser.tenant, lambda unit: users.get(unit, wanted.user_id))
    box = house.units.keys.box(browser.tenant)
    await show(
        house,
        scope,
        send,
        "consent",
        facts=wanted.facts,
        ui_locales=wanted.ui_locales,
        action=action,
        csrf=csrf.token(box, browser.device.digest, _purpose(interaction, wanted)),
        interaction=interaction.id,
        service=shown_service(wanted.service, browser.slug),
        person=ShownPerson(person.display_name, person.user_name),
        scopes=sorted(wanted.allowed.scopes),
        resources=sorted(wanted.allowed.resources),
        switch_account_url=f"{house.issuer(browser.slug)}/signin?interaction={interaction.id}",
    )
