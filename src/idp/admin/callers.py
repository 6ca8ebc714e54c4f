"""Who calls: the bearer of an API key, or a person or program with an access token of ours.

A token of the platform's issuer makes an operator, or a partner's person; one of a tenant's issuer somebody of that
tenant. Its scopes are permissions, and count as far as the person's roles, or the program's registration, allow them at
this moment.
"""

from typing import NamedTuple

from idp import access, credentials, federation, partners, users
from idp.credentials import ApiKey, KeyScope, Permissions
from idp.kit.actors import SYSTEM
from idp.kit.errors import Unauthenticated
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit
from idp.sessions import Demand, InsufficientAuthentication
from idp.web.asgi import Scope
from idp.web.bearers import Bearer, Borne, NotBorne
from idp.web.house import House

_BEARER, _DPOP = "bearer", "dpop"


class Shown(NamedTuple):
    """What a request shows of its caller: the field Authorization, from where it came, and which tenant's it names.
    At a `glance` nothing is used up."""

    authorization: str | None
    address: str
    request: Scope
    slug: str | None
    glance: bool = False


class Caller(NamedTuple):
    """`shown` is the token, where it is no key."""

    key: ApiKey
    shown: Bearer | None = None

    def must_meet(self, demand: Demand, now_us: int) -> None:
        """An operator or partner who signed in for it; keys and programs have nobody who could, and what a tenant asks
        of its own people its policies say. Raises `InsufficientAuthentication`."""
        shown = self.shown
        if shown is None or shown.user_id is None or shown.tenant != PLATFORM:
            return
        if not demand.met_by(shown.methods, shown.authenticated_at, now_us):
            raise InsufficientAuthentication(demand)


def shown_by(request: Scope, slug: str | None, *, glance: bool = False) -> Shown:
    state = request["state"]
    authorization = state["headers"].get(b"authorization")
    text = None if authorization is None else authorization.decode("latin-1")
    return Shown(text, state["client_address"], request, slug, glance)


def authenticate(house: House, shown: Shown) -> Caller:
    """Raises `Unauthenticated`, alike for every reason, and `Refused("wrong_network")`."""
    scheme, _, bearer = (shown.authorization or "").partition(" ")
    bearer = bearer.strip(" ")
    if scheme.lower() not in (_BEARER, _DPOP) or not bearer:
        raise Unauthenticated("unauthenticated", "This needs a valid API key or access token.")
    if credentials.is_key(bearer):
        if scheme.lower() != _BEARER:
            raise _nobody("a key has no proof")
        return Caller(_by_key(house, bearer, shown.address))
    found = house.bearer(house, Borne(bearer, scheme.lower() == _DPOP, shown.request, shown.slug, shown.glance))
    with house.units.open(found.tenant, actor=SYSTEM, write=False) as unit:
        return Caller(_as_key(unit, found), found)


def _by_key(house: House, bearer: str, address: str) -> ApiKey:
    with house.units.platform(actor=SYSTEM, write=False) as unit:
        try:
            key = credentials.authenticate_key(unit, bearer)
        except Unauthenticated as refused:
            raise _nobody(refused.detail) from refused
        if key.scope is KeyScope.PARTNER:
            _refuse_disabled(unit, key.partner_id)
        access.refuse_elsewhere(unit, key, address)
        worth_noting = credentials.use_is_worth_noting(unit, key)
    if worth_noting:
        with house.units.platform(actor=SYSTEM) as unit:
            credentials.note_use(unit, key)
    return key


def _as_key(unit: Unit, found: Bearer) -> ApiKey:
    """As a key of the person's or program's own, with the permissions that the token's scopes name."""
    partner = partners.employer_of(unit, found.user_id) if unit.platform and found.user_id else ""
    scope = KeyScope.OPERATOR if unit.platform else KeyScope.TENANT
    if partner:
        scope = KeyScope.PARTNER
        _refuse_disabled(unit, partner)
    return ApiKey(
        id=found.user_id or found.service_id,
        tenant=found.tenant,
        scope=scope,
        partner_id=partner,
        name="",
        permissions=frozenset(known for text in found.scopes if (known := credentials.parse(text))),
        expires_at=None,
        created_at=found.issued_at,
        used_at=None,
        owner=found.user_id or "",
        maker=_maker(unit, found, scope),
        ceiling=_registered(unit, found) if found.user_id is None else _allowed(unit, scope, found.user_id),
        program="" if found.user_id else found.service_id,
    )


def _maker(unit: Unit, found: Bearer, scope: KeyScope) -> str:
    """Who could be speaking in the person's place: of a customer's person whoever else has chosen what they sign in
    with."""
    if found.user_id is None or scope is KeyScope.OPERATOR:
        return found.user_id or found.service_id
    others = credentials.hands.could_be(unit, found.user_id) - {found.user_id}
    return min(others, default="")


def _registered(unit: Unit, found: Bearer) -> Permissions:
    """What the program may still ask for at this moment."""
    service = federation.find(unit, found.service_id)
    scopes = service.oidc.scopes if service is not None and service.oidc is not None else ()
    return frozenset(known for text in scopes if (known := credentials.parse(text)))


def _allowed(unit: Unit, scope: KeyScope, user_id: str) -> Permissions:
    account = users.find(unit, user_id)
    if account is None:
        raise _nobody("the account is gone")
    return credentials.roles.permissions_of(unit, scope, account.id, of_id=account.roles)


def _refuse_disabled(unit: Unit, partner_id: str) -> None:
    partner = partners.find(unit, partner_id)
    if partner is None or not partner.active:
        raise _nobody("partner disabled")


def _nobody(detail: str) -> NotBorne:
    refused = NotBorne("invalid_token", "This needs a valid API key or access token.")
    refused.detail = detail
    return refused
