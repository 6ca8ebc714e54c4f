from typing import Annotated, Literal

from pydantic import Field

from idp.admin.shapes.base import Instant, Sent, Shown


class Rotation(Sent):
    now: Annotated[
        bool, Field(description="Do not wait until everybody had the time to fetch the next keys; not in production.")
    ] = False


class SigningKey(Shown):
    """`ready_at`: from when a next key may sign. `published_until`: how long one that signed can be fetched; null while
    that is open."""

    kid: str
    use: Literal["id_token", "access_token", "certificate", "saml"]
    alg: Literal["ES256", "RS256", "PS256", "EdDSA"]
    status: Literal["next", "active", "retiring", "revoked"]
    created_at: Instant
    ready_at: Instant | None
    activated_at: Instant | None
    retired_at: Instant | None
    published_until: Instant | None


class SigningKeys(Shown):
    items: list[SigningKey]
