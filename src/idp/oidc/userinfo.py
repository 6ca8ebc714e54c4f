"""Userinfo (OpenID Connect Core 5.3): what the scopes allow to be known of the person, for a bearer token."""

import json
from typing import Any, NamedTuple

from idp import access, audit, federation
from idp.access import Moment, NotAdmitted
from idp.federation import Service
from idp.kit.actors import Actor
from idp.kit.errors import Failure, NotFound, Refused
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.oidc import bearer, challenges, dpop, encrypted, origins, replays, requested_claims, signed, telling
from idp.oidc.bearer import Alive
from idp.oidc.challenges import NotEnough, NoToken, Scheme
from idp.oidc.dpop import Proof
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, send_error
from idp.oidc.model import Scope
from idp.oidc.token import read_form
from idp.sessions import demanded
from idp.web.asgi import App, Receive, Send, json_response, respond
from idp.web.asgi import Scope as Request
from idp.web.deciding import KeyMissing, make_key
from idp.web.failures import Refusal
from idp.web.forms import is_form
from idp.web.house import House


class Shown(NamedTuple):
    """A token, and the proof that whoever shows it holds its key; without one it is merely carried."""

    token: str
    proof: Proof | None


def endpoint(house: House) -> App:
    async def userinfo(scope: Request, receive: Receive, send: Send) -> None:
        slug = scope["state"]["tenant_slug"]
        try:
            tenant = await house.memory.tenant_id(slug)
            shown = await _shown(house, tenant, scope, receive)
            told = await _told(house, tenant, shown)
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Failure as failure:
            await send_error(send, _challenged(house, scope, as_oauth(failure)))
        else:
            more = () if shown.proof is None else (shown.proof.header,)
            fields = (*NO_STORE, *more)
            if isinstance(told, str):
                await respond(send, 200, [(b"content-type", b"application/jwt"), *fields], told.encode())
            else:
                await json_response(send, 200, told, fields)

    return userinfo


async def _shown(house: House, tenant: TenantId, scope: Request, receive: Receive) -> Shown:
    """From the header or, by POST, from the form; one of them (RFC 6750 2)."""
    scheme, header = bearer.from_header(scope["state"]["headers"])
    kind = scope["state"]["headers"].get(b"content-type")
    # Beside a token in the header another kind of body says nothing: it could not hold a second one (RFC 6750 2.2).
    is_read = scope["method"] == "POST" and kind is not None and (header is None or is_form(kind))
    body = (await read_form(scope, receive)).get("access_token") if is_read else None
    if header is not None and body is not None:
        raise OAuthError("invalid_request", "The token is given twice.")
    token = header or body
    if not token:
        raise NoToken
    if origins.is_asked(scope):
        row = await house.units.read(tenant, lambda unit: bearer.find(unit, token))
        if row is not None:
            origins.name_client(scope, row.client_id)
    if scheme is not Scheme.DPOP:
        return Shown(token, None)
    uri = f"{house.issuer(scope['state']['tenant_slug'])}/userinfo"
    try:
        return Shown(token, dpop.prove(house, tenant, scope, uri=uri, token=token))
    except OAuthError as wrong:
        raise OAuthError(wrong.code, wrong.public, status=401, headers=wrong.headers) from wrong


async def _told(house: House, tenant: TenantId, shown: Shown) -> dict[str, Any] | str:
    """As JSON, or as the JWT that the client has registered for (Core 5.3.2)."""
    try:
        said, service = await _claims(house, tenant, shown)
    except KeyMissing as missing:
        await make_key(house, tenant, missing.use, missing.alg)
        said, service = await _claims(house, tenant, shown)
    how = service.oidc.encrypted.userinfo if service.oidc else None
    if how is None:
        return said
    nested = isinstance(said, str)
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return await encrypted.for_client(house, tenant, service, text, how, nested=nested)


async def _claims(house: House, tenant: TenantId, shown: Shown) -> tuple[dict[str, Any] | str, Service]:
    holder = None if shown.proof is None else shown.proof.jkt

    def read(unit: Unit) -> tuple[dict[str, Any] | str, Service]:
        alive = bearer.inspect(house, unit, shown.token, Moment.USERINFO, holder=holder)
        if alive is None:
            raise _invalid()
        slug = alive.admission.tenant.slug
        if alive.admission.user is None or Scope.OPENID not in alive.row.scope_set:
            raise OAuthError("insufficient_scope", "The scope openid is needed.", status=403)
        if not alive.row.audiences & {house.audience(slug), house.issuer(slug)}:  # RFC 9068 4: it is for another API
            raise _invalid()
        _judge_sign_in(alive, unit.now_us)
        user_id, service = alive.admission.user.id, alive.admission.service
        client = service.oidc
        assert client is not None
        asked = requested_claims.from_text(alive.grant.claims if alive.grant else None)
        subject = federation.subject_of(house.units.keys, tenant, client, user_id)
        claims = {**telling.at_userinfo(unit, client, user_id, asked, alive.row.scope_set), "sub": subject}
        if client.signed.userinfo is None:
            return claims, service
        return signed.userinfo(alive.facts, service, house.issuer(slug), claims), service

    try:
        claims = await house.units.read(tenant, read)
    except Refused as refusal:
        await note_refusal(house, tenant, refusal, at="userinfo")
        raise _invalid() from refusal
    if shown.proof is not None:
        await _use(house, tenant, shown.proof)
    return claims


def _judge_sign_in(alive: Alive, now_us: int) -> None:
    """What the tenant asks of it, whichever service shows the token. Raises `NotEnough`."""
    switches, admission = alive.facts.switches, alive.admission
    if not (switches.userinfo_two_factors or switches.userinfo_max_age_seconds):
        return
    demand = demanded(two_factors=switches.userinfo_two_factors, max_age=switches.userinfo_max_age_seconds)
    if not demand.met_by(json.loads(admission.methods), admission.authenticated_at, now_us):
        raise NotEnough(demand)


async def _use(house: House, tenant: TenantId, proof: Proof) -> None:
    """After the token has proved good: what strangers make up is not kept."""
    try:
        await house.units.commit(tenant, lambda unit: replays.use_all(unit, (proof.once,)))
    except OAuthError as wrong:
        raise OAuthError(wrong.code, wrong.public, status=401) from wrong


async def note_refusal(house: House, tenant: TenantId, refusal: Refused, *, at: str) -> None:
    facts = {"reason": refusal.code, "reference": refusal.members.get("reference", ""), "at": at}

    def write(unit: Unit) -> None:
        if isinstance(refusal, NotAdmitted):
            access.remember(unit, refusal.decision)
        audit.record(unit, audit.Event.ACCESS_REFUSED, **facts)

    await house.units.commit(tenant, write, actor=Actor("service", "unknown"))


def _challenged(house: House, scope: Request, error: OAuthError) -> OAuthError:
    scheme, _ = bearer.from_header(scope["state"]["headers"])
    about = challenges.of_userinfo(house, scope["state"]["tenant_slug"])
    return challenges.challenged(error, scheme, realm="userinfo", about=about)


def _invalid() -> OAuthError:
    return OAuthError("invalid_token", "The token is not valid.", status=401)
