"""The page, from what was looked up: instants in the tenant's own time, names as a person reads them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from idp.access import BrowserFamily
from idp.kit.clock import instant
from idp.portal.looking import Mine
from idp.sessions import Session
from idp.web import csrf
from idp.web.asgi import Header, Scope, Send
from idp.web.house import House
from idp.web.pages import ShownPerson
from idp.web.showing import show, shown_service

_PRODUCTS: Mapping[str, str] = MappingProxyType(
    {
        BrowserFamily.CHROME: "Chrome",
        BrowserFamily.EDGE: "Edge",
        BrowserFamily.FIREFOX: "Firefox",
        BrowserFamily.OPERA: "Opera",
        BrowserFamily.SAFARI: "Safari",
        BrowserFamily.SAMSUNG: "Samsung Internet",
    }
)


async def show_mine(
    house: House, scope: Scope, send: Send, mine: Mine, *, digest: bytes, headers: Iterable[Header]
) -> None:
    tenant = mine.facts.tenant
    zone = ZoneInfo(tenant.time_zone)
    issuer = house.issuer(tenant.slug)
    await show(
        house,
        scope,
        send,
        "portal",
        facts=mine.facts,
        headers=headers,
        query="",
        action=f"{issuer}/portal",
        csrf=csrf.token(house.units.keys.box(tenant.id), digest, mine.purpose),
        person=ShownPerson(mine.identity.display_name, mine.identity.user_name),
        offers=[
            {"id": each.service.id, "service": shown_service(each.service, tenant.slug), "address": each.address}
            for each in mine.offers
        ],
        held=[
            {
                "id": service.id,
                "service": shown_service(service, tenant.slug),
                "scopes": sorted(held.scopes),
                "since": _day(held.since, zone),
            }
            for service, held in mine.held
        ],
        sessions=[_session(mine, session, zone) for session in mine.sessions],
        factors=[{"id": factor.id, "since": _day(factor.enrolled_at, zone)} for factor in mine.factors],
        sign_out_url=f"{issuer}/end_session",
    )


def _session(mine: Mine, session: Session, zone: ZoneInfo) -> dict[str, Any]:
    place = mine.places[session.id]
    return {
        "id": session.id,
        "here": session.id == mine.session.id,
        "browser": _PRODUCTS.get(place.browser or "", ""),
        "address": place.address or "",
        "since": f"{_day(session.created_at, zone)} {instant(session.created_at).astimezone(zone):%H:%M}",
    }


def _day(at_us: int, zone: ZoneInfo) -> str:
    return f"{instant(at_us).astimezone(zone):%Y-%m-%d}"
