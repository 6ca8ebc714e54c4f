"""The roles that are there from the beginning, as data: whose they are, and what they allow within their scope.

`admin` and `member` stand in the `roles` of an ID itself. A role that is built in cannot be changed or taken away.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from idp.credentials.model import KeyScope
from idp.credentials.permissions import EVERYTHING, Noun, Permission, Permissions, Verb
from idp.users import Role


class BuiltIn(NamedTuple):
    scope: KeyScope
    id: str
    name: str
    description: str
    permissions: Permissions


NOTHING: Permissions = frozenset()
READING: Permissions = frozenset({Permission(None, Verb.READ)})


def _all_of(*nouns: Noun) -> Permissions:
    return frozenset(Permission(noun, None) for noun in nouns)


def _reading(*nouns: Noun) -> Permissions:
    return frozenset(Permission(noun, Verb.READ) for noun in nouns)


_PEOPLE = (Noun.USERS, Noun.CREDENTIALS, Noun.SESSIONS, Noun.MEMBERS)
_LOOKED_AT = (Noun.TENANTS, Noun.GROUPS, Noun.SERVICES, Noun.ASSIGNMENTS, Noun.DECISIONS, Noun.TRACES)

BUILT_IN: tuple[BuiltIn, ...] = (
    BuiltIn(KeyScope.OPERATOR, "admin", "Operator", "Everything.", EVERYTHING),
    BuiltIn(KeyScope.OPERATOR, "member", "Reader", "Reads everything: every operator's account.", READING),
    BuiltIn(KeyScope.PARTNER, "admin", "Partner", "Everything that a partner may for its customers.", EVERYTHING),
    BuiltIn(KeyScope.PARTNER, "member", "Partner's reader", "Reads what its partner may read.", READING),
    BuiltIn(KeyScope.TENANT, "admin", "Administrator", "Everything in the tenant.", EVERYTHING),
    BuiltIn(KeyScope.TENANT, "auditor", "Auditor", "Reads everything in the tenant.", READING),
    BuiltIn(
        KeyScope.TENANT,
        "developer",
        "Developer",
        "Registers services and finds out why they fail.",
        _all_of(Noun.SERVICES, Noun.ASSIGNMENTS) | _reading(*_LOOKED_AT, Noun.CATALOGUE, Noun.KEYS, Noun.USERS),
    ),
    BuiltIn(
        KeyScope.TENANT,
        "help_desk",
        "Help desk",
        "Looks after people: IDs, second factors, sessions and who is in which group.",
        _all_of(*_PEOPLE) | _reading(*_LOOKED_AT),
    ),
    BuiltIn(KeyScope.TENANT, "member", "Member", "Nothing by this API: every ID.", NOTHING),
)

OF_AN_ID = frozenset(role.value for role in Role)
"""Given with `roles` of the ID."""


def of_scope(scope: KeyScope) -> Iterator[BuiltIn]:
    """In the order of their ids."""
    return (each for each in BUILT_IN if each.scope is scope)


def find(scope: KeyScope, role_id: str) -> BuiltIn | None:
    return next((each for each in of_scope(scope) if each.id == role_id), None)


def allowed(scope: KeyScope, role_ids: Iterable[str]) -> Permissions:
    """What these give together; those that are not built in give nothing here. Everybody is a member."""
    held = {"member", *role_ids}
    return frozenset().union(*(each.permissions for each in of_scope(scope) if each.id in held))
