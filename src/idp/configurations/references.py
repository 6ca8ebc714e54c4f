"""Secrets stand in a document by reference: the name of an environment variable, or a file that holds it."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from idp.kit.fields import Fields

_LARGEST = 4096
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXPECTED = ["{env: NAME}", "{file: PATH}"]


class References:
    """Read once each. `below` is where the paths begin that say no beginning, `variable` says what the environment
    holds."""

    def __init__(self, below: Path, *, variable: Callable[[str], str | None]) -> None:
        self._below = below
        self._variable = variable
        self._read: dict[tuple[str, str], str | None] = {}

    def read(self, fields: Fields, name: str) -> str | None:
        """The secret; None where there is none, or none that can be read, and that is remembered in the fields. What
        was found is never repeated."""
        value = fields.given(name)
        if value is None:
            return None
        if not isinstance(value, Mapping) or len(value) != 1 or not value.keys() <= {"env", "file"}:
            detail = "A secret does not stand in this file: say where it is."
            fields.refuse(name, "secret_by_reference", detail, expected=_EXPECTED)
            return None
        ((kind, where),) = value.items()
        if not isinstance(where, str) or not where:
            fields.refuse(f"{name}/{kind}", "invalid_type", "A reference is a text.", expected="string")
            return None
        if (kind, where) not in self._read:
            self._read[kind, where] = self._in_environment(where) if kind == "env" else _file(self._below / where)
        found = self._read[kind, where]
        if found is None:
            detail = f"There is no {'variable' if kind == 'env' else 'file'} of this name with a secret in it."
            fields.refuse(f"{name}/{kind}", "unknown_reference", detail, found=where)
        return found

    def _in_environment(self, name: str) -> str | None:
        return self._variable(name) or None if _NAME.fullmatch(name) else None


def told(value: object) -> str:
    """Of a reference, for a plan."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((kind, where),) = value.items()
        return f"(from {kind} {where})"
    return "(secret)"


def _file(path: Path) -> str | None:
    """Without the line end that editors add."""
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
        text = content.decode() if len(content) <= _LARGEST else ""
    except (OSError, UnicodeDecodeError, ValueError):
        return None
    return text.removesuffix("\n").removesuffix("\r") or None
