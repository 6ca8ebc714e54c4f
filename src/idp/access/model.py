from enum import StrEnum
from typing import NamedTuple

from idp.federation import Service
from idp.tenants import Tenant
from idp.users import Standing


class Reason(StrEnum):
    """Why; stable codes that programs and people are shown."""

    CONTRACT_NOT_ESTABLISHED = "contract_not_established"
    CONTRACT_NOT_STARTED = "contract_not_started"
    CONTRACT_SUSPENDED = "contract_suspended"
    CONTRACT_ENDED = "contract_ended"
    ID_UNKNOWN = "id_unknown"
    ID_DISABLED = "id_disabled"
    SERVICE_UNKNOWN = "service_unknown"
    NOT_ASSIGNED = "not_assigned"
    PERMITTED = "permitted"


class PersonProof(NamedTuple):
    """A person has proved who they are; `user` is None when that ID no longer exists."""

    service: Service
    user: Standing | None
    assigned: bool
    session_id: str
    methods: str
    authenticated_at: int


class ServiceProof(NamedTuple):
    """A service has proved itself and asks in its own name."""

    service: Service


class Admission(NamedTuple):
    """The gate's yes, for one subject, one service and one instant. Only `Gate.admit` makes one."""

    tenant: Tenant
    revision: int
    service: Service
    user: Standing | None
    session_id: str | None
    methods: str
    authenticated_at: int
    at_us: int
    reference: str

    @property
    def user_generation(self) -> int:
        """0 where no person takes part."""
        return self.user.generation if self.user else 0
