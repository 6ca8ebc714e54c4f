"""Two services of `aoba` as a relying party sees them, and people who sign in to them without a browser."""

from dataclasses import dataclass
from typing import Any

import httpx2
from tests.support.installation import Installation
from tests.support.relying import Relying, Request, parameters
from tests.support.sign_in import Person

NOWHERE = "http://127.0.0.1:9/callback"  # nothing listens there: nobody follows it


@dataclass(frozen=True)
class Services:
    """`web` is confidential and may act for itself; `app` is public, its refresh tokens rotate."""

    installation: Installation
    web: Relying
    app: Relying

    @classmethod
    def register(cls, installation: Installation, *, redirect_uri: str = NOWHERE) -> "Services":
        discovery = f"http://127.0.0.1:{installation.port}/t/aoba/.well-known/openid-configuration"
        host = {"host": installation.base_url.partition("://")[2]}
        metadata = httpx2.get(discovery, headers=host, trust_env=False).json()
        common: dict[str, Any] = {
            "redirect_uris": [redirect_uri],
            "response_types": ["code"],
            "scope": "openid profile offline_access",
        }
        grants = ["authorization_code", "refresh_token"]
        web = installation.add_service(
            "web",
            **common,
            grant_types=[*grants, "client_credentials"],
            token_endpoint_auth_method="client_secret_basic",
        )
        app = installation.add_service("app", **common, grant_types=grants, token_endpoint_auth_method="none")
        issuer = installation.issuer
        return cls(
            installation,
            web=Relying.of(issuer, metadata, web, redirect_uri),
            app=Relying.of(issuer, metadata, app, redirect_uri),
        )

    def person(self) -> Person:
        return Person(self.installation.base_url)

    def code(self, person: Person, relying: Relying, **more: str) -> str:
        """A fresh code, after whatever pages stand before it."""
        return parameters(person.callback(self.installation.base_url + relying.authorize(**more)))["code"]

    def send(self, request: Request) -> httpx2.Response:
        """One request, outside any load."""
        address = self.installation.base_url + request.path
        return httpx2.request(
            request.method, address, headers=list(request.headers), content=request.body, timeout=30, trust_env=False
        )

    def tokens(self, person: Person, relying: Relying) -> dict[str, Any]:
        """The token response of a whole sign-in with offline access."""
        answer = self.send(relying.redeem(self.code(person, relying, prompt="consent")))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told
