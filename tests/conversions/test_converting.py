"""Settings of other providers become a file that is put in place; what of them does not is told.

The two files are made after what these providers export: their members, spellings and defaults, with names of our own.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.support.xml_keys import rsa_pair

from idp import configurations, conversions
from idp.conversions import Converted, Unconvertible

HERE = Path(__file__).parent


def file(name: str) -> str:
    return (HERE / name).read_text("utf-8").replace("CERTIFICATE", rsa_pair("services").certificate.text)


def converted(provider: str, name: str, **more: Any) -> Converted:
    document = configurations.read_yaml(file(name).encode()).root
    return conversions.convert(provider, document, "kaede", **{"with_secrets": False, **more})


def services(done: Converted) -> dict[str, Any]:
    return {each["name"]: each for each in done.document["tenants"][0]["services"]}


def told(done: Converted) -> set[str]:
    return {f"{each.where}: {each.what}" for each in done.omissions}


def test_a_realm_of_keycloak_becomes_groups_and_services_of_both_protocols() -> None:
    done = converted("keycloak", "realm-export.json")
    (tenant,) = done.document["tenants"]
    assert tenant["groups"] == [
        {"name": "営業部", "groups": ["営業部/東京"]},
        {"name": "営業部/東京", "groups": []},
        {"name": "viewer", "groups": []},
        {"name": "approver", "groups": []},
        {"name": "role viewer", "groups": ["営業部", "approver"]},
    ]
    assert tenant["attributes"] == [
        {"name": "department_code", "type": "string[]"},
        {"name": "level", "type": "string"},
    ]
    found = services(done)
    assert list(found) == ["経費精算", "spa", "人事"]
    assert found["経費精算"] == {
        "name": "経費精算",
        "protocol": "oidc",
        "status": "enabled",
        "consent": "required",
        "assignment_required": False,
        "oidc": {
            "client_id": "expenses",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
            "response_types": ["code"],
            "client_uri": "https://expenses.kaede.example/home",
            "redirect_uris": ["https://expenses.kaede.example/callback"],
            "post_logout_redirect_uris": ["https://expenses.kaede.example/bye", "https://b.kaede.example/bye"],
            "scope": "openid profile email address phone offline_access",
            "claims": [
                {"claim": "groups", "source": "groups", "id_token": True},
                {"claim": "login", "source": "user_name", "id_token": False},
                {"claim": "dept", "source": "attributes.department_code", "id_token": True},
            ],
            "backchannel_logout_uri": "https://expenses.kaede.example/logout",
            "backchannel_logout_session_required": True,
            "access_token_lifetime": 3600,
        },
    }
    assert found["spa"]["status"] == "disabled"
    assert found["spa"]["oidc"]["redirect_uris"] == ["https://spa.kaede.example/"]
    saml = found["人事"]["saml"]
    assert saml.pop("certificates") == [{"certificate": rsa_pair("services").certificate.text, "use": "signing"}]
    assert saml == {
        "entity_id": "https://hr.kaede.example/metadata",
        "acs": [{"url": "https://hr.kaede.example/acs", "binding": "HTTP-POST"}],
        "slo": [{"url": "https://hr.kaede.example/slo", "binding": "HTTP-Redirect"}],
        "require_signed_requests": True,
        "nameid_format": "emailAddress",
        "sign": "both",
        "idp_initiated": True,
        "attributes": [
            {"name": "urn:oid:0.9.2342.19200300.100.1.3", "format": "uri", "source": "email", "friendly_name": "mail"},
            {"name": "kind", "format": "basic", "values": ["internal"]},
            {"name": "level", "format": "basic", "source": "attributes.level"},
        ],
    }


def test_nothing_of_a_realm_is_lost_in_silence() -> None:
    done = converted("keycloak", "realm-export.json")
    expenses, hr = "/clients/expenses", "/clients/https://hr.kaede.example/metadata"
    assert told(done) >= {
        ": users (1)",
        ": smtpServer",
        ": identityProviders",
        ": components",
        ": authenticationFlows",
        ": bruteForceProtected",
        ": accessTokenLifespan",
        "/groups/営業部: attributes",
        "/roles: client",
        "/roles/realm/approver: role",
        "/clients/account-console: all of it",
        "/clients/reports-api: all of it",
        "/clients/old: all of it",
        f"{expenses}: redirect URI https://old.kaede.example/*",
        f"{expenses}: directAccessGrantsEnabled",
        f"{expenses}: secret",
        f"{expenses}: description",
        f"{expenses}: authenticationFlowBindingOverrides",
        f"{expenses}: web origin https://elsewhere.example",
        f"{expenses}: scope roles",
        f"{expenses}/protocolMappers/made: oidc-script-based-protocol-mapper",
        f"{expenses}/attributes: access.token.lifespan",
        f"{expenses}/attributes: exclude.session.state.from.auth.response",
        f"{hr}/attributes: saml.encrypt",
        f"{hr}/attributes: saml.signature.algorithm RSA_SHA1",
        f"{hr}/attributes: saml.signing.private.key",
        f"{hr}/attributes: saml.onetimeuse.condition",
        f"{hr}/protocolMappers/roles: saml-role-list-mapper",
        "/clients/plain words: saml/entity_id",
        "/clients/plain words: all of it",
    }


def test_a_tenant_of_auth0_becomes_groups_and_services_of_both_protocols() -> None:
    done = converted("auth0", "tenant.yaml")
    found = services(done)
    assert list(found) == ["Shop", "Pages", "Wiki", "Orders (API)"]
    assert found["Shop"]["oidc"] == {
        "client_id": "kA8sWq2LxZt5YbN3mPc7dJfGa9uEoRvH",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"],
        "response_types": ["code"],
        "redirect_uris": ["https://shop.kaede.example/callback"],
        "post_logout_redirect_uris": ["https://shop.kaede.example/"],
        "token_endpoint_auth_method": "client_secret_post",
        "logo_uri": "https://shop.kaede.example/logo.png",
        "id_token_signed_response_alg": "RS256",
    }
    assert found["Pages"]["consent"] == "required"
    assert found["Wiki"]["saml"] == {
        "entity_id": "https://wiki.kaede.example/saml",
        "acs": [{"url": "https://wiki.kaede.example/saml/acs", "binding": "HTTP-POST"}],
        "sign": "assertion",
        "nameid_format": "emailAddress",
        "nameid_source": "email",
        "attributes": [
            {
                "name": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
                "source": "email",
                "format": "uri",
            }
        ],
        "slo": [{"url": "https://wiki.kaede.example/saml/slo", "binding": "HTTP-Redirect"}],
    }
    assert found["Orders (API)"]["oidc"]["resources"] == ["https://orders.kaede.example/"]
    assert told(done) >= {
        ": actions",
        ": connections",
        ": guardianFactors",
        "/tenant: session_lifetime",
        "/tenant: flags",
        "/roles/Editor: permissions",
        "/clients/All Applications: all of it",
        "/clients/Shop: grant password",
        "/clients/Shop: client_secret",
        "/clients/Shop: refresh_token",
        "/clients/Shop: origin https://elsewhere.example",
        "/clients/Shop/jwt_configuration: lifetime_in_seconds",
        "/clients/Pages: redirect URI https://*.kaede.example/callback",
        "/clients/Pages/jwt_configuration: alg HS256",
        "/clients/Wiki/addons: aws",
        "/clients/Wiki/addons/samlp: createUpnClaim",
        "/clients/Wiki/addons/samlp: signatureAlgorithm rsa-sha1",
        "/clients/Wiki/addons/samlp/mappings: picture_large",
        "/resourceServers/Orders: scopes",
        "/resourceServers/Orders: token_lifetime",
        "/resourceServers/Auth0 Management API: all of it",
    }


@pytest.mark.parametrize(("provider", "document"), [("keycloak", []), ("keycloak", {}), ("auth0", {"clients": {}})])
def test_another_file_is_refused(provider: str, document: Any) -> None:
    with pytest.raises(Unconvertible):
        conversions.convert(provider, document, "kaede", with_secrets=False)


@pytest.mark.parametrize("provider", ["keycloak", "auth0"])
def test_what_is_in_a_file_may_be_anything(provider: str) -> None:
    for strange in (None, 1, "x", [], [1], {"a": []}):
        client = dict.fromkeys(("name", "clientId", "attributes", "redirectUris", "callbacks", "addons"), strange)
        mapped = {"protocolMappers": [strange, {"name": strange, "config": strange}], "protocol": "saml"}
        document = {"realm": "a", "clients": [strange, client, client | mapped], "groups": [strange], "roles": strange}
        assert conversions.convert(provider, document, "kaede", with_secrets=True).document
