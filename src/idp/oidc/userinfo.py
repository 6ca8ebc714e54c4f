"""Userinfo (OpenID Connect Core 5.3): what the scopes allow to be known of the person, for a bearer token."""

from typing import Any

from idp import access, audit, users
from idp.access import Moment, NotAdmitted
from idp.kit.errors import Failure, NotFound, Refused
from idp.kit.ids import TenantId
from idp.kit.units import Actor, Unit
from idp.oidc import bearer
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, send_error
from idp.oidc.model import Scope
from idp.oidc.token import read_form
from idp.web.asgi import App, Receive, Send, json_response
from idp.web.asgi import Scope as Request
from idp.web.failures import Refusal
from idp.web.house import House


def endpoint(house: House) -> App:
    async def userinfo(scope: Request, receive: Receive, send: Send) -> None:
        try:
            tenant = await house.memory.tenant_id(scope["state"]["tenant_slug"])
            token = await _token(scope, receive)
            claims = await _claims(house, tenant, token)
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as failure:
            await send_error(send, as_oauth(failure))
        else:
            await json_response(send, 200, claims, NO_STORE)

    return userinfo


async def _token(scope: Request, receive: Receive) -> str:
    """From the header or, by POST, from the form; one of them (RFC 6750 2)."""
    header = bearer.from_header(scope["state"]["headers"])
    is_form = scope["method"] == "POST" and b"content-type" in scope["state"]["headers"]
    body = (await read_form(scope, receive)).get("access_token") if is_form else None
    if header is not None and body is not None:
        raise OAuthError("invalid_request", "The token is given twice.")
    token = header or body
    if not token:
        raise OAuthError("invalid_token", "A bearer token is needed.", status=401, headers=[_challenge("")])
    return token


async def _claims(house: House, tenant: TenantId, token: str) -> dict[str, Any]:
    def read(unit: Unit) -> dict[str, Any]:
        alive = bearer.inspect(house, unit, token, Moment.USERINFO)
        if alive is None:
            raise _invalid()
        if alive.admission.user is None or Scope.OPENID not in alive.row.scope_set:
            challenge = _challenge('error="insufficient_scope", scope="openid"')
            raise OAuthError("insufficient_scope", "The scope openid is needed.", status=403, headers=[challenge])
        user_id = alive.admission.user.id
        return {"sub": user_id, **users.claims_for(users.get(unit, user_id), alive.row.scope_set)}

    try:
        return await house.units.read(tenant, read)
    except Refused as refusal:
        await note_refusal(house, tenant, refusal, at="userinfo")
        raise _invalid() from refusal


async def note_refusal(house: House, tenant: TenantId, refusal: Refused, *, at: str) -> None:
    facts = {"reason": refusal.code, "reference": refusal.members.get("reference", ""), "at": at}

    def write(unit: Unit) -> None:
        if isinstance(refusal, NotAdmitted):
            access.remember(unit, refusal.decision)
        audit.record(unit, audit.Event.ACCESS_REFUSED, **facts)

    await house.units.commit(tenant, write, actor=Actor("service", "unknown"))


def _invalid() -> OAuthError:
    challenge = _challenge('error="invalid_token"')
    return OAuthError("invalid_token", "The token is not valid.", status=401, headers=[challenge])


def _challenge(parameters: str) -> tuple[bytes, bytes]:
    return b"www-authenticate", f'Bearer realm="userinfo"{", " if parameters else ""}{parameters}'.encode()
