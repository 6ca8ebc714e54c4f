"""Dynamic client registration (RFC 7591, OpenID Connect Registration 1.0) and its management (RFC 7592).

There only for tenants that have switched it on. Whoever registers is counted by address; a token of the tenant that may
write services goes uncounted, and is demanded where the tenant says so. The registration is managed at
`…/register?client_id=…` with the token that was given for it, and by nobody else: another client's token, a client that
never was and one that was deleted are answered alike.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from idp import access, contracts, credentials, federation, sessions
from idp.access import Facts
from idp.credentials import Noun, Permission, Verb
from idp.federation import REGISTRATION_TOKEN, Grant, OidcClient, Registered, Sector, SelfRegistered, ServiceDraft
from idp.kit import ids
from idp.kit.actors import SYSTEM, Actor
from idp.kit.errors import Failure, Invalid, NotFound, Refused, Unauthenticated
from idp.kit.ids import TenantId
from idp.kit.units import Unit
from idp.oidc import bearer
from idp.oidc.challenges import Scheme
from idp.oidc.errors import NO_STORE, OAuthError, as_oauth, send_error
from idp.oidc.request import is_offered
from idp.web import strict_json
from idp.web.asgi import App, Receive, Send, json_response, respond
from idp.web.asgi import Scope as Request
from idp.web.failures import Refusal
from idp.web.forms import parse_query, read_body
from idp.web.house import House
from idp.web.keys_ahead import provide
from idp.web.limits import REQUEST_OBJECT

Answer = dict[str, Any]

REGISTER = "register"

_MAY = Permission(Noun.SERVICES, Verb.WRITE)
_PURPOSE = b"register"
_WITH_BODY = frozenset({"POST", "PUT"})
_STRANGER = Actor("visitor", "unknown")


class Call(NamedTuple):
    """One request to a tenant that takes registrations, and the bearer token that it shows."""

    house: House
    tenant: TenantId
    slug: str
    address: str
    token: str | None
    client_id: str | None
    receive: Receive

    @property
    def issuer(self) -> str:
        return self.house.issuer(self.slug)


def registering(house: House) -> App:
    async def register(call: Call) -> Answer:
        document = await _document(call.receive)
        actor = await _registrant(call)
        sector = await _sector(call, document)

        def write(unit: Unit) -> SelfRegistered:
            draft = _draft(call, unit, document)
            _judge_devices(draft, vouched=actor is not _STRANGER)
            return federation.register(unit, draft, sector=sector)

        made = await house.units.commit(call.tenant, write, actor=actor)
        await _provide_keys(call, made.registered)
        return _shown(call, made.registered, made.token.token)

    return _endpoint(house, register, status=201)


def reading(house: House) -> App:
    async def read(call: Call) -> Answer:
        registered = await house.units.read(call.tenant, lambda unit: _own(unit, call))
        return _shown(call, registered, call.token)

    return _endpoint(house, read, status=200)


def replacing(house: House) -> App:
    async def replace(call: Call) -> Answer:
        document = await _document(call.receive)
        await house.units.read(call.tenant, lambda unit: _own(unit, call))
        sector = await _sector(call, document)

        def write(unit: Unit) -> Registered:
            before = _own(unit, call)
            draft = _draft(call, unit, _without_ours(document, before))
            _judge_devices(draft, vouched=_for_devices(before.service.oidc))
            after = federation.replace_client(unit, before, draft, sector=sector)
            if federation.looks_anew(before.service, after.service):
                sessions.ask_anew(unit, after.service.id)
            return after

        after = await house.units.commit(call.tenant, write, actor=_STRANGER)
        await _provide_keys(call, after)
        return _shown(call, after, call.token)

    return _endpoint(house, replace, status=200)


def withdrawing(house: House) -> App:
    async def withdraw(call: Call) -> Answer:
        def write(unit: Unit) -> None:
            federation.delete(unit, _own(unit, call).service.id)

        await house.units.commit(call.tenant, write, actor=_STRANGER)
        return {}

    return _endpoint(house, withdraw, status=204)


def _endpoint(house: House, work: Callable[[Call], Awaitable[Answer]], *, status: int) -> App:
    async def endpoint(scope: Request, receive: Receive, send: Send) -> None:
        try:
            answer = await work(await _call(house, scope, receive))
        except NotFound:
            raise Refusal(404, "not_found", "There is nothing here.") from None
        except Invalid as failure:
            await send_error(send, _metadata_error(failure))
        except Failure as failure:
            await send_error(send, as_oauth(failure))
        else:
            if status == 204:
                await respond(send, status, NO_STORE)
            else:
                await json_response(send, status, answer, NO_STORE)

    return endpoint


async def _call(house: House, scope: Request, receive: Receive) -> Call:
    state = scope["state"]
    slug = state["tenant_slug"]
    tenant = await house.memory.tenant_id(slug)
    await house.units.read(tenant, lambda unit: _facts(house, unit))
    if scope["method"] in _WITH_BODY:
        _judge_form(scope)
    query = parse_query(scope["query_string"])
    client_id = None if query.repeated else query.get("client_id")  # of two, another reader would take the other
    scheme, token = bearer.from_header(state["headers"])
    shown = token if scheme is Scheme.BEARER else None
    return Call(house, tenant, slug, state["client_address"], shown, client_id, receive)


def _judge_form(scope: Request) -> None:
    """RFC 7591 3.1. A document of another kind, or parameters beside it, would be read by somebody else otherwise."""
    said: bytes = scope["state"]["headers"].get(b"content-type", b"")
    if said.partition(b";")[0].strip().lower() != b"application/json":
        raise OAuthError("invalid_request", "The body must be application/json.")
    if scope["method"] == "POST" and scope["query_string"]:
        raise OAuthError("invalid_request", "Parameters belong into the body.")


def _facts(house: House, unit: Unit) -> Facts:
    """Off means that it is not there; on, it takes nothing while nobody could use what is registered."""
    facts = house.memory.current(unit)
    if not facts.switches.dynamic_registration:
        raise NotFound("registration")
    against = contracts.reason_against(facts.contract, unit.now_us)
    if against is not None:
        raise OAuthError("access_denied", against.value, status=403)
    return facts


async def _registrant(call: Call) -> Actor:
    """Whose initial access token was shown, or a stranger. Raises `OAuthError`, and `TooMany` for strangers."""
    house = call.house
    if call.token is not None:
        return await asyncio.to_thread(_of_key, call, call.token)

    def count(unit: Unit) -> None:
        if _facts(house, unit).switches.registration_token_required:
            raise _no_token("An initial access token is needed.")
        credentials.count_form(unit, house.throttle, purpose=_PURPOSE, address=call.address)

    await house.units.commit(call.tenant, count, actor=_STRANGER)
    return _STRANGER


def _of_key(call: Call, token: str) -> Actor:
    with call.house.units.platform(actor=SYSTEM, write=False) as unit:
        try:
            key = credentials.authenticate_key(unit, token)
            access.refuse_elsewhere(unit, key, call.address)
        except (Unauthenticated, Refused):
            raise _no_token("The initial access token is not valid.") from None
    if key.tenant != call.tenant or not key.may(_MAY):
        raise _no_token("The initial access token is not valid.")
    return key.actor


async def _document(receive: Receive) -> dict[str, Any]:
    document = strict_json.loads(await read_body(receive, limit=REQUEST_OBJECT))
    if not isinstance(document, dict):
        raise OAuthError("invalid_client_metadata", "The body must be a JSON object.")
    return document


async def _sector(call: Call, document: dict[str, Any]) -> Sector | None:
    """OpenID Connect Registration 5: read at each registration, before anything is written. Raises `Invalid`."""
    uri = document.get("sector_identifier_uri")
    if not isinstance(uri, str):
        return None
    return await federation.fetch_sector_aside(call.house.egress, uri, tenant=call.tenant)


def _draft(call: Call, unit: Unit, document: dict[str, Any]) -> ServiceDraft:
    switches = _facts(call.house, unit).switches
    federation.refuse_own(document, call.house.issuer(call.slug), at="")
    draft = federation.read_client(document, production=call.house.production)
    assert draft.oidc is not None
    begin = draft.oidc.initiate_login_uri
    if begin is not None and not begin.startswith("https:"):  # Registration 2: no stranger's exception for loopback
        raise OAuthError("invalid_client_metadata", "initiate_login_uri: It must be https.")
    unheard = sorted(kind for kind in draft.oidc.response_types if not is_offered(kind, switches))
    if unheard:
        raise OAuthError("invalid_client_metadata", f"response_types: {unheard[0]} is not offered here.")
    return draft


async def _provide_keys(call: Call, registered: Registered) -> None:
    """Its makers fetch our keys next, and perhaps not again before they verify."""
    assert registered.service.oidc is not None
    await asyncio.to_thread(provide, call.house.units, call.tenant, registered.service.oidc.signing_keys)


def _judge_devices(draft: ServiceDraft, *, vouched: bool) -> None:
    """RFC 8628 5.4: whoever sends people a code needs no address of its own, so nobody could tell who that is."""
    if _for_devices(draft.oidc) and not vouched:
        detail = "grant_types: the device grant needs an initial access token."
        raise OAuthError("invalid_client_metadata", detail)


def _for_devices(client: OidcClient | None) -> bool:
    return client is not None and Grant.DEVICE_CODE in client.grants


def _without_ours(document: dict[str, Any], before: Registered) -> dict[str, Any]:
    """RFC 7592 2.2: what is ours may stand in it only as it is."""
    service = before.service
    if document.get("client_id") != service.client_id:
        raise OAuthError("invalid_client_metadata", "client_id must be that of the registration.")
    secret = document.get("client_secret")
    if secret is not None and not (isinstance(secret, str) and ids.digest(secret) in service.secret_digests):
        raise OAuthError("invalid_client_metadata", "client_secret cannot be chosen.")
    return document


def _own(unit: Unit, call: Call) -> Registered:
    """The registration for which the token was given."""
    _facts(call.house, unit)
    shown = ids.presented(REGISTRATION_TOKEN, call.token) if call.token else None
    found = federation.registered_by(unit, shown, call.client_id) if shown and call.client_id else None
    if found is None:
        raise _no_token("The registration access token is not valid for this client.")
    return found


def _shown(call: Call, registered: Registered, token: str | None) -> Answer:
    """RFC 7591 3.2.1, RFC 7592 3."""
    query = urlencode({"client_id": registered.service.client_id})
    managed = {
        "registration_client_uri": f"{call.issuer}/{REGISTER}?{query}",
        "registration_access_token": token,
    }
    return federation.client_to_json(registered) | managed


def _no_token(public: str) -> OAuthError:
    """RFC 6750 3.1."""
    challenge = (b"www-authenticate", b'Bearer realm="register", error="invalid_token"')
    return OAuthError("invalid_token", public, status=401, headers=[challenge])


def _metadata_error(failure: Invalid) -> OAuthError:
    """RFC 7591 3.2.2, named by the first fault."""
    if not failure.errors:
        return OAuthError("invalid_client_metadata", failure.public)
    first = failure.errors[0]
    path = first.pointer.removeprefix("/oidc").strip("/")  # the admin API keeps the same members one floor deeper
    member = path.partition("/")[0]
    code = "invalid_redirect_uri" if member == "redirect_uris" else "invalid_client_metadata"
    said = [f"{path}: {first.detail}"]
    if first.found is not None:
        said.append(f"Found {str(first.found)[:200]}.")
    if first.expected is not None:
        expected = first.expected
        said.append(f"Expected {', '.join(map(str, expected)) if isinstance(expected, list) else expected}.")
    return OAuthError(code, " ".join(said))
