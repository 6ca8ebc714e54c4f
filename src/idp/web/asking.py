"""A page that asks the person for what a pending request lacks, and the form of their answer.

The form is bound to the browser, the interaction and, by its purpose, to whoever was asked what: one from another flow,
or one that somebody else was shown, does not count. What is asked is for the page; what a request lacks, and where the
browser goes on, is for the door whose request waits.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar

from idp.access import Facts
from idp.kit.errors import Refused
from idp.sessions import Interaction
from idp.web import csrf
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import Browser, browser_of, pending
from idp.web.forms import Form, parse_form, parse_query, read_body
from idp.web.house import House
from idp.web.pages import PageName
from idp.web.showing import show

T = TypeVar("T")

_LARGEST = 64 * 1024


class Door(NamedTuple, Generic[T]):
    """Whose requests wait for a page, with addresses below the issuer. `answer` sends the browser where work says that
    it goes, and `page_of` names a place for it. What the door raises, by code: `expired` without an interaction,
    `refused` for a form that is not of this page."""

    page: str
    resumes: tuple[str, ...]
    answer: Callable[[House, Scope, Send, Callable[[], Awaitable[T]]], Awaitable[None]]
    page_of: Callable[[House, Browser, str, Interaction], T]
    expired: Callable[[str], Exception]
    refused: Callable[[str], Exception]


class Question(NamedTuple):
    """What the page shows beside its form, and to what the form is bound."""

    page: PageName
    facts: Facts
    purpose: str
    shown: dict[str, Any]
    ui_locales: str = ""


class Reply(NamedTuple):
    """What the browser sent, of which nothing counts before `prove` has been asked."""

    interaction: Interaction
    form: Form
    prove: Callable[[str], None]


class _Asked(Exception):
    """Nothing stands in the way of asking the person."""

    def __init__(self, interaction: Interaction, question: Question) -> None:
        super().__init__(interaction.id)
        self.interaction = interaction
        self.question = question


def asking(
    house: House, door: Door[T], question_of: Callable[[Browser, Interaction], Awaitable[Question | None]]
) -> App:
    """Shows the question. Where there is none the browser goes on."""

    async def ask(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)

        async def look() -> T:
            interaction = await _pending(house, door, browser, parse_query(scope["query_string"]))
            question = await question_of(browser, interaction)
            if question is None:
                return door.page_of(house, browser, interaction.resume, interaction)
            raise _Asked(interaction, question)

        try:
            await door.answer(house, scope, send, look)
        except _Asked as asked:
            action = f"{house.issuer(browser.slug)}/{door.page}"
            await _show(house, scope, send, browser, asked.interaction, asked.question, action=action)

    return ask


def answering(house: House, door: Door[T], act: Callable[[Browser, Reply], Awaitable[T]]) -> App:
    """Reads the form, and does what `act` does with it."""

    async def read(scope: Scope, receive: Receive, send: Send) -> None:
        browser = await browser_of(house, scope)
        body = await read_body(receive, limit=_LARGEST)
        form = parse_form(body, scope["state"]["headers"].get(b"content-type"))

        def prove(purpose: str) -> None:
            try:
                csrf.check(house, scope, browser, form, purpose=purpose)
            except Refused as refusal:
                raise door.refused(refusal.code) from refusal

        async def go_on() -> T:
            return await act(browser, Reply(await _pending(house, door, browser, form), form, prove))

        await door.answer(house, scope, send, go_on)

    return read


async def _pending(house: House, door: Door[T], browser: Browser, form: Form) -> Interaction:
    for resume in door.resumes:
        interaction = await pending(house, browser, form, resume=resume)
        if interaction is not None:
            return interaction
    raise door.expired("interaction_expired")


async def _show(
    house: House,
    scope: Scope,
    send: Send,
    browser: Browser,
    interaction: Interaction,
    question: Question,
    *,
    action: str,
) -> None:
    assert browser.device is not None
    box = house.units.keys.box(browser.tenant)
    await show(
        house,
        scope,
        send,
        question.page,
        facts=question.facts,
        ui_locales=question.ui_locales,
        action=action,
        csrf=csrf.token(box, browser.device.digest, question.purpose),
        interaction=interaction.id,
        **question.shown,
    )
