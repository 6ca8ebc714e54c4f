"""When people are warned of an end that comes: pure functions of the end and of now, in microseconds.

At 30, 14, 7 and 1 days before it, and once it has come; each once. Whoever was asleep for a while is told how it stands
and not what was missed.
"""

from idp.kit.clock import SECOND

DAY = 86_400 * SECOND
THRESHOLDS = (0, 1, 7, 14, 30)


def threshold(ends_at: int, now_us: int) -> int | None:
    """The days of the latest warning that is due; None: the end is far away."""
    left = ends_at - now_us
    return next((days for days in THRESHOLDS if left <= days * DAY), None)


def next_warning(ends_at: int, now_us: int) -> int | None:
    """When the next one will be due."""
    coming = (ends_at - days * DAY for days in THRESHOLDS)
    return min((at for at in coming if at > now_us), default=None)
