"""The one end of every sign-in: a session with what was proved, for the interaction that asked for it."""

from idp import audit, sessions, tenants
from idp.kit.errors import NotFound
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.sessions import Evidence, Generations, Interaction, Opened, Whereabouts


def finish(
    unit: Unit, evidence: Evidence, interaction: Interaction, *, whereabouts: Whereabouts, former: Presented | None
) -> Opened:
    """`former` is the session cookie that the browser showed; it is worth nothing afterwards.

    Raises `NotFound` when the interaction was finished, or another step was taken, meanwhile: the unit fails, and
    whoever was signed in stays so.
    """
    opened = (_raised if evidence.session_id else _opened)(unit, evidence, whereabouts, former)
    if opened is None or not sessions.authenticate(unit, interaction, opened.session.id):
        raise NotFound("interaction")
    event = audit.Event.SESSION_RAISED if evidence.session_id else audit.Event.SIGN_IN_SUCCEEDED
    methods = [method.value for method in evidence.methods]
    audit.record(unit, event, subject=evidence.user_id, session=opened.session.id, methods=methods)
    return opened


def _opened(unit: Unit, evidence: Evidence, whereabouts: Whereabouts, former: Presented | None) -> Opened:
    tenant = tenants.get(unit)
    before = sessions.live_session(unit, former, tenant_generation=tenant.generation)
    return sessions.open_session(
        unit,
        user_id=evidence.user_id,
        generations=Generations(tenant.generation, evidence.generation),
        methods=evidence.methods,
        authenticated_at=evidence.authenticated_at,
        whereabouts=whereabouts,
        replaces=before.id if before else None,
    )


def _raised(unit: Unit, evidence: Evidence, whereabouts: Whereabouts, former: Presented | None) -> Opened | None:
    """None unless the cookie is still that of the session from which the proofs were read."""
    tenant = tenants.get(unit)
    session = sessions.live_session(unit, former, tenant_generation=tenant.generation)
    if session is None or former is None or session.id != evidence.session_id:
        return None
    return sessions.raise_session(unit, session, former, evidence, whereabouts)
