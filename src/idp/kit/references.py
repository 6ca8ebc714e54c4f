"""The reference of a request: short enough to be read out over the telephone."""

from idp.kit import randomness

# Crockford's base 32: no I, L, O or U, so that nothing is mistaken for 1 or 0, and no words appear.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10

_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)


def new_reference() -> str:
    """Ten letters, 50 random bits: it finds a line in a log, and opens nothing."""
    bits = randomness.take(7)
    return (
        _PAIRS[bits & 1023]
        + _PAIRS[bits >> 10 & 1023]
        + _PAIRS[bits >> 20 & 1023]
        + _PAIRS[bits >> 30 & 1023]
        + _PAIRS[bits >> 40 & 1023]
    )
