"""The one way out: every HTTP request that we send to a place somebody else has named goes through `Egress`.

https alone; the name is resolved once, every address it has is judged, and the connection goes to an address that was
judged, so that no second look-up can lead elsewhere. Redirects are not followed, encodings not undone, sizes and times
bounded. Where the operator's own allow-list does not say otherwise, nothing inside is reached. What went wrong is one
meaning, `Unreachable`: its `reason` is for the log and for retries, never for whoever named the place, or it would
tell them what stands inside.
"""

from idp.kit.egress.budget import Budget
from idp.kit.egress.client import Answer, Egress
from idp.kit.egress.meanings import Reason, Unreachable
from idp.kit.egress.reach import Allowed
from idp.kit.egress.targets import Target, read_target

__all__ = ["Allowed", "Answer", "Budget", "Egress", "Reason", "Target", "Unreachable", "read_target"]
