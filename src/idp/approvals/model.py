from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Any, NamedTuple

from idp.kit.canonical import canonical
from idp.kit.clock import SECOND

LIFETIME = 72 * 3600 * SECOND


class State(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"  # by the clock: it is never written


class Change(NamedTuple):
    """What is to be done: `act` to the contract as it stands at `version` (so many rows its history has), with
    `parameters` as they are sent over the API, the reason among them."""

    act: str
    contract: str
    version: int
    parameters: Mapping[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        return {**self._asdict(), "parameters": dict(self.parameters)}

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, in hexadecimal."""
        return sha256(canonical(self.document)).hexdigest()


class Proposal(NamedTuple):
    """`persons` are those who could have proposed it; `outcome` is what would come of it, as far as that was known."""

    id: str
    tenant: str
    change: Change
    digest: str
    outcome: Mapping[str, Any]
    persons: frozenset[str]
    proposed_by: str
    proposed_at: int
    expires_at: int
    state: State
    decided_by: str | None
    decided_at: int | None
