"""Who calls: the bearer of an API key, or an operator (or an operator's program) with a token of the platform."""

from typing import NamedTuple

from idp import access, credentials, partners, users
from idp.credentials import EVERYTHING, ApiKey, KeyScope
from idp.kit.errors import Refused, Unauthenticated
from idp.kit.sealing import PLATFORM
from idp.kit.units import SYSTEM, Unit
from idp.sessions import Demand, InsufficientAuthentication
from idp.web.house import Bearer, House

_SCHEME = "bearer "


class Caller(NamedTuple):
    """`shown` is the token, where it is no key."""

    key: ApiKey
    shown: Bearer | None = None

    def must_meet(self, demand: Demand, now_us: int) -> None:
        """A person who signed in for it; keys and programs have nobody who could. Raises
        `InsufficientAuthentication`."""
        shown = self.shown
        if shown is None or shown.user_id is None:
            return
        if not demand.met_by(shown.methods, shown.authenticated_at, now_us):
            raise InsufficientAuthentication(demand)


def authenticate(house: House, authorization: str | None, address: str) -> Caller:
    """`address` is the client's. Raises `Unauthenticated`, alike for every reason, and `Refused("wrong_network")`."""
    if authorization is None or not authorization.lower().startswith(_SCHEME):
        raise _nobody("no bearer")
    bearer = authorization[len(_SCHEME) :].strip(" ")
    return Caller(_by_key(house, bearer, address)) if credentials.is_key(bearer) else _by_token(house, bearer)


def _by_key(house: House, bearer: str, address: str) -> ApiKey:
    with house.units.platform(actor=SYSTEM, write=False) as unit:
        key = credentials.authenticate_key(unit, bearer)
        if key.scope is KeyScope.PARTNER:
            partner = partners.find(unit, key.partner_id)
            if partner is None or not partner.active:
                raise _nobody("partner disabled")
        access.refuse_elsewhere(unit, key, address)
        worth_noting = credentials.use_is_worth_noting(unit, key)
    if worth_noting:
        with house.units.platform(actor=SYSTEM) as unit:
            credentials.note_use(unit, key)
    return key


def _by_token(house: House, bearer: str) -> Caller:
    """As a key of the operator's account, with the permissions that the token's scopes name."""
    with house.units.platform(actor=SYSTEM, write=False) as unit:
        try:
            shown = house.bearer(house, unit, bearer)
        except Refused as refusal:
            raise _nobody(refusal.code) from refusal
        if shown is None:
            raise _nobody("no token of ours")
        return Caller(_as_key(unit, shown), shown)


def _as_key(unit: Unit, shown: Bearer) -> ApiKey:
    ceiling = EVERYTHING
    if shown.user_id is not None:
        account = users.find(unit, shown.user_id)
        if account is None:
            raise _nobody("the account is gone")
        ceiling = credentials.roles.permissions_of(unit, KeyScope.OPERATOR, account.id, of_id=account.roles)
    return ApiKey(
        id=shown.user_id or shown.service_id,
        tenant=PLATFORM,
        scope=KeyScope.OPERATOR,
        partner_id="",
        name="",
        permissions=frozenset(found for scope in shown.scopes if (found := credentials.parse(scope))),
        expires_at=None,
        created_at=shown.issued_at,
        used_at=None,
        owner=shown.user_id or "",
        maker=shown.user_id or shown.service_id,
        ceiling=ceiling,
    )


def _nobody(detail: str) -> Unauthenticated:
    return Unauthenticated("unauthenticated", "This needs a valid API key or access token.", detail=detail)
