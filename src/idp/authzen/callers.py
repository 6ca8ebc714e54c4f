"""Who asks: the bearer of an API key of the tenant or of the operator, with `decisions:write`."""

from idp import access, credentials
from idp.credentials import ApiKey, KeyScope, Noun, Permission, Verb
from idp.kit.actors import Actor
from idp.kit.errors import NotFound, Refused, Unauthenticated
from idp.kit.ids import TenantId
from idp.kit.sealing import PLATFORM
from idp.kit.units import Unit
from idp.web.house import House

_SCHEME = b"bearer "
_WANTED = Permission(Noun.DECISIONS, Verb.WRITE)


async def authenticate(house: House, tenant: TenantId, authorization: bytes | None, address: str) -> Actor:
    """`address` is the client's. Raises `Unauthenticated`, `NotFound` (somebody else's tenant), `Refused`: `forbidden`,
    `wrong_network`."""
    if authorization is None or not authorization.lower().startswith(_SCHEME):
        raise Unauthenticated("unauthenticated", "This needs a valid API key.")
    bearer = authorization[len(_SCHEME) :].strip(b" ").decode("latin-1")

    def authenticated(unit: Unit) -> ApiKey:
        key = credentials.authenticate_key(unit, bearer)
        access.refuse_elsewhere(unit, key, address)
        return key

    key = await house.units.read(PLATFORM, authenticated)
    if key.scope is KeyScope.TENANT and key.tenant != tenant:
        raise NotFound("another tenant")
    if key.scope is KeyScope.PARTNER:
        raise Refused("forbidden", "A key of scope partner may not do this.")
    if not key.may(_WANTED):
        raise Refused("forbidden", f"The key or token lacks the permission {_WANTED}.")
    if await house.units.read(PLATFORM, lambda unit: credentials.use_is_worth_noting(unit, key)):
        await house.units.commit(PLATFORM, lambda unit: credentials.note_use(unit, key))
    return key.actor
