"""Requests of doors that wait until a person has proved something."""

import hmac
from typing import NamedTuple

from idp.kit import ids
from idp.kit.units import Unit
from idp.sessions import store
from idp.sessions.model import Interaction, Lifetimes


class Waiting(NamedTuple):
    """What a door leaves behind while a person is asked for something."""

    resume: str
    service_id: str
    request: str
    login_hint: str = ""
    ui_locales: str = ""


def begin_interaction(unit: Unit, waiting: Waiting, *, browser: bytes) -> Interaction:
    """`browser` is the digest of the secret in the browser's cookie; nobody else can go on with the interaction."""
    interaction = Interaction(
        id=ids.new("int"),
        browser=browser,
        **waiting._asdict(),
        created_at=unit.now_us,
        expires_at=unit.now_us + Lifetimes.INTERACTION,
        session_id=None,
        finished_at=None,
    )
    store.add_interaction(unit, interaction)
    return interaction


def find_interaction(unit: Unit, interaction_id: str, *, browser: bytes | None) -> Interaction | None:
    """None when there is none, or it is over, or it began in another browser: one answer for all."""
    found = store.find_interaction(unit, interaction_id)
    if found is None or browser is None or not hmac.compare_digest(found.browser, browser):
        return None
    return found if found.finished_at is None and unit.now_us < found.expires_at else None


def authenticate(unit: Unit, interaction: Interaction, session_id: str) -> bool:
    """The person has signed in for this very interaction; False when it was finished meanwhile."""
    return store.authenticate_interaction(unit, interaction.id, session_id)


def finish(unit: Unit, interaction: Interaction) -> bool:
    """True for exactly one caller."""
    return store.finish_interaction(unit, interaction.id)
