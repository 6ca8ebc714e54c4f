"""What a resource asks of the sign-in behind a token that it is shown (RFC 9470)."""

from collections.abc import Iterable
from typing import NamedTuple

from idp.kit.clock import SECOND
from idp.kit.errors import Unauthenticated
from idp.sessions.assurance import Acr, reached

INSUFFICIENT = "insufficient_user_authentication"
TOLD = "The person has to sign in with more, or again."


class Demand(NamedTuple):
    """Of at least this class, and no more than `max_age` seconds ago; None: whatever it was."""

    acr: Acr | None = None
    max_age: int | None = None

    def met_by(self, methods: Iterable[str], authenticated_at: int, now_us: int) -> bool:
        if self.acr is not None and not self.acr.holds(reached(methods)):
            return False
        return self.max_age is None or now_us - authenticated_at <= self.max_age * SECOND

    @property
    def parameters(self) -> dict[str, str]:
        """Of a challenge, with the values that an authorization request would have (RFC 9470 3)."""
        said = {} if self.acr is None else {"acr_values": self.acr.value}
        return said if self.max_age is None else {**said, "max_age": str(self.max_age)}


ANY_SIGN_IN = Demand()


class InsufficientAuthentication(Unauthenticated):
    def __init__(self, demand: Demand) -> None:
        super().__init__(INSUFFICIENT, TOLD)
        self.members = {**demand.parameters}
        self.demand = demand


def demanded(*, two_factors: bool, max_age: int) -> Demand:
    """As settings have it; 0 seconds: of any age."""
    return Demand(Acr.TWO_FACTORS if two_factors else None, max_age or None)
