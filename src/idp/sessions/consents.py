"""What a person has allowed a service to know, remembered for each pair."""

from collections.abc import Set as AbstractSet

from idp import audit
from idp.kit.units import Unit
from idp.sessions import store


def has_consent(unit: Unit, *, user_id: str, service_id: str, scopes: AbstractSet[str]) -> bool:
    given = store.find_consent(unit, user_id=user_id, service_id=service_id)
    return given is not None and scopes <= given


def give_consent(unit: Unit, *, user_id: str, service_id: str, scopes: AbstractSet[str]) -> None:
    """Adds to what was given before."""
    given = store.find_consent(unit, user_id=user_id, service_id=service_id) or frozenset()
    store.put_consent(unit, user_id=user_id, service_id=service_id, scopes=given | scopes)
    audit.record(unit, audit.Event.CONSENT_GIVEN, subject=user_id, service=service_id, scopes=sorted(scopes))
