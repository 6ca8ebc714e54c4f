from typing import Annotated

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown
from idp.admin.shapes.platform import Permission
from idp.support import Level, Party


class NewSupportAccess(Sent):
    """`hours` or `until`, at most 72 hours from now; `level` or `permissions`, left out: `read`."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    hours: Annotated[int | None, Field(ge=1, le=72)] = None
    until: Instant | None = None
    level: Level | None = None
    permissions: Annotated[list[Permission] | None, Field(min_length=1, max_length=100)] = None
    to: Party | None = None


class SupportAccess(Shown):
    """To whom the tenant has opened itself, for what and until when."""

    id: str
    to: Party
    permissions: list[Permission]
    reason: str
    granted_by: str
    granted_at: Instant
    until: Instant
    revoked_at: Instant | None
    in_force: bool
