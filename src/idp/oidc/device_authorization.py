"""The device authorization endpoint (RFC 8628 3.1), there for tenants that have switched the grant on."""

from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlencode

from idp import audit
from idp.access import Facts
from idp.federation import Grant
from idp.kit.clock import SECOND
from idp.kit.errors import Failure, NotFound
from idp.kit.units import Unit
from idp.oidc import assertions, clients, device_codes
from idp.oidc.clients import Credentials
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, send_error
from idp.oidc.grants import Asked, scopes_of
from idp.oidc.pushing import turn_away
from idp.oidc.token import read_form
from idp.web.asgi import App, Receive, Scope, Send, json_response
from idp.web.failures import Refusal
from idp.web.house import House

PAGE = "device"
Answer = dict[str, Any]


def endpoint(house: House) -> App:
    async def device_authorization(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            form = await read_form(scope, receive)
            shown = clients.read(scope, form)

            def work(facts: Facts, proved: Credentials) -> Awaitable[Answer]:
                if not facts.switches.device_grant:
                    raise NotFound("the device grant is switched off")
                service = clients.authenticate(facts, proved, house.units.clock.now_us())
                return _begin(Asked(house, facts, service, form, house.units.clock.now_us(), proved.uses))

            answer = await assertions.decide_for(house, scope["state"]["tenant_slug"], shown, work)
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as failure:
            await send_error(send, as_oauth(failure))
        else:
            await json_response(send, 200, answer, NO_STORE)

    return device_authorization


async def _begin(asked: Asked) -> Answer:
    if Grant.DEVICE_CODE not in asked.client.grants:
        raise OAuthError("unauthorized_client", "The client is not registered for this grant type.")
    scopes = scopes_of(asked.form)
    if not scopes <= asked.client.scopes:
        raise OAuthError("invalid_scope", "A scope was asked for that is not registered for this client.")
    if "resource" in asked.form:
        raise OAuthError("invalid_target", "A device cannot name resources: its tokens are for userinfo alone.")
    await turn_away(asked)

    def write(unit: Unit) -> device_codes.Asked:
        given = device_codes.begin(unit, service_id=asked.service.id, scopes=scopes)
        audit.record(unit, audit.Event.DEVICE_ASKED, subject=asked.service.id, scopes=" ".join(sorted(scopes)))
        return given

    given = await asked.commit(write)
    page = f"{asked.issuer}/{PAGE}"
    return {
        "device_code": given.device_code,
        "user_code": given.user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?{urlencode({'user_code': given.user_code})}",
        "expires_in": device_codes.LIFETIME // SECOND,
        "interval": device_codes.INTERVAL,
    }
