"""Requests of doors that wait until a person has proved something."""

import hmac
from typing import NamedTuple

from idp.kit import ids
from idp.kit.units import Unit
from idp.sessions import store
from idp.sessions.assurance import Evidence, Needs
from idp.sessions.model import Interaction, Lifetimes


class Waiting(NamedTuple):
    """What a door leaves behind while a person is asked for something."""

    resume: str
    service_id: str
    request: str
    login_hint: str = ""
    ui_locales: str = ""
    wanted: str = ""


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


def want(unit: Unit, interaction: Interaction, needs: Needs) -> bool:
    """What its door has found that it still takes. A sign-in that was under way begins again."""
    return store.want(unit, interaction.id, needs.to_text())


def prove(unit: Unit, interaction: Interaction, evidence: Evidence) -> bool:
    """One step further. False when another step was taken since `interaction` was read, or it was finished."""
    return store.prove(unit, interaction.id, seen=interaction.proved, proved=evidence.to_text())


def authenticate(unit: Unit, interaction: Interaction, session_id: str) -> bool:
    """The person has signed in for this very interaction; False as for `prove`."""
    return store.authenticate_interaction(unit, interaction.id, session_id, seen=interaction.proved)


def cancel(unit: Unit, interaction: Interaction) -> bool:
    """The person does not want to; its door says so when the browser comes back to it."""
    return store.cancel(unit, interaction.id)


def finish(unit: Unit, interaction: Interaction) -> bool:
    """True for exactly one caller."""
    return store.finish_interaction(unit, interaction.id)
