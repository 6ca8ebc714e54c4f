"""Clients that register themselves (RFC 7591), and manage their registration by the token they were given (RFC 7592).

Their metadata come from strangers: what we do not know is ignored, what only an administrator may decide is not taken
from them, and people are always asked before such a service learns about them. The token is stored as a hash.
"""

import hmac
from collections.abc import Mapping
from typing import Any, NamedTuple

from idp import audit
from idp.audit import Event
from idp.federation import actions, oidc_registration, store
from idp.federation import document as documents
from idp.federation.model import Registered, ServiceDraft
from idp.federation.oidc_vocabulary import Grant, SecurityProfile
from idp.federation.store import SelfRegistration
from idp.federation.subjects import Sector
from idp.federation.vocabulary import Consent, ServiceStatus
from idp.kit import ids
from idp.kit.errors import FieldError, Invalid
from idp.kit.ids import Minted, Presented
from idp.kit.units import Unit

KIND = "rat"
_NOT_THEIRS = frozenset(
    {"access_token_lifetime", "claims", "client_secret", "introspection", "resources", "token_exchange_targets"}
)
_NOT_FOR_THEM = (Grant.CLIENT_CREDENTIALS, Grant.TOKEN_EXCHANGE)
_UNNAMED = "A service that registered itself"


class SelfRegistered(NamedTuple):
    """`token` is for the client alone, and only at its registration."""

    registered: Registered
    token: Minted


def read(document: Mapping[str, object], *, production: bool) -> ServiceDraft:
    """Raises `Invalid` with every fault; the pointers are of the document itself."""
    taken = oidc_registration.NAMES - _NOT_THEIRS
    known = {name: value for name, value in document.items() if name in taken}
    # RFC 7591 knows no profiles: whoever names none expects what OpenID Connect has always done
    known.setdefault("security_profile", SecurityProfile.OIDC.value)
    _narrow(known)
    _refuse_grants(known.get("grant_types"))
    registration = oidc_registration.read(known, production=production, at="")
    name = registration.client.client_name or registration.client.redirects.first_host or _UNNAMED
    return ServiceDraft(name, ServiceStatus.ENABLED, False, Consent.REQUIRED, *registration)


def _narrow(document: dict[str, object]) -> None:
    """To the scopes that people are asked about: what others mean is between the tenant and its own APIs."""
    scope = document.get("scope")
    if isinstance(scope, str):
        asked = [word for word in scope.split(" ") if word in oidc_registration.IDENTITY_SCOPES]
        document["scope"] = " ".join(asked) or None


def _refuse_grants(asked: object) -> None:
    for grant in _NOT_FOR_THEM:
        if isinstance(asked, list) and grant.value in asked:
            detail = "A client that registers itself acts for people alone, who are there."
            raise _refused("grant_types", detail, grant.value)


def _refused(name: str, detail: str, found: str) -> Invalid:
    return Invalid("invalid", "Some fields are wrong.", errors=[FieldError(f"/{name}", "not_allowed", detail, found)])


def register(unit: Unit, draft: ServiceDraft, *, sector: Sector | None = None) -> SelfRegistered:
    registered = actions.create(unit, draft, sector=sector)
    token = ids.mint(KIND)
    service = registered.service.id
    store.add_self_registration(unit, SelfRegistration(token.id, token.digest, service, unit.now_us))
    audit.record(unit, Event.CLIENT_REGISTERED_ITSELF, subject=service)
    return SelfRegistered(registered, token)


def registered_by(unit: Unit, shown: Presented, client_id: str) -> Registered | None:
    """The registration that this very token was given for; None alike for whatever else."""
    row = store.find_self_registration(unit, shown.id)
    if row is None or not hmac.compare_digest(row.digest, shown.digest):
        return None
    service = store.find(unit, row.service_id)
    if service is None or service.client_id != client_id:
        return None
    return store.registered(unit, service.id)


def replace(unit: Unit, before: Registered, draft: ServiceDraft, *, sector: Sector | None = None) -> Registered:
    """RFC 7592 2.2. What an administrator has decided of the service since stays."""
    own = before.service
    kept = draft._replace(status=own.status, assignment_required=own.assignment_required, consent=own.consent)
    return actions.put(unit, before, kept, sector=sector)


def to_json(registered: Registered) -> dict[str, Any]:
    """RFC 7591 3.2.1, without the token and where it works."""
    found: dict[str, Any] = documents.to_json(registered)["oidc"]
    return {name: value for name, value in found.items() if name not in _NOT_THEIRS or name == "client_secret"}
