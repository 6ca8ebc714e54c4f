"""What of this door is long over."""

from idp.kit.clock import SECOND
from idp.kit.sweeping import Sweep, before
from idp.saml.tables import used_requests

SWEEPS = (Sweep(used_requests.c.id, used_requests.c.expires_at < before(), grace=600 * SECOND),)
