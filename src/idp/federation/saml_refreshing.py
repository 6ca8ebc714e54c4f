"""The metadata of a service, fetched anew: what they change is taken, or laid before an administrator.

What the pinned key has signed is taken as it is. Without one, whoever stands at the address could be anybody by now:
what is grave (`saml_differences`) waits until an administrator has said yes to exactly that, and the rest is taken.
What cannot be fetched, read or believed changes nothing; the failure stands with the service, in the trail, and in a
notice to the administrators when it begins. A change that was refused is not asked about again.
"""

import json
from hashlib import sha256
from typing import NamedTuple

from idp import audit, delivery, tenants
from idp.audit import Event
from idp.federation import actions, document, saml_pace, saml_registration, saml_warnings, store, upkeep
from idp.federation.model import Registered
from idp.federation.saml_differences import GRAVE, Difference, differences, grave, harmless
from idp.federation.saml_fetching import Fetched
from idp.federation.saml_service import SamlService
from idp.federation.upkeep import Upkeep
from idp.kit.errors import Conflict, Invalid, Stale
from idp.kit.units import Unit

UNREACHABLE = "unreachable"


class Refreshed(NamedTuple):
    """`found` is everything that is new, `waiting` the id of what of it waits, `error` why nothing was taken."""

    registered: Registered
    found: tuple[Difference, ...] = ()
    waiting: str | None = None
    error: str | None = None


def source_of(unit: Unit, service_id: str) -> tuple[str | None, Upkeep]:
    """Where its metadata are, and what is known of the last time. Raises `NotFound`."""
    saml = store.get(unit, service_id).saml
    return None if saml is None else saml.source.address(saml.entity_id), upkeep.kept(unit, service_id)


def due(unit: Unit, service_id: str) -> tuple[str | None, Upkeep]:
    """As `source_of`, if it is to be fetched now; nothing of a service that is gone or disabled."""
    service, state = store.find(unit, service_id), upkeep.kept(unit, service_id)
    if service is None or service.saml is None or not service.enabled:
        return None, state
    address = service.saml.source.address(service.saml.entity_id)
    return (address if (state.refresh_at or 0) <= unit.now_us else None), state


def look_after(unit: Unit, service_id: str) -> None:
    """Tells of ends that come, and says when to look again."""
    service, state = store.find(unit, service_id), upkeep.kept(unit, service_id)
    if service is None or service.saml is None:
        upkeep.forget(unit, service_id)
        return
    ends_at = saml_warnings.warn(unit, service, state) if service.enabled else None
    refresh_at = state.refresh_at if service.enabled and service.saml.source.address(service.saml.entity_id) else None
    due_at = min((at for at in (ends_at, refresh_at) if at is not None), default=None)
    upkeep.keep(unit, state._replace(due_at=due_at, refresh_at=refresh_at))


def preview(unit: Unit, service_id: str, fetched: Fetched | None, *, production: bool) -> Refreshed:
    """What a refresh would do now; nothing is changed. Raises `NotFound`."""
    before = store.registered(unit, service_id)
    try:
        after = _read(unit, before, fetched, production=production)
    except Invalid as bad:
        return Refreshed(before, error=_code(bad))
    assert before.service.saml is not None
    found = differences(before.service.saml, after)
    return Refreshed(before, found, _id(after) if _waits(before.service.saml, found) else None)


def take(unit: Unit, service_id: str, fetched: Fetched | None, *, production: bool) -> Refreshed:
    """Takes what may be taken, and remembers the rest. Raises `NotFound`."""
    tenants.touch(unit)
    before, state = store.registered(unit, service_id), upkeep.kept(unit, service_id)
    try:
        after = _read(unit, before, fetched, production=production)
        return _take(unit, before, after, fetched, state)
    except Invalid as bad:
        return _fail(unit, before, state, _code(bad))


def accept(unit: Unit, service_id: str, change: str, *, version: int | None = None) -> Registered:
    """What an administrator has seen, and says yes to. Raises `NotFound`, `Stale`, `Invalid`, and
    `Conflict("change_overtaken")` where something else waits by now, or nothing."""
    before, state, waiting = _waiting(unit, service_id, change, version)
    assert before.service.saml is not None
    after = actions.with_saml(unit, before, grave(before.service.saml, waiting))
    upkeep.keep(unit, _nothing_waits(state)._replace(due_at=unit.now_us))
    audit.record(unit, Event.SERVICE_METADATA_ACCEPTED, subject=service_id, change=change)
    return after


def reject(unit: Unit, service_id: str, change: str, *, version: int | None = None) -> Registered:
    """As `accept`, and the answer is no: the same is not asked again."""
    before, state, _ = _waiting(unit, service_id, change, version)
    upkeep.keep(unit, _nothing_waits(state)._replace(refused_id=change))
    audit.record(unit, Event.SERVICE_METADATA_REJECTED, subject=service_id, change=change)
    return before


def waiting_differences(saml: SamlService, state: Upkeep) -> tuple[Difference, ...]:
    """What an administrator is asked about."""
    return () if state.change is None else differences(saml, grave(saml, state.change))


