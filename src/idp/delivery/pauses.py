"""How long until the next attempt: twice as long each time, and never for all of those at once who met one outage."""

from idp.kit import randomness
from idp.kit.clock import SECOND

TRIES = 50  # at the longest pauses: more than a week
_FIRST = 10 * SECOND
_LONGEST = 6 * 3600 * SECOND


def pause_after(attempts: int) -> int:
    """In microseconds, after so many attempts that failed: three to five quarters of what doubling gives."""
    plain = min(_FIRST << min(attempts - 1, 30), _LONGEST)
    return plain * 3 // 4 + (plain // 2 * randomness.take() >> randomness.BITS)
