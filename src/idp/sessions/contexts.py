"""What was known about a person at their last sign-in step, for decisions that have no browser before them.

An address, a country and a browser are personal data: they lie sealed with the tenant's key, bound to the row that they
describe, and a grant gets a copy sealed for itself.
"""

from typing import Final

from idp.kit import compact
from idp.kit.units import Unit
from idp.sessions.model import Context, Grant, Session, Whereabouts

_NOWHERE: Final = Whereabouts()


def context_of(unit: Unit, born: Session | Grant) -> Context:
    """As recorded; all None where nothing was."""
    return Context(_opened(unit, born), born.amr, born.authenticated_at)


def sealed_for_session(unit: Unit, session_id: str, whereabouts: Whereabouts) -> bytes:
    return unit.seal("sessions", "whereabouts", session_id, compact.encode([*whereabouts]))


def sealed_for_grant(unit: Unit, grant_id: str, whereabouts: Whereabouts) -> bytes | None:
    if whereabouts == _NOWHERE:
        return None
    return unit.seal("grants", "whereabouts", grant_id, compact.encode([*whereabouts]))


def _opened(unit: Unit, born: Session | Grant) -> Whereabouts:
    if born.whereabouts is None:
        return _NOWHERE
    table, opened = ("sessions", unit.open_again) if isinstance(born, Session) else ("grants", unit.open_sealed)
    return Whereabouts(*compact.decode(opened(table, "whereabouts", born.id, born.whereabouts)))
