"""Who may ask: the scope of a key says how far it reaches, its permissions what it may do there."""

from enum import StrEnum
from typing import NamedTuple

from idp.credentials import ApiKey, KeyScope, Noun, Permission, Verb
from idp.kit.errors import Refused

OPERATOR = frozenset({KeyScope.OPERATOR})
WITH_PARTNER = frozenset({KeyScope.OPERATOR, KeyScope.PARTNER})
WITH_TENANT = frozenset({KeyScope.OPERATOR, KeyScope.TENANT})
EVERYONE = frozenset(KeyScope)


class Partners(StrEnum):
    """What a responsible partner may do below a tenant where `Right.scopes` does not have it."""

    NOTHING = "nothing"
    PREPARE = "prepare"  # while the contract is approved and not yet established


class Right(NamedTuple):
    """`scopes` are those whose keys may do this at all, to what they may read."""

    noun: Noun
    verb: Verb
    scopes: frozenset[KeyScope]
    partners: Partners = Partners.NOTHING

    @property
    def permission(self) -> Permission:
        return Permission(self.noun, self.verb)

    @property
    def scope(self) -> str:
        """What an access token needs to name (RFC 6749 3.3): the permission itself."""
        return str(self.permission)


class InsufficientScope(Refused):
    """What the key or token does not hold, or its owner no longer may."""

    def __init__(self, permission: Permission) -> None:
        super().__init__("forbidden", f"The key or token lacks the permission {permission}.")
        self.permission = permission


def read(noun: Noun, scopes: frozenset[KeyScope] = EVERYONE) -> Right:
    return Right(noun, Verb.READ, scopes)


def asking(noun: Noun, scopes: frozenset[KeyScope] = EVERYONE) -> Right:
    """Of a POST that changes nothing."""
    return Right(noun, Verb.READ, scopes)


def write(noun: Noun, scopes: frozenset[KeyScope], partners: Partners = Partners.NOTHING) -> Right:
    return Right(noun, Verb.WRITE, scopes, partners)


JOINING = write(Noun.MEMBERS, WITH_TENANT)
"""To put somebody into a group or take them out, by whatever document: with groups comes what is assigned to them."""


def check(right: Right, key: ApiKey, *, preparing: bool) -> None:
    """Asked once it is known that the caller may read what the path names. Raises `Refused("forbidden")`.

    `preparing`: the path names a tenant whose contract is approved and not yet established.
    """
    prepares = right.partners is Partners.PREPARE and preparing and key.scope is KeyScope.PARTNER
    if key.scope not in right.scopes and not prepares:
        raise Refused("forbidden", f"A key of scope {key.scope.value} may not do this.")
    demand(right.permission, key)


def allows(right: Right, key: ApiKey) -> bool:
    """The same as an answer, of what a document does beyond its route."""
    return key.scope in right.scopes and key.may(right.permission)


def demand(permission: Permission, key: ApiKey) -> None:
    """For what a document asks beyond the route, once it is known to say so. Raises `InsufficientScope`."""
    if not key.may(permission):
        raise InsufficientScope(permission)
