"""A definition of an attribute as the admin API says it: judged, with every fault named at once."""

import re
from collections.abc import Mapping
from typing import Any

from idp.kit.clock import rfc3339
from idp.kit.fields import Fields, merged
from idp.users import patterns
from idp.users.attribute_types import UNIQUE, AttributeType, Definition
from idp.users.patterns import BadPattern

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MEMBERS = ("name", "type", "required", "unique", "max_length", "pattern", "values", "description")
_TEXTS = frozenset({AttributeType.STRING, AttributeType.STRINGS})
_LONGEST = 1_000
_MOST_VALUES = 200


def read(document: Mapping[str, object]) -> Definition:
    """Raises `Invalid`."""
    fields = Fields(document)
    fields.only(_MEMBERS)
    fields.required("name")
    fields.required("type", expected=[each.value for each in AttributeType])
    name = fields.text("name", longest=64) or ""
    if name and not NAME.fullmatch(name):
        detail = "A name begins with a small letter; small letters, digits and underscores follow."
        fields.refuse("name", "invalid_format", detail, found=name, expected=NAME.pattern)
    kind = fields.choice("type", AttributeType, frozenset(), default=AttributeType.STRING)
    if fields.clean("type"):
        _refuse_unfit(fields, kind)
    said = fields.given("max_length") is not None
    longest = fields.number("max_length", default=_LONGEST, lowest=1, highest=_LONGEST) if said else None
    values = fields.texts("values", most=_MOST_VALUES, longest=200)
    definition = Definition(
        name=name,
        type=kind,
        required=fields.flag("required", default=False),
        unique=fields.flag("unique", default=False),
        max_length=longest,
        pattern=_pattern(fields),
        values=tuple(dict.fromkeys((values or {}).values())),
        description=fields.text("description", longest=500, lines=True) or "",
    )
    fields.finish()
    return definition


def read_change(before: Definition, patch: Mapping[str, object]) -> Definition:
    """RFC 7396 over the definition. Its name and its type stay. Raises `Invalid`."""
    after = read(merged(writable(before), patch))
    fields = Fields(patch)
    for name in ("name", "type"):
        if getattr(after, name) != getattr(before, name):
            detail = f"The {name} of an attribute stays as it is."
            fields.refuse(name, "immutable", detail, found=patch.get(name), expected=str(getattr(before, name)))
    fields.finish()
    return after._replace(version=before.version, created_at=before.created_at, changed_at=before.changed_at)


def writable(definition: Definition) -> dict[str, Any]:
    said: dict[str, Any] = {
        "name": definition.name,
        "type": definition.type.value,
        "required": definition.required,
        "unique": definition.unique,
        "max_length": definition.max_length,
        "pattern": definition.pattern,
        "values": list(definition.values) or None,
        "description": definition.description or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def to_json(definition: Definition) -> dict[str, Any]:
    return {
        **dict.fromkeys(_MEMBERS),
        **writable(definition),
        "created_at": rfc3339(definition.created_at),
        "changed_at": rfc3339(definition.changed_at),
    }


def _refuse_unfit(fields: Fields, kind: AttributeType) -> None:
    """What says nothing of this type."""
    unfit = {"max_length": kind not in _TEXTS, "pattern": kind not in _TEXTS, "values": kind is not AttributeType.ENUM}
    unfit["unique"] = kind not in UNIQUE and fields.given("unique") is True
    for name, wrong in unfit.items():
        if wrong and fields.given(name) is not None:
            fields.refuse(name, "inconsistent", f"{name} means nothing for {kind.value}.", expected=None)
    if kind is AttributeType.ENUM and not fields.given("values"):
        fields.refuse("values", "required", "An enum has values.", expected="an array of strings")


def _pattern(fields: Fields) -> str | None:
    text = fields.text("pattern", longest=patterns.LONGEST)
    if text is not None:
        try:
            patterns.parse(text)
        except BadPattern as wrong:
            fields.refuse("pattern", "invalid_format", str(wrong), found=text)
    return text
