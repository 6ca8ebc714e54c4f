"""A provider with clients that sign, and the place where some of them publish their keys."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.filling import CALLBACK, register
from tests.support.in_process import FORM, Answer, Running, encoded
from tests.support.outside import Outside, answer, outside
from tests.support.party import VERIFIER
from tests.support.provider import Provider, Source
from tests.support.signers import JWT_BEARER, Signer, key_set

SCOPE = "openid profile offline_access api"
_GRANTS = ["authorization_code", "refresh_token", "client_credentials"]


@dataclass
class SigningClient:
    provider: Provider
    name: str
    signer: Signer

    @property
    def registered(self) -> dict[str, Any]:
        found: dict[str, Any] = self.provider.filled.services[f"aoba/{self.name}"]["oidc"]
        return found

    @property
    def client_id(self) -> str:
        return str(self.registered["client_id"])

    def claims(self) -> dict[str, Any]:
        now = int(self.provider.clock.now().timestamp())
        base = {"iss": self.client_id, "sub": self.client_id, "aud": self.provider.issuer()}
        return {**base, "exp": now + 300, "iat": now, "jti": secrets.token_hex(8)}

    def assertion(self, **changes: Any) -> str:
        """Fresh; a claim that is None is left out."""
        claims = {name: value for name, value in {**self.claims(), **changes}.items() if value is not None}
        return self.signer.jwt(claims)

    def send(
        self, endpoint: str = "token", assertion: str | None = None, *, worker: Running | None = None, **fields: Any
    ) -> Answer:
        form = {
            "client_assertion_type": JWT_BEARER,
            "client_assertion": self.assertion() if assertion is None else assertion,
            **({"grant_type": "client_credentials"} if endpoint == "token" else {"token": "x"}),
            **fields,
        }
        headers = {"content-type": FORM, **form.pop("headers", {})}
        return (worker or self.provider.first).call("POST", f"/t/aoba/{endpoint}", headers, encoded(form))

    def redeem(self, code: str, **more: Any) -> Answer:
        own = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.send(grant_type="authorization_code", **own, **more)


@dataclass
class Signing:
    provider: Provider
    there: Outside

    def client(self, name: str, signer: Signer, **oidc: Any) -> SigningClient:
        """Registered now."""
        document = {
            "redirect_uris": [CALLBACK],
            "grant_types": _GRANTS,
            "scope": SCOPE,
            "token_endpoint_auth_method": "private_key_jwt",
            **oidc,
        }
        register(self.provider.units, self.provider.filled, "aoba", name, oidc=document)
        return SigningClient(self.provider, name, signer)

    def keyed(self, name: str, alg: str = "ES256", **oidc: Any) -> SigningClient:
        signer = Signer(alg)
        return self.client(name, signer, jwks=key_set(signer), **oidc)

    def by_secret(self, name: str, **oidc: Any) -> SigningClient:
        client = self.client(name, Signer("HS256", None, b"?"), token_endpoint_auth_method="client_secret_jwt", **oidc)
        client.signer.private = client.registered["client_secret"].encode()
        return client

    def publishing(self, name: str, *signers: Signer, **oidc: Any) -> SigningClient:
        self.publish(name, *signers)
        return self.client(name, signers[0], jwks_uri=self.there.url(f"/{name}"), **oidc)

    def publish(self, name: str, *signers: Signer) -> None:
        self.there.pages[f"/{name}"] = answer(json.dumps(key_set(*signers)).encode())

    def fetches(self, name: str) -> int:
        return sum(asked.path == f"/{name}" for asked in self.there.asked)


@contextmanager
def signing_provider(source: Source, home: Path) -> Iterator[Signing]:
    (home / "provider").mkdir()
    with outside(home) as there, source.provider(home / "provider") as made:
        more = {"extra_ca_file": there.ca, "egress_allow": "127.0.0.0/8,::1"}
        made.settings = made.settings.model_copy(update=more)
        yield Signing(made, there)
