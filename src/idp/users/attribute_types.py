"""What a tenant may keep of its people beside what everybody has: a schema of its own, and values judged by it."""

import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from idp.kit.errors import FieldError
from idp.kit.fields import Fields
from idp.users import patterns

MOST = 100
"""Attributes of one tenant."""
_LONGEST = 1_000
_MOST_TEXTS = 50
_LARGEST = 64 * 1024
"""Of all values of one person together, in bytes: a list shows two hundred people at once."""
_HIGHEST = 2**53 - 1  # RFC 8259 6: what every reader of JSON keeps exactly
PREFIX = "attributes."
"""Before the name of an attribute where it is told among what else is known of a person."""
NONE: Mapping[str, Any] = MappingProxyType({})


class AttributeType(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    ENUM = "enum"
    STRINGS = "string[]"


UNIQUE = frozenset({AttributeType.STRING, AttributeType.INTEGER, AttributeType.DATE})
"""Types of which two people may be kept from having the same."""


class Definition(NamedTuple):
    """`values` are those of an enum. `max_length` and `pattern` hold for texts, each of them where there are several.
    `version` counts changes."""

    name: str
    type: AttributeType
    required: bool = False
    unique: bool = False
    max_length: int | None = None
    pattern: str | None = None
    values: tuple[str, ...] = ()
    description: str = ""
    version: int = 1
    created_at: int = 0
    changed_at: int = 0


class Fault(NamedTuple):
    code: str
    detail: str
    expected: object = None


def read(fields: Fields, definitions: Iterable[Definition]) -> Mapping[str, Any]:
    """The members of `attributes`; null counts as left out."""
    known = {each.name: each for each in definitions}
    fields.only(known)
    found = {}
    for name, definition in known.items():
        value = fields.given(name)
        if value is None:
            if definition.required:
                fields.refuse(name, "required", f"{name} is needed.", expected=definition.type.value)
            continue
        fault = against(definition, value)
        if fault is None:
            found[name] = value
        else:
            fields.refuse(name, fault.code, fault.detail, found=value, expected=fault.expected)
    if len(json.dumps(found, ensure_ascii=False).encode(errors="surrogatepass")) > _LARGEST:
        detail = f"The values of one person have at most {_LARGEST} bytes together."
        fields.errors.append(FieldError(fields.at, "too_large", detail, expected=_LARGEST))
    return found or NONE


def against(definition: Definition, value: object) -> Fault | None:
    """What is wrong with the value."""
    return _JUDGES[definition.type](definition, value)


def key_of(value: object) -> bytes:
    """Of a value that nobody else may have: in one form, whatever its case and width."""
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    return unicodedata.normalize("NFKC", text).strip().encode(errors="surrogatepass")


def _text(definition: Definition, value: object) -> Fault | None:
    if not isinstance(value, str):
        return Fault("invalid_type", "It must be a string.", "string")
    longest = definition.max_length or _LONGEST
    judged = Fields({"it": value})
    judged.text("it", longest=longest, lines=True)
    if judged.errors:
        return Fault(judged.errors[0].code, f"It must be text of 1 to {longest} characters that can be seen.", longest)
    if definition.pattern is not None and not patterns.parse(definition.pattern).matches(value):
        return Fault("invalid_format", "It does not have the form that is asked for.", definition.pattern)
    return None


def _integer(_: Definition, value: object) -> Fault | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return Fault("invalid_type", "It must be a whole number.", "integer")
    bounds = {"minimum": -_HIGHEST, "maximum": _HIGHEST}
    return None if abs(value) <= _HIGHEST else Fault("out_of_range", "The number is too large.", bounds)


def _boolean(_: Definition, value: object) -> Fault | None:
    return None if isinstance(value, bool) else Fault("invalid_type", "It must be true or false.", "boolean")


def _date(_: Definition, value: object) -> Fault | None:
    if not isinstance(value, str):
        return Fault("invalid_type", "It must be a string.", "string")
    try:
        right = len(value) == len("2026-04-01") and date.fromisoformat(value).isoformat() == value
    except ValueError:
        right = False
    return None if right else Fault("invalid_format", "It is not a day (YYYY-MM-DD).", "YYYY-MM-DD")


def _enum(definition: Definition, value: object) -> Fault | None:
    if not isinstance(value, str):
        return Fault("invalid_type", "It must be a string.", list(definition.values))
    if value in definition.values:
        return None
    return Fault("unknown_value", "This value is not one of those that there are.", list(definition.values))


def _texts(definition: Definition, value: object) -> Fault | None:
    if not isinstance(value, list) or not value:
        return Fault("invalid_type", "It must be an array of strings.", "array")
    if len(value) > _MOST_TEXTS:
        return Fault("too_many", f"It takes at most {_MOST_TEXTS} entries.", _MOST_TEXTS)
    return next((fault for each in value if (fault := _text(definition, each)) is not None), None)


_JUDGES: Mapping[AttributeType, Callable[[Definition, object], Fault | None]] = {
    AttributeType.STRING: _text,
    AttributeType.INTEGER: _integer,
    AttributeType.BOOLEAN: _boolean,
    AttributeType.DATE: _date,
    AttributeType.ENUM: _enum,
    AttributeType.STRINGS: _texts,
}
