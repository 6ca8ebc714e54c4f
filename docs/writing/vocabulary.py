"""Words that programs meet: events of the audit trail, permissions, roles."""

from collections.abc import Iterator
from itertools import groupby

from docs.writing.markdown import code, codes, table

from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.audit import Event
from idp.credentials import BUILT_IN, Noun, Verb

_EVENTS = """# Events of the audit trail

Every row of the trail has one of these as its `event`: a noun, and what happened to it. `GET /audit` and
`GET /tenants/{tenant}/audit` show them; rows are chained, and `idp audit verify` finds what was changed.

`facts` hold what belongs to the event: ids, codes and counts. One of them is no part of any event: the first row of
each chain has `after` besides, `[chain, seq, hash]` of the newest row of the chain that was opened before it.
"""
_PERMISSIONS = """# Permissions and roles

An API key and an access token hold permissions `noun:verb`. The noun is the last collection in the path of a route,
with `_` for `-`; the verb is `read` for whatever changes nothing, else `write`. `*` stands for every noun, or both
verbs. How far a permission reaches is the scope of the key: the operator's everything, a partner's its customers, a
tenant's itself. A key gives nobody a permission that it does not hold.

A letter behind a permission says whose keys may use the routes below: **o**perator, **p**artner, **t**enant.
"""
_ROLES = """## Roles

The built-in roles. `admin` and `member` stand in the `roles` of an ID; the others, and roles of one's own
(`POST /tenants/{tenant}/roles`), are given with `PUT /tenants/{tenant}/users/{user}/roles/{role}`. Nobody makes,
enlarges or gives a role that holds more than they do. What an ID may do by an access token is what its roles allow
together, and of that what the token's scopes name.
"""


def events() -> str:
    by_noun = groupby(sorted(event.value for event in Event), key=lambda value: value.partition(".")[0])
    rows = ((code(noun), codes(values)) for noun, values in by_noun)
    return f"{_EVENTS}\n{table(('Of', 'Events'), rows)}"


def permissions() -> str:
    rows = ((code(f"{noun}:{verb}"), _routes(noun, verb)) for noun in Noun for verb in Verb)
    used = [row for row in rows if row[1]]
    roles = (
        (each.scope.value, code(each.id), each.description, codes(sorted(map(str, each.permissions))))
        for each in BUILT_IN
    )
    shown = table(("Of", "Role", "For", "Permissions"), roles)
    return "\n".join([_PERMISSIONS, table(("Permission", "Routes"), used), _ROLES, shown])


def _routes(noun: Noun, verb: Verb) -> str:
    return ", ".join(sorted(_shown(noun, verb)))


def _shown(noun: Noun, verb: Verb) -> Iterator[str]:
    for route in ROUTES:
        if (route.right.noun, route.right.verb) == (noun, verb):
            yield f"{code(f'{route.method} {route.path}')} {_whose(route)}"


def _whose(route: Route) -> str:
    return "".join(sorted(scope.value[0] for scope in route.right.scopes))
