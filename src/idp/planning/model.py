from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from idp.credentials import Permissions
from idp.kit.actors import Actor, Source
from idp.users import UserId

MOST = 50
"""That wait for one person."""


class Act(StrEnum):
    CHANGE = "change"
    DISABLE = "disable"
    ENABLE = "enable"
    DELETE = "delete"

    @property
    def stops(self) -> bool:
        """Whether nobody gets in with the ID from then on."""
        return self in (Act.DISABLE, Act.DELETE)


class PlanStatus(StrEnum):
    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNDONE = "undone"


class Planner(NamedTuple):
    """`tenant` is where they are known; `partner` whose person or key it is; `granting` what they could hand on when
    they planned it, `hands` who could be behind it, where that is not the customer. `key`: it was an API key, not
    somebody with a token."""

    scope: str
    id: str
    tenant: str
    partner: str
    key: bool
    granting: Permissions
    hands: frozenset[str] = frozenset()

    @property
    def actor(self) -> Actor:
        return Actor(self.scope, self.id, Source.SCHEDULE)


class Wish(NamedTuple):
    """What is asked for, judged. `patch` is RFC 7396 over the document of an ID, empty but for `Act.CHANGE`."""

    at: int
    act: Act
    patch: Mapping[str, Any]
    reason: str | None


class Plan(NamedTuple):
    """`before` and `after` are documents of the ID with its status, where it was carried out."""

    id: str
    user_id: UserId
    wish: Wish
    status: PlanStatus
    planner: Planner
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    failure: str | None
    created_at: int
    settled_at: int | None
