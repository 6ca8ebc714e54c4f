"""Token introspection (RFC 7662): the whole truth for the client itself and for the API a token is meant for; for
everybody else, and for whatever is not good at this moment, exactly `{"active": false}`."""

from typing import Any

from idp.access import Moment
from idp.federation import Service
from idp.kit.clock import SECOND
from idp.kit.errors import Failure, NotFound, Refused
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.oidc import assertions, bearer, clients
from idp.oidc.bearer import Alive, Refreshable
from idp.oidc.clients import Credentials
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, invalid_client, send_error
from idp.oidc.mint import authentication
from idp.oidc.token import read_form
from idp.oidc.userinfo import note_refusal
from idp.web.asgi import App, Receive, Scope, Send, json_response
from idp.web.failures import Refusal
from idp.web.forms import Form
from idp.web.house import House

_INACTIVE: dict[str, Any] = {"active": False}


def endpoint(house: House) -> App:
    async def introspect(scope: Scope, receive: Receive, send: Send) -> None:
        slug = scope["state"]["tenant_slug"]
        try:
            tenant = await house.memory.tenant_id(slug)
            form = await read_form(scope, receive)
            shown = clients.read(scope, form)
            if shown.assertion is not None:
                shown = await assertions.prove(house, slug, shown)
                await assertions.spend(house, tenant, shown)
            answer = await _answer(house, tenant, shown, form, issuer=house.issuer(slug))
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as failure:
            await send_error(send, as_oauth(failure))
        else:
            await json_response(send, 200, answer, NO_STORE)

    return introspect


async def _answer(house: House, tenant: TenantId, shown: Credentials, form: Form, *, issuer: str) -> dict[str, Any]:
    def read(unit: Unit) -> dict[str, Any]:
        service = clients.authenticate(house.memory.current(unit, shown.client_id), shown)
        if service.oidc is None or service.oidc.is_public:
            invalid_client("a public client has nothing to introspect with")
        token = form.get("token")
        if not token:
            raise OAuthError("invalid_request", "token is missing.")
        alive = bearer.inspect(house, unit, token, Moment.INTROSPECTION, holder=bearer.ANYBODY)
        if alive is not None:
            return _access(alive, service, issuer)
        refreshable = bearer.inspect_refresh(house, unit, token)
        return _refresh(refreshable, service, issuer) if refreshable else _INACTIVE

    try:
        return await house.units.read(tenant, read)
    except Refused as refusal:
        await note_refusal(house, tenant, refusal, at="introspection")
        return _INACTIVE


def _access(alive: Alive, service: Service, issuer: str) -> dict[str, Any]:
    row, admission = alive.row, alive.admission
    meant_for = service.oidc is not None and service.oidc.introspection and row.audience in service.oidc.resources
    if row.service_id != service.id and not meant_for:
        return _INACTIVE
    return {
        "active": True,
        "scope": row.scopes,
        "client_id": row.client_id,
        "token_type": row.token_type,
        "exp": row.expires_at // SECOND,
        "iat": row.issued_at // SECOND,
        "sub": row.user_id or row.client_id,
        "aud": row.audience,
        "iss": issuer,
        "jti": row.id,
        **({} if row.jkt is None else {"cnf": {"jkt": row.jkt}}),  # RFC 9449 6.2
        **({} if admission.user is None else authentication(admission.methods, admission.authenticated_at, alive.acr)),
    }


def _refresh(found: Refreshable, service: Service, issuer: str) -> dict[str, Any]:
    grant = found.grant
    if grant.service_id != service.id:
        return _INACTIVE
    return {
        "active": True,
        "scope": grant.scopes,
        "client_id": found.client_id,
        "exp": grant.ends_at // SECOND,
        "iat": grant.created_at // SECOND,
        "sub": grant.user_id,
        "iss": issuer,
    }
