"""The parameter `claims` (OpenID Connect Core 5.5): what a service asks for by name, beside what scopes stand for.

Of what is asked for only names are kept, with the code and the grant, so that userinfo and every later ID token say the
same; values that a service would like are personal data of nobody's business, but for those of `sub` and `acr`.
A claim that is essential and not there is no error (5.5.1).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.federation import OidcClient
from idp.kit.errors import Invalid
from idp.oidc.acr import NOTHING_ASKED, AskedAcr, of_claim, values_of
from idp.oidc.errors import OAuthError
from idp.users import CLAIMS_OF_SCOPE
from idp.web import strict_json

LONGEST: Final = 8_192
_MOST: Final = 100
_HEEDED: Final = frozenset({"acr", "sub"})  # of which the values are
_SCOPE_OF: Final = {name: scope for scope, names in CLAIMS_OF_SCOPE.items() for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedClaims:
    """Names. `subjects` are those whom the service means, and `acr` how they have to sign in, if it says so."""

    userinfo: frozenset[str] = frozenset()
    id_token: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    acr: AskedAcr = NOTHING_ASKED

    @property
    def scopes(self) -> frozenset[str]:
        """What a person who consents is shown in their stead."""
        return frozenset(_SCOPE_OF[name] for name in self.userinfo | self.id_token if name in _SCOPE_OF)


NOTHING: Final = RequestedClaims()


def parse(text: str | None, client: OidcClient) -> RequestedClaims:
    """Names that the client could not have by any of its scopes are left out. Raises `OAuthError`."""
    if not text:
        return NOTHING
    if len(text) > LONGEST:
        raise OAuthError("invalid_request", f"claims is longer than {LONGEST} characters.")
    try:
        document = strict_json.loads(text.encode())
    except (Invalid, UnicodeEncodeError) as fault:
        twice = isinstance(fault, Invalid) and fault.detail == strict_json.TWICE
        said = "claims names a member twice." if twice else "claims is not JSON."
        raise OAuthError("invalid_request", said) from fault
    if not isinstance(document, dict):
        raise OAuthError("invalid_request", "claims is not a JSON object.")
    userinfo, id_token = _members(document, "userinfo"), _members(document, "id_token")
    for name in _HEEDED.intersection(id_token):
        _judge_texts(name, id_token[name] or {})
    return RequestedClaims(
        userinfo=_allowed(userinfo, client),
        id_token=_allowed(id_token, client),
        subjects=frozenset(values_of(id_token.get("sub") or {})),
        acr=of_claim(id_token.get("acr")),
    )


def to_text(asked: RequestedClaims) -> str | None:
    """For a code or a grant to keep; None where nothing was asked for."""
    if not asked.userinfo and not asked.id_token:
        return None
    return json.dumps({"id_token": sorted(asked.id_token), "userinfo": sorted(asked.userinfo)})


def from_text(text: str | None) -> RequestedClaims:
    if text is None:
        return NOTHING
    kept = json.loads(text)
    return RequestedClaims(userinfo=frozenset(kept["userinfo"]), id_token=frozenset(kept["id_token"]))


def _members(document: Mapping[str, Any], name: str) -> dict[str, dict[str, Any] | None]:
    found = document.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict) or len(found) > _MOST:
        raise OAuthError("invalid_request", f"{name} in claims is not an object of claims.")
    for claim, wish in found.items():
        if wish is None:
            continue
        if not isinstance(wish, dict):
            raise OAuthError("invalid_request", f"A claim of {name} is neither null nor an object.")
        if fault := _fault_of(wish):
            raise OAuthError("invalid_request", f"{claim} of {name} in claims: {fault}")
    return found


def _fault_of(wish: Mapping[str, Any]) -> str | None:
    """Core 5.5.1. What cannot be understood is not left out: the service would believe that it was heeded."""
    values = wish.get("values", [None])
    if not isinstance(wish.get("essential", False), bool):
        return "essential is true or false."
    if not isinstance(values, list) or not values:
        return "values is an array of one or more."
    if isinstance(wish.get("value"), list):
        return "value is one value, not an array."
    if "value" in wish and "values" in wish and wish["value"] not in values:
        return "value is not one of values."
    return None


def _judge_texts(name: str, wish: Mapping[str, Any]) -> None:
    if not all(isinstance(each, str) for each in (*wish.get("values", ()), wish.get("value", ""))):
        raise OAuthError("invalid_request", f"{name} of id_token in claims: a value is not a text.")


def _allowed(wishes: Mapping[str, object], client: OidcClient) -> frozenset[str]:
    own = client.claims.names
    return frozenset(name for name in wishes if name in own or _SCOPE_OF.get(name) in client.scopes)
