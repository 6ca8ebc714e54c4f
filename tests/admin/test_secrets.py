"""Secrets of clients over the API: changed with an overlap, seen without their values, ended early."""

from typing import Any

from tests.admin.conftest import Client, World

SERVICES = "/tenants/aoba/services"
SERVICE = {"name": "経費精算", "protocol": "oidc", "oidc": {"redirect_uris": ["https://keihi.example/cb"]}}


def made(tenant: Client, **oidc: Any) -> tuple[str, dict[str, Any]]:
    body = tenant.post(SERVICES, {**SERVICE, "oidc": {**SERVICE["oidc"], **oidc}}).body  # type: ignore[dict-item]
    return f"{SERVICES}/{body['id']}", body


def test_a_secret_is_changed_with_an_overlap_and_the_former_one_ended(world: World) -> None:
    tenant = world.client("aoba")
    one, first = made(tenant)
    assert [each["secret"] for each in tenant.get(f"{one}/secret").body["items"]] == ["current"]
    rotated = tenant.post(f"{one}/secret", {"overlap_seconds": 3600})
    assert rotated.body["oidc"]["client_secret"] != first["oidc"]["client_secret"]
    current, former = tenant.get(f"{one}/secret").body["items"]
    assert (current["secret"], current["expires_at"], former["secret"]) == ("current", None, "former")
    assert rotated.body["warnings"] == [{"code": "former_secret_ends", "ends_at": former["expires_at"]}]
    for where in (one, f"{one}/secret"):
        assert b"cs_" not in tenant.get(where).raw
    again = tenant.post(f"{one}/secret", {"overlap_seconds": 60})
    assert (again.status, again.code, again.body["ends_at"]) == (409, "two_secrets", former["expires_at"])
    assert tenant.delete(f"{one}/secret/former").body["warnings"] == []
    assert tenant.delete(f"{one}/secret/former").status == 200  # again, or never: it is as asked
    assert [each["secret"] for each in tenant.get(f"{one}/secret").body["items"]] == ["current"]
    assert tenant.get(one).body["warnings"] == []


def test_how_long_both_are_good_is_bounded(world: World) -> None:
    tenant = world.client("aoba")
    one, _ = made(tenant)
    for wrong in (-1, 30 * 86_400 + 1, "60", True):
        assert list(tenant.post(f"{one}/secret", {"overlap_seconds": wrong}).wrong()) == ["/overlap_seconds"]
    public, _ = made(tenant, token_endpoint_auth_method="none")
    assert tenant.get(f"{public}/secret").body == {"items": []}
    assert tenant.post(f"{public}/secret", {"overlap_seconds": 60}).code == "client_has_no_secret"


def test_an_api_that_was_opened_by_word_stays_open_when_people_sign_in_to_it(world: World) -> None:
    """And one that was open because it was an API does not."""
    tenant, grants = world.client("aoba"), {"grant_types": ["client_credentials"]}
    signing_in = {"grant_types": ["authorization_code"], "redirect_uris": ["https://keihi.example/cb"]}
    for said in ({"assignment_required": False}, {}):
        body = tenant.post(SERVICES, {"name": "Api", "protocol": "oidc", "oidc": grants, **said}).body
        assert body["assignment_required"] is False
        one = f"{SERVICES}/{body['id']}"
        assert tenant.patch(one, {"name": "The API"}).body["assignment_required"] is False
        changed = tenant.patch(one, {"oidc": {**signing_in, "response_types": ["code"]}})
        assert changed.body["assignment_required"] is not bool(said), changed.raw
