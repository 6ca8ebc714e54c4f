"""Words that programs meet: events of the audit trail, permissions, roles."""

from collections.abc import Iterator
from itertools import groupby

from docs.writing.markdown import code, codes, table

from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.audit import Event
from idp.credentials import Noun, Verb, permissions_of
from idp.users import Role

_EVENTS = """# Events of the audit trail

Every row of the trail has one of these as its `event`: a noun, and what happened to it. `GET /audit` and
`GET /tenants/{tenant}/audit` show them; rows are chained, and `idp audit verify` finds what was changed.
"""
_PERMISSIONS = """# Permissions and roles

An API key and an access token hold permissions `noun:verb`. The noun is the last collection in the path of a route,
with `_` for `-`; the verb is `read` for whatever changes nothing, else `write`. `*` stands for every noun, or both
verbs. How far a permission reaches is the scope of the key: the operator's everything, a partner's its customers, a
tenant's itself. A key gives nobody a permission that it does not hold.

A letter behind a permission says whose keys may use the routes below: **o**perator, **p**artner, **t**enant.
"""
_ROLES = """## Roles

The role of an ID says what it may do in its tenant. In the platform's own tenant, `-`, it says what an operator's
account may do by an access token, whose scopes are permissions.
"""


def events() -> str:
    by_noun = groupby(sorted(event.value for event in Event), key=lambda value: value.partition(".")[0])
    rows = ((code(noun), codes(values)) for noun, values in by_noun)
    return f"{_EVENTS}\n{table(('Of', 'Events'), rows)}"


def permissions() -> str:
    rows = ((code(f"{noun}:{verb}"), _routes(noun, verb)) for noun in Noun for verb in Verb)
    used = [row for row in rows if row[1]]
    roles = ((code(role), codes(sorted(map(str, permissions_of([role]))))) for role in Role)
    return "\n".join(
        [_PERMISSIONS, table(("Permission", "Routes"), used), _ROLES, table(("Role", "On the platform"), roles)]
    )


def _routes(noun: Noun, verb: Verb) -> str:
    return ", ".join(sorted(_shown(noun, verb)))


def _shown(noun: Noun, verb: Verb) -> Iterator[str]:
    for route in ROUTES:
        if (route.right.noun, route.right.verb) == (noun, verb):
            yield f"{code(f'{route.method} {route.path}')} {_whose(route)}"


def _whose(route: Route) -> str:
    return "".join(sorted(scope.value[0] for scope in route.right.scopes))
