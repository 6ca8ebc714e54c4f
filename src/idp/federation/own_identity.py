"""Who a tenant is to services of SAML, and what it tells each category of them.

Its name is the address of its metadata, unless it has brought another one along from the provider that it had before:
services that know that name go on knowing it. A name is never two's: no service of the tenant has it, and it is no
address of ours. What is told to a category is told to those alone that the pinned signer of a collection has put into
it: whoever could put themselves in would be told, too.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from idp.federation import saml_attributes, store
from idp.federation.model import Service
from idp.federation.saml_attributes import MappedAttribute
from idp.federation.saml_service import SamlService
from idp.federation.saml_vocabulary import ENTITY_ID, LONGEST_ENTITY_ID
from idp.kit.errors import FieldError, Invalid
from idp.kit.fields import Fields, merged
from idp.kit.units import Unit

_MOST = 20
_LONGEST_DOMAIN = 253
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_OURS = re.compile(r"/t/[^/]+/saml/metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    category: str
    attributes: tuple[MappedAttribute, ...]

    def to_json(self) -> dict[str, Any]:
        return {"category": self.category, "attributes": [each.to_json() for each in self.attributes]}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIdentity:
    """`scopes` are the domains that its scoped attributes may name (shibmd:Scope)."""

    entity_id: str | None = None
    scopes: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()

    def name(self, address: str) -> str:
        """`address`: of its metadata."""
        return self.entity_id or address

    def to_json(self) -> dict[str, Any]:
        return {
            "entity_id": self.entity_id,
            "scopes": list(self.scopes),
            "category_attributes": [each.to_json() for each in self.releases],
        }

    def to_text(self) -> str:
        return json.dumps({name: value for name, value in self.to_json().items() if value}, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "OwnIdentity":
        found: Mapping[str, Any] = json.loads(text)
        releases = found.get("category_attributes", [])
        return cls(
            entity_id=found.get("entity_id"),
            scopes=tuple(found.get("scopes", [])),
            releases=tuple(
                Release(category=each["category"], attributes=tuple(map(MappedAttribute.from_json, each["attributes"])))
                for each in releases
            ),
        )


ORDINARY = OwnIdentity()


def read(fields: Fields, before: OwnIdentity, *, base_url: str) -> OwnIdentity:
    """RFC 7396: a member that is left out stays, null puts it back. What is wrong is remembered in `fields`."""
    fields.only(ORDINARY.to_json())
    said = Fields(merged(before.to_json(), fields.members), at=fields.at, errors=fields.errors)
    return OwnIdentity(entity_id=_name(said, base_url), scopes=_scopes(said), releases=_releases(said))


def judge(unit: Unit, own: OwnIdentity) -> None:
    """Raises `Invalid` where a service of the tenant has the name."""
    if own.entity_id is not None and store.find_by_client_id(unit, own.entity_id) is not None:
        raise _taken("/saml/entity_id", own.entity_id)


def refuse_own_name(entity_id: str, own: OwnIdentity, *, base_url: str) -> None:
    """Of a service that is registered: it answers to nobody else's name. Raises `Invalid`."""
    if entity_id == own.entity_id or _is_ours(entity_id, base_url):
        raise _taken("/saml/entity_id", entity_id)


def with_releases(service: Service, own: OwnIdentity) -> Service:
    """As it is told of people."""
    saml = service.saml
    return service if saml is None or not own.releases else replace(service, saml=released(saml, own))


def released(saml: SamlService, own: OwnIdentity) -> SamlService:
    """With what the tenant tells its categories, beside its own attributes."""
    if saml.described is None or saml.source.signer is None:
        return saml
    categories = set(saml.described.categories)
    more = [each for release in own.releases if release.category in categories for each in release.attributes]
    known = {(each.name, each.format) for each in saml.attributes}
    new = {(each.name, each.format): each for each in more if (each.name, each.format) not in known}
    return replace(saml, attributes=(*saml.attributes, *new.values())) if new else saml


def _name(fields: Fields, base_url: str) -> str | None:
    found = fields.text("entity_id", longest=LONGEST_ENTITY_ID)
    if found is None:
        return None
    if not ENTITY_ID.fullmatch(found):
        detail = "An entity ID is a URI, without spaces or other characters that a URI does not have."
        fields.refuse("entity_id", "invalid_uri", detail, found=found, expected="https://idp.example/saml")
    elif _is_ours(found, base_url):
        fields.refuse("entity_id", "not_allowed", "This address is the name of a tenant here.", found=found)
    return found


def _is_ours(entity_id: str, base_url: str) -> bool:
    """However it is written: hosts are the same in capitals, and a query shows the same metadata."""
    plain, base = entity_id.partition("?")[0].lower(), base_url.lower()
    return plain.startswith(base) and _OURS.fullmatch(plain.removeprefix(base)) is not None


def _scopes(fields: Fields) -> tuple[str, ...]:
    found = fields.texts("scopes", most=_MOST, longest=_LONGEST_DOMAIN) or {}
    for index, each in found.items():
        if not _DOMAIN.fullmatch(each):
            detail = "A scope is the name of a domain, in small letters."
            fields.refuse(f"scopes/{index}", "invalid_format", detail, found=each, expected="aoba.example")
    return tuple(dict.fromkeys(found.values()))


def _releases(fields: Fields) -> tuple[Release, ...]:
    found = []
    for inner in (fields.objects("category_attributes", most=_MOST) or {}).values():
        inner.only({"category", "attributes"})
        inner.required("category")
        inner.required("attributes")
        category, attributes = inner.text("category", longest=LONGEST_ENTITY_ID), saml_attributes.read(inner)
        found.append(Release(category=category or "", attributes=attributes))
    if len({each.category for each in found}) != len(found):
        fields.refuse("category_attributes", "inconsistent", "A category is named twice.")
    return tuple(found)


def _taken(pointer: str, found: str) -> Invalid:
    detail = "This name is somebody else's here."
    fault = FieldError(pointer, "not_allowed", detail, found, "a name of its own")
    return Invalid("invalid", "Some fields are wrong.", errors=[fault])
