"""The page of the terms, for what waits for their acceptance: a request for authorization, or a device."""

from functools import partial

from idp.kit.errors import Refused
from idp.oidc import sources
from idp.oidc.authorize import RESUME, TERMS, answer, page_of, read_request
from idp.oidc.device_page import DECISION, terms_due
from idp.oidc.errors import PageError
from idp.oidc.known import Known
from idp.oidc.progress import Missing, next_step
from idp.sessions import Interaction
from idp.terms import Version
from idp.web.asking import Door
from idp.web.browsers import Browser
from idp.web.house import House
from idp.web.terms_page import Asking, Due


async def _due(house: House, browser: Browser, interaction: Interaction) -> Due | None:
    """If acceptance is what is lacking. What else may be lacking, or there is to get, is said where it resumes."""
    if interaction.resume == DECISION:
        known, version = await terms_due(house, browser, interaction)
        return _due_to(known, version, "")
    known, request = await read_request(house, browser, sources.from_text(interaction.request))
    now_us = house.units.clock.now_us()
    try:
        step = next_step(house.gate, known, request, interaction, allowed=False, now_us=now_us)
    except Refused:
        return None
    version = known.facts.terms.due(now_us) if step is Missing.TERMS else None
    return _due_to(known, version, request.ui_locales)


def _due_to(known: Known, version: Version | None, locales: str) -> Due | None:
    if version is None or known.session is None:
        return None
    return Due(known.facts, known.session.id, known.actor, version, locales)


PAGE = Asking(
    Door(TERMS, (RESUME, DECISION), answer, page_of, expired=PageError, refused=partial(PageError, status=403)), _due
)
