"""OpenID Connect Discovery 1.0, RFC 8414, RFC 7517; requirements K1, D1-D3."""

import json
from pathlib import Path

import pytest
from tests.support.party import unverified_header
from tests.support.provider import Provider

from idp import tenants
from idp.federation import AuthMethod
from idp.oidc.discovery import metadata
from idp.tenants import Switches

GOLDEN = Path(__file__).parents[1] / "golden" / "openid-configuration.json"
ADDRESSES = (
    "/t/aoba/.well-known/openid-configuration",
    "/t/aoba/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/t/aoba",  # RFC 8414 3.1
)
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}


@pytest.mark.meets("D1", "D2", "D3")
@pytest.mark.parametrize("address", ADDRESSES)
def test_the_discovery_document_is_the_reviewed_one(shared: Provider, address: str) -> None:
    answer = shared.get(address)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(GOLDEN.read_text())


def test_the_document_says_another_issuer_for_another_tenant(shared: Provider) -> None:
    found = shared.get("/t/midori/.well-known/openid-configuration").json()
    assert found == metadata("https://id.example/t/midori", Switches(implicit=True, hybrid=True))
    assert not any("aoba" in str(value) for value in found.values())


@pytest.mark.meets("D3", "L1")
def test_every_address_in_the_document_is_below_its_issuer(shared: Provider) -> None:
    found = shared.get(ADDRESSES[0]).json()
    addresses = {name: value for name, value in found.items() if name.endswith(("_endpoint", "_uri"))}
    assert len(addresses) == 8
    assert all(value.startswith(f"{found['issuer']}/") for value in addresses.values())


@pytest.mark.parametrize("path", ["/t/nobody/.well-known/openid-configuration", "/t/nobody/jwks", "/t/--/jwks"])
def test_a_tenant_that_is_not_there_has_no_document(shared: Provider, path: str) -> None:
    assert shared.get(path).status == 404


@pytest.mark.meets("K1")
def test_keys_are_published_without_a_private_member_and_with_distinct_ids(shared: Provider) -> None:
    keys = shared.get("/t/aoba/jwks").json()["keys"]
    assert sorted((key["alg"], key["use"]) for key in keys) == [("ES256", "sig"), ("ES256", "sig"), ("RS256", "sig")]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert len({key.get("n") or key["x"] for key in keys}) == len(keys)
    assert all(PRIVATE.isdisjoint(key) for key in keys)


@pytest.mark.meets("K1", "I1")
def test_keys_are_published_before_anybody_is_given_what_they_sign(alone: Provider) -> None:
    """Discovery 1.0, 3: a verifier may fetch the set once, when it is set up, and keep it."""
    with alone.open() as unit:
        unit.lane.execute(f"DELETE FROM signing_keys WHERE tenant_id = '{unit.tenant}'", {})
        tenants.touch(unit)
    before = {key["kid"]: key["alg"] for key in alone.get("/t/aoba/jwks").json()["keys"]}
    assert sorted(before.values()) == ["ES256", "ES256", "RS256"]
    web, browser = alone.party("web"), alone.browser()
    told = web.redeem(browser.authorize(web).query["code"]).json()
    assert unverified_header(told["id_token"])["kid"] in before
    assert unverified_header(told["access_token"])["kid"] in before
    assert {key["kid"] for key in alone.get("/t/aoba/jwks").json()["keys"]} == set(before)


def test_what_is_published_is_told_while_no_further_key_can_be_made(
    alone: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []
    monkeypatch.setattr("idp.oidc.discovery.provide", lambda *asked: bool(tried.append(asked)))
    with alone.open() as unit:
        unit.lane.execute(f"DELETE FROM signing_keys WHERE tenant_id = '{unit.tenant}' AND alg = 'RS256'", {})
        tenants.touch(unit)
    for _ in range(3):
        keys = alone.get("/t/aoba/jwks").json()["keys"]
        assert [key["alg"] for key in keys] == ["ES256", "ES256"]
    assert len(tried) == 1


def test_tenants_share_no_key(shared: Provider) -> None:
    ours, theirs = (shared.get(f"/t/{slug}/jwks").json()["keys"] for slug in ("aoba", "midori"))
    assert {key["kid"] for key in ours}.isdisjoint(key["kid"] for key in theirs)


@pytest.mark.honest("T28")
@pytest.mark.parametrize("path", [ADDRESSES[0], "/t/aoba/jwks"])
def test_what_is_public_may_be_read_from_any_page_and_kept_for_minutes(shared: Provider, path: str) -> None:
    answer = shared.get(path, {"origin": "https://app.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.honest("T28")
@pytest.mark.parametrize("path", [*ADDRESSES, "/t/aoba/jwks"])
def test_a_page_that_sends_fields_of_its_own_along_may_read_it_as_well(shared: Provider, path: str) -> None:
    """The Fetch standard: such a request is asked for first, as that of a client of MCP for its protocol version."""
    asked = {
        "origin": "https://app.example",
        "access-control-request-method": "GET",
        "access-control-request-headers": "mcp-protocol-version",
    }
    answer = shared.first.call("OPTIONS", path, asked)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_is_public_is_only_read(shared: Provider, method: str) -> None:
    answer = shared.first.call(method, "/t/aoba/jwks")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_what_is_promised_of_the_token_endpoint_is_what_services_may_register(shared: Provider) -> None:
    found = shared.get(ADDRESSES[0]).json()
    assert [method.value for method in AuthMethod] == found["token_endpoint_auth_methods_supported"]
