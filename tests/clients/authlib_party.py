"""A relying party made of Authlib's client as published: its OAuth 2 session, its discovery and its ID token rules."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx2
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.kit.clock import SystemClock


@dataclass(frozen=True)
class Begun:
    """What the service remembers between sending a person away and the person's return."""

    url: str
    state: str
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))


class Party:
    """One registered client, which has discovered its issuer."""

    def __init__(
        self,
        issuer: str,
        registered: dict[str, Any],
        *,
        redirect_uri: str,
        scope: str,
        key: str | None = None,
    ) -> None:
        """`key` is a private RSA key (PEM), where the client signs who it is."""
        self.metadata: dict[str, Any] = httpx2.get(get_well_known_url(issuer, external=True), trust_env=False).json()
        self.client_id: str = registered["client_id"]
        self.redirect_uri = redirect_uri
        self.session = OAuth2Client(
            self.client_id,
            registered.get("client_secret") or key,
            token_endpoint_auth_method=registered["token_endpoint_auth_method"],
            revocation_endpoint_auth_method=registered["token_endpoint_auth_method"],
            redirect_uri=redirect_uri,
            scope=scope,
            code_challenge_method="S256",
            trust_env=False,
        )
        if key is not None:
            # by itself it makes them out for an hour; ten minutes are the most that is taken
            expires = {"exp": SystemClock().now_us() // 1_000_000 + 300}
            self.session.register_client_auth_method(PrivateKeyJWT(self.metadata["token_endpoint"], claims=expires))

    def close(self) -> None:
        self.session.close()

    def begin(self, **more: str) -> Begun:
        drawn = Begun("", "")
        url, state = self.session.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=drawn.verifier, nonce=drawn.nonce, **more
        )
        return Begun(url, state, drawn.nonce, drawn.verifier)

    def finish(self, begun: Begun, callback: str) -> dict[str, Any]:
        """The token response, with the accepted claims of the ID token under `claims`."""
        tokens = self.session.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=callback,
            state=begun.state,
            code_verifier=begun.verifier,
        )
        return {**tokens, "claims": self.accept(tokens, nonce=begun.nonce)}

    def accept(self, tokens: dict[str, Any], *, nonce: str | None) -> dict[str, Any]:
        """The ID token's claims after its signature and OpenID Connect Core 3.1.3.7; raises what Authlib raises."""
        published = httpx2.get(self.metadata["jwks_uri"], trust_env=False).json()
        algorithms = self.metadata["id_token_signing_alg_values_supported"]
        token = jwt.decode(tokens["id_token"], KeySet.import_key_set(published), algorithms=algorithms)
        claims = CodeIDToken(
            token.claims,
            token.header,
            {"iss": {"values": [self.metadata["issuer"]]}},
            {"nonce": nonce, "client_id": self.client_id, "access_token": tokens["access_token"]},
        )
        claims.validate(leeway=0)
        return dict(claims)

    def refresh(self, refresh_token: str) -> dict[str, Any]:
        return dict(self.session.refresh_token(self.metadata["token_endpoint"], refresh_token=refresh_token))

    def userinfo(self, access_token: str) -> httpx2.Response:
        self.session.token = {"access_token": access_token, "token_type": "Bearer"}
        answer: httpx2.Response = self.session.get(self.metadata["userinfo_endpoint"])
        return answer

    def introspect(self, token: str) -> dict[str, Any]:
        answer = self.session.introspect_token(self.metadata["introspection_endpoint"], token=token)
        told: dict[str, Any] = answer.json()
        return told

    def revoke(self, token: str) -> int:
        return int(self.session.revoke_token(self.metadata["revocation_endpoint"], token=token).status_code)

    def token_for_itself(self) -> dict[str, Any]:
        return dict(
            self.session.fetch_token(self.metadata["token_endpoint"], grant_type="client_credentials", scope="")
        )
