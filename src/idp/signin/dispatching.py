"""Where a sign-in stands, and where a proof leads: to the next step, or to the end.

All that a step brings is judged here against what the server holds: a form of another flow, a step that is not due, or
one that was taken already changes nothing and leads back to the page of the step that is (attacks A24, U10).
"""

from typing import NamedTuple

from idp import access, credentials, federation, sessions, users
from idp.access import Facts
from idp.federation import Service
from idp.kit.errors import NotFound
from idp.kit.units import Unit
from idp.sessions import Evidence, Interaction, Method, Opened
from idp.signin.finishing import finish
from idp.signin.steps import Step, next_step
from idp.users import Identity
from idp.web.browsers import Browser
from idp.web.house import House

__all__ = ["Standing", "Taken", "advance", "begun", "stand"]


class Standing(NamedTuple):
    """One look at a sign-in that is under way; `due` is the page that may be shown and the form that may be sent.

    `identity` is whose `evidence` there is. Who is signed in, lacks nothing and comes here all the same wants to be
    somebody else: that begins with the first step.
    """

    facts: Facts
    service: Service | None
    interaction: Interaction
    evidence: Evidence | None
    identity: Identity | None
    due: Step


class Taken(NamedTuple):
    """A step that counted; `opened` when it was the last."""

    opened: Opened | None


def stand(house: House, unit: Unit, browser: Browser, interaction: Interaction) -> Standing:
    facts = house.memory.current(unit)
    evidence, identity = _proved(unit, browser, interaction, facts)
    due = Step.PASSWORD if evidence is None else _due(unit, interaction, evidence) or Step.PASSWORD
    return Standing(facts, _service(unit, interaction), interaction, evidence, identity, due)


def begun(unit: Unit, identity: Identity, method: Method) -> Evidence:
    """The first proof of a sign-in; what came before, of whoever it was, counts no more."""
    return Evidence(identity.id, identity.generation, (sessions.Proof(method, unit.now_us),))


def advance(unit: Unit, browser: Browser, interaction: Interaction, evidence: Evidence) -> Taken:
    """With one proof more than before. Raises `NotFound` when the interaction is not as it was read."""
    if _due(unit, interaction, evidence) is None:
        return Taken(finish(unit, evidence, interaction, whereabouts=browser.whereabouts, former=browser.session))
    if not sessions.prove(unit, interaction, evidence):
        raise NotFound("interaction")
    return Taken(None)


def _proved(
    unit: Unit, browser: Browser, interaction: Interaction, facts: Facts
) -> tuple[Evidence | None, Identity | None]:
    """Under way in this interaction, or else by the session of the browser; of a person who still stands as then."""
    evidence = interaction.evidence
    if evidence is None:
        session = sessions.live_session(unit, browser.session, tenant_generation=facts.tenant.generation)
        evidence = session.evidence if session else None
    identity = users.find(unit, evidence.user_id) if evidence else None
    if evidence is None or identity is None or not identity.active_at(unit.now_us):
        return None, None
    if identity.generation != evidence.generation:
        return None, None
    return evidence, identity


def _due(unit: Unit, interaction: Interaction, evidence: Evidence) -> Step | None:
    return next_step(
        evidence,
        interaction.needs,
        has_factor=credentials.has_factor(unit, evidence.user_id),
        began_at=interaction.created_at,
        now_us=unit.now_us,
    )


def _service(unit: Unit, interaction: Interaction) -> Service | None:
    if not interaction.service_id:
        return None
    try:
        return federation.get(unit, interaction.service_id)
    except NotFound:
        return None


def against(house: House, standing: Standing) -> access.Reason | None:
    """What stands in the way of everybody alike: nobody is troubled with a step that would lead nowhere."""
    if standing.service is None:
        return None
    return house.gate.reason_against(standing.facts, standing.service, now_us=house.units.clock.now_us())
