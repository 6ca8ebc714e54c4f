"""Attributes of users that a realm's clients are told: the tenant's own here, of the type that the mappers say."""

import re

from idp import users
from idp.conversions.model import Document, Source

_OWN = re.compile(r"[a-z][a-z0-9_]{0,39}")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_TYPES = {"int": "integer", "long": "integer", "boolean": "boolean"}


class Attributes:
    """Collects what mappers name."""

    def __init__(self) -> None:
        self._types: dict[str, str] = {}

    def source(self, theirs: str, mapper: Source, config: Source) -> str | None:
        """What a service is told of; None where it can have no name here."""
        name = re.sub(r"[^a-z0-9]+", "_", _HUMP.sub("_", theirs).lower())
        source = f"attributes.{name}"
        if not _OWN.fullmatch(name) or not users.is_source(source):
            return None
        several = config.flag("multivalued")
        said = "string[]" if several else _TYPES.get(config.text("jsonType.label") or "", "string")
        known = self._types.setdefault(name, said)
        if known != said:
            self._types[name] = "string[]" if "string[]" in {known, said} else "string"
        why = f"It becomes the attribute {name}; values are imported with the IDs, in a column {source}."
        mapper.notes.say(mapper.where, f"attribute {theirs}", why)
        return source

    @property
    def document(self) -> list[Document]:
        return [{"name": name, "type": kind} for name, kind in sorted(self._types.items())]
