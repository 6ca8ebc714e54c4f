"""Our own people and programs: the same collections as a tenant's, of the platform itself.

Operators are its IDs and sign in at its issuer, `{base}/t/-`, a path that no tenant can have. With an access token of
it, whose scopes are permissions, they use this API as with a key; a client of it is registered here. An `admin` may do
everything, everybody else reads, and whoever has further roles may do what those allow.
"""

from dataclasses import replace

from idp.admin import assignments, credentials, roles, service_secrets, services, sessions, users
from idp.admin.rights import OPERATOR, Right
from idp.admin.routes import Route

_TENANT = "/tenants/{tenant}/"
_NEVER = frozenset({"contract_not_active", "id_limit_reached"})  # there is no contract


def _ours(route: Route) -> Route:
    return replace(
        route,
        path="/system/" + route.path.removeprefix(_TENANT),
        right=Right(route.right.noun, route.right.verb, OPERATOR),
        conflicts=tuple(code for code in route.conflicts if code not in _NEVER),
    )


_TENANTS = (users, roles, credentials, sessions, services, service_secrets, assignments)

ROUTES = tuple(_ours(route) for each in _TENANTS for route in each.ROUTES)
