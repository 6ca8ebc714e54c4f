"""A text with values put into it. `@name@` is replaced by a literal; a line that begins with `@if name ` is there only
where the value is neither missing nor false, one with `@unless name ` only where it is."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from idp.admin.snippets.libraries import ABOUT, Library

_CODE = Path(__file__).with_name("code")
_PLACE = re.compile(r"@([a-z_]+)@")
_VARIABLE = re.compile(r"\b(?:CLIENT_SECRET|COOKIE_SECRET|SESSION_KEY|SP_CERTIFICATE|SP_KEY)\b")
_CONDITION = re.compile(r"@(if|unless) ([a-z_]+) (.*)")


class Snippet(NamedTuple):
    """`environment` are the variables that it reads."""

    library: Library
    language: str
    file: str
    install: str
    environment: tuple[str, ...]
    code: str

    def to_json(self) -> dict[str, Any]:
        return {**self._asdict(), "library": self.library.value, "environment": list(self.environment)}


def written(library: Library, values: Mapping[str, Any]) -> Snippet:
    about = ABOUT[library]
    lines = (_line(each, values) for each in _text(library).splitlines())
    code = "\n".join(line for line in lines if line is not None) + "\n"
    environment = tuple(sorted(set(_VARIABLE.findall(code))))
    return Snippet(library, about.language, about.file, about.install, environment, code)


@cache
def _text(library: Library) -> str:
    return (_CODE / f"{library.value}.txt").read_text("utf-8")


def _line(line: str, values: Mapping[str, Any]) -> str | None:
    condition = _CONDITION.fullmatch(line)
    if condition is not None:
        if bool(values.get(condition[2])) is (condition[1] == "unless"):
            return None
        return _line(condition[3], values)
    return _PLACE.sub(lambda found: _literal(values[found[1]]), line)


def _literal(value: Any) -> str:
    """A text as JSON writes it is one in Python, JavaScript, TOML and Apache's files too: what may be registered has no
    backslash, no quotation mark and nothing but ASCII. Numbers stay as they are."""
    return json.dumps(value)
