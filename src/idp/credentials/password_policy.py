"""Which passwords may be set: a floor for all of them, and a guess at their strength where a person chooses one.

A password that an administrator brings along (import) has only to pass the floor: its owner has it already. There are
no rules of composition and no expiry (NIST SP 800-63B 3.1.1.2, ASVS 5.0 6.2).
"""

from collections.abc import Iterable

from idp.credentials.passwords import LONGEST, prepared
from idp.kit.errors import FieldError, Invalid

SHORTEST = 8  # characters, ASVS 5.0 6.2.1
_ENOUGH = 3  # of zxcvbn's 0 to 4: more than 10**8 guesses
_LOOKED_AT = 72  # zxcvbn's own limit: its work grows faster than the password


def refuse_impossible(password: str, *, pointer: str = "/password") -> None:
    """The floor. Raises `Invalid`, which does not repeat the password."""
    plain = prepared(password)
    if plain is not None and len(plain.decode()) >= SHORTEST:
        return
    if plain is not None or not password:
        error = FieldError(pointer, "too_short", f"It has at least {SHORTEST} characters.", expected=SHORTEST)
    else:
        error = FieldError(pointer, "too_long", f"It is text of at most {LONGEST} bytes.", expected=LONGEST)
    raise _refusal(error)


def refuse_guessable(password: str, *, about: Iterable[str], pointer: str = "/password") -> None:
    """For a password that a person chooses; `about` is what a guesser would try first: names, address, company."""
    refuse_impossible(password, pointer=pointer)
    # its word lists take 30 ms and some megabytes: only who sets a password pays
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    words = [word for text in about for word in (text, *text.replace("@", " ").replace(".", " ").split())]
    if zxcvbn(password[:_LOOKED_AT], user_inputs=words)["score"] < _ENOUGH:
        raise _refusal(FieldError(pointer, "too_guessable", "This password is easily guessed; a longer one helps."))


def _refusal(error: FieldError) -> Invalid:
    return Invalid("invalid", error.detail, errors=[error])
