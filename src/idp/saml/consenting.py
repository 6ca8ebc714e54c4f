"""The consent page, for a request for sign-on that waits for it."""

from idp import audit
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.saml import judging, persons, places, requests
from idp.saml.errors import BadMessage
from idp.saml.giving import decline
from idp.saml.known import Known, finish
from idp.saml.progress import Missing, Unanswerable, next_step
from idp.saml.sso import Given, Next, answer, page_of, proceed, read_request
from idp.sessions import Interaction
from idp.web.asking import Door
from idp.web.browsers import Browser
from idp.web.consent_page import Asking, Wanted
from idp.web.deciding import KeyMissing
from idp.web.house import House


async def _wanted(house: House, browser: Browser, interaction: Interaction) -> Wanted | None:
    try:
        known = await read_request(house, browser, requests.from_text(interaction.request))
    except KeyMissing:  # one is made where it resumes
        return None
    if known.session is None or known.user is None:
        return None
    allowed, is_asked = persons.disclosed(known.saml, known.request), _is_asked(house, browser, known, interaction)
    return Wanted(known.facts, known.service, known.session.id, known.user.id, allowed, is_asked)


async def _allow(house: House, browser: Browser, interaction: Interaction) -> Next | Given:
    return await proceed(house, browser, requests.from_text(interaction.request), interaction, allowed=True)


async def _deny(house: House, browser: Browser, interaction: Interaction) -> Next | Given:
    """The service is told, if it has asked; where the person began here they are back at their own page."""
    known = await read_request(house, browser, requests.from_text(interaction.request))

    def note(unit: Unit) -> None:
        user = known.user.id if known.user else ""
        audit.record(unit, audit.Event.CONSENT_DENIED, subject=user, service=known.service.id)

    if known.request.id is not None:
        return Given(known, await decline(house, known, judging.NOT_ALLOWED, interaction, note=note))

    def end(unit: Unit) -> None:
        finish(unit, interaction, known.request)
        note(unit)

    await house.units.commit(browser.tenant, end, actor=known.actor)
    return Next(f"{house.issuer(browser.slug)}/", [])


def _is_asked(house: House, browser: Browser, known: Known, interaction: Interaction) -> bool:
    """Whether consent is what the request lacks. What else it may lack, or get, is said where it resumes."""
    own, now_us = places.entity_id(house.issuer(browser.slug), known.facts), house.units.clock.now_us()
    try:
        return next_step(house.gate, known, interaction, own=own, now_us=now_us) is Missing.CONSENT
    except (Refused, Unanswerable):
        return False


PAGE: Asking[Next | Given] = Asking(
    Door(places.CONSENT, (places.RESUME,), answer, page_of, expired=BadMessage, refused=BadMessage),
    _wanted,
    _allow,
    _deny,
)
