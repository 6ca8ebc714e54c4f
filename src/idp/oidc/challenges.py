"""What a resource of ours says to whoever is turned away (RFC 6750 3, RFC 9449 7.1), and what it says of itself
(RFC 9728): where tokens for it come from, and how they are shown."""

import json
from enum import StrEnum
from typing import Any

from idp.credentials import Noun, Verb
from idp.oidc import dpop
from idp.oidc.errors import OAuthError
from idp.sessions import Demand, InsufficientAuthentication
from idp.web.asgi import JSON, App, Receive, Scope, Send, respond
from idp.web.failures import Refusal
from idp.web.house import House
from idp.web.paths import PLATFORM

WELL_KNOWN = "/.well-known/oauth-protected-resource"
_PUBLIC = (JSON, (b"cache-control", b"public, max-age=300"), (b"access-control-allow-origin", b"*"))


class Scheme(StrEnum):
    BEARER = "bearer"
    DPOP = "dpop"


class NoToken(OAuthError):
    """Nothing was shown: the challenge names no error (RFC 6750 3.1)."""

    def __init__(self) -> None:
        super().__init__("invalid_token", "An access token is needed.", status=401)


class NotEnough(OAuthError):
    """The token is good, and the sign-in behind it is not (RFC 9470 3)."""

    def __init__(self, demand: Demand) -> None:
        lacking = InsufficientAuthentication(demand)
        super().__init__(lacking.code, lacking.public, status=401)
        self.demand = demand


def challenged(error: OAuthError, scheme: Scheme, *, realm: str, about: str) -> OAuthError:
    """With its challenge, if it is one of access; `about` is the address of the resource's metadata."""
    if error.status not in {401, 403}:
        return error
    said = [f'realm="{realm}"']
    if not isinstance(error, NoToken):
        said.append(f'error="{error.code}"')
    if isinstance(error, NotEnough):
        told = {"error_description": error.public, **error.demand.parameters}
        said += [f'{name}="{value}"' for name, value in told.items()]
    if error.status == 403:
        said.append('scope="openid"')
    if scheme is Scheme.DPOP:
        said.append(f'algs="{" ".join(dpop.ALGS)}"')
    said.append(f'resource_metadata="{about}"')  # RFC 9728 5.1
    name = "DPoP" if scheme is Scheme.DPOP else "Bearer"
    challenge = (b"www-authenticate", f"{name} {', '.join(said)}".encode())
    return OAuthError(error.code, error.public, status=error.status, headers=[*error.headers, challenge])


def of_userinfo(house: House, slug: str) -> str:
    """The address of its metadata: the well-known part stands between host and path (RFC 9728 3.1)."""
    return f"{house.base_url}{WELL_KNOWN}/t/{slug}/userinfo"


def userinfo_metadata(house: House) -> App:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        slug = scope["state"]["tenant_slug"]
        if slug == PLATFORM:
            raise Refusal(404, "not_found", "There is nothing here.")
        await house.memory.remembered(slug)
        issuer = house.issuer(slug)
        said = _metadata(f"{issuer}/userinfo", issuer, methods=["header", "body"], name="UserInfo")
        said |= {"scopes_supported": ["openid", "profile", "email", "address", "phone"]}
        said |= {"dpop_signing_alg_values_supported": [*dpop.ALGS], "dpop_bound_access_tokens_required": False}
        await _send(send, said)

    return answer


def api_metadata(house: House) -> App:
    """Of the admin API: tokens of the platform's own issuer, and of each tenant's for its own people and programs, whom
    nobody is told of here; carried in the header."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
        said = _metadata(house.api, house.issuer(PLATFORM), methods=["header"], name="Warifu API")
        said["scopes_supported"] = [f"{noun}:{verb}" for noun in Noun for verb in Verb]
        said |= {"dpop_signing_alg_values_supported": [*dpop.ALGS], "dpop_bound_access_tokens_required": False}
        await _send(send, said)

    return answer


def _metadata(resource: str, issuer: str, *, methods: list[str], name: str) -> dict[str, Any]:
    return {
        "resource": resource,
        "authorization_servers": [issuer],
        "bearer_methods_supported": methods,
        "resource_name": name,
    }


async def _send(send: Send, said: dict[str, Any]) -> None:
    await respond(send, 200, body=json.dumps(said, separators=(",", ":")).encode(), fields=_PUBLIC)
