from typing import Annotated, Literal

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown
from idp.admin.shapes.users import User
from idp.planning import PlanStatus

_Change = Annotated[
    dict[str, object] | Literal["disable", "enable", "delete"],
    Field(description="A patch of the ID (RFC 7396), or what becomes of it.", examples=[{"affiliation": "officer"}]),
]


class NewPlannedChange(Sent):
    """`at` is an instant to come, or a day, which is meant from its beginning in the tenant's time zone."""

    at: Annotated[str, Field(examples=["2027-04-01"])]
    change: _Change
    reason: Annotated[str | None, Field(max_length=500)] = None


class PlannedChange(Shown):
    """`failure` is why it did not happen, where it failed; `planned_by` the id of the key or person who planned it;
    `settled_at` when it was carried out, called off, or undone."""

    id: str
    user: str
    at: Instant
    change: _Change
    reason: str | None
    status: PlanStatus
    failure: str | None
    planned_by: str
    created_at: Instant
    settled_at: Instant | None


class ReachedService(Shown):
    id: str
    name: str


class GroupsMoved(Shown):
    gained: list[str]
    lost: list[str]


class ServicesMoved(Shown):
    gained: list[ReachedService]
    lost: list[ReachedService]


class Rehearsal(Shown):
    """The ID before the change and after it (null: deleted), and which groups and services it gains and loses by it, as
    far as assignments say."""

    before: User
    after: User | None
    groups: GroupsMoved
    services: ServicesMoved
