"""The page of the terms: an administrator whose tenant has yet to accept those in force reads them and accepts.

The form is bound to the browser, the interaction, the sign-in and the version shown: an answer to a page of other terms
does not count. Which of them is due, and where the browser goes on, is for the door that asks.
"""

from typing import Any, NamedTuple

from idp import terms
from idp.access import Facts
from idp.kit.errors import Conflict, NotFound
from idp.kit.units import Actor, Unit
from idp.sessions import Interaction
from idp.terms import Provision, Version
from idp.web import csrf
from idp.web.asgi import Scope, Send
from idp.web.browsers import Browser
from idp.web.forms import Form
from idp.web.house import House
from idp.web.showing import show


class Due(NamedTuple):
    """`version` is to be accepted by `actor`, who is signed in by that session."""

    facts: Facts
    session_id: str
    actor: Actor
    version: Version
    ui_locales: str = ""


async def show_terms(
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


async def accept_terms(
    house: House, scope: Scope, browser: Browser, form: Form, interaction: Interaction, due: Due
) -> bool:
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
