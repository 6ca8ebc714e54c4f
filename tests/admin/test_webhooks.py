"""Webhooks over the API: what may be said of one, and its secret, which is shown once."""

from dataclasses import replace
from typing import Any

import pytest
from tests.admin.conftest import Client, World

from idp import admin
from idp.kit.egress import Allowed, Egress
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

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
        ({"url": "https://127.0.0.1/"}, {"/url": "invalid_uri"}),
        ({"url": "https://10.0.0.1:8443/"}, {"/url": "invalid_uri"}),
        ({"url": "https://169.254.169.254/"}, {"/url": "invalid_uri"}),
        ({"url": "https://0.0.0.0/"}, {"/url": "invalid_uri"}),
        ({"url": "https://[::1]/"}, {"/url": "invalid_uri"}),
        ({"url": "https://[::ffff:10.0.0.1]/"}, {"/url": "invalid_uri"}),
        ({"url": "https://siem.example/#here"}, {"/url": "invalid_uri"}),
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


def test_what_the_operator_allows_inside_is_taken(world: World) -> None:
    house = replace(world.house, egress=Egress(allowed=Allowed.read(["10.0.0.0/8"])))
    app = Hallway(Dispatcher([], fallback=admin.build(house)), base_url=house.base_url)
    tenant = Client(app, world.keys["aoba"])
    assert tenant.post(HOOKS, {**HOOK, "url": "https://10.0.0.1/"}).status == 201
    assert tenant.post(HOOKS, {**HOOK, "url": "https://127.0.0.1/"}).wrong() == {"/url": "invalid_uri"}


def test_who_has_the_trail_told_may_read_it(world: World) -> None:
    teller, able = world.key("aoba", "webhooks:*"), world.key("aoba", "webhooks:*", "audit:read")
    assert (teller.post(HOOKS, HOOK).status, teller.post(HOOKS, HOOK).code) == (403, "forbidden")
    made = able.post(HOOKS, HOOK)
    assert made.status == 201
    where = f"{HOOKS}/{made.body['id']}"
    for change in ({"events": ["*"]}, {"url": "https://else.example/"}, {"enabled": True}):
        refused = teller.patch(where, change)
        assert (refused.status, refused.code) == (403, "forbidden")
    assert teller.patch(where, {"enabled": False}).status == 200
    assert able.patch(where, {"enabled": True, "events": ["*"]}).status == 200


@pytest.mark.parametrize("step", ["suspend", "terminate"])
def test_one_is_switched_off_and_taken_away_whatever_the_contract_says(world: World, step: str) -> None:
    tenant = world.client("aoba")
    where = f"{HOOKS}/{tenant.post(HOOKS, HOOK).body['id']}"
    reply = world.client("operator").post(f"/contracts/{world.contract_of('aoba')}/{step}", {"reason": "unpaid"})
    assert reply.status == 200, reply.raw
    for change in ({"name": "x"}, {"enabled": True}, {"enabled": False, "url": "https://else.example/"}):
        assert tenant.patch(where, change).code == "contract_not_active"
    assert tenant.patch(where, {"enabled": False}).body["enabled"] is False
    assert tenant.delete(where).status == 204
