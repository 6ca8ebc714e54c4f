"""The page of the terms: an administrator whose tenant has yet to accept those in force reads them and accepts.

The form is bound to the browser, the interaction, the sign-in and the version shown: an answer to a page of other terms
does not count. Which of them is due, what is said when something is wrong, and where the browser goes on, is for the
door whose request waits.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar

from idp import terms
from idp.access import Facts
from idp.kit.errors import Conflict, NotFound, Refused
from idp.kit.units import Actor, Unit
from idp.sessions import Interaction
from idp.terms import Provision, Version
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.showing import show

T = TypeVar("T")

_LARGEST = 64 * 1024


class Due(NamedTuple):
    """`version` is to be accepted by `actor`, who is signed in by that session."""

    facts: Facts
    session_id: str
    actor: Actor
    version: Version
    ui_locales: str = ""


class Asking(NamedTuple, Generic[T]):
    """A door whose requests wait for this page, with addresses below the issuer. `due` is None where acceptance is not
    what an interaction lacks; `answer` sends the browser where work says that it goes. What the door raises, by code:
    `expired` without an interaction, `refused` for a form that is not of this page."""

    page: str
    resumes: tuple[str, ...]
    due: Callable[[House, Browser, Interaction], Awaitable[Due | None]]
    answer: Callable[[House, Scope, Send, Callable[[], Awaitable[T]]], Awaitable[None]]
    page_of: Callable[[House, Browser, str, Interaction], T]
    expired: Callable[[str], Exception]
    refused: Callable[[str], Exception]


class _Shown(Exception):
    """There are terms to be accepted by whoever is signed in."""

    def __init__(self, interaction: Interaction, due: Due) -> None:
        super().__init__(interaction.id)
        self.interaction = interaction
        self.due = due


def question(house: House, door: Asking[T]) -> App:
    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)

        async def look() -> T:
            interaction = await _pending(house, door, browser, parse_query(scope["query_string"]))
            due = await door.due(house, browser, interaction)
            if due is None:
                return door.page_of(house, browser, interaction.resume, interaction)
            raise _Shown(interaction, due)

        try:
            await door.answer(house, scope, send, look)
        except _Shown as shown:
            action = f"{house.issuer(browser.slug)}/{door.page}"
            await _show(house, scope, send, browser, shown.interaction, shown.due, action=action)

    return ask


def acceptance(house: House, door: Asking[T]) -> App:
    async def accept(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))

        async def go_on() -> T:
            interaction = await _pending(house, door, browser, form)
            due = await door.due(house, browser, interaction)
            try:
                done = due is None or await _accept(house, scope, browser, form, interaction, due)
            except Refused as refusal:
                raise door.refused(refusal.code) from refusal
            return door.page_of(house, browser, interaction.resume if done else door.page, interaction)

        await door.answer(house, scope, send, go_on)

    return accept


async def _pending(house: House, door: Asking[T], browser: Browser, form: Form) -> Interaction:
    for resume in door.resumes:
        interaction = await pending(house, browser, form, resume=resume)
        if interaction is not None:
            return interaction
    raise door.expired("interaction_expired")


async def _show(
    house: House, scope: Scope, send: Send, browser: Browser, interaction: Interaction, due: Due, *, action: str
) -> None:
    assert browser.device is not None
    found = await house.units.read(browser.tenant, lambda unit: _read(unit, due.version))
    box = house.units.keys.box(browser.tenant)
    await show(
        house,
        scope,
        send,
        "terms",
        facts=due.facts,
        ui_locales=due.ui_locales,
        action=action,
        csrf=csrf.token(box, browser.device.digest, _purpose(interaction, due)),
        interaction=interaction.id,
        **found,
    )


async def _accept(house: House, scope: Scope, browser: Browser, form: Form, interaction: Interaction, due: Due) -> bool:
    """False: others came into force a moment ago, to be shown next. Raises `Refused` for a form that is not of this
    page."""
    csrf.check(house, scope, browser, form, purpose=_purpose(interaction, due))

    def write(unit: Unit) -> None:
        terms.accept(unit, due.version)

    try:
        await house.units.commit(browser.tenant, write, actor=due.actor)
    except (Conflict, NotFound):
        return False
    return True


def _purpose(interaction: Interaction, due: Due) -> str:
    return f"terms {interaction.id} {due.session_id} {due.version}"


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
