"""Webhooks over the API: what may be said of one, and its secret, which is shown once."""

from typing import Any

import pytest
from tests.admin.conftest import World

HOOKS = "/tenants/aoba/webhooks"
HOOK: dict[str, Any] = {"name": "SIEM", "url": "https://siem.example/hook?x=1", "events": ["user.*", "sign_in.failed"]}


def test_a_webhook_is_made_shown_changed_and_taken_away(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(HOOKS, HOOK)
    assert (made.status, made.headers["location"].endswith(made.body["id"])) == (201, True)
    assert made.body["secret"].startswith("whsec_")
    assert {name: made.body[name] for name in HOOK} == {**HOOK, "events": sorted(HOOK["events"])}
    where = f"{HOOKS}/{made.body['id']}"
    shown = tenant.get(where)
    assert "secret" not in shown.body
    assert shown.body == {name: value for name, value in made.body.items() if name != "secret"}
    assert tenant.get(f"{HOOKS}?q=si").body["items"] == [shown.body]
    changed = tenant.patch(where, {"events": ["*"], "enabled": False}, if_match=shown.etag)
    assert (changed.body["events"], changed.body["enabled"]) == (["*"], False)
    assert tenant.patch(where, {"name": "x"}, if_match=shown.etag).status == 412
    assert tenant.post(f"{where}/test").code == "webhook_disabled"
    rotated = tenant.post(f"{where}/secret")
    assert rotated.body["secret"] != made.body["secret"]
    assert rotated.body["old_secret_until"] == "2026-04-02T01:00:00Z"
    tenant.patch(where, {"enabled": True})
    assert tenant.post(f"{where}/test").status == 202
    assert tenant.delete(where).status == 204
    assert tenant.get(where).status == 404
    trail = tenant.get("/tenants/aoba/audit?event=webhook.*").body["items"]
    assert {row["event"].partition(".")[2] for row in trail} == {
        "created", "changed", "secret_rotated", "tested", "deleted"
    }  # fmt: skip
    secrets = (made.body["secret"], rotated.body["secret"])
    for path in (HOOKS, "/tenants/aoba/audit", "/tenants/aoba/deliveries"):
        assert not any(secret.encode() in tenant.get(path).raw for secret in secrets)


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"url": "http://siem.example/"}, {"/url": "invalid_uri"}),
        ({"url": "https://user:pw@siem.example/"}, {"/url": "invalid_uri"}),
        ({"url": "ftp://siem.example/"}, {"/url": "invalid_uri"}),
        ({"url": "https://0x7f.1/"}, {"/url": "invalid_uri"}),
        ({"events": []}, {"/events": "required"}),
        ({"events": ["user.nothing", "user.*"]}, {"/events/0": "unknown_value"}),
        ({"events": "user.*"}, {"/events": "invalid_type"}),
        ({"name": None}, {"/name": "required"}),
        ({"secret": "x"}, {"/secret": "unknown_field"}),
    ],
)
def test_what_is_wrong_with_one_is_said(world: World, change: dict[str, Any], wrong: dict[str, str]) -> None:
    reply = world.client("aoba").post(HOOKS, {**HOOK, **change})
    assert (reply.status, reply.wrong()) == (422, wrong)


def test_there_are_at_most_twenty(world: World) -> None:
    tenant = world.client("aoba")
    for _ in range(20):
        assert tenant.post(HOOKS, HOOK).status == 201
    assert tenant.post(HOOKS, HOOK).code == "webhook_limit_reached"
