"""Forms come from our own pages, in the browser that was given them: an origin check and a token, both."""

import hmac
from collections.abc import Mapping

from idp.kit.errors import Refused
from idp.kit.ids import Presented
from idp.kit.sealing import Box


def token(box: Box, browser: bytes, purpose: str) -> str:
    """For one browser (the digest of its cookie) and one purpose, such as `signin int_…`."""
    return box.mac("csrf", browser + purpose.encode()).hex()


def check(
    headers: Mapping[bytes, bytes],
    *,
    base_url: str,
    box: Box,
    browser: Presented | None,
    purpose: str,
    shown: str | None,
) -> None:
    """Raises `Refused("csrf_failed")`."""
    origin = headers.get(b"origin", b"").decode("latin-1")
    site = headers.get(b"sec-fetch-site", b"").decode("latin-1")
    # `null` is what a page without a referrer policy of its own sends: only with the browser's word that it is ours.
    from_us = origin == base_url or (origin in {"", "null"} and site == "same-origin") or (not origin and not site)
    if not from_us or site not in {"", "same-origin"} or browser is None:
        raise Refused("csrf_failed", "The form did not come from this page; please start again.")
    if not hmac.compare_digest(token(box, browser.digest, purpose).encode(), (shown or "").encode()):
        raise Refused("csrf_failed", "The form is out of date; please start again.")
