"""Token introspection (RFC 7662): the whole truth for the client itself and for the API a token is meant for; for
everybody else, and for whatever is not good at this moment, exactly `{"active": false}`."""

import json
from typing import Any

from idp import federation
from idp.access import Facts, Moment
from idp.federation import Service
from idp.kit.clock import SECOND
from idp.kit.errors import Failure, NotFound, Refused
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.oidc import assertions, bearer, clients, encrypted, signed
from idp.oidc.bearer import Alive, Refreshable
from idp.oidc.clients import Credentials
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, invalid_client, send_error
from idp.oidc.mint import authentication
from idp.oidc.targets import as_claim
from idp.oidc.token import read_form
from idp.oidc.userinfo import note_refusal
from idp.web.asgi import App, Receive, Scope, Send, json_response, respond
from idp.web.deciding import decide
from idp.web.failures import Refusal
from idp.web.forms import Form
from idp.web.house import House

_JWT = b"application/token-introspection+jwt"
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
            token = await _as_jwt(house, slug, shown, answer) if _wants_jwt(scope) else None
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as failure:
            await send_error(send, as_oauth(failure))
        else:
            if token is not None:
                await respond(send, 200, [(b"content-type", _JWT), *NO_STORE], token.encode())
            else:
                await json_response(send, 200, answer, NO_STORE)

    return introspect


def _wants_jwt(scope: Scope) -> bool:
    """RFC 9701 4: by the field Accept, and by nothing else."""
    accepted: bytes = scope["state"]["headers"].get(b"accept", b"")
    return any(each.partition(b";")[0].strip().lower() == _JWT for each in accepted.split(b","))


async def _as_jwt(house: House, slug: str, shown: Credentials, answer: dict[str, Any]) -> str:
    """For whoever has just proved to be this client."""

    async def sign(facts: Facts) -> str:
        service = facts.services[shown.client_id]
        assert service.oidc is not None
        token = signed.introspection(facts, service, house.issuer(slug), answer, house.units.clock.now_us())
        how = service.oidc.encrypted.introspection
        return await encrypted.for_client(house, facts.tenant.id, service, token, how)

    return await decide(house, slug, shown.client_id, sign)


async def _answer(house: House, tenant: TenantId, shown: Credentials, form: Form, *, issuer: str) -> dict[str, Any]:
    def read(unit: Unit) -> dict[str, Any]:
        service = clients.authenticate(house.memory.current(unit, shown.client_id), shown, unit.now_us)
        if service.oidc is None or service.oidc.is_public:
            invalid_client("a public client has nothing to introspect with")
        token = form.get("token")
        if not token:
            raise OAuthError("invalid_request", "token is missing.")
        alive = bearer.inspect(house, unit, token, Moment.INTROSPECTION, holder=bearer.ANYBODY)
        if alive is not None:
            return _access(house, tenant, alive, service, issuer)
        refreshable = bearer.inspect_refresh(house, unit, token)
        return _refresh(house, tenant, refreshable, service, issuer) if refreshable else _INACTIVE

    try:
        return await house.units.read(tenant, read)
    except Refused as refusal:
        await note_refusal(house, tenant, refusal, at="introspection")
        return _INACTIVE


def _access(house: House, tenant: TenantId, alive: Alive, service: Service, issuer: str) -> dict[str, Any]:
    row, admission = alive.row, alive.admission
    client = service.oidc
    meant_for = client is not None and client.introspection and not row.audiences.isdisjoint(client.resources)
    if row.service_id != service.id and not meant_for:
        return _INACTIVE
    return {
        "active": True,
        "scope": row.scopes,
        "client_id": row.client_id,
        "token_type": row.token_type,
        "exp": row.expires_at // SECOND,
        "iat": row.issued_at // SECOND,
        "sub": row.client_id if row.user_id is None else _subject(house, tenant, alive.admission.service, row.user_id),
        "aud": as_claim(row.audience),
        "iss": issuer,
        "jti": row.id,
        **({} if row.jkt is None else {"cnf": {"jkt": row.jkt}}),  # RFC 9449 6.2
        **({} if admission.user is None else authentication(admission.methods, admission.authenticated_at, alive.acr)),
        **({} if alive.act is None else {"act": json.loads(alive.act)}),  # RFC 8693 4.1
    }


def _refresh(house: House, tenant: TenantId, found: Refreshable, service: Service, issuer: str) -> dict[str, Any]:
    grant = found.grant
    if grant.service_id != service.id:
        return _INACTIVE
    return {
        "active": True,
        "scope": grant.scopes,
        "client_id": found.client_id,
        "exp": grant.ends_at // SECOND,
        "iat": grant.created_at // SECOND,
        "sub": _subject(house, tenant, service, grant.user_id),
        "iss": issuer,
    }


def _subject(house: House, tenant: TenantId, service: Service, user_id: str) -> str:
    """As the client of the token knows the person, whoever asks."""
    assert service.oidc is not None
    return federation.subject_of(house.units.keys, tenant, service.oidc, user_id)
