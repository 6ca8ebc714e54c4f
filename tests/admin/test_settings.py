"""How a tenant looks on its pages, set by itself or by an operator."""

import base64
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from tests.admin.conftest import World

from idp import contracts, tenants
from idp.admin.shapes.platform import SwitchesChange

PATH = "/tenants/aoba/settings"


def picture(size: tuple[int, int] = (40, 40), kind: str = "PNG") -> str:
    written = BytesIO()
    Image.new("RGB", size, "#0a7b52").save(written, kind)
    return base64.b64encode(written.getvalue()).decode()


def look(world: World, *, by: str = "aoba") -> dict[str, Any]:
    found: dict[str, Any] = world.client(by).get(PATH).body["appearance"]
    return found


@pytest.mark.parametrize("by", ["aoba", "operator"])
def test_the_look_of_a_tenant_is_set_and_shown(world: World, by: str) -> None:
    sent = {"display_name": "あおば", "colour": "#0A7B52", "help_text": "内線 1234", "logo": picture()}
    reply = world.client(by).patch(PATH, {"appearance": sent})
    assert reply.status == 200, reply.raw
    shown = reply.body["appearance"]
    assert shown["logo"].startswith("https://idp.example/t/aoba/logo?v=")
    assert shown == {**sent, "colour": "#0a7b52", "logo": shown["logo"]}
    assert look(world, by="partner") == shown
    assert world.client("midori").get("/tenants/midori/settings").body["appearance"]["logo"] is None


def test_what_is_left_out_stays_and_null_takes_away(world: World) -> None:
    tenant = world.client("aoba")
    first = tenant.patch(PATH, {"appearance": {"help_text": "内線 1", "logo": picture()}}).body["appearance"]
    assert tenant.patch(PATH, {"appearance": {"colour": "#112233"}}).body["appearance"]["logo"] == first["logo"]
    assert tenant.patch(PATH, {}).body["appearance"]["help_text"] == "内線 1"
    other = tenant.patch(PATH, {"appearance": {"logo": picture((41, 40), "WEBP")}}).body["appearance"]
    assert other["logo"] not in (None, first["logo"])
    bare = tenant.patch(PATH, {"appearance": {"logo": None, "help_text": None}}).body["appearance"]
    assert (bare["logo"], bare["help_text"]) == (None, "")


def test_every_fault_is_named_and_no_picture_is_sent_back(world: World) -> None:
    tenant, before = world.client("aoba"), look(world)
    wrong = {
        "invalid_format": "not base64!" * 40,
        "invalid_image": base64.b64encode(b"<svg>" * 60).decode(),
        "too_large": base64.b64encode(bytes(256 * 1024 + 1)).decode(),
        "out_of_range": picture((2049, 1)),
        "invalid_type": {"data": "x"},
    }
    for code, logo in wrong.items():
        reply = tenant.patch(PATH, {"appearance": {"logo": logo, "colour": "red;}", "display_name": None, "x": 1}})
        assert reply.wrong() == {
            "/appearance/logo": code,
            "/appearance/colour": "invalid_format",
            "/appearance/display_name": "required",
            "/appearance/x": "unknown_field",
        }
        fault = next(error for error in reply.body["errors"] if error["pointer"] == "/appearance/logo")
        assert {"found", "expected"} <= fault.keys()
        assert len(reply.raw) < 2000
        assert str(logo)[:40].encode() not in reply.raw
    assert look(world) == before
    assert tenant.patch(PATH, {"appearance": 7, "oidc": [], "y": 1}).wrong() == {
        "/appearance": "invalid_type",
        "/oidc": "invalid_type",
        "/y": "unknown_field",
    }
    assert tenant.patch(PATH, {"appearance": None, "oidc": None}).wrong() == {
        "/appearance": "invalid_type",
        "/oidc": "invalid_type",
    }
    assert tenant.patch(PATH, {"oidc": {}}).status == 200


def test_only_the_tenant_and_operators_change_it(world: World) -> None:
    change = {"appearance": {"logo": picture()}}
    assert world.client("partner").patch(PATH, change).status == 403
    assert world.client("stranger").patch(PATH, change).status == 404
    assert world.client("midori").patch(PATH, change).status == 404
    assert world.client("midori").get(PATH).status == 404
    assert world.key("aoba", "settings:read").patch(PATH, change).status == 403
    assert world.key("aoba", "tenants:write").get(PATH).status == 403
    assert look(world)["logo"] is None
    assert world.key("aoba", "settings:write").patch(PATH, change).status == 200


def test_a_change_of_what_somebody_else_changed_meanwhile_is_refused(world: World) -> None:
    tenant = world.client("aoba")
    read = tenant.get(PATH)
    assert tenant.get(PATH, if_none_match=read.etag).status == 304
    assert tenant.patch(PATH, {"appearance": {"logo": picture()}}, if_match=read.etag).status == 200
    assert tenant.patch(PATH, {"appearance": {"logo": None}}, if_match=read.etag).status == 412
    assert look(world)["logo"] is not None


