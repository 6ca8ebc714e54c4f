"""Answering with a page: its language, its tenant's look, its headers."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from idp.access import Facts
from idp.federation import Service, origin_of
from idp.tenants import Tenant
from idp.web import service_logos
from idp.web.asgi import Header, Scope, Send, respond
from idp.web.brand import PLATFORM, Brand, logo_path
from idp.web.failures import Answer, RenderFailure
from idp.web.house import House
from idp.web.languages import Language, choose, switch_links
from idp.web.pages import PageName, ShownService, page_headers

_CHOICE = "warifu-lang"
_CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "invalid_request",
    421: "invalid_request",
}


def brand_of(tenant: Tenant) -> Brand:
    return Brand(
        slug=tenant.slug,
        name=tenant.display_name,
        colour=tenant.colour,
        logo_url=logo_path(tenant.slug, tenant.logo) if tenant.logo else None,
        help_text=tenant.help_text or None,
    )


def shown_service(service: Service, slug: str) -> ShownService:
    """As a person sees it: names and addresses that the service registered."""
    client = service.oidc
    return ShownService(
        name=service.name,
        host=service.host,
        logo_url=service_logos.logo_path(slug, service),
        policy_url=client.policy_uri if client else None,
        tos_url=client.tos_uri if client else None,
        home_url=client.client_uri if client else None,
    )


def language_of(scope: Scope, ui_locales: str | None = None) -> Language:
    headers = scope["state"]["headers"]
    pressed = _parameter(scope, "lang")
    return choose(
        ui_locales=pressed or ui_locales,
        chosen=_chosen(headers.get(b"cookie", b"").decode("latin-1")),
        accept_language=headers.get(b"accept-language", b"").decode("latin-1"),
    )


async def show(  # noqa: PLR0913 - what an answer is made of
    house: House,
    scope: Scope,
    send: Send,
    page: PageName,
    *,
    facts: Facts | None,
    status: int = 200,
    headers: Iterable[Header] = (),
    ui_locales: str | None = None,
    query: str | None = None,
    switchable: bool = True,
    frames: Sequence[str] = (),
    **context: Any,
) -> None:
    """`query` is that of the GET address of this page, where the shown one was reached by POST; not `switchable` where
    following a link to another language would lose what was typed. `frames` are addresses that the page loads."""
    language = language_of(scope, ui_locales)
    shown_at = scope["query_string"].decode("latin-1") if query is None else query
    body = house.pages.render(
        page,
        language=language,
        brand=brand_of(facts.tenant) if facts else PLATFORM,
        switch=switch_links(shown_at) if switchable else None,
        **context,
        **({"frames": frames} if frames else {}),
    )
    fields = _fields(page, frames)
    if _parameter(scope, "lang"):
        fields.append((b"set-cookie", f"{_CHOICE}={language}; Path=/; Max-Age=31536000; SameSite=Lax".encode()))
    await respond(send, status, [*fields, *headers], body)


def failure_page(house: House) -> RenderFailure:
    """For people who meet a failure that no door has answered; programs get what they accept."""

    def render(scope: Scope, status: int, reference: str) -> Answer | None:
        headers = scope["state"].get("headers", {})
        if b"text/html" not in headers.get(b"accept", b""):
            return None
        slug = scope["state"].get("tenant_slug")
        facts = house.memory.latest(slug) if slug else None
        page: PageName = "unavailable" if status == 503 else "error"
        context = {} if page == "unavailable" else {"code": _CODES.get(status, "server_error"), "reference": reference}
        body = house.pages.render(
            page,
            language=language_of(scope),
            brand=brand_of(facts.tenant) if facts else PLATFORM,
            switch=switch_links(scope["query_string"].decode("latin-1")),
            **context,
        )
        return _fields(page), body

    return render


def _fields(page: PageName, frames: Iterable[str] = ()) -> list[Header]:
    return [*_headers(page, tuple(origin for each in frames if (origin := origin_of(each))))]


@lru_cache(maxsize=256)
def _headers(page: PageName, origins: tuple[str, ...]) -> tuple[Header, ...]:
    named = page_headers(page, frames=origins)
    return tuple((name.lower().encode(), value.encode()) for name, value in named.items())


def _parameter(scope: Scope, name: str) -> str | None:
    for pair in scope["query_string"].split(b"&"):
        key, _, value = pair.partition(b"=")
        if key == name.encode():
            text: str = value.decode("latin-1")
            return text
    return None


def _chosen(cookies: str) -> str | None:
    for pair in cookies.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == _CHOICE:
            return value
    return None
