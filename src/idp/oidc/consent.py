"""The consent page, for a request for authorization that waits for it."""

from functools import partial

from idp import audit
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.oidc import sources
from idp.oidc.authorize import CONSENT, RESUME, Given, Next, answer, page_of, proceed, read_request
from idp.oidc.errors import PageError
from idp.oidc.known import Known, finish, wanted_of
from idp.oidc.progress import Missing, next_step
from idp.oidc.request import AuthorizationRequest, RedirectError
from idp.sessions import Interaction
from idp.web.asking import Door
from idp.web.browsers import Browser
from idp.web.consent_page import Asking, Wanted
from idp.web.house import House


async def _wanted(house: House, browser: Browser, interaction: Interaction) -> Wanted | None:
    known, request = await read_request(house, browser, sources.from_text(interaction.request))
    if known.user is None or known.session is None:
        return None
    own = house.audience(browser.slug)
    return Wanted(
        known.facts,
        known.service,
        known.session.id,
        known.user.id,
        wanted_of(request, own),
        _is_asked(house, known, request, interaction),
        ui_locales=request.ui_locales,
    )


async def _allow(house: House, browser: Browser, interaction: Interaction) -> Next | Given:
    return await proceed(house, browser, sources.from_text(interaction.request), interaction, allowed=True)


async def _deny(house: House, browser: Browser, interaction: Interaction) -> Next | Given:
    """Raises `RedirectError`."""
    known, request = await read_request(house, browser, sources.from_text(interaction.request))

    def write(unit: Unit) -> None:
        finish(unit, interaction, request)
        user = known.user.id if known.user else ""
        audit.record(unit, audit.Event.CONSENT_DENIED, subject=user, service=known.service.id)

    await house.units.commit(browser.tenant, write, actor=known.actor)
    raise RedirectError(request.back, "access_denied", "The person did not allow it.")


def _is_asked(house: House, known: Known, request: AuthorizationRequest, interaction: Interaction) -> bool:
    """Whether consent is what the request lacks. Everything else that it may lack, or get, is said where it resumes."""
    now_us = house.units.clock.now_us()
    try:
        step = next_step(house.gate, known, request, interaction, allowed=False, now_us=now_us)
    except Refused:
        return False
    return step is Missing.CONSENT


PAGE: Asking[Next | Given] = Asking(
    Door(CONSENT, (RESUME,), answer, page_of, expired=PageError, refused=partial(PageError, status=403)),
    _wanted,
    _allow,
    _deny,
)
