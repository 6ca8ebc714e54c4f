"""The OpenID Connect side: Authlib's client, configured by the provider's discovery document alone."""

from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from idp.samples.model import NotSignedIn, Sample
from idp.samples.visitors import Visitor

SCOPE = "openid profile email address phone offline_access"


class RelyingParty:
    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._client: Any = OAuth().register(
            "warifu",
            client_id=sample.client_id,
            client_secret=sample.client_secret,
            server_metadata_url=f"{sample.issuer}/.well-known/openid-configuration",
            # Loopback is not asked for through a proxy.
            client_kwargs={"scope": SCOPE, "code_challenge_method": "S256", "trust_env": False, "timeout": 10},
        )

    async def begin(self, request: Request, visitor: Visitor, *, ui_locales: str) -> Response:
        """Sends the browser to the provider."""
        request.scope["session"] = visitor.pending
        try:
            response: Response = await self._client.authorize_redirect(
                request, self._sample.redirect_uri, ui_locales=ui_locales
            )
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        return response

    async def finish(self, request: Request, visitor: Visitor) -> None:
        """The browser is back: its code becomes tokens, and they tell who it is. Raises `NotSignedIn`."""
        request.scope["session"] = visitor.pending
        try:
            token = await self._client.authorize_access_token(request)
            claims = dict(await self._client.userinfo(token=token))
        except OAuthError as error:
            raise NotSignedIn(error.error, error.description or "") from error
        except JoseError as error:
            raise NotSignedIn("invalid_token", str(error)) from error
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        visitor.token, visitor.claims, visitor.refreshed = token, claims, 0

    async def refresh(self, visitor: Visitor) -> None:
        """New tokens for the old refresh token, and the claims anew. Raises `NotSignedIn`."""
        assert visitor.token is not None
        try:
            fresh = await self._client.fetch_access_token(
                grant_type="refresh_token", refresh_token=visitor.token.get("refresh_token", "")
            )
            token = {**visitor.token, **fresh}
            claims = dict(await self._client.userinfo(token=token))
        except OAuthError as error:
            raise NotSignedIn(error.error, error.description or "") from error
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        visitor.token, visitor.claims = token, claims
        visitor.refreshed += 1

    async def end(self, request: Request, visitor: Visitor, id_token: str) -> Response:
        """Sends the browser to the provider to sign out there too (OpenID Connect RP-Initiated Logout 1.0)."""
        request.scope["session"] = visitor.pending
        try:
            response: Response = await self._client.logout_redirect(
                request, post_logout_redirect_uri=self._sample.signed_out_uri, id_token_hint=id_token
            )
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        return response


def _unreachable(error: httpx2.HTTPError) -> NotSignedIn:
    if isinstance(error, httpx2.HTTPStatusError):
        return NotSignedIn("unexpected_answer", str(error))
    return NotSignedIn("provider_unreachable", str(error) or type(error).__name__)
