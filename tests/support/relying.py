"""A relying party reduced to its requests: what tests under load and faults send by the thousand."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

VERIFIER = "a-code-verifier-that-is-fixed-because-a-test-is-no-secret"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
FORM = ("content-type", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Relying:
    """A client of `issuer`, confidential (client_secret_basic) when it has a secret. Paths are those of discovery."""

    issuer: str
    endpoints: dict[str, str]
    client_id: str
    client_secret: str | None
    redirect_uri: str
    scope: str = "openid profile offline_access"

    @classmethod
    def of(cls, issuer: str, metadata: dict[str, Any], registered: dict[str, Any], redirect_uri: str) -> "Relying":
        paths = {name: urlsplit(value).path for name, value in metadata.items() if name.endswith("_endpoint")}
        return cls(issuer, paths, registered["client_id"], registered.get("client_secret"), redirect_uri)

    def authorize(self, **more: str) -> str:
        """The path and query of an authorization request, with a state of its own."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": secrets.token_urlsafe(8),
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **more,
        }
        return f"{self.endpoints['authorization_endpoint']}?{urlencode(asked)}"

    def redeem(self, code: str) -> Request:
        return self._form(
            "token_endpoint",
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=VERIFIER,
        )

    def refresh(self, token: str) -> Request:
        return self._form("token_endpoint", grant_type="refresh_token", refresh_token=token)

    def client_credentials(self) -> Request:
        return self._form("token_endpoint", grant_type="client_credentials")

    def introspect(self, token: str) -> Request:
        return self._form("introspection_endpoint", token=token)

    def revoke(self, token: str) -> Request:
        return self._form("revocation_endpoint", token=token)

    def userinfo(self, token: str) -> Request:
        return Request("GET", self.endpoints["userinfo_endpoint"], (("authorization", f"Bearer {token}"),))

    def _form(self, endpoint: str, **fields: str) -> Request:
        headers: tuple[tuple[str, str], ...] = (FORM,)
        if self.client_secret is None:
            fields["client_id"] = self.client_id
        else:
            pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"  # RFC 6749 2.3.1
            headers = (FORM, ("authorization", "Basic " + base64.b64encode(pair.encode()).decode()))
        return Request("POST", self.endpoints[endpoint], headers, urlencode(fields))


def parameters(location: str) -> dict[str, str]:
    """The query of a redirect, where no name may come twice."""
    found = parse_qs(urlsplit(location).query, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), location
    return {name: values[0] for name, values in found.items()}
