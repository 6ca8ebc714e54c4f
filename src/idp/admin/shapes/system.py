from typing import Annotated, Literal

from pydantic import Field

from idp.admin.shapes.base import Instant, Shown
from idp.contracts import Status


class Database(Shown):
    kind: Literal["sqlite", "postgresql"]
    schema_: Annotated[str, Field(alias="schema", description="The revision that it was migrated to.")]


class Outbox(Shown):
    """What waits to be sent, or to be tried again, over all tenants."""

    waiting: int
    oldest_at: Annotated[Instant | None, Field(description="When the first of it was caused.")]


class SigningAges(Shown):
    """Of the keys that sign now, over all tenants."""

    signing: int
    oldest_since: Instant | None


class System(Shown):
    """`now` is what the product calls now; `contracts` are as recorded, `ids` those that exist."""

    now: Instant
    version: str
    production: bool
    base_url: str
    database: Database
    contracts: dict[Status, int]
    ids: int
    outbox: Outbox
    signing_keys: SigningAges
