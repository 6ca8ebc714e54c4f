"""What a service is told of a person: by scopes, by name, and under names of its own (OpenID Connect Core 5.4, 5.5)."""

from collections.abc import Mapping
from typing import Any

from idp import users
from idp.federation import MappedClaim, OidcClient
from idp.kit.units import Unit
from idp.oidc.requested_claims import RequestedClaims

_NOTHING: Mapping[str, Any] = {}


def in_id_token(
    unit: Unit, client: OidcClient, user_id: str, asked: RequestedClaims, scopes: frozenset[str] = frozenset()
) -> Mapping[str, Any]:
    """`scopes` only where there is no access token to ask userinfo with (5.4)."""
    if not needs_person(client, asked, scopes):
        return _NOTHING
    chosen = [entry for entry in client.claims.entries if entry.id_token or scopes or entry.claim in asked.id_token]
    return _told(unit, user_id, scopes, asked.id_token, chosen)


def at_userinfo(
    unit: Unit, client: OidcClient, user_id: str, asked: RequestedClaims, scopes: frozenset[str]
) -> Mapping[str, Any]:
    return _told(unit, user_id, scopes, asked.userinfo, list(client.claims.entries))


def needs_person(client: OidcClient, asked: RequestedClaims, scopes: frozenset[str] = frozenset()) -> bool:
    """Whether an ID token says anything that has to be read and unsealed first."""
    return bool(asked.id_token or scopes or client.claims.in_id_tokens)


def _told(
    unit: Unit, user_id: str, scopes: frozenset[str], names: frozenset[str], chosen: list[MappedClaim]
) -> dict[str, Any]:
    person = users.get(unit, user_id)
    told = users.claims_for(person, scopes, names)
    if chosen:
        known = users.attributes_of(unit, person, [entry.source for entry in chosen])
        told |= {entry.claim: known[entry.source] for entry in chosen if entry.source in known}
    return told
