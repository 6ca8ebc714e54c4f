"""Which warnings of an end were given."""

from idp.kit.db import add_new
from idp.kit.units import Unit
from idp.signing.tables import expiry_warnings

_ADD = add_new(expiry_warnings)


def warns_first(unit: Unit, subject: str, days: int) -> bool:
    """True once for each end and threshold, whoever asks, in all processes."""
    return unit.run(_ADD, subject=subject, days=days, warned_at=unit.now_us) == 1
