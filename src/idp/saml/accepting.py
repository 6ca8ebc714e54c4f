"""The page of the terms, for a request for sign-on that waits for their acceptance."""

from idp.kit.errors import Refused
from idp.saml import places, requests
from idp.saml.errors import BadMessage
from idp.saml.progress import Missing, Unanswerable, next_step
from idp.saml.sso import answer, page_of, read_request
from idp.sessions import Interaction
from idp.web.asking import Door
from idp.web.browsers import Browser
from idp.web.deciding import KeyMissing
from idp.web.house import House
from idp.web.terms_page import Asking, Due


async def _due(house: House, browser: Browser, interaction: Interaction) -> Due | None:
    """If acceptance is what the request lacks. What else it may lack, or get, is said where it resumes."""
    try:
        known = await read_request(house, browser, requests.from_text(interaction.request))
    except KeyMissing:  # one is made where it resumes
        return None
    own, now_us = places.entity_id(house.issuer(browser.slug), known.facts), house.units.clock.now_us()
    try:
        step = next_step(house.gate, known, interaction, own=own, now_us=now_us)
    except (Refused, Unanswerable):
        return None
    version = known.facts.terms.due(now_us) if step is Missing.TERMS else None
    if version is None or known.session is None:
        return None
    return Due(known.facts, known.session.id, known.actor, version)


PAGE = Asking(Door(places.TERMS, (places.RESUME,), answer, page_of, expired=BadMessage, refused=BadMessage), _due)
