"""Snippets for developers over the API: filled in, without a secret, and nothing but what was registered in them."""

import ast
import re
from typing import Any

from tests.admin.conftest import Client, World

SERVICES = "/tenants/aoba/services"
ISSUER = "https://idp.example/t/aoba"
# every character that an address may have
ODD = "https://rp.example/cb/(x)'!$&+,;=:@~?a=%27%22"


def made(tenant: Client, protocol: str, **members: Any) -> str:
    reply = tenant.post(SERVICES, {"name": '"; import os #', "protocol": protocol, protocol: members})
    assert reply.status == 201, reply.raw
    return f"{SERVICES}/{reply.body['id']}"


def by_library(tenant: Client, one: str) -> dict[str, Any]:
    return {each["library"]: each for each in tenant.get(f"{one}/snippets").body["snippets"]}


def test_there_are_three_libraries_of_each_protocol_and_where_to_find_us(world: World) -> None:
    tenant = world.client("aoba")
    oidc = made(tenant, "oidc", redirect_uris=["https://rp.example/cb"])
    assert tenant.get(f"{oidc}/snippets").body["discovery_url"] == f"{ISSUER}/.well-known/openid-configuration"
    assert set(by_library(tenant, oidc)) == {"authlib", "openid-client", "oauth2-proxy", "mod_auth_openidc"}
    saml = made(tenant, "saml", entity_id="https://sp.example/", acs=[{"url": "https://sp.example/acs"}])
    assert tenant.get(f"{saml}/snippets").body["metadata_url"] == f"{ISSUER}/saml/metadata"
    assert set(by_library(tenant, saml)) == {"python3-saml", "node-saml", "mod_auth_mellon"}


def test_every_place_is_filled_and_no_secret_is_in_it(world: World) -> None:
    tenant = world.client("aoba")
    for method in ("client_secret_basic", "client_secret_post", "none"):
        one = made(tenant, "oidc", redirect_uris=[ODD], token_endpoint_auth_method=method)
        client_id = tenant.get(one).body["oidc"]["client_id"]
        for each in by_library(tenant, one).values():
            assert not re.search(r"@[a-z_]+@|@if |@unless |cs_|None,$", each["code"])
            assert f'"{client_id}"' in each["code"]
            assert f'"{ODD}"' in each["code"]
            assert ("CLIENT_SECRET" in each["environment"]) is (method != "none" or each["library"] == "oauth2-proxy")
            assert "import os #" not in each["code"]


def test_code_of_python_is_code_whatever_is_registered(world: World) -> None:
    tenant = world.client("aoba")
    oidc = made(tenant, "oidc", redirect_uris=[ODD])
    acs = [{"url": ODD}]
    saml = made(tenant, "saml", entity_id="urn:x:'(y)';$z", acs=acs, sign="response")
    for one, library in ((oidc, "authlib"), (saml, "python3-saml")):
        tree = ast.parse(by_library(tenant, one)[library]["code"])
        texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert ODD in texts
    code = by_library(tenant, saml)["python3-saml"]["code"]
    assert ("wantMessagesSigned" in code, "wantAssertionsSigned" in code) == (True, False)


def test_one_of_them_is_given_as_a_file_to_run(world: World) -> None:
    tenant = world.client("aoba")
    one = made(tenant, "oidc", redirect_uris=["https://rp.example/cb"])
    file = tenant.get(f"{one}/snippets?library=authlib", accept="text/plain")
    assert file.headers["content-disposition"] == 'attachment; filename="app.py"'
    assert file.raw.decode() == by_library(tenant, one)["authlib"]["code"]
    assert [each["library"] for each in tenant.get(f"{one}/snippets?library=authlib").body["snippets"]] == ["authlib"]
    assert tenant.get(f"{one}/snippets?library=node-saml").wrong() == {"/library": "inconsistent"}
    assert tenant.get(f"{one}/snippets?library=jquery").wrong() == {"/library": "unknown_value"}


def test_a_service_without_pages_has_none(world: World) -> None:
    tenant = world.client("aoba")
    one = made(tenant, "oidc", grant_types=["client_credentials"])
    reply = tenant.get(f"{one}/snippets")
    assert (reply.status, reply.code) == (409, "no_snippets")