def _read(unit: Unit, before: Registered, fetched: Fetched | None, *, production: bool) -> SamlService:
    """The service as its metadata say it now. Raises `Invalid`."""
    saml = before.service.saml
    if fetched is None or saml is None:
        raise Invalid(UNREACHABLE, "There is no metadata at this address.")
    if fetched.text is None:
        return saml
    changed = document.changed(before, {"saml": {"metadata_xml": fetched.text}})
    said = saml.described
    if said is not None and said.signs_requests == saml.requires_signed_requests:  # it follows what its metadata say
        changed["saml"].pop("require_signed_requests")
    if said is not None and said.name_id_format == saml.name_id_format.value:
        changed["saml"].pop("nameid_format")
    changed["saml"].pop("valid_until", None)
    after = document.read(changed, production=production).saml
    assert after is not None
    saml_registration.judge(unit, saml, after)
    return after


def _take(unit: Unit, before: Registered, after: SamlService, fetched: Fetched | None, state: Upkeep) -> Refreshed:
    saml = before.service.saml
    assert saml is not None
    if fetched is None or fetched.text is None:
        upkeep.keep(unit, _worked(unit, state, saml, fetched))
        return Refreshed(before, waiting=state.waiting_id)
    found = differences(saml, after)
    waits = _waits(saml, found)
    taken = harmless(saml, after) if waits else after
    registered = actions.with_saml(unit, before, taken)
    state = _worked(unit, state, taken, fetched)
    state = _asked(unit, before, after, state) if waits else _nothing_waits(state)._replace(refused_id=None)
    upkeep.keep(unit, state)
    members = [each.member for each in differences(saml, taken) if each.member != "valid_until"]
    if members:
        audit.record(unit, Event.SERVICE_METADATA_REFRESHED, subject=before.service.id, members=members)
    return Refreshed(registered, found, state.waiting_id)


def _asked(unit: Unit, before: Registered, after: SamlService, state: Upkeep) -> Upkeep:
    """Once about each change, and about the latest alone."""
    saml, change = before.service.saml, _id(after)
    assert saml is not None
    if change == state.refused_id:
        return _nothing_waits(state)
    if change == state.waiting_id:
        return state
    members = [each.member for each in differences(saml, grave(saml, after))]
    audit.record(unit, Event.SERVICE_METADATA_WAITS, subject=before.service.id, change=change, members=members)
    _notify(unit, before, "metadata.change_waits", members=members)
    return state._replace(waiting=json.dumps(after.to_json()), waiting_id=change, waiting_at=unit.now_us)


def _nothing_waits(state: Upkeep) -> Upkeep:
    return state._replace(waiting=None, waiting_id=None, waiting_at=None)


def _waits(before: SamlService, found: tuple[Difference, ...]) -> bool:
    return before.source.signer is None and any(each.grave for each in found)


def _worked(unit: Unit, state: Upkeep, taken: SamlService, fetched: Fetched | None) -> Upkeep:
    cached = taken.described.cached if taken.described else None
    refresh_at = saml_pace.next_look(unit.now_us, cached=cached, valid_until=taken.valid_until)
    return state._replace(
        due_at=unit.now_us,  # ends may have moved
        refresh_at=refresh_at,
        refreshed_at=unit.now_us,
        tried_at=unit.now_us,
        failures=0,
        error=None,
        etag=fetched.etag if fetched else None,
        modified=fetched.modified if fetched else None,
    )


def _fail(unit: Unit, before: Registered, state: Upkeep, code: str) -> Refreshed:
    failures = state.failures + 1
    refresh_at = saml_pace.after_failure(unit.now_us, failures)
    upkeep.keep(
        unit,
        state._replace(due_at=refresh_at, refresh_at=refresh_at, tried_at=unit.now_us, failures=failures, error=code),
    )
    audit.record(unit, Event.SERVICE_METADATA_FAILED, subject=before.service.id, error=code, failures=failures)
    if failures == 1:
        _notify(unit, before, "metadata.refresh_failed", error=code)
    return Refreshed(before, error=code)


def _waiting(unit: Unit, service_id: str, change: str, version: int | None) -> tuple[Registered, Upkeep, SamlService]:
    tenants.touch(unit)
    before, state = store.registered(unit, service_id), upkeep.kept(unit, service_id)
    if version is not None and version != before.service.version:
        raise Stale("service")
    waiting = state.change
    if waiting is None or state.waiting_id != change:
        raise Conflict("change_overtaken", "This is not what waits by now.", waiting=state.waiting_id)
    return before, state, waiting


def _id(after: SamlService) -> str:
    """Of what is grave in it: as long as that is the same it is the same question."""
    said = {name: value for name, value in after.to_json().items() if name in GRAVE}
    return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _code(bad: Invalid) -> str:
    return bad.errors[0].code if bad.errors else bad.code


def _notify(unit: Unit, before: Registered, event: str, **said: object) -> None:
    payload = {"service": before.service.id, "service_name": before.service.name, **said}
    delivery.enqueue(unit, event, receiver="tenant", payload=payload)
