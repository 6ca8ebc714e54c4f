"""What a person has allowed a service to know, and to call, remembered for each pair."""

from idp import audit
from idp.kit.units import Unit
from idp.sessions import store
from idp.sessions.model import NOTHING_ALLOWED, Allowed


def has_consent(unit: Unit, *, user_id: str, service_id: str, wanted: Allowed) -> bool:
    given = store.find_consent(unit, user_id=user_id, service_id=service_id)
    return given is not None and given.covers(wanted)


def give_consent(unit: Unit, *, user_id: str, service_id: str, wanted: Allowed) -> None:
    """Adds to what was given before."""
    given = store.find_consent(unit, user_id=user_id, service_id=service_id) or NOTHING_ALLOWED
    store.put_consent(unit, user_id=user_id, service_id=service_id, allowed=given.joined(wanted))
    facts = {"service": service_id, "scopes": sorted(wanted.scopes), "resources": sorted(wanted.resources)}
    audit.record(unit, audit.Event.CONSENT_GIVEN, subject=user_id, **facts)
