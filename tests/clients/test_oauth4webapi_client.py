"""npm oauth4webapi, unmodified, against a running installation: every message is checked by the library on its own."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext
from tests.clients.relying_party import Failed, relying_party
from tests.support.callback import Callback
from tests.support.installation import Installation
from tests.support.walk import walk

SCOPE = "openid profile email offline_access"


@pytest.mark.parametrize(
    ("method", "bound"), [("client_secret_basic", False), ("client_secret_post", True), ("none", True)]
)
def test_from_a_pushed_request_to_a_revoked_token(
    method: str, bound: bool, installation: Installation, service: Callback, person: BrowserContext
) -> None:
    callback_uri = f"{service.url}/callback"
    registered: dict[str, Any] = installation.add_service(
        f"oauth4webapi with {method}",
        redirect_uris=[callback_uri],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method=method,
        scope=SCOPE,
        require_pushed_authorization_requests=True,
        dpop_bound_access_tokens=bound,
    )
    with relying_party(installation.issuer, registered, script="low_level_party.mjs", bound=bound) as party:
        begun = party.ask("begin", redirect_uri=callback_uri, scope=SCOPE)
        assert 0 < begun["expires_in"] <= 90
        callback, _ = walk(person.new_page(), begun["url"], until=callback_uri)
        tokens = party.ask("finish", callback=callback)
        claims = tokens["claims"]
        assert tokens["token_type"].lower() == ("dpop" if bound else "bearer")
        assert party.ask("userinfo", access_token=tokens["access_token"], sub=claims["sub"])["email"]
        fresh = party.ask("refresh", refresh_token=tokens["refresh_token"])
        assert fresh["claims"]["sub"] == claims["sub"]
        if method != "none":  # RFC 7662 2.1
            assert party.ask("introspect", token=fresh["access_token"])["active"] is True
        party.ask("revoke", token=fresh["access_token"])
        if method != "none":
            assert party.ask("introspect", token=fresh["access_token"]) == {"active": False}
        with pytest.raises(Failed):
            party.ask("userinfo", access_token=fresh["access_token"], sub=claims["sub"])
