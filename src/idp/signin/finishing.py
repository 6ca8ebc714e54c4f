"""The one end of every sign-in: a new session, for the interaction that asked for it."""

from collections.abc import Sequence

from idp import audit, sessions, tenants
from idp.kit.errors import NotFound
from idp.kit.ids import Presented
from idp.kit.units import Unit
from idp.sessions import Generations, Interaction, Method, Opened, Whereabouts
from idp.users import Identity


def finish(
    unit: Unit,
    identity: Identity,
    interaction: Interaction,
    *,
    methods: Sequence[Method],
    whereabouts: Whereabouts,
    former: Presented | None,
) -> Opened:
    """`former` is the session cookie that the browser showed. Raises `NotFound` when the interaction was finished
    meanwhile: the unit fails, and whoever was signed in stays so."""
    tenant = tenants.get(unit)
    before = sessions.live_session(unit, former, tenant_generation=tenant.generation)
    opened = sessions.open_session(
        unit,
        user_id=identity.id,
        generations=Generations(tenant.generation, identity.generation),
        methods=methods,
        whereabouts=whereabouts,
        replaces=before.id if before else None,
    )
    if not sessions.authenticate(unit, interaction, opened.session.id):
        raise NotFound("interaction")
    audit.record(
        unit,
        audit.Event.SIGN_IN_SUCCEEDED,
        subject=identity.id,
        session=opened.session.id,
        methods=[method.value for method in methods],
    )
    return opened
