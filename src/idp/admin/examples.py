"""An example for each document of the description, made from its schema; pure.

Of what is sent it has the members that are needed, of what is shown all that are always there. A whole example that a
model brings along, or that is written in `shapes.examples`, goes before what is put together from single members.
"""

import re
from collections.abc import Mapping
from typing import Any

from idp.admin.shapes.examples import IDS, MEMBERS, PARTS, WHOLE, minted

Schema = Mapping[str, Any]
_NO_WORD = "…"
_FORMATS = {
    "date-time": "2026-04-01T00:00:00Z",
    "date": "2026-04-01",
    "uri": "https://tana.example/callback",
}
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class Examples:
    def __init__(self, schemas: Schema) -> None:
        self._schemas = schemas

    def of(self, schema: Schema, *, name: str = "", owner: str = "") -> Any:
        """`name` is that of a member of the model `owner`."""
        told = schema.get("examples")
        if told:
            return told[0]
        reference = schema.get("$ref")
        if reference is not None:
            return self._of_model(str(reference).rpartition("/")[2])
        if "anyOf" in schema:
            return self._of_choices(schema["anyOf"], name, owner)
        if name == "id" and owner in IDS:
            return minted(IDS[owner])
        if name in MEMBERS and fits(schema, MEMBERS[name]):
            return MEMBERS[name]
        return self._of_type(schema, name, owner)

    def _of_model(self, model: str) -> Any:
        if model in WHOLE:
            return WHOLE[model]
        schema = self._schemas[model]
        if "examples" in schema or "properties" not in schema:
            return self.of(schema)
        own = PARTS.get(model, {})
        return {
            name: own[name] if name in own else self.of(member, name=name, owner=model)
            for name, member in schema["properties"].items()
            if name in own or name in schema.get("required", ())
        }

    def _of_choices(self, choices: list[Schema], name: str, owner: str) -> Any:
        """What may be null is, unless there is a word for it."""
        for choice in choices:
            if name in MEMBERS and fits(choice, MEMBERS[name]):
                return MEMBERS[name]
        if any(choice.get("type") == "null" for choice in choices):
            return None
        return self.of(choices[0], name=name, owner=owner)

    def _of_type(self, schema: Schema, name: str, owner: str) -> Any:
        fixed = [schema[word] for word in ("const", "default") if word in schema] or schema.get("enum")
        if fixed:
            return fixed[0]
        kind = schema.get("type")
        if kind == "string":
            return _FORMATS.get(schema.get("format", ""), name.replace("_", " ") or _NO_WORD)
        if kind == "integer":
            return schema.get("minimum", 1)
        if kind == "array":
            item = self.of(schema.get("items", {}), owner=owner)
            return [] if item in (None, _NO_WORD) and not schema.get("minItems") else [item]
        if kind == "object" and "properties" in schema:
            return {each: self.of(member, name=each) for each, member in schema["properties"].items()}
        return {"number": 1.5, "boolean": False, "object": {}}.get(str(kind))


def fits(schema: Schema, value: Any) -> bool:
    """As far as a word for a member can miss it: type, enumeration, pattern, what is in a list."""
    kind = str(schema.get("type"))
    if kind not in _TYPES or type(value) not in _TYPES[kind] or "enum" in schema or "const" in schema:
        return False
    if kind == "array":
        items = schema.get("items", {})
        return all(fits(items, each) for each in value)
    if kind != "string":
        return True
    formed = schema.get("format") not in {"date-time", "date"} or value == _FORMATS[schema["format"]]
    return formed and re.search(schema.get("pattern", ""), value) is not None
