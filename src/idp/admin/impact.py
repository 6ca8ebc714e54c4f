"""What an act on a contract would cut off, and when, before anybody does it. Nothing is changed by asking."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from idp import contracts, federation, sessions, tenants, users
from idp.admin import rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.routes import Route
from idp.admin.shapes import impact as shapes
from idp.contracts import Contract, Ending, EndReason, Event, Product, Status
from idp.credentials import Noun
from idp.federation import AccessTokenFormat, Service
from idp.kit.clock import SECOND, rfc3339
from idp.kit.errors import FieldError, Invalid
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit

_PAGE = 500
_RUNNING = (Status.ACTIVE, Status.SUSPENDED)
# What needs what (Art. 3.2): a device is authenticated where it is managed, and people sign in with us.
_DEPENDENT = {Product.MDM: (Product.DEVICE_AUTH,), Product.ID_PLUS: (Product.DEVICE_AUTH,)}


class Acted(StrEnum):
    SUSPEND = "suspend"
    TERMINATE = "terminate"
    STOP = "stop"
    NON_RENEWAL = "non-renewal"


_EVENTS = {
    Acted.SUSPEND: Event.SUSPENDED,
    Acted.TERMINATE: Event.TERMINATED,
    Acted.STOP: Event.STOP_REQUESTED,
    Acted.NON_RENEWAL: Event.NON_RENEWAL_REQUESTED,
}
_REASONS = {Acted.STOP: EndReason.STOPPED, Acted.NON_RENEWAL: EndReason.NOT_RENEWED}


class _Cut(NamedTuple):
    """When it bites: `at_us`, and for an end the last day before."""

    at_us: int
    end: Ending | None


def impact(call: Call) -> Answer:
    """Who and what an act would cut off, and when.

    `act` is `suspend`, `terminate`, `stop` or `non-renewal`; `on` is the last day of the latter two, by default today
    and the next possible end.
    """
    act, on = _asked(call.filters)
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        contract = contracts.get(unit, call.contract.id)
        cut = _cut(unit, contract, act, on)
        inner = unit if contract.tenant == PLATFORM else unit.inside(contract.tenant)
        return Answer(200, {**_when(contract, act, cut, call.grace_days), **_what(inner, contract, cut)})


def _asked(filters: dict[str, str]) -> tuple[Acted, date | None]:
    wrong = []
    if filters.get("act") not in set(Acted):
        expected = [act.value for act in Acted]
        wrong.append(FieldError("/act", "unknown_value", "Which act?", filters.get("act"), expected))
    on = None
    try:
        on = date.fromisoformat(filters["on"]) if "on" in filters else None
    except ValueError:
        wrong.append(FieldError("/on", "invalid_format", "There is no such day.", filters["on"], "YYYY-MM-DD"))
    if wrong:
        raise Invalid("invalid", "The query cannot be read.", errors=wrong)
    return Acted(filters["act"]), on


def _cut(unit: Unit, contract: Contract, act: Acted, on: date | None) -> _Cut:
    zone = contract.application.time_zone
    today = contracts.day_of(unit.now, zone)
    if act is Acted.SUSPEND:
        return _Cut(unit.now_us, None)
    if act is Acted.TERMINATE:
        return _Cut(unit.now_us, Ending(EndReason.TERMINATED, today, unit.now_us))
    day = on or (today if act is Acted.STOP else contract.standing.next_possible_end or today)
    if not today <= day <= contracts.LAST_DATE:
        bounds = {"minimum": today.isoformat(), "maximum": contracts.LAST_DATE.isoformat()}
        error = FieldError("/on", "out_of_range", "This day is no last day.", day.isoformat(), bounds)
        raise Invalid("invalid", "The query cannot be read.", errors=[error])
    at_us = int(contracts.end_of_day(day, zone).timestamp()) * SECOND
    return _Cut(at_us, Ending(_REASONS[act], day, at_us))


def _when(contract: Contract, act: Acted, cut: _Cut, grace_days: int) -> dict[str, Any]:
    end = cut.end
    until = None if end is None else contracts.export_until(end, grace_days)
    return {
        "contract": contract.id,
        "product": contract.application.product.value,
        "act": act.value,
        "status": contract.status.value,
        "possible": contracts.is_possible(contract.status, _EVENTS[act]),
        "takes_effect_at": rfc3339(cut.at_us),
        "last_day": None if end is None else end.on.isoformat(),
        "reversible": end is None,
        "export_until": None if until is None else until.isoformat(),
        "erasure_due_on": None if until is None else (until + timedelta(days=1)).isoformat(),
    }


def _what(inner: Unit, contract: Contract, cut: _Cut) -> dict[str, Any]:
    """Of the contract for this service; what another product's end takes away are the products that need it."""
    ours = contract.application.product is Product.ID_PLUS and contract.status in _RUNNING
    people = users.active_generations(inner) if ours else {}
    services = _services(inner) if ours else []
    generation = tenants.get(inner).generation if ours else 0
    alive = sessions.count_alive(inner, tenant_generation=generation, people=people)
    lifetimes = [_lifetime(service) for service in services]
    return {
        "ids": {"existing": users.seats_used(inner) if ours else 0, "active": len(people)},
        "sessions": alive.sessions,
        "grants": alive.grants,
        "services": [{"id": service.id, "name": service.name} for service in services],
        # From the cut on every question to us is answered with no; a service that only looks at the signature of a
        # token goes on until the token's own end.
        "tokens_live_until": rfc3339(cut.at_us + max(lifetimes) * SECOND) if any(lifetimes) else None,
        "dependent_products": _dependent(inner, contract) if contract.status in _RUNNING else [],
        "continued_by": _continued_by(inner, contract),
    }


def _services(unit: Unit) -> list[Service]:
    found: list[Service] = []
    after = ""
    while page := federation.page(unit, after=after, limit=_PAGE):
        found += [registered.service for registered in page]
        after = page[-1].service.id
    return [service for service in found if service.enabled]


def _lifetime(service: Service) -> int:
    """Seconds for which a token of it is believed without asking us."""
    client = service.oidc
    readable = client is not None and client.access_token_format is AccessTokenFormat.JWT
    return client.access_token_lifetime if client is not None and readable else 0


def _dependent(unit: Unit, contract: Contract) -> list[dict[str, Any]]:
    known = contracts.facts(unit)
    found = []
    for product in _DEPENDENT.get(contract.application.product, ()):
        status = contracts.status_of(known, unit.now_us, product)
        if status in _RUNNING:
            found.append(
                {"product": product.value, "status": status.value, "needs": contract.application.product.value}
            )
    return found


def _continued_by(unit: Unit, contract: Contract) -> str | None:
    if contract.tenant == PLATFORM:
        return None
    others = contracts.page(unit, limit=_PAGE)
    return next(
        (each.id for each in others if each.application.continues == contract.id and each.status in contracts.LIVE),
        None,
    )


ROUTES = (
    Route(
        "GET",
        "/contracts/{contract}/impact",
        impact,
        rights.read(Noun.CONTRACTS),
        gives=shapes.Impact,
        filters={
            "act": "`suspend`, `terminate`, `stop` or `non-renewal`.",
            "on": "The last day, of `stop` and `non-renewal`.",
        },
    ),
)
