"""Token revocation (RFC 7009): 200 whether or not there was something to revoke, and no effect on other clients'."""

from idp import audit, sessions
from idp.federation import Service
from idp.kit import ids
from idp.kit.actors import Actor
from idp.kit.errors import Failure, NotFound
from idp.kit.units import Unit
from idp.oidc import assertions, bearer, clients, replays, store
from idp.oidc.clients import Credentials
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, send_error
from idp.oidc.model import REFRESH_KIND
from idp.oidc.replays import Once
from idp.oidc.token import read_form
from idp.web.asgi import App, Receive, Scope, Send, respond
from idp.web.failures import Refusal
from idp.web.house import House


def endpoint(house: House) -> App:
    async def revoke(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            tenant = await house.memory.tenant_id(scope["state"]["tenant_slug"])
            form = await read_form(scope, receive)
            shown = clients.read(scope, form)
            if shown.assertion is not None:
                shown = await assertions.prove(house, scope["state"]["tenant_slug"], shown)
            service = await house.units.read(tenant, lambda unit: _client(house, unit, shown))
            token = form.get("token")
            if not token:
                await assertions.spend(house, tenant, shown)
                raise OAuthError("invalid_request", "token is missing.")
            await house.units.commit(
                tenant, lambda unit: _revoke(unit, service, token, shown.uses), actor=Actor("service", service.id)
            )
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as failure:
            await send_error(send, as_oauth(failure))
        else:
            await respond(send, 200, NO_STORE)

    return revoke


def _client(house: House, unit: Unit, shown: Credentials) -> Service:
    return clients.authenticate(house.memory.current(unit, shown.client_id), shown, unit.now_us)


def _revoke(unit: Unit, service: Service, token: str, uses: tuple[Once, ...]) -> None:
    replays.use_all(unit, uses)
    shown = ids.presented(REFRESH_KIND, token)
    grant = sessions.grant_of_refresh_token(unit, shown) if shown else None
    if grant is not None and grant.service_id == service.id:
        # RFC 7009 2.1: with the refresh token go the access tokens of the same grant
        if sessions.end_grant(unit, grant.id):
            audit.record(unit, audit.Event.TOKEN_REVOKED, subject=grant.user_id, service=service.id, grant=grant.id)
        return
    row = bearer.find(unit, token)
    if row is not None and row.service_id == service.id and store.revoke_access_token(unit, row.id):
        subject = row.user_id or row.service_id
        audit.record(unit, audit.Event.TOKEN_REVOKED, subject=subject, service=service.id, token=row.id)
