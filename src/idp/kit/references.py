"""The reference of a request: short enough to be read out over the telephone."""

from typing import Final

from idp.kit.randomness import Supply

# Crockford's base 32: no I, L, O or U, so that nothing is mistaken for 1 or 0, and no words appear.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH: Final = 10

_ALIKE: Final = 4
_LETTERS: Final = ALPHABET.encode() * 8  # for each byte a letter, and for each letter eight bytes


def _cut(page: bytes) -> list[str]:
    """Those of a page begin alike and are given out in order: what is written one after another stands together in an
    index, where each would otherwise touch a place, and have a page of the database written, of its own."""
    letters = page.translate(_LETTERS).decode()
    beginning, rest = letters[:_ALIKE], LENGTH - _ALIKE
    made = {beginning + letters[start : start + rest] for start in range(_ALIKE, len(letters) - rest, rest)}
    return sorted(made, reverse=True)


new_reference = Supply(_cut).take
"""Ten letters, of them six and 30 random bits of its own: it finds a line in a log, and opens nothing."""
