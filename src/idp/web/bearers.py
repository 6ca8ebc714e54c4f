"""What is shown to our API in the place of a key, and who that makes the caller.

The door that issues access tokens reads them; the door of the API is handed the reader by the composition root.
"""

from typing import NamedTuple

from idp.kit.errors import Unauthenticated
from idp.kit.ids import TenantId
from idp.web.asgi import Scope


class Borne(NamedTuple):
    """An access token, and the request that it came in: a proof of possession is of both. `slug` is the tenant in the
    path, where one stands there. A `glance` before the body is read leaves the proof for the look that counts."""

    token: str
    proved: bool  # shown with the scheme DPoP (RFC 9449 7.1)
    request: Scope
    slug: str | None
    glance: bool = False


class Bearer(NamedTuple):
    """Who shows a token that is good for our API at this moment: a person through a service, or the service itself
    (`user_id` None). `tenant` is that of the issuer."""

    tenant: TenantId
    service_id: str
    user_id: str | None
    scopes: frozenset[str]
    issued_at: int
    methods: tuple[str, ...] = ()  # how the person signed in (RFC 8176), and when
    authenticated_at: int = 0


class NotBorne(Unauthenticated):
    """A token or proof that is not taken, with what its challenge says (RFC 6750 3.1, RFC 9449 7.1)."""

    def __init__(self, error: str, public: str, *, nonce: str | None = None, algs: str | None = None) -> None:
        super().__init__("unauthenticated", public, detail=error)
        self.error = error
        self.nonce = nonce
        self.algs = algs  # where it was shown with the scheme DPoP
