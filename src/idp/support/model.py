from enum import StrEnum
from typing import NamedTuple


class Party(StrEnum):
    """Who is let in: whoever of them may do it by themselves."""

    OPERATOR = "operator"
    PARTNER = "partner"


class Level(StrEnum):
    READ = "read"
    WRITE = "write"


class Draft(NamedTuple):
    """`permissions` as they were written, None where the `level` says what; `until` in microseconds."""

    party: Party
    level: Level
    permissions: tuple[str, ...] | None
    until: int
    reason: str


class Grant(NamedTuple):
    id: str
    party: Party
    permissions: frozenset[str]
    reason: str
    granted_by: str
    granted_at: int
    until: int
    revoked_at: int | None

    def is_in_force(self, now_us: int) -> bool:
        return self.revoked_at is None and now_us < self.until
