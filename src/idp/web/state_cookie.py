"""The cookie behind a service's notion of the session's state (Session Management 1.0, 3). A script of ours has to read
it, in a frame of the service: it is no secret, and says nothing of the session."""

from idp.web.asgi import Header
from idp.web.house import House

PAGE = "check_session"


def name(house: House, slug: str) -> str:
    return f"{'__Secure-' if house.secure else ''}warifu-{slug}-state"


def put(house: House, slug: str, value: str) -> Header:
    return _cookie(house, slug, value)


def forgotten(house: House, slug: str) -> Header:
    """From now on every state that was given is another one."""
    return _cookie(house, slug, "", ending="; Max-Age=0")


def _cookie(house: House, slug: str, value: str, ending: str = "") -> Header:
    # The page stands in a frame of the service: only SameSite=None reaches it there, and that takes Secure. On plain
    # http, which only loopback servers outside production speak, both are of one site.
    attributes = f"; Path=/t/{slug}/{PAGE}{'; SameSite=None; Secure' if house.secure else '; SameSite=Lax'}"
    return b"set-cookie", f"{name(house, slug)}={value}{attributes}{ending}".encode()
