from enum import StrEnum
from typing import NamedTuple, NewType

PartnerId = NewType("PartnerId", str)


class PartnerStatus(StrEnum):
    """A partner that is disabled acts no more; its customers stay as they are."""

    ACTIVE = "active"
    DISABLED = "disabled"


class PartnerDraft(NamedTuple):
    name: str
    status: PartnerStatus


class Partner(NamedTuple):
    id: PartnerId
    name: str
    status: PartnerStatus
    version: int
    created_at: int

    @property
    def active(self) -> bool:
        return self.status is PartnerStatus.ACTIVE
