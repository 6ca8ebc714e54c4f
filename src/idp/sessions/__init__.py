"""Who is signed in, what waits for it, and what was granted from it.

A session, a pending interaction, a consent, and a grant with its refresh tokens. Each session and grant carries the
generations (of tenant, ID and service) it was born under; it is alive only while they are still the present ones, so
one write to a generation ends them all at once. The services that a session was used with are told of its end, however
it came about. Nothing here knows a protocol: an interaction keeps a door's request as that door wrote it, and says
where to go back to.
"""

from idp.sessions.assurance import Acr, Evidence, Method, Needs, Proof, acr_of, known, reached
from idp.sessions.consents import give_consent, has_consent
from idp.sessions.contexts import context_of
from idp.sessions.counting import Alive, count_alive
from idp.sessions.demands import ANY_SIGN_IN, Demand, InsufficientAuthentication, demanded
from idp.sessions.ending import TOLD, Ended, end_session, protocol_of
from idp.sessions.grants import (
    begin_grant,
    end_grant,
    find_grant,
    grant_is_alive,
    grant_of_refresh_token,
    grants_called,
    grants_of,
    usable_grant,
    use_refresh_token,
)
from idp.sessions.holding import LISTED, Held, ask_anew, held_by_services, sessions_of, withdraw
from idp.sessions.interactions import (
    Waiting,
    authenticate,
    begin_interaction,
    cancel,
    find_interaction,
    finish,
    prove,
    want,
)
from idp.sessions.model import (
    Allowed,
    Context,
    Generations,
    Grant,
    Interaction,
    Lifetimes,
    Opened,
    Session,
    Whereabouts,
    methods_in,
)
from idp.sessions.overtaken import Overtaken
from idp.sessions.signed_in import (
    find_session,
    hold,
    is_current,
    live_session,
    live_with_standing,
    open_session,
    raise_session,
    seen,
)
from idp.sessions.store import rows, session_in
from idp.sessions.sweeping import SWEEPS, has_grant

__all__ = [
    "ANY_SIGN_IN",
    "LISTED",
    "SWEEPS",
    "TOLD",
    "Acr",
    "Alive",
    "Allowed",
    "Context",
    "Demand",
    "Ended",
    "Evidence",
    "Generations",
    "Grant",
    "Held",
    "InsufficientAuthentication",
    "Interaction",
    "Lifetimes",
    "Method",
    "Needs",
    "Opened",
    "Overtaken",
    "Proof",
    "Session",
    "Waiting",
    "Whereabouts",
    "acr_of",
    "ask_anew",
    "authenticate",
    "begin_grant",
    "begin_interaction",
    "cancel",
    "context_of",
    "count_alive",
    "demanded",
    "end_grant",
    "end_session",
    "find_grant",
    "find_interaction",
    "find_session",
    "finish",
    "give_consent",
    "grant_is_alive",
    "grant_of_refresh_token",
    "grants_called",
    "grants_of",
    "has_consent",
    "has_grant",
    "held_by_services",
    "hold",
    "is_current",
    "known",
    "live_session",
    "live_with_standing",
    "methods_in",
    "open_session",
    "protocol_of",
    "prove",
    "raise_session",
    "reached",
    "rows",
    "seen",
    "session_in",
    "sessions_of",
    "usable_grant",
    "use_refresh_token",
    "want",
    "withdraw",
]
