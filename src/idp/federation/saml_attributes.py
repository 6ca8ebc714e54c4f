"""What a service is told of a person: under which name, and made of what.

An attribute has one of three origins: a `source`, something that is known of a person; an `expression` of several; or
`values` that are the same for everybody. Of its values a `filter` keeps some, and a `map` puts others in their place,
for services that have roles of their own.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from idp import users
from idp.federation import saml_expressions
from idp.federation.saml_expressions import BadExpression, Expression
from idp.federation.saml_subject_ids import RESERVED
from idp.federation.saml_vocabulary import NameFormat, chosen
from idp.kit.fields import Fields

_MOST = 50
_MOST_VALUES = 100
_LONGEST_NAME = 512
_LONGEST_VALUE = 512
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_ORIGINS = ("source", "expression", "values")
_NAMES = frozenset({"name", "format", "friendly_name", "filter", "map", *_ORIGINS})


class Filter(NamedTuple):
    """Keeps values that are among these, or begin so."""

    among: tuple[str, ...] = ()
    beginning: str | None = None

    def keeps(self, value: str) -> bool:
        return value in self.among if self.beginning is None else value.startswith(self.beginning)

    def to_json(self) -> dict[str, Any]:
        return {"in": list(self.among)} if self.beginning is None else {"starts_with": self.beginning}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Filter":
        return cls(tuple(document.get("in", ())), document.get("starts_with"))


class MappedAttribute(NamedTuple):
    """Of `source`, `expression` and `values` there is one. `renamed` are values and what stands for them; one that is
    not in there is not told."""

    name: str
    format: NameFormat
    source: str | None = None
    friendly_name: str | None = None
    expression: Expression | None = None
    values: tuple[str, ...] = ()
    filter: Filter | None = None
    renamed: tuple[tuple[str, str], ...] = ()

    @property
    def sources(self) -> frozenset[str]:
        """What is known by it of a person."""
        if self.expression is not None:
            return self.expression.sources
        return frozenset({self.source} if self.source else ())

    @property
    def is_plain(self) -> bool:
        """Whether the service is told all of its source."""
        return self.source is not None and self.filter is None and not self.renamed

    def told(self, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        """Its values, each once. `known` are those of its sources, as far as there are any."""
        found: Iterable[str] = self.values or known.get(self.source or "", ())
        if self.expression is not None:
            found = self.expression.values(known)
        if self.filter is not None:
            found = filter(self.filter.keeps, found)
        if self.renamed:
            names = dict(self.renamed)
            found = (names[each] for each in found if each in names)
        return tuple(dict.fromkeys(found))

    def to_json(self) -> dict[str, Any]:
        shown = {
            "name": self.name,
            "format": self.format.value,
            "source": self.source,
            "expression": self.expression.text if self.expression else None,
            "values": list(self.values) or None,
            "friendly_name": self.friendly_name,
            "filter": self.filter.to_json() if self.filter else None,
            "map": dict(self.renamed) or None,
        }
        return {name: value for name, value in shown.items() if value is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "MappedAttribute":
        expression, kept = document.get("expression"), document.get("filter")
        return cls(
            document["name"],
            NameFormat(document["format"]),
            document.get("source"),
            document.get("friendly_name"),
            None if expression is None else saml_expressions.parse(expression),
            tuple(document.get("values", ())),
            None if kept is None else Filter.from_json(kept),
            tuple(document.get("map", {}).items()),
        )


# The X.500/LDAP profile of SAML (profiles 8.2): an OID is a name that nobody else can mean something else by.
DEFAULTS = (
    MappedAttribute("urn:oid:0.9.2342.19200300.100.1.3", NameFormat.URI, "email", "mail"),
    MappedAttribute("urn:oid:2.16.840.1.113730.3.1.241", NameFormat.URI, "display_name", "displayName"),
    MappedAttribute("urn:oid:2.5.4.42", NameFormat.URI, "given_name", "givenName"),
    MappedAttribute("urn:oid:2.5.4.4", NameFormat.URI, "family_name", "sn"),
    MappedAttribute("urn:oid:0.9.2342.19200300.100.1.1", NameFormat.URI, "user_name", "uid"),
)


def texts_of(value: object) -> tuple[str, ...]:
    """What is known of a person, as values of an attribute."""
    if isinstance(value, list | tuple):
        return tuple(map(_text, value))
    return (_text(value),)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):  # an address
        return str(value.get("formatted") or ", ".join(map(str, value.values())))
    return str(value)


def read(fields: Fields) -> tuple[MappedAttribute, ...]:
    """An empty array is nothing; left out, it is the defaults."""
    listed = fields.objects("attributes", most=_MOST)
    if listed is None:
        return DEFAULTS
    found = tuple(_one(inner) for inner in listed.values())
    if len({(each.name, each.format) for each in found}) != len(found) and fields.clean("attributes"):
        fields.refuse("attributes", "inconsistent", "An attribute is named twice.")
    return found


def read_source(fields: Fields, name: str) -> str | None:
    """One of the names under which something is known of a person."""
    source = fields.text(name)
    if source is not None and not users.is_source(source):
        known = [*sorted(users.ATTRIBUTES), "attributes.…"]
        detail = "Nothing of this name is known of a person."
        fields.refuse(name, "unknown_value", detail, found=source, expected=known)
    return source


def _one(fields: Fields) -> MappedAttribute:
    fields.only(_NAMES)
    fields.required("name")
    name = fields.text("name", longest=_LONGEST_NAME) or ""
    if name in RESERVED:
        detail = "This attribute is told as the service needs it: say so by subject_id."
        fields.refuse("name", "invalid_value", detail, found=name)
    if sum(fields.given(origin) is not None for origin in _ORIGINS) != 1:
        fields.refuse("source", "required", "An attribute has a source, an expression or values.", expected=_ORIGINS)
    default = NameFormat.URI if ":" in name else NameFormat.BASIC
    return MappedAttribute(
        name,
        chosen(fields, "format", list(NameFormat), default=default),
        read_source(fields, "source"),
        fields.text("friendly_name"),
        _expression(fields),
        _values(fields, "values"),
        _filter(fields),
        _renamed(fields),
    )


def _values(fields: Fields, name: str) -> tuple[str, ...]:
    found = fields.texts(name, most=_MOST_VALUES, longest=_LONGEST_VALUE) or {}
    for index, each in found.items():
        if _NOT_XML.search(each):
            fields.refuse(f"{name}/{index}", "invalid_text", "No document of XML can hold this.", found=each)
    return tuple(found.values())


def _expression(fields: Fields) -> Expression | None:
    text = fields.text("expression", longest=saml_expressions.LONGEST)
    try:
        return None if text is None else saml_expressions.parse(text)
    except BadExpression as bad:
        fields.refuse("expression", "invalid_value", str(bad), found=text)
        return None


def _filter(fields: Fields) -> Filter | None:
    if fields.given("filter") is None:
        return None
    inner = fields.inner("filter")
    inner.only({"in", "starts_with"})
    among = _values(inner, "in")
    beginning = inner.text("starts_with", longest=_LONGEST_VALUE)
    if bool(among) is (beginning is not None):
        fields.refuse("filter", "inconsistent", "A filter has either in or starts_with.", expected="in, starts_with")
    return Filter(among, beginning)


def _renamed(fields: Fields) -> tuple[tuple[str, str], ...]:
    inner = fields.inner("map")
    if len(inner.members) > _MOST_VALUES:
        fields.refuse("map", "invalid_length", f"A map has at most {_MOST_VALUES} members.")
        return ()
    return tuple((each, inner.text(each, longest=_LONGEST_VALUE) or "") for each in inner.members)
