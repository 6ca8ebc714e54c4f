"""The door of OAuth 2.0 and OpenID Connect: it speaks the protocol and decides nothing.

Each token is made from an `Admission` of the gate. The hot endpoints are plain ASGI around a synchronous core: facts
come from memory, the decision is pure, and everything it writes goes into one unit that also holds the revision it was
decided on; when that has moved, the request is decided again. Codes and access tokens are found by the id they carry
and accepted only if the stored digest of the whole token is theirs, JWT or not: nothing that we did not issue, byte for
byte, is ever accepted, so no algorithm, header or claim of a presented token takes part.
"""

from idp.oidc.api_tokens import api_bearer
from idp.oidc.app import routes
from idp.oidc.backchannel import BackChannel
from idp.oidc.sweeping import SWEEPS

__all__ = ["SWEEPS", "BackChannel", "api_bearer", "routes"]
