"""Where our own people, and a partner's, stand in a tenant: what its contract takes they see, to the rest it lets them.

Persons and programs need a grant, whether they show a token or a key of theirs. Keys of the machine and of partners,
which are installed for a purpose, hold what they were given.
"""

from typing import Final

from idp import credentials, support
from idp.admin.places import Place
from idp.admin.routes import Route
from idp.credentials import ApiKey, KeyScope, Noun, Permission, Verb
from idp.kit.errors import Refused
from idp.kit.units import Unit
from idp.support import Grant, Level, Party
from idp.web.house import House

# What the work on a contract, its bills and its notices takes, and what an emergency with keys does.
CONTRACT_WORK: Final = frozenset(
    {
        Noun.AUDIT,
        Noun.DELIVERIES,
        Noun.HISTORY,
        Noun.KEYS,
        Noun.NOTICES,
        Noun.STATEMENTS,
        Noun.SUPPORT_ACCESS,
        Noun.TENANTS,
        Noun.TERMS,
    }
)
# While the contract is approved and not yet active these are prepared, by whoever does that.
PREPARED: Final = frozenset({Noun.USERS, Noun.SERVICES})
# Nothing that would outlive the grant: no keys, roles, or further grants; and no services that may use this API.
WRITABLE: Final = (
    *(Noun.USERS, Noun.CREDENTIALS, Noun.SESSIONS, Noun.GROUPS, Noun.MEMBERS, Noun.DEVICES, Noun.NETWORKS),
    *(Noun.SERVICES, Noun.ASSIGNMENTS, Noun.POLICIES, Noun.SETTINGS),
)
READING: Final = frozenset({Permission(None, Verb.READ)})
LEVELS: Final = {
    Level.READ: READING,
    Level.WRITE: READING | {Permission(noun, Verb.WRITE) for noun in WRITABLE},
}
_PARTIES: Final = {KeyScope.OPERATOR: Party.OPERATOR, KeyScope.PARTNER: Party.PARTNER}


def admitted(house: House, route: Route, place: Place, key: ApiKey) -> ApiKey:
    """As what the caller acts: under a grant with no more than that allows, and handing nothing of it on. The use is
    written down before the act.

    Raises `Refused("support_access_required")`.
    """
    if not _needs_grant(route, place, key):
        return key
    with house.units.open(place.home, actor=key.actor) as unit:
        found = _grant_for(unit, key, route.right.permission)
        if found is None:
            detail = "The tenant has to grant access for support before this: POST /tenants/{tenant}/support-access."
            raise Refused("support_access_required", detail)
        support.use(unit, found, did=route.name, by=key.keeper or key.program)
    return key._replace(ceiling=credentials.both(key.ceiling, _permissions(found)), lent=True)


def _needs_grant(route: Route, place: Place, key: ApiKey) -> bool:
    if place.tenant is None or key.scope not in _PARTIES or not (key.keeper or key.program):
        return False
    if route.right.noun in CONTRACT_WORK:
        return False
    return not (place.preparing and route.right.noun in PREPARED)


def _grant_for(unit: Unit, key: ApiKey, wanted: Permission) -> Grant | None:
    grants = support.in_force(unit, _PARTIES[key.scope])
    return next((each for each in grants if credentials.holds(_permissions(each), wanted)), None)


def _permissions(grant: Grant) -> credentials.Permissions:
    return frozenset(found for text in grant.permissions if (found := credentials.parse(text)))
