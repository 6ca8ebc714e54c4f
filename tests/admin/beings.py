"""A person and a service, by the API."""

from typing import Any

from tests.admin.conftest import Client, World


def person(world: World, **changes: Any) -> str:
    document = {"email": "taro@aoba.example", "display_name": "Taro", "affiliation": "employee", **changes}
    made = world.client("aoba").post("/tenants/aoba/users", document)
    assert made.status == 201, made.body
    return str(made.body["id"])


def service(aoba: Client) -> str:
    document = {"name": "web", "protocol": "oidc", "oidc": {"redirect_uris": ["https://rp.example/cb"]}}
    return str(aoba.post("/tenants/aoba/services", document).body["id"])
