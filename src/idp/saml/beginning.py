"""Sign-on that begins here (profiles 4.1.5): `sp` names the service, `RelayState` is for it to read.

Only for a service that is registered to take it: it cannot tell whether its own visitor has asked for the answer, so
whoever makes somebody follow a link signs them on there.
"""

from idp.kit.errors import Invalid
from idp.saml import requests
from idp.saml.codec import LONGEST_RELAY_STATE
from idp.saml.errors import BadMessage
from idp.saml.requests import AuthnRequest
from idp.saml.sso import Given, Next, answer, proceed
from idp.web.asgi import App, Receive, Scope, Send
from idp.web.browsers import browser_of
from idp.web.forms import parse_query
from idp.web.house import House

_PARAMETERS = frozenset({"sp", "RelayState"})


def endpoint(house: House) -> App:
    async def begin(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        browser = await browser_of(house, scope)

        async def work() -> Next | Given:
            asked = _read(scope["query_string"], now_us=house.units.clock.now_us())
            return await proceed(house, browser, asked, None)

        await answer(house, scope, send, work)

    return begin


def _read(query: bytes, *, now_us: int) -> AuthnRequest:
    try:
        form = parse_query(query)
    except Invalid as bad:
        raise BadMessage("query", bad.detail) from bad
    service, relay_state = form.get("sp"), form.get("RelayState")
    if not service or form.repeated & _PARAMETERS:
        raise BadMessage("query")
    if relay_state is not None and len(relay_state.encode()) > LONGEST_RELAY_STATE:
        raise BadMessage("relay_state")
    return requests.unasked(service, relay_state, now_us=now_us)
