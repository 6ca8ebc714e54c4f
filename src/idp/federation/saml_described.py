"""What metadata say of a service beside how it is spoken to: what it wishes, who vouches for it, and how it is called.

Kept as it was said, for people to read and for rules on categories; a registration by hand says none of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RESEARCH_AND_SCHOLARSHIP = "http://refeds.org/category/research-and-scholarship"
CODE_OF_CONDUCT = "http://www.geant.net/uri/dataprotection-code-of-conduct/v1"
CODE_OF_CONDUCT_2 = "https://refeds.org/category/code-of-conduct/v2"
HIDE_FROM_DISCOVERY = "http://refeds.org/category/hide-from-discovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """`requested` are attributes by name and whether they are required; `names`, `descriptions` and `privacy` are by
    language; `categories` are those that whoever has signed the metadata has put the service into (Entity Category
    SAML Attribute Types, RFC 8409); `authority` has registered it (MDRPI 2.1); `cached` is in microseconds."""

    requested: tuple[tuple[str, bool], ...] = ()
    signs_requests: bool = False
    wants_signed_assertions: bool = False
    name_id_format: str | None = None
    names: tuple[tuple[str, str], ...] = ()
    descriptions: tuple[tuple[str, str], ...] = ()
    privacy: tuple[tuple[str, str], ...] = ()
    categories: tuple[str, ...] = ()
    authority: str | None = None
    registered_at: str | None = None
    cached: int | None = None

    @property
    def is_hidden(self) -> bool:
        """It does not want to be offered to people to choose from."""
        return HIDE_FROM_DISCOVERY in self.categories

    def to_json(self) -> dict[str, Any]:
        shown = {
            "requested_attributes": [{"name": name, "required": required} for name, required in self.requested],
            "authn_requests_signed": self.signs_requests,
            "want_assertions_signed": self.wants_signed_assertions,
            "nameid_format": self.name_id_format,
            "display_names": dict(self.names),
            "descriptions": dict(self.descriptions),
            "privacy_statements": dict(self.privacy),
            "entity_categories": list(self.categories),
            "registration_authority": self.authority,
            "registration_instant": self.registered_at,
            "cache_duration_seconds": None if self.cached is None else self.cached // 1_000_000,
        }
        return {name: value for name, value in shown.items() if value not in (None, [], {})}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Described":
        cached = document.get("cache_duration_seconds")
        return cls(
            requested=tuple((each["name"], each["required"]) for each in document.get("requested_attributes", [])),
            signs_requests=document["authn_requests_signed"],
            wants_signed_assertions=document["want_assertions_signed"],
            name_id_format=document.get("nameid_format"),
            names=tuple(document.get("display_names", {}).items()),
            descriptions=tuple(document.get("descriptions", {}).items()),
            privacy=tuple(document.get("privacy_statements", {}).items()),
            categories=tuple(document.get("entity_categories", [])),
            authority=document.get("registration_authority"),
            registered_at=document.get("registration_instant"),
            cached=None if cached is None else cached * 1_000_000,
        )
