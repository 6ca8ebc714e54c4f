"""What is said: JSON for programs, plain lines for pipes and people, and nothing that a terminal would obey."""

import json
import os
import re
import secrets
import sys
from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path

# Controls, but for our own colours, and what turns the direction of text: what stands in a file, or has a name, is
# whatever somebody has written.
_OBEYED = re.compile(r"\x1b(?!\[(?:0|31|32)m)|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Colour(IntEnum):
    RED = 31
    GREEN = 32


def tinted(text: str, colour: Colour) -> str:
    """On a terminal that shows colours to somebody who wants them."""
    from idp.settings import wants_colours

    if not sys.stdout.isatty() or not wants_colours():
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def say(*lines: str) -> None:
    sys.stdout.write(_told(lines))
    sys.stdout.flush()


def warn(*lines: str) -> None:
    """On standard error."""
    sys.stderr.write(_told(lines))


def say_json(value: object) -> None:
    say(json.dumps(value, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2))


def _told(lines: Iterable[str]) -> str:
    text = "".join(f"{line}\n" for line in lines)
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def write_secret(path: Path, secret: str) -> None:
    """Complete or not there at all, and for its owner's eyes only: where others may write too, they could have put a
    file or a link of theirs in its way."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secret.encode())
            file.flush()
            os.fsync(handle)
        aside.replace(path)
    except BaseException:
        aside.unlink()
        raise
