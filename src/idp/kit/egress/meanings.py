from enum import StrEnum

from idp.kit.errors import Unavailable


class Reason(StrEnum):
    """For the log, and to know whether another attempt makes sense."""

    FORM = "form"  # no address that we would call, however often it is tried
    FORBIDDEN = "forbidden"  # its name leads to where nobody may send us
    UNRESOLVED = "unresolved"
    UNCONNECTED = "unconnected"
    TLS = "tls"
    SLOW = "slow"
    TOO_LARGE = "too_large"
    GARBLED = "garbled"  # not HTTP, or not as we asked for it
    BUDGET = "budget"  # too many at once, or too often, for one tenant


class Unreachable(Unavailable):
    """It could not be fetched. One sentence for all reasons: which one it was would map our network for a stranger."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(detail=reason.value)
        self.reason = reason
