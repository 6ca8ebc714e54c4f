"""Where the browser before us is, and which one: what a decision, and the record of a sign-in, know of the request."""

from idp.access import read_user_agent
from idp.sessions import Whereabouts
from idp.web.asgi import Scope
from idp.web.house import House
from idp.web.peers import UNKNOWN


def whereabouts_of(house: House, scope: Scope) -> Whereabouts:
    """Of a request that came through the hallway."""
    address: str = scope["state"]["client_address"]
    known = None if address == UNKNOWN else address
    headers = scope["state"]["headers"]
    browser = read_user_agent(*(headers.get(name, b"").decode("latin-1") for name in (b"user-agent", b"sec-ch-ua")))
    country = house.countries.of(known) if known is not None else None
    return Whereabouts(known, country, str(browser.family), browser.version)
