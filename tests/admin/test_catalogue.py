"""The catalogue over the API, and a service that is made from it."""

from typing import Any

from tests.admin.conftest import World

from idp.federation import catalogue

SERVICES = "/tenants/aoba/services"
ISSUER = "https://idp.example/t/aoba"


def fields(body: dict[str, Any]) -> dict[str | None, str | None]:
    return {each["field"]: each["value"] for each in body["setup"]["fields"]}


def test_applications_are_listed_searched_and_read(world: World) -> None:
    tenant = world.client("aoba")
    every = tenant.get("/catalogue?limit=200").body["items"]
    assert [each["name"] for each in every] == sorted(each.name for each in catalogue.applications().values())
    first = tenant.get("/catalogue?limit=10").body
    second = tenant.get(f"/catalogue?limit=10&cursor={first['next']}").body
    assert [*first["items"], *second["items"]] == every[:20]
    found = tenant.get("/catalogue?q=GitHub").body["items"]
    assert [each["id"] for each in found] == ["github_organization"]
    assert {each["protocol"] for each in tenant.get("/catalogue?protocol=oidc").body["items"]} == {"oidc"}
    assert tenant.get("/catalogue?protocol=wsfed").wrong() == {"/protocol": "unknown_value"}
    assert tenant.get("/catalogue/github_organization").body == found[0]
    assert tenant.get("/catalogue/nobody").status == 404
    assert found[0]["parameters"][0]["name"] == "organization"
    assert found[0]["saml"]["entity_id"] == "https://github.com/orgs/<organization>"


def test_a_service_of_saml_is_made_from_it_and_says_what_to_enter_there(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(SERVICES, {"catalogue": "slack", "parameters": {"workspace": "aoba"}})
    assert made.status == 201, made.raw
    body = made.body
    assert (body["name"], body["catalogue"], body["protocol"]) == ("Slack", "slack", "saml")
    assert body["saml"]["acs"][0]["url"] == "https://aoba.slack.com/sso/saml"
    entered = fields(body)
    assert entered["SAML SSO URL"] == f"{ISSUER}/saml/sso"
    assert entered["Identity provider issuer"] == f"{ISSUER}/saml/metadata"
    assert entered["Service provider issuer"] == "https://slack.com"
    pem = entered["Public Certificate"] or ""
    assert pem.startswith("-----BEGIN CERTIFICATE-----\nMII")
    assert "".join(pem.splitlines()[1:-1]) == body["saml"]["signing_certificate"]["certificate"]
    one = f"{SERVICES}/{body['id']}"
    read = tenant.get(one).body
    assert read == body
    assert "setup" not in tenant.get(SERVICES).body["items"][0]
    assert tenant.put(one, {**read, "name": "Chat"}).body == {**read, "name": "Chat"}
    assert tenant.patch(one, {"saml": {"sign": "response"}}).body["catalogue"] == "slack"
    assert tenant.post(SERVICES, {"catalogue": "slack", "parameters": {"workspace": "b"}}).code == "entity_id_taken"


def test_a_client_is_made_from_it_and_its_secret_is_shown_once(world: World) -> None:
    tenant = world.client("aoba")
    body = tenant.post(SERVICES, {"catalogue": "grafana", "parameters": {"host": "aoba.grafana.net"}}).body
    entered = fields(body)
    assert entered["client_id"] == body["oidc"]["client_id"]
    assert entered["client_secret"] == body["oidc"]["client_secret"]
    assert (entered["auth_url"], entered["use_pkce"]) == (f"{ISSUER}/authorize", "true")
    assert body["oidc"]["redirect_uris"] == ["https://aoba.grafana.net/login/generic_oauth"]
    assert b"cs_" not in tenant.get(f"{SERVICES}/{body['id']}").raw


def test_what_is_wrong_is_named_by_its_parameter(world: World) -> None:
    reply = world.client("aoba").post(SERVICES, {"catalogue": "slack", "parameters": {"workspace": "A.B", "x": "y"}})
    assert reply.wrong() == {"/parameters/workspace": "invalid_value", "/parameters/x": "unknown_field"}
    own = {"catalogue": "gitlab_self_managed", "parameters": {"host": "idp.example"}}
    ours = {**own, "oidc": {"redirect_uris": [f"{ISSUER}/cb"]}}
    assert world.client("aoba").post(SERVICES, ours).wrong() == {"/oidc/redirect_uris/0": "not_allowed"}
