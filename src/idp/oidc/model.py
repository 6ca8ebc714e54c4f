from enum import StrEnum
from typing import NamedTuple

from idp.kit.clock import SECOND
from idp.sessions import Generations

CODE_KIND = "ac"
TOKEN_KIND = "at"  # noqa: S105 - the prefix of opaque access tokens
REFRESH_KIND = "rt"
PUSHED_KIND = "par"

CODE_LIFETIME = 60 * SECOND
PUSHED_LIFETIME = 90 * SECOND
ID_TOKEN_LIFETIME = 600  # seconds: it is for the moment of sign-in


class Scope(StrEnum):
    """OpenID Connect Core 5.4 and 11; services may register others."""

    OPENID = "openid"
    PROFILE = "profile"
    EMAIL = "email"
    ADDRESS = "address"
    PHONE = "phone"
    OFFLINE_ACCESS = "offline_access"


IDENTITY_SCOPES: frozenset[str] = frozenset(Scope)


class Code(NamedTuple):
    """An authorization code's row; single use is `redeemed_at`, written once."""

    id: str
    digest: bytes
    service_id: str
    user_id: str
    session_id: str
    redirect_uri: str
    scopes: str
    nonce: str | None
    challenge: str | None
    methods: str
    authenticated_at: int
    tenant_generation: int
    user_generation: int
    service_generation: int
    expires_at: int
    redeemed_at: int | None
    jkt: str | None = None  # the key that whoever redeems it must prove (RFC 9449 10)
    acr: str | None = None
    claims: str | None = None
    resources: str | None = None


class PushedRequest(NamedTuple):
    """A request that waits for its browser; single use is `finished_at`, written with the answer it leads to."""

    id: str
    digest: bytes
    service_id: str
    request: str
    created_at: int
    expires_at: int
    finished_at: int | None


class AccessToken(NamedTuple):
    """An access token's row, opaque or JWT alike."""

    id: str
    digest: bytes
    service_id: str
    client_id: str
    user_id: str | None
    grant_id: str | None
    session_id: str | None
    scopes: str
    audience: str
    tenant_generation: int
    user_generation: int
    service_generation: int
    issued_at: int
    expires_at: int
    revoked_at: int | None
    jwt: bool
    jkt: str | None = None  # the key that whoever uses it must prove

    @property
    def is_delegated(self) -> bool:
        """It came of another token: every other one of a person has a grant."""
        return self.user_id is not None and self.grant_id is None

    @property
    def token_type(self) -> str:
        return "Bearer" if self.jkt is None else "DPoP"

    @property
    def generations(self) -> Generations:
        return Generations(self.tenant_generation, self.user_generation, self.service_generation)

    @property
    def audiences(self) -> frozenset[str]:
        return frozenset(self.audience.split())

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())
