"""What a service is told of a person: under which name, and from what is known of the person here."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from idp import users
from idp.federation.saml_subject_ids import RESERVED
from idp.federation.saml_vocabulary import NameFormat, chosen
from idp.kit.fields import Fields

_MOST = 50
_LONGEST_NAME = 512


class MappedAttribute(NamedTuple):
    name: str
    format: NameFormat
    source: str
    friendly_name: str | None = None

    def to_json(self) -> dict[str, Any]:
        shown = {"name": self.name, "format": self.format.value, "source": self.source}
        return shown if self.friendly_name is None else {**shown, "friendly_name": self.friendly_name}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "MappedAttribute":
        format_ = NameFormat(document["format"])
        return cls(document["name"], format_, document["source"], document.get("friendly_name"))


# The X.500/LDAP profile of SAML (profiles 8.2): an OID is a name that nobody else can mean something else by.
DEFAULTS = (
    MappedAttribute("urn:oid:0.9.2342.19200300.100.1.3", NameFormat.URI, "email", "mail"),
    MappedAttribute("urn:oid:2.16.840.1.113730.3.1.241", NameFormat.URI, "display_name", "displayName"),
    MappedAttribute("urn:oid:2.5.4.42", NameFormat.URI, "given_name", "givenName"),
    MappedAttribute("urn:oid:2.5.4.4", NameFormat.URI, "family_name", "sn"),
    MappedAttribute("urn:oid:0.9.2342.19200300.100.1.1", NameFormat.URI, "user_name", "uid"),
)


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
    if source is not None and source not in users.ATTRIBUTES:
        known = sorted(users.ATTRIBUTES)
        detail = "Nothing of this name is known of a person."
        fields.refuse(name, "unknown_value", detail, found=source, expected=known)
    return source


def _one(fields: Fields) -> MappedAttribute:
    fields.only({"name", "format", "source", "friendly_name"})
    fields.required("name")
    fields.required("source")
    name = fields.text("name", longest=_LONGEST_NAME) or ""
    if name in RESERVED:
        detail = "This attribute is told as the service needs it: say so by subject_id."
        fields.refuse("name", "invalid_value", detail, found=name)
    default = NameFormat.URI if ":" in name else NameFormat.BASIC
    format_ = chosen(fields, "format", list(NameFormat), default=default)
    return MappedAttribute(name, format_, read_source(fields, "source") or "", fields.text("friendly_name"))
