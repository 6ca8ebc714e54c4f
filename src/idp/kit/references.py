"""The reference of a request: short enough to be read out over the telephone."""

from idp.kit.randomness import Supply

# Crockford's base 32: no I, L, O or U, so that nothing is mistaken for 1 or 0, and no words appear.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10

_LETTERS = ALPHABET.encode() * 8  # for each byte a letter, and for each letter eight bytes


def _cut(page: bytes) -> list[str]:
    letters = page.translate(_LETTERS).decode()
    return [letters[start : start + LENGTH] for start in range(0, len(letters), LENGTH)]


new_reference = Supply(_cut).take
"""Ten letters, 50 random bits: it finds a line in a log, and opens nothing."""
