"""The metadata of a service of SAML: fetched anew, looked at before, and what waits for an administrator."""

from enum import StrEnum
from typing import Any

from idp import federation
from idp.admin import gate, rights
from idp.admin.answers import Answer
from idp.admin.call import Call
from idp.admin.rights import WITH_TENANT, Partners
from idp.admin.routes import Route
from idp.admin.service_certificates import done, expected
from idp.admin.shapes.services import MetadataDecision, MetadataState, Refresh, Service
from idp.credentials import Noun
from idp.federation import Difference, Refreshed, Upkeep
from idp.federation import Service as Registration
from idp.kit.clock import rfc3339
from idp.kit.errors import Conflict
from idp.kit.fields import Fields


class _Flag(StrEnum):
    TRUE = "true"
    FALSE = "false"


def shown(call: Call) -> Answer:
    """When the metadata were fetched, what went wrong, and what of them waits for an administrator."""
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        service = federation.get(unit, call.names["service"])
        _, state = federation.source_of(unit, service.id)
        return call.shown(_state(service, state), version=service.version)


def refresh(call: Call) -> Answer:
    """Fetch the metadata now; with `dry_run=true` only say what would change.

    What the pinned key has signed is taken at once. Without one, changes of keys, of addresses, and of the demand that
    requests are signed wait for `accept`.
    """
    fields = Fields(call.filters)
    dry = fields.choice("dry_run", _Flag, frozenset(), default=_Flag.FALSE) is _Flag.TRUE
    fields.finish()
    with call.house.units.open(call.home, actor=call.actor, write=False) as unit:
        gate.refuse_closed(unit, call.key)
        address, _ = federation.source_of(unit, call.names["service"])
    if address is None:
        raise Conflict("no_metadata_address", "The service has no metadata_url and no mdq_url.")
    fetched = federation.fetch_metadata(call.house.egress, address, tenant=call.home)
    production, service = call.house.production, call.names["service"]
    if dry:
        with call.house.units.open(call.home, actor=call.actor) as unit:
            found = federation.preview_metadata(unit, service, fetched, production=production)
            return call.done(unit, _refreshed(found, dry=True))
    with call.house.units.open(call.home, actor=call.actor) as unit:
        gate.require_contract(unit, call.key)
        found = federation.take_metadata(unit, service, fetched, production=production)
        return call.done(unit, _refreshed(found, dry=False))


def accept(call: Call) -> Answer:
    """Take what waits; `change` is what the administrator has looked at."""
    change = _change(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        return done(call, unit, federation.accept_metadata(unit, call.names["service"], change, version=version))


def reject(call: Call) -> Answer:
    """Leave the service as it is; the same change is not asked about again."""
    change = _change(call)
    with call.house.units.open(call.home, actor=call.actor) as unit:
        version = expected(call, unit)
        return done(call, unit, federation.reject_metadata(unit, call.names["service"], change, version=version))


def _change(call: Call) -> str:
    fields = Fields(call.document)
    fields.only({"change"})
    fields.required("change")
    change = fields.text("change") or ""
    fields.finish()
    return change


def _refreshed(found: Refreshed, *, dry: bool) -> dict[str, Any]:
    return {
        "dry_run": dry,
        "error": found.error,
        "differences": _differences(found.found),
        "waiting": found.waiting,
    }


def _state(service: Registration, state: Upkeep) -> dict[str, Any]:
    waiting = None
    if service.saml is not None and state.waiting_id is not None:
        at = rfc3339(state.waiting_at or 0)
        differences = _differences(federation.waiting_differences(service.saml, state))
        waiting = {"change": state.waiting_id, "found_at": at, "differences": differences}
    return {
        "last_refresh_at": _instant(state.refreshed_at),
        "last_try_at": _instant(state.tried_at),
        "next_refresh_at": _instant(state.refresh_at),
        "last_error": state.error,
        "failures": state.failures,
        "waiting": waiting,
    }


def _differences(found: tuple[Difference, ...]) -> list[dict[str, Any]]:
    return [each.to_json() for each in found]


def _instant(at_us: int | None) -> str | None:
    return None if at_us is None else rfc3339(at_us)


_ONE = "/tenants/{tenant}/services/{service}/metadata"
_READ = rights.read(Noun.SERVICES)
_WRITE = rights.write(Noun.SERVICES, WITH_TENANT, Partners.PREPARE)
_CLOSED = "contract_not_active"

ROUTES = (
    Route("GET", _ONE, shown, _READ, gives=MetadataState, versioned=True),
    Route(
        "POST",
        f"{_ONE}/refresh",
        refresh,
        _WRITE,
        gives=Refresh,
        filters={"dry_run": "true: say what would change, and change nothing."},
        conflicts=(_CLOSED, "no_metadata_address"),
    ),
    Route(
        "POST",
        f"{_ONE}/accept",
        accept,
        _WRITE,
        takes=MetadataDecision,
        gives=Service,
        versioned=True,
        conflicts=(_CLOSED, "change_overtaken"),
    ),
    Route(
        "POST",
        f"{_ONE}/reject",
        reject,
        _WRITE,
        takes=MetadataDecision,
        gives=Service,
        versioned=True,
        conflicts=(_CLOSED, "change_overtaken"),
    ),
)
