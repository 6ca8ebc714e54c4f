from enum import StrEnum
from typing import NamedTuple

from idp.credentials.permissions import EVERYTHING, Permission, Permissions, both, holds
from idp.kit.actors import Actor
from idp.kit.ids import TenantId

MACHINE = "host"
"""Stands for whoever may run commands on the machine: keys that are no account's."""


class KeyScope(StrEnum):
    """How far a key reaches; what it may do there, its permissions say."""

    OPERATOR = "operator"
    PARTNER = "partner"
    TENANT = "tenant"


class KeyDraft(NamedTuple):
    """What is asked of a new key, judged. `expires_at` in microseconds, None for never; `owner` the operator's account
    that it is to be of, None for its maker's. `networks` in CIDR notation or by name; without one it is good from
    anywhere."""

    name: str
    permissions: Permissions
    expires_at: int | None
    owner: str | None = None
    description: str = ""
    networks: tuple[str, ...] = ()


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
    owner: str = (
        ""  # the operator's account, or the ID of the tenant, that it is of; empty: the machine's, the tenant's
    )
    maker: str = ""  # who made it and has seen its secret, where that is an operator: their account, program or machine
    description: str = ""
    networks: tuple[str, ...] = ()  # from which it is good; empty: from anywhere
    turned: int | None = None  # until when the secret before the present one is, or was, good
    ceiling: Permissions = EVERYTHING  # what its owner may do today
    program: str = ""  # the service that asks in its own name, with a token
    lent: bool = False  # what it may do here is lent for hours, and not to be handed on

    def may(self, wanted: Permission) -> bool:
        """Within its scope, which is for the caller to keep."""
        return holds(self.permissions, wanted) and holds(self.ceiling, wanted)

    @property
    def granting(self) -> Permissions:
        """What it may hand on: what it holds, and its owner may do today; nothing of what is lent."""
        return frozenset() if self.lent else both(self.permissions, self.ceiling)

    @property
    def of_program(self) -> bool:
        """A program of the operators' asks in its own name: whoever may register or change one could be behind it."""
        return bool(self.maker) and not self.owner

    @property
    def is_customers_own(self) -> bool:
        """What is said with it is the customer's or the partner's word: no operator has seen its secret."""
        return self.scope is not KeyScope.OPERATOR and not self.maker

    @property
    def keeper(self) -> str:
        """Whose standing it hangs on: its owner, and of a partner's key the operator's account that made it."""
        return self.maker if self.scope is KeyScope.PARTNER and self.maker.startswith("usr_") else self.owner

    @property
    def begets(self) -> str:
        """The maker of a customer's key that is made with this one: it hands on where it came from."""
        return self.maker if self.scope is not KeyScope.OPERATOR else self.owner or self.maker or MACHINE

    @property
    def heir(self) -> str:
        """Whose a tenant's key is that is made with this one: what a person handed on ends with the person."""
        return self.owner if self.scope is KeyScope.TENANT else ""

    @property
    def persons(self) -> frozenset[str]:
        """Who could be behind it: two keys of one account are one person."""
        return frozenset({self.owner or MACHINE, self.maker or MACHINE})

    @property
    def principals(self) -> frozenset[str]:
        """The same with the program that asks in its own name."""
        return self.persons | ({self.program} if self.program else set())

    @property
    def hands(self) -> frozenset[str]:
        """The principals that count as having a hand in somebody whose account is made or changed with it."""
        return frozenset() if self.is_customers_own else self.principals

    @property
    def actor(self) -> Actor:
        return Actor(self.scope.value, self.id)


class NewKey(NamedTuple):
    """A key at its birth: the secret is shown this once."""

    key: ApiKey
    secret: str


class Invitation(NamedTuple):
    """Of one ID, to choose its first password."""

    id: str
    user_id: str
    digest: bytes
    created_at: int
    expires_at: int


class FactorKind(StrEnum):
    """What a person proves beside their password."""

    TOTP = "totp"


class Factor(NamedTuple):
    """A second factor without its secret, which nobody is shown again. Instants in microseconds."""

    id: str
    kind: str
    enrolled_at: int
    used_at: int
