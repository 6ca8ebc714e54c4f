"""Forms come from our own pages, in the browser that was given them: an origin check and a token, both."""

import hmac

from idp.kit.errors import Refused
from idp.kit.sealing import Box
from idp.web.asgi import Scope
from idp.web.browsers import Browser
from idp.web.forms import Form
from idp.web.house import House


def token(box: Box, browser: bytes, purpose: str) -> str:
    """For one browser (the digest of its cookie) and one purpose, such as `signin int_…`."""
    return box.mac("csrf", browser + purpose.encode()).hex()


def check(house: House, scope: Scope, browser: Browser, form: Form, *, purpose: str) -> None:
    """Raises `Refused("csrf_failed")`."""
    headers = scope["state"]["headers"]
    origin = headers.get(b"origin", b"").decode("latin-1")
    site = headers.get(b"sec-fetch-site", b"").decode("latin-1")
    # `null` is what a page without a referrer policy of its own sends: only with the browser's word that it is ours.
    from_us = (
        origin == house.base_url or (origin in {"", "null"} and site == "same-origin") or (not origin and not site)
    )
    if not from_us or site not in {"", "same-origin"} or browser.device is None:
        raise Refused("csrf_failed", "The form did not come from this page; please start again.")
    right = token(house.units.keys.box(browser.tenant), browser.device.digest, purpose)
    if not hmac.compare_digest(right.encode(), (form.get("csrf") or "").encode()):
        raise Refused("csrf_failed", "The form is out of date; please start again.")
