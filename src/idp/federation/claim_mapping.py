"""Claims of a service's own: what it wants to be told of a person, under the names that it knows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from idp import users
from idp.kit.fields import Fields

NAMES = frozenset({"claims"})
_MOST: Final = 50
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/#-]{0,199}")
# What the protocol itself says with these names is nobody's to change (RFC 7519 4.1, OpenID Connect Core 2).
_RESERVED: Final = frozenset(
    {"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "acr", "amr", "azp", "auth_time", "sid", "txn", "events"}
    | {"at_hash", "c_hash", "s_hash", "scope", "client_id", "cnf", "act", "typ", "token_introspection"}
    | {"_claim_names", "_claim_sources"}
)


class MappedClaim(NamedTuple):
    """`id_token`: in ID tokens too, not only at userinfo."""

    claim: str
    source: str
    id_token: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimMapping:
    entries: tuple[MappedClaim, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(entry.claim for entry in self.entries)

    @property
    def in_id_tokens(self) -> bool:
        return any(entry.id_token for entry in self.entries)

    def to_json(self) -> dict[str, Any]:
        return {"claims": [entry._asdict() for entry in self.entries]}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ClaimMapping":
        """Of a whole client; one that was registered before there were such claims has none."""
        return cls(entries=tuple(MappedClaim(**entry) for entry in document.get("claims", [])))


NO_CLAIMS: Final = ClaimMapping()


def read(fields: Fields) -> ClaimMapping:
    value = fields.given("claims")
    if value is None:
        return NO_CLAIMS
    if not isinstance(value, list) or len(value) > _MOST:
        fields.refuse("claims", "invalid_type", f"claims is an array of at most {_MOST} objects.", expected="array")
        return NO_CLAIMS
    entries = [_entry(fields, index, item) for index, item in enumerate(value)]
    if len({entry.claim for entry in entries}) != len(entries) and fields.clean("claims"):
        fields.refuse("claims", "inconsistent", "A claim is named twice.")
    return ClaimMapping(entries=tuple(entries))


def _entry(fields: Fields, index: int, item: object) -> MappedClaim:
    if not isinstance(item, Mapping):
        fields.refuse(f"claims/{index}", "invalid_type", "A claim is an object.", found=item, expected="object")
        return MappedClaim("", "", id_token=False)
    inner = Fields(item, at=f"{fields.at}/claims/{index}", errors=fields.errors)
    inner.only({"claim", "source", "id_token"})
    inner.required("claim")
    inner.required("source")
    claim, source = inner.text("claim") or "", inner.text("source") or ""
    if claim and (not _NAME.fullmatch(claim) or claim in _RESERVED):
        inner.refuse("claim", "invalid_value", "This claim cannot be given a meaning of one's own.", found=claim)
    if source and not users.is_source(source):
        known = [*sorted(users.ATTRIBUTES), "attributes.…"]
        inner.refuse(
            "source", "unknown_value", "Nothing of this name is known of a person.", found=source, expected=known
        )
    return MappedClaim(claim, source, inner.flag("id_token", default=False))
