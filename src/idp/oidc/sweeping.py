"""What of this door is long over. A code stays as long as its grant, whose id it has: shown again, it must be known."""

from sqlalchemy import and_, not_

from idp import sessions
from idp.kit.clock import SECOND
from idp.kit.sweeping import Sweep, before
from idp.oidc.tables import access_tokens, codes, delegations, device_codes, pushed_requests, used_proofs

_HOUR = 3600 * SECOND

SWEEPS = (
    Sweep(codes.c.id, and_(codes.c.expires_at < before(), not_(sessions.has_grant(codes.c.id))), grace=_HOUR),
    # Not before every sign-in that one of them has led to is over: its answer is the end of the request.
    Sweep(pushed_requests.c.id, pushed_requests.c.expires_at < before(), grace=_HOUR),
    Sweep(
        device_codes.c.id,
        and_(device_codes.c.expires_at < before(), not_(sessions.has_grant(device_codes.c.id))),
        grace=_HOUR,
    ),
    Sweep(access_tokens.c.id, access_tokens.c.expires_at < before(), grace=_HOUR),
    Sweep(delegations.c.id, delegations.c.expires_at < before(), grace=_HOUR),
    Sweep(used_proofs.c.id, used_proofs.c.expires_at < before(), grace=60 * SECOND),
)
