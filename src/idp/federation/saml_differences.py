"""What new metadata would change about a service: a pure function of the registration before and after.

Grave is what decides whose word counts, where people are sent and by which name: keys, addresses, the format of names,
and whether requests must be signed. Whoever could put a page at an address could change these, so without the pinned
signature an administrator is asked first. Everything else is taken as it comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from idp import signing
from idp.federation.saml_service import SamlService
from idp.kit.clock import rfc3339

LISTS = ("certificates", "acs", "slo")
GRAVE = frozenset({*LISTS, "nameid_format", "require_signed_requests"})


class Difference(NamedTuple):
    """Of a list `added` and `removed` members, of anything else what it `was` and `becomes`."""

    member: str
    grave: bool
    was: Any
    becomes: Any

    def to_json(self) -> dict[str, Any]:
        if self.member not in LISTS:
            return {"member": self.member, "grave": self.grave, "was": self.was, "becomes": self.becomes}
        removed, added = ([_shown(self.member, each) for each in side] for side in (self.was, self.becomes))
        return {"member": self.member, "grave": self.grave, "removed": removed, "added": added}


def differences(before: SamlService, after: SamlService) -> tuple[Difference, ...]:
    old, new = _said(before), _said(after)
    found = []
    for member in [*LISTS, *sorted((old.keys() | new.keys()) - set(LISTS))]:
        was, becomes = old.get(member), new.get(member)
        if was == becomes:
            continue
        if member in LISTS:
            was, becomes = _beyond(was, becomes), _beyond(becomes, was)
        found.append(Difference(member, _is_grave(member, becomes), was, becomes))
    return tuple(found)


def harmless(before: SamlService, after: SamlService) -> SamlService:
    """What of it may be taken without being asked about."""
    return grave(after, replace(before, requires_signed_requests=_demand(before, after)))


def grave(before: SamlService, after: SamlService) -> SamlService:
    """What an administrator is asked about, and nothing else of it."""
    return replace(
        before,
        keys=after.keys,
        consumers=after.consumers,
        logouts=after.logouts,
        name_id_format=after.name_id_format,
        name_id_source=after.name_id_source,
        requires_signed_requests=after.requires_signed_requests,
    )


def _demand(before: SamlService, after: SamlService) -> bool:
    """That requests are signed may be demanded newly, where there is a key to verify them by."""
    return before.requires_signed_requests or (after.requires_signed_requests and bool(before.keys.signing))


def _is_grave(member: str, becomes: Any) -> bool:
    return member in GRAVE and not (member == "require_signed_requests" and becomes)


def _said(service: SamlService) -> dict[str, Any]:
    """What metadata can say of it, in one flat document."""
    shown = service.to_json()
    described = shown.pop("described", {})
    own = {name: shown.get(name) for name in (*LISTS, "require_signed_requests", "nameid_format", "valid_until")}
    own["encryption_algorithm"] = shown["encryption_algorithm"]
    wishes = {f"described/{name}": value for name, value in described.items()}
    return {**own, **wishes}


def _beyond(some: Sequence[Any] | None, others: Sequence[Any] | None) -> list[Any]:
    return [each for each in some or [] if each not in (others or [])]


def _shown(member: str, each: Mapping[str, Any]) -> dict[str, Any]:
    """Of a certificate what people compare it by."""
    if member != "certificates":
        return dict(each)
    found = signing.read_certificate(each["certificate"])
    return {
        **each,
        "fingerprint_sha256": found.fingerprint,
        "subject": found.subject,
        "not_after": rfc3339(found.not_after),
    }
