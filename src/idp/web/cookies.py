"""The cookies of a browser at one tenant. Their names carry the tenant, so that tenants never read each other's.

`session` says who is signed in; `browser` exists before anybody is, and ties forms and pending requests to the browser
in which they began (login CSRF, mixed-up flows).
"""

from enum import StrEnum
from typing import Final

from idp.kit import ids
from idp.kit.ids import Minted, Presented
from idp.web.asgi import Header

_LONGEST: Final = 8 * 1024


class Cookie(StrEnum):
    SESSION = "session"
    BROWSER = "browser"


_KINDS: Final = {Cookie.SESSION: "ss", Cookie.BROWSER: "br"}


def new_browser() -> Minted:
    return ids.mint(_KINDS[Cookie.BROWSER])


def read(header: str | None, cookie: Cookie, *, slug: str, secure: bool) -> Presented | None:
    """None unless there is exactly one, well formed: two of one name were not both set by us (cookie tossing)."""
    if header is None or len(header) > _LONGEST:
        return None
    wanted = _name(cookie, slug, secure=secure) + "="
    found = [pair.strip() for pair in header.split(";") if pair.strip().startswith(wanted)]
    return ids.presented(_KINDS[cookie], found[0][len(wanted) :]) if len(found) == 1 else None


def put(cookie: Cookie, secret: Minted, *, slug: str, secure: bool) -> Header:
    """For the browser's own session only; how long it counts is the server's to say."""
    return b"set-cookie", f"{_name(cookie, slug, secure=secure)}={secret.token}{_attributes(secure=secure)}".encode()


def clear(cookie: Cookie, *, slug: str, secure: bool) -> Header:
    gone = f"{_name(cookie, slug, secure=secure)}={_attributes(secure=secure)}; Max-Age=0"
    return b"set-cookie", gone.encode()


def _name(cookie: Cookie, slug: str, *, secure: bool) -> str:
    # Browsers refuse the prefix and `Secure` on plain http, which only loopback servers outside production speak.
    return f"{'__Host-' if secure else ''}warifu-{slug}-{cookie}"


def _attributes(*, secure: bool) -> str:
    return f"; Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