def test_a_tenant_whose_contract_does_not_run_changes_its_look_no_more(world: World) -> None:
    contract = world.contract_of("aoba")
    for act in (contracts.suspend, contracts.terminate):
        with world.house.units.platform(actor=world.actor) as unit:
            act(unit, contract, reason="unpaid")
        reply = world.client("operator").patch(PATH, {"appearance": {"help_text": "x"}})
        assert (reply.status, reply.code) == (409, "contract_not_active")


def test_the_same_picture_sent_again_changes_nothing(world: World) -> None:
    tenant, change = world.client("aoba"), {"appearance": {"logo": picture()}}
    events = []
    for _ in range(2):
        tenant.patch(PATH, change)
        trail = tenant.get("/tenants/aoba/audit?limit=200").body["items"]
        events.append([entry["event"] for entry in trail].count("tenant.changed"))
    assert events[0] == events[1]


OFF = {
    "dynamic_registration": False,
    "registration_token_required": False,
    "implicit": False,
    "hybrid": False,
    "token_exchange": False,
    "ciba": False,
    "device_grant": False,
    "request_uri_by_reference": False,
    "session_management": False,
    "public_refresh_grace_seconds": 0,
    "userinfo_two_factors": False,
    "userinfo_max_age_seconds": 0,
}


def test_everything_optional_of_openid_connect_is_off_until_the_tenant_switches_it_on(world: World) -> None:
    tenant = world.client("aoba")
    assert tenant.get(PATH).body["oidc"] == OFF
    changed = tenant.patch(PATH, {"oidc": {"implicit": True, "public_refresh_grace_seconds": 30}}).body["oidc"]
    assert changed == {**OFF, "implicit": True, "public_refresh_grace_seconds": 30}
    assert tenant.patch(PATH, {"oidc": {"hybrid": True}}).body["oidc"] == {**changed, "hybrid": True}
    assert tenant.patch(PATH, {"oidc": {"implicit": None, "hybrid": False}}).body["oidc"]["implicit"] is False
    assert world.client("midori").get("/tenants/midori/settings").body["oidc"] == OFF


def test_a_switch_for_what_is_not_there_and_a_wrong_one_change_nothing(world: World) -> None:
    tenant = world.client("aoba")
    wrong = {"ciba": True, "implicit": "yes", "hybrid": 1, "public_refresh_grace_seconds": 31, "magic": True}
    assert tenant.patch(PATH, {"oidc": {**wrong, "device_grant": True}}).wrong() == {
        "/oidc/ciba": "not_supported",
        "/oidc/implicit": "invalid_type",
        "/oidc/hybrid": "invalid_type",
        "/oidc/public_refresh_grace_seconds": "out_of_range",
        "/oidc/magic": "unknown_field",
    }
    assert tenant.get(PATH).body["oidc"] == OFF
    assert tenant.patch(PATH, {"oidc": {"ciba": False}}).status == 200


def test_a_switch_is_in_the_trail_and_in_the_version_once(world: World) -> None:
    tenant = world.client("aoba")
    before = tenant.get(PATH).etag
    first = tenant.patch(PATH, {"oidc": {"hybrid": True}}, if_match=before)
    again = tenant.patch(PATH, {"oidc": {"hybrid": True}})
    assert before != first.etag == again.etag
    assert tenant.patch(PATH, {"oidc": {"hybrid": False}}, if_match=before).status == 412
    trail = tenant.get("/tenants/aoba/audit?limit=200").body["items"]
    assert [entry["facts"]["oidc"] for entry in trail if "oidc" in entry.get("facts", {})] == [{"hybrid": True}]


def test_every_switch_is_described_as_it_may_be_sent() -> None:
    assert SwitchesChange.model_fields.keys() == tenants.ALL_OFF.to_json().keys()


def test_what_is_asked_of_dispatched_staff_is_the_tenants_to_say(world: World) -> None:
    tenant = world.client("aoba")
    assert tenant.get(PATH).body["staffing"] == {"dispatched_days": 1096, "reminder_days": 30}
    changed = tenant.patch(PATH, {"staffing": {"dispatched_days": 0}})
    assert changed.body["staffing"] == {"dispatched_days": 0, "reminder_days": 30}
    person = {"user_name": "haken", "display_name": "H", "affiliation": "dispatched"}
    assert tenant.post("/tenants/aoba/users", person).body["valid_until"] is None
    assert tenant.patch(PATH, {"staffing": {"dispatched_days": 10}}).status == 200
    made = tenant.post("/tenants/aoba/users", {**person, "user_name": "haken2", "valid_from": "2026-10-01"})
    assert (made.body["valid_from"], made.body["valid_until"]) == ("2026-10-01", "2026-10-10")
    wrong = tenant.patch(PATH, {"staffing": {"dispatched_days": 4_000, "reminder_days": True, "x": 1}})
    assert wrong.wrong() == {
        "/staffing/dispatched_days": "out_of_range",
        "/staffing/reminder_days": "invalid_type",
        "/staffing/x": "unknown_field",
    }
