"""Under which identifier a client knows people: one for all, or one of its own sector (OpenID Connect Core 8).

Clients of one sector know a person by one identifier, so nobody may join a sector whose host does not list them: the
document at `sector_identifier_uri` names every redirect URI, and is read at each registration that relies on it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from idp.federation.oidc_vocabulary import ApplicationType, SubjectType
from idp.federation.redirect_uris import LONGEST, RedirectUris, fault_of
from idp.kit.egress import Answer, Egress, Unreachable
from idp.kit.errors import FieldError, Invalid
from idp.kit.fields import Fields

NAMES = frozenset({"sector_identifier_uri", "subject_type"})
_POINTER = "/oidc/sector_identifier_uri"


class Sector(NamedTuple):
    """What stands at a `sector_identifier_uri`."""

    uri: str
    listed: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRules:
    """`sector` is a host; None where the client knows people as everybody does."""

    sector: str | None = None
    sector_uri: str | None = None

    def to_json(self) -> dict[str, Any]:
        kind = SubjectType.PUBLIC if self.sector is None else SubjectType.PAIRWISE
        uri = {} if self.sector_uri is None else {"sector_identifier_uri": self.sector_uri}
        return {"subject_type": kind.value, **uri}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "SubjectRules":
        """Of a whole client: its sector follows from its addresses."""
        uri = document.get("sector_identifier_uri")
        if document["subject_type"] != SubjectType.PAIRWISE:
            return cls(sector_uri=uri)
        return cls(sector=_host(uri or document["redirect_uris"][0]), sector_uri=uri)


PUBLIC = SubjectRules()


def read(fields: Fields, redirects: RedirectUris, *, production: bool) -> SubjectRules:
    kind = fields.choice("subject_type", SubjectType, frozenset(), default=SubjectType.PUBLIC)
    uri = fields.text("sector_identifier_uri", longest=LONGEST)
    fault = fault_of(uri, ApplicationType.WEB, production=production) if uri is not None else None
    if fault:
        fields.refuse("sector_identifier_uri", fault.code, fault.detail, found=uri, expected=fault.expected)
    if kind is SubjectType.PUBLIC or not fields.clean("redirect_uris", "sector_identifier_uri"):
        return SubjectRules(sector_uri=uri)
    hosts = {_host(each) for each in redirects.registered}
    if uri is None and (len(hosts) != 1 or "" in hosts):  # Core 8.1
        detail = "Redirect URIs of several hosts, or of none, need a document that lists them."
        fields.refuse("sector_identifier_uri", "required", detail, expected="https://…")
        return PUBLIC
    return SubjectRules(sector=_host(uri) if uri else hosts.pop(), sector_uri=uri)


def fetch(egress: Egress, uri: str, *, tenant: str) -> Sector:
    """Raises `Invalid`. Blocks; never within a unit."""
    try:
        return _read(uri, egress.fetch(uri, tenant=tenant))
    except Unreachable as failure:
        raise _unreachable(uri) from failure


async def fetch_aside(egress: Egress, uri: str, *, tenant: str) -> Sector:
    """As `fetch`, for whoever serves others meanwhile."""
    try:
        return _read(uri, await egress.fetch_aside(uri, tenant=tenant))
    except Unreachable as failure:
        raise _unreachable(uri) from failure


def _read(uri: str, answer: Answer) -> Sector:
    try:
        listed = json.loads(answer.body) if answer.status == 200 else None
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise _unreachable(uri)
    return Sector(uri, frozenset(listed))


def judge(rules: SubjectRules, redirects: RedirectUris, sector: Sector | None) -> None:
    """Raises `Invalid` unless the document was read, and lists every redirect URI (Registration 1.0, 5)."""
    if rules.sector_uri is None:
        return
    if sector is None or sector.uri != rules.sector_uri or not sector.listed.issuperset(redirects.registered):
        raise _refused("inconsistent", "The document does not list every redirect URI.", rules.sector_uri)


def differ(before: SubjectRules, after: SubjectRules) -> bool:
    """Whether people are others to the client from now on. What it was given before told it who they are to its old
    sector: with that and the new names it could join what two sectors know (Core 8.1)."""
    return before.sector != after.sector


def _unreachable(uri: str) -> Invalid:
    return _refused("unreachable", "There is no array of redirect URIs at this address.", uri)


def _refused(code: str, detail: str, uri: str) -> Invalid:
    return Invalid("invalid", "Some fields are wrong.", errors=[FieldError(_POINTER, code, detail, uri)])


def _host(uri: str) -> str:
    return urlsplit(uri).hostname or ""
