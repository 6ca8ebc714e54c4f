"""One browser at one tenant: its cookies, and the pending request that it names."""

from typing import Final, NamedTuple

from idp import sessions
from idp.kit.errors import NotFound
from idp.kit.ids import Minted, Presented, TenantId
from idp.sessions import Interaction, Whereabouts
from idp.web import cookies
from idp.web.asgi import Header, Scope
from idp.web.cookies import Cookie
from idp.web.failures import Refusal
from idp.web.forms import Form
from idp.web.house import House
from idp.web.whereabouts import whereabouts_of

PORTAL: Final = ""
"""Where the portal lies below the issuer: it needs a person, and is no service."""

_ELSEWHERE: Final = frozenset({b"cross-site", b"same-site"})


class Browser(NamedTuple):
    """`tenant` is where the request goes; the two cookies are what it showed there, well formed or None."""

    tenant: TenantId
    slug: str
    session: Presented | None
    whereabouts: Whereabouts
    cookies: str | None = None  # all of them, as they came
    secure: bool = True
    reference: str = ""
    posted_elsewhere: bool = False  # by a form of another site, with which no Lax cookie comes

    @property
    def device(self) -> Presented | None:
        """Read where it matters: with a live session nobody asks for it."""
        return cookies.read(self.cookies, Cookie.BROWSER, slug=self.slug, secure=self.secure)


async def browser_of(house: House, scope: Scope) -> Browser:
    """Raises `Refusal` (404) where there is no such tenant."""
    slug = scope["state"]["tenant_slug"]
    tenant = house.memory.known_id(slug) or await _found(house, slug)
    header = scope["state"]["headers"].get(b"cookie")
    text = None if header is None else header.decode("latin-1")
    return Browser(
        tenant,
        slug,
        cookies.read(text, Cookie.SESSION, slug=slug, secure=house.secure),
        whereabouts_of(house, scope),
        text,
        house.secure,
        scope["state"]["reference"],
        is_posted_elsewhere(house, scope),
    )


def is_posted_elsewhere(house: House, scope: Scope) -> bool:
    """As the browser says; a program says nothing. An old browser that tells no origins says `null` of a page of ours
    too: what is sent once more for that would be sent for ever."""
    if scope["method"] != "POST":
        return False
    headers = scope["state"]["headers"]
    site = headers.get(b"sec-fetch-site")
    if site in _ELSEWHERE:
        return True
    return site != b"same-origin" and headers.get(b"origin") not in {None, b"", b"null", house.base_url.encode()}


async def _found(house: House, slug: str) -> TenantId:
    try:
        return await house.memory.tenant_id(slug)
    except NotFound:
        raise Refusal(404, "not_found", "There is nothing here.") from None


async def pending(house: House, browser: Browser, form: Form, *, resume: str) -> Interaction | None:
    """The interaction that a query or form names, if it began in this browser, goes on at `resume` (what it keeps is
    for that place alone to read), and is not over."""
    found = await _named(house, browser, form)
    return found if found is not None and found.resume == resume else None


async def pending_sign_in(house: House, browser: Browser, form: Form) -> Interaction | None:
    """As `pending`, wherever it goes on: one that is for a service, whichever door it came in by, or for our portal."""
    found = await _named(house, browser, form)
    return found if found is not None and (found.service_id or found.resume == PORTAL) else None


async def _named(house: House, browser: Browser, form: Form) -> Interaction | None:
    named = form.get("interaction")
    if named is None or browser.device is None:
        return None
    digest = browser.device.digest
    return await house.units.read(browser.tenant, lambda unit: sessions.find_interaction(unit, named, browser=digest))


def known_browser(house: House, browser: Browser) -> tuple[bytes, list[Header]]:
    """The digest that ties things to this browser, and the cookie to set if it is new here. Of a form of another site
    nobody can tell, and a new cookie would take the place of the one that is there."""
    if browser.device is not None:
        return browser.device.digest, []
    secret: Minted = cookies.new_browser()
    if browser.posted_elsewhere:
        return secret.digest, []
    return secret.digest, [cookies.put(Cookie.BROWSER, secret, slug=browser.slug, secure=house.secure)]
