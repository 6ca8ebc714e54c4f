"""What every tenant's pages share: the files that ship with us, a tenant's colours and logo, whether we are well."""

import asyncio
import re

from idp import federation, tenants
from idp.access import Facts
from idp.kit.errors import NotFound, Unavailable
from idp.kit.sealing import PLATFORM
from idp.web.asgi import App, Header, Receive, Scope, Send, json_response, respond
from idp.web.brand import brand_css
from idp.web.dispatch import Route
from idp.web.failures import Refusal
from idp.web.fenced import is_put_back
from idp.web.forms import parse_query
from idp.web.house import House
from idp.web.pages import asset_headers
from idp.web.service_logos import ServiceLogos
from idp.web.showing import brand_of

_GET = frozenset({"GET"})
_PUBLIC: tuple[Header, ...] = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
_SERVICE = re.compile(r"svc_[0-9a-f]{32}")
_PATIENCE = 2.0  # seconds until a silent database counts as down


def routes(house: House) -> list[Route]:
    files = [
        Route(f"/static/{file.digest}/{name}", _GET, "static", _file(house, name))
        for name, file in house.pages.static_files().items()
    ]
    return [
        *files,
        Route("/t/{tenant}/brand.css", _GET, "brand", _brand(house)),
        Route("/t/{tenant}/logo", _GET, "logo", _logo(house)),
        Route("/t/{tenant}/service-logo", _GET, "logo", _service_logo(house, ServiceLogos(house.egress))),
        Route("/.well-known/jwks.json", _GET, "jwks", _platform_keys(house)),
        Route("/health/live", _GET, "health", _live),
        Route("/health/ready", _GET, "health", _ready(house)),
    ]


async def _known(house: House, slug: str) -> Facts:
    """As of now, so that nothing is shown of a tenant that was erased; what is remembered where now cannot be asked."""
    try:
        return await house.memory.fresh(slug)
    except Unavailable:
        return await house.memory.remembered(slug)


def _file(house: House, name: str) -> App:
    file = house.pages.static_files()[name]
    headers = _encoded(asset_headers(file.media_type))

    async def send_file(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        await respond(send, 200, headers, file.content)

    return send_file


def _brand(house: House) -> App:
    headers = _encoded(asset_headers("text/css; charset=utf-8"))

    async def colours(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        try:
            facts = await _known(house, scope["state"]["tenant_slug"])
        except NotFound:
            raise _absent() from None
        await respond(send, 200, headers, brand_css(brand_of(facts.tenant)))

    return colours


def _logo(house: House) -> App:
    # Opened by itself, the picture is a document of no origin, in which nothing runs.
    kept = {**asset_headers("image/png"), "Content-Security-Policy": "default-src 'none'; sandbox"}
    passing = _encoded({**kept, "Cache-Control": "no-store"})
    lasting = _encoded(kept)

    async def picture(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        try:
            tenant = await house.memory.tenant_id(scope["state"]["tenant_slug"])
        except NotFound:
            raise _absent() from None
        image = await house.units.read(tenant, tenants.logo)
        if image is None:
            raise _absent()
        # An address that names another picture was made before this one was set: it must not be kept as that one.
        named = scope["query_string"] == b"v=" + tenants.logo_digest(image).encode()
        await respond(send, 200, lasting if named else passing, image)

    return picture


def _service_logo(house: House, logos: ServiceLogos) -> App:
    kept = {**asset_headers("image/png"), "Content-Security-Policy": "default-src 'none'; sandbox"}
    headers = _encoded({**kept, "Cache-Control": "private, max-age=86400"})

    async def picture(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        named = parse_query(scope["query_string"]).get("service") or ""
        if not _SERVICE.fullmatch(named):
            raise _absent()
        try:
            tenant = await house.memory.tenant_id(scope["state"]["tenant_slug"])
            service = await house.units.read(tenant, lambda unit: federation.get(unit, named))
        except NotFound:
            raise _absent() from None
        address = service.oidc.logo_uri if service.oidc and service.enabled else None
        image = None if address is None else await logos.picture(address, tenant=tenant)
        if image is None:
            raise _absent()
        await respond(send, 200, headers, image)

    return picture


def _platform_keys(house: House) -> App:
    """Those of the operator, by which its certificates can be checked."""

    async def keys(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        facts = await house.units.read(PLATFORM, house.memory.current)
        headers = [*_PUBLIC, (b"cache-control", b"public, max-age=300")]
        await json_response(send, 200, facts.keys.jwks(), headers)

    return keys


def _absent() -> Refusal:
    return Refusal(404, "not_found", "There is nothing here.")


def _encoded(headers: dict[str, str]) -> list[Header]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


async def _live(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    await json_response(send, 200, {"status": "live"})


def _ready(house: House) -> App:
    async def ready(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        try:
            put_back = await asyncio.wait_for(asyncio.to_thread(_look, house), _PATIENCE)
        except (Unavailable, TimeoutError):
            await json_response(send, 503, {"status": "unavailable", "reason": "the database does not answer"})
            return
        if put_back:
            reason = "the database is from before the last restore"
            await json_response(send, 503, {"status": "unavailable", "reason": reason})
        else:
            await json_response(send, 200, {"status": "ready"})

    return ready


def _look(house: House) -> bool:
    house.units.database.ping()
    return is_put_back(house.units)
