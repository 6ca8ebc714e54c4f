"""The reason that is recorded with an act."""

from idp.kit.errors import FieldError, Invalid

_LONGEST = 1000


def given(reason: str) -> str:
    """Raises Invalid where there is none."""
    if not reason.strip():
        raise _wrong("required", "A reason is required.")
    return checked(reason)


def checked(reason: str) -> str:
    if len(reason) > _LONGEST:
        raise _wrong("invalid_length", f"A reason has at most {_LONGEST} characters.")
    if not all(character.isprintable() or character in "\r\n\t\u3000" for character in reason):
        raise _wrong("invalid_text", "The reason contains characters that cannot be seen.")
    return reason


def _wrong(code: str, detail: str) -> Invalid:
    return Invalid("invalid", detail, errors=[FieldError("/reason", code, detail)])
