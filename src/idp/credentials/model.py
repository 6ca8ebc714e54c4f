from enum import StrEnum
from typing import NamedTuple

from idp.credentials.permissions import Permission, Permissions, holds
from idp.kit.ids import TenantId
from idp.kit.units import Actor


class KeyScope(StrEnum):
    """How far a key reaches; what it may do there, its permissions say."""

    OPERATOR = "operator"
    PARTNER = "partner"
    TENANT = "tenant"


class KeyDraft(NamedTuple):
    """What is asked of a new key, judged. `expires_at` in microseconds, None for never."""

    name: str
    permissions: Permissions
    expires_at: int | None


class ApiKey(NamedTuple):
    """A key without its secret, which nobody has but its bearer. `tenant` is `platform` but for a tenant's key."""

    id: str
    tenant: TenantId
    scope: KeyScope
    partner_id: str
    name: str
    permissions: Permissions
    expires_at: int | None
    created_at: int
    used_at: int | None

    def may(self, wanted: Permission) -> bool:
        """Within its scope, which is for the caller to keep."""
        return holds(self.permissions, wanted)

    @property
    def actor(self) -> Actor:
        return Actor(self.scope.value, self.id)


class NewKey(NamedTuple):
    """A key at its birth: the secret is shown this once."""

    key: ApiKey
    secret: str
