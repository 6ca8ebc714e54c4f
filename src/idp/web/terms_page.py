"""The page of the terms: an administrator whose tenant has yet to accept those in force reads them and accepts.

Its form is bound to the sign-in and the version shown: an answer to a page of other terms does not count. Which of them
is due is for the door whose request waits.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar

from idp import terms
from idp.access import Facts
from idp.kit.actors import Actor
from idp.kit.errors import Conflict, NotFound
from idp.kit.units import Unit
from idp.sessions import Interaction
from idp.terms import Provision, Version
from idp.web.asgi import App
from idp.web.asking import Door, Question, Reply, answering, asking
from idp.web.browsers import Browser
from idp.web.house import House

T = TypeVar("T")


class Due(NamedTuple):
    """`version` is to be accepted by `actor`, who is signed in by that session."""

    facts: Facts
    session_id: str
    actor: Actor
    version: Version
    ui_locales: str = ""


class Asking(NamedTuple, Generic[T]):
    """`due` is None where acceptance is not what an interaction lacks."""

    door: Door[T]
    due: Callable[[House, Browser, Interaction], Awaitable[Due | None]]


def question(house: House, page: Asking[T]) -> App:
    async def question_of(browser: Browser, interaction: Interaction) -> Question | None:
        due = await page.due(house, browser, interaction)
        if due is None:
            return None
        shown = await house.units.read(browser.tenant, lambda unit: _read(unit, due.version))
        return Question("terms", due.facts, _purpose(interaction, due), shown, due.ui_locales)

    return asking(house, page.door, question_of)


def acceptance(house: House, page: Asking[T]) -> App:
    async def accept(browser: Browser, reply: Reply) -> T:
        interaction = reply.interaction
        due = await page.due(house, browser, interaction)
        if due is not None:
            reply.prove(_purpose(interaction, due))
        is_done = due is None or await _accept(house, browser, due)
        return page.door.page_of(house, browser, interaction.resume if is_done else page.door.page, interaction)

    return answering(house, page.door, accept)


async def _accept(house: House, browser: Browser, due: Due) -> bool:
    """False: others came into force a moment ago, to be shown next."""

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
