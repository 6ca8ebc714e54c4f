"""What of this door is long over."""

from idp.kit.clock import SECOND
from idp.kit.sweeping import Sweep, before
from idp.saml.tables import artifacts, logout_requests, used_requests

_GRACE = 600 * SECOND

SWEEPS = (
    Sweep(used_requests.c.id, used_requests.c.expires_at < before(), grace=_GRACE),
    Sweep(logout_requests.c.id, logout_requests.c.expires_at < before(), grace=_GRACE),
    Sweep(artifacts.c.id, artifacts.c.expires_at < before(), grace=60 * SECOND),
)
