"""The page that services load in a frame, to ask whether the session is still the same (Session Management 1.0, 3.2).

It is there only where a tenant has switched it on, and answers only pages that stand where the client is registered
(attack B11): who else asks, or asks too much, hears nothing.
"""

from html import escape

from idp.access import Facts
from idp.federation import origin_of
from idp.kit.errors import NotFound
from idp.web import state_cookie
from idp.web.asgi import LEFT_OUT, App, Header, Receive, Scope, Send, respond
from idp.web.failures import Refusal
from idp.web.forms import parse_query
from idp.web.house import House

ORIGIN = f"{state_cookie.PAGE}/origin"
_SCRIPT = "check_session.js"

# Any page may frame it: who is answered is decided for each question.
_POLICY = (
    b"default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    b"frame-ancestors *; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY),
    (b"x-frame-options", LEFT_OUT),  # it has no value for any page at all: frame-ancestors is what counts
    (b"cross-origin-resource-policy", b"cross-origin"),
)


def page(house: House) -> App:
    asset = house.pages.static_files()[_SCRIPT]
    script = f"/static/{asset.digest}/{_SCRIPT}"

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        facts = await _switched_on(house, scope)
        slug = facts.tenant.slug
        cookie, origins = escape(state_cookie.name(house, slug)), escape(f"{house.issuer(slug)}/{ORIGIN}")
        body = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>check_session</title>'
            f'<script src="{script}" data-cookie="{cookie}" data-origins="{origins}" defer></script></head></html>'
        )
        await respond(send, 200, body=body.encode(), fields=_HEADERS)

    return answer


def origin(house: House) -> App:
    """For the script of the page: 204 if a client has a redirect URI at that origin, 404 if not."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        form = parse_query(scope["query_string"])
        client_id, asked = form.get("client_id") or "", form.get("origin") or ""
        facts = await _switched_on(house, scope, client_id)
        service = facts.services.get(client_id)
        client = service.oidc if service is not None and service.enabled else None
        if client is None or asked not in {origin_of(each) for each in client.redirects.registered}:
            raise _nothing()
        await respond(send, 204, ())

    return answer


async def _switched_on(house: House, scope: Scope, client_id: str | None = None) -> Facts:
    try:
        facts = await house.memory.fresh(scope["state"]["tenant_slug"], client_id)
    except NotFound:
        raise _nothing() from None
    if not facts.switches.session_management:
        raise _nothing()
    return facts


def _nothing() -> Refusal:
    return Refusal(404, "not_found", "There is nothing here.")
