"""Pages of other origins that may read an answer (the CORS protocol of the Fetch standard): those at which the very
client that is answered has a redirect URI. Never with cookies: what counts is in the request itself."""

from collections.abc import Awaitable, Iterable
from typing import Final

from idp import federation
from idp.access import Facts
from idp.kit.errors import NotFound, Unavailable
from idp.web.asgi import App, Header, Message, Receive, Scope, Send, respond
from idp.web.failures import Refusal
from idp.web.house import House

_CLIENT: Final = "client_id"
_VARY: Final[Header] = (b"vary", b"origin")
_EXPOSED: Final[Header] = (b"access-control-expose-headers", b"WWW-Authenticate, DPoP-Nonce, Retry-After")
_PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-headers", b"Authorization, Content-Type, DPoP"),
    (b"access-control-max-age", b"600"),
)

_READING: Final = b"GET, HEAD, OPTIONS"
_ANYBODY: Final[tuple[Header, ...]] = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", _READING),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"600"),
)


def is_asked(scope: Scope) -> bool:
    return b"origin" in scope["state"]["headers"]


def name_client(scope: Scope, client_id: str) -> None:
    """Whom the answer is for, proved or not: an error, too, is for the page of the client that made it."""
    scope["state"][_CLIENT] = client_id


def readable(house: House, endpoint: App) -> App:
    """For an endpoint that names its client. A request without an origin goes straight through."""

    def answer(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if not is_asked(scope):
            return endpoint(scope, receive, send)

        async def tell(message: Message) -> None:
            message["headers"] = [*message["headers"], *await _said(house, scope)]
            await send(message)

        return endpoint(scope, receive, tell)

    return answer


def preflight(house: House, methods: Iterable[str]) -> App:
    """No client is known yet: the origin has to be one of some service of the tenant."""
    taken = ", ".join(sorted({*methods, "OPTIONS"})).encode("ascii")

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        headers = [(b"allow", taken), _VARY]
        if is_asked(scope) and b"access-control-request-method" in scope["state"]["headers"]:
            origin = _origin(scope)
            if await _is_registered(house, scope, origin):
                headers += [_admitting(origin), (b"access-control-allow-methods", taken), *_PREFLIGHT]
        await respond(send, 204, headers)

    return answer


async def preflight_of_anybody(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    """For documents that every page may read: one that sends fields of its own along asks first."""
    headers = [(b"allow", _READING)]
    if is_asked(scope) and b"access-control-request-method" in scope["state"]["headers"]:
        headers += _ANYBODY
    await respond(send, 204, headers)


async def _said(house: House, scope: Scope) -> list[Header]:
    client_id = scope["state"].get(_CLIENT)
    facts = None if client_id is None else await _facts(house, scope["state"]["tenant_slug"], client_id)
    service = None if facts is None else facts.services.get(client_id)
    origin = _origin(scope)
    if service is None or service.oidc is None or origin not in federation.web_origins(service.oidc):
        return [_VARY]
    return [_VARY, _admitting(origin), _EXPOSED]


async def _facts(house: House, slug: str, client_id: str) -> Facts | None:
    """As of now, so that an address that was taken back reads nothing more."""
    try:
        return await house.memory.fresh(slug, client_id)
    except NotFound:
        return None
    except Unavailable:  # which is just what the page has to be told
        return house.memory.at_hand(slug, client_id)


async def _is_registered(house: House, scope: Scope, origin: str) -> bool:
    slug = scope["state"]["tenant_slug"]
    try:
        facts = await house.memory.fresh(slug)
        return await house.units.read(facts.tenant.id, lambda unit: house.memory.has_origin(unit, facts, origin))
    except NotFound:
        raise Refusal(404, "not_found", "There is nothing here.") from None


def _origin(scope: Scope) -> str:
    found: bytes = scope["state"]["headers"][b"origin"]
    return found.decode("latin-1")


def _admitting(origin: str) -> Header:
    return (b"access-control-allow-origin", origin.encode("latin-1"))
