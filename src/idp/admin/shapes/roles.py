from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown
from idp.admin.shapes.platform import Permission
from idp.credentials import KeyScope

RoleName = Annotated[str, Field(min_length=1, max_length=100, examples=["Reception"])]
_Description = Annotated[str | None, Field(max_length=500)]


class NewRole(Sent):
    """Nobody puts into a role what they do not hold at that moment."""

    name: RoleName
    description: _Description = None
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=100)]


class RoleChange(Sent):
    """RFC 7396. What is added must be held by whoever adds it."""

    name: RoleName | None = None
    description: _Description = None
    permissions: Annotated[list[Permission] | None, Field(min_length=1, max_length=100)] = None


class GivenRole(Shown):
    """Permissions under one name. Those of the API itself are `built_in`, and have no dates."""

    id: str
    name: str
    description: str
    permissions: list[Permission]
    built_in: bool
    created_at: Instant | None
    changed_at: Instant | None


class CountedRole(GivenRole):
    """`holders` have it beside those in whose `roles` it stands."""

    holders: int


class PermissionShown(Shown):
    """What there is to be allowed, by whose keys and tokens it can be used at all, and for what."""

    permission: Permission
    noun: str
    verb: str
    scopes: list[KeyScope]
    routes: list[str]
