"""The consent page: what a service will learn, allowed or not by the person who is signed in.

Its form is bound to the sign-in, what was shown and the service as it was shown: one of before a service took another
name does not count. What is asked for, what a yes gives and how a no is said is for the door whose request waits.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar

from idp import federation, users
from idp.access import Facts
from idp.federation import Service
from idp.sessions import Allowed, Interaction
from idp.web.asgi import App
from idp.web.asking import Door, Question, Reply, answering, asking
from idp.web.browsers import Browser
from idp.web.house import House
from idp.web.pages import ShownPerson
from idp.web.showing import shown_service

T = TypeVar("T")


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
    """`wanted` is None where nobody is signed in; `allow` and `deny` are the door's work."""

    door: Door[T]
    wanted: Callable[[House, Browser, Interaction], Awaitable[Wanted | None]]
    allow: Callable[[House, Browser, Interaction], Awaitable[T]]
    deny: Callable[[House, Browser, Interaction], Awaitable[T]]


def question(house: House, page: Asking[T]) -> App:
    async def question_of(browser: Browser, interaction: Interaction) -> Question | None:
        wanted = await page.wanted(house, browser, interaction)
        if wanted is None or not wanted.is_asked:
            return None
        shown = await _shown(house, browser, interaction, wanted)
        return Question("consent", wanted.facts, _purpose(interaction, wanted), shown, wanted.ui_locales)

    return asking(house, page.door, question_of)


def decision(house: House, page: Asking[T]) -> App:
    async def decide(browser: Browser, reply: Reply) -> T:
        interaction = reply.interaction
        wanted = await page.wanted(house, browser, interaction)
        if wanted is None:
            return page.door.page_of(house, browser, interaction.resume, interaction)
        reply.prove(_purpose(interaction, wanted))
        if reply.form.get("decision") != "allow":
            return await page.deny(house, browser, interaction)
        if not wanted.is_asked:
            return page.door.page_of(house, browser, interaction.resume, interaction)
        return await page.allow(house, browser, interaction)

    return answering(house, page.door, decide)


def _purpose(interaction: Interaction, wanted: Wanted) -> str:
    asked = f"{' '.join(sorted(wanted.allowed.scopes))} for {' '.join(sorted(wanted.allowed.resources))}"
    return f"consent {interaction.id} {wanted.session_id} {asked} {federation.face_of(wanted.service)}"


async def _shown(house: House, browser: Browser, interaction: Interaction, wanted: Wanted) -> dict[str, Any]:
    person = await house.units.read(browser.tenant, lambda unit: users.get(unit, wanted.user_id))
    return {
        "service": shown_service(wanted.service, browser.slug),
        "person": ShownPerson(person.display_name, person.user_name),
        "scopes": sorted(wanted.allowed.scopes),
        "resources": sorted(wanted.allowed.resources),
        "switch_account_url": f"{house.issuer(browser.slug)}/signin?interaction={interaction.id}",
    }
