"""What a key allows: `noun:verb`, over the collections of the admin API; pure, and the same for every door.

A wildcard noun is more than all nouns of today: it includes those of tomorrow. So it is granted only by who holds it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from idp.kit.errors import Refused


class Verb(StrEnum):
    READ = "read"
    WRITE = "write"


class Noun(StrEnum):
    """The last collection of a path of the admin API, with `_` for `-`."""

    API_KEYS = "api_keys"
    APPLICATIONS = "applications"
    APPROVALS = "approvals"
    ASSIGNMENTS = "assignments"
    ATTRIBUTES = "attributes"
    AUDIT = "audit"
    CATALOGUE = "catalogue"
    CHANGES = "changes"
    CONTRACTS = "contracts"
    CREDENTIALS = "credentials"
    DECISIONS = "decisions"
    DELIVERIES = "deliveries"
    DEVICES = "devices"
    EXPORT = "export"
    GROUPS = "groups"
    HISTORY = "history"
    KEYS = "keys"
    MEMBERS = "members"
    NETWORKS = "networks"
    NOTICES = "notices"
    PARTNERS = "partners"
    PERMISSIONS = "permissions"
    PLANS = "plans"
    POLICIES = "policies"
    ROLES = "roles"
    SERVICES = "services"
    SESSIONS = "sessions"
    SETTINGS = "settings"
    STATEMENTS = "statements"
    SUPPORT_ACCESS = "support_access"
    SYSTEM = "system"
    TENANTS = "tenants"
    TERMS = "terms"
    TRACES = "traces"
    USERS = "users"
    WEBHOOKS = "webhooks"


class Permission(NamedTuple):
    """None stands for the wildcard."""

    noun: Noun | None
    verb: Verb | None

    def __str__(self) -> str:
        return f"{self.noun or '*'}:{self.verb or '*'}"

    def covers(self, wanted: "Permission") -> bool:
        return self.noun in {None, wanted.noun} and self.verb in {None, wanted.verb}


Permissions = frozenset[Permission]
EVERYTHING: Permissions = frozenset({Permission(None, None)})


def parse(text: str) -> Permission | None:
    """None for what is no permission: another form, an unknown noun or verb."""
    noun, colon, verb = text.partition(":")
    if not colon:
        return None
    try:
        return Permission(None if noun == "*" else Noun(noun), None if verb == "*" else Verb(verb))
    except ValueError:
        return None


def holds(held: Iterable[Permission], wanted: Permission) -> bool:
    """Whether what is held gives all of what is wanted, wildcards included."""
    if any(permission.covers(wanted) for permission in held):
        return True
    if wanted.verb is None:  # verbs are few and final: both are as good as the wildcard
        return all(holds(held, Permission(wanted.noun, verb)) for verb in Verb)
    return False


def refuse_without(held: Permissions, wanted: Permission) -> None:
    """Raises `Refused("forbidden")`, which names what is lacking."""
    if not holds(held, wanted):
        raise Refused("forbidden", f"The key or token lacks the permission {wanted}.")


def both(some: Permissions, others: Permissions) -> Permissions:
    """What is allowed by the ones and by the others."""
    return frozenset(met for one in some for other in others if (met := _meet(one, other)))


def not_grantable(held: Permissions, wanted: Iterable[Permission]) -> list[Permission]:
    """What of the wanted may not be handed on, because whoever grants does not hold it."""
    return [permission for permission in wanted if not holds(held, permission)]


def _meet(one: Permission, other: Permission) -> Permission | None:
    if one.noun != other.noun and None not in (one.noun, other.noun):
        return None
    if one.verb != other.verb and None not in (one.verb, other.verb):
        return None
    return Permission(one.noun or other.noun, one.verb or other.verb)
