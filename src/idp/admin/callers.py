"""Who calls: the bearer of an API key."""

from idp import credentials, partners
from idp.credentials import ApiKey, KeyScope
from idp.kit.errors import Unauthenticated
from idp.kit.units import SYSTEM
from idp.web.house import House

_SCHEME = "bearer "


def authenticate(house: House, authorization: str | None) -> ApiKey:
    """Raises `Unauthenticated`, alike for every reason."""
    if authorization is None or not authorization.lower().startswith(_SCHEME):
        raise Unauthenticated("unauthenticated", "This needs a valid API key.")
    bearer = authorization[len(_SCHEME) :].strip(" ")
    with house.units.platform(actor=SYSTEM, write=False) as unit:
        key = credentials.authenticate_key(unit, bearer)
        if key.scope is KeyScope.PARTNER:
            partner = partners.find(unit, key.partner_id)
            if partner is None or not partner.active:
                raise Unauthenticated("unauthenticated", "This needs a valid API key.", detail="partner disabled")
        worth_noting = credentials.use_is_worth_noting(unit, key)
    if worth_noting:
        with house.units.platform(actor=SYSTEM) as unit:
            credentials.note_use(unit, key)
    return key
