"""Policies as administrators write them: kept as drafts, judged field by field, put in force with a way back."""

from typing import Any

import pytest
from tests.admin.beings import person, service
from tests.admin.conftest import Client, World

from idp.contracts import Status

DENY: dict[str, Any] = {
    "name": "office hours",
    "effect": "deny",
    "services": ["*"],
    "when": {"not": {"time": {"days": ["mon", "tue"], "from": "09:00", "to": "18:00"}}},
}
EVERYBODY: dict[str, Any] = {"name": "all", "effect": "deny", "services": ["*"], "when": {"all": []}}
POLICIES = "/tenants/aoba/policies"


@pytest.fixture
def aoba(world: World) -> Client:
    return world.client("aoba")


def test_a_form_is_kept_as_it_was_sent_and_can_be_read_changed_and_deleted(aoba: Client) -> None:
    made = aoba.post(POLICIES, DENY)
    assert made.status == 201
    where = f"{POLICIES}/{made.body['id']}"
    assert made.headers["location"].endswith(where)
    assert {name: made.body[name] for name in DENY} == DENY
    assert (made.body["source"], made.body["report_only"]) == ("form", False)
    shown = aoba.get(where)
    assert (shown.body, shown.etag) == (made.body, made.etag)
    assert aoba.get(where, if_none_match=shown.etag).status == 304
    assert aoba.get(POLICIES).body == {"items": [shown.body], "next": None}

    renamed = aoba.patch(where, {"name": "hours", "report_only": True}, if_match=made.etag)
    assert (renamed.status, renamed.body["name"], renamed.body["report_only"]) == (200, "hours", True)
    assert renamed.body["when"] == DENY["when"]
    assert aoba.patch(where, {"name": "again"}, if_match=made.etag).status == 412
    assert aoba.put(where, shown.body).body["name"] == "office hours"  # what was read may be sent back
    assert aoba.delete(where).status == 204
    assert aoba.get(where).status == 404
    assert aoba.get(POLICIES).body["items"] == []


def test_a_condition_that_is_changed_is_replaced_as_a_whole(aoba: Client) -> None:
    made = aoba.post(POLICIES, DENY).body
    changed = aoba.patch(f"{POLICIES}/{made['id']}", {"when": {"country": {"in": ["JP"]}}})
    assert (changed.status, changed.body["when"]) == (200, {"country": {"in": ["JP"]}})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"effect": "allow"}, "/effect"),
        ({"services": []}, "/services"),
        ({"services": ["svc_nothing"]}, "/services/0"),
        ({"when": {}}, "/when"),
        ({"when": {"network": {"in": ["192.0.2.1/24"]}}}, "/when/network/in/0"),
        ({"when": {"network": {"in": ["nowhere"]}}}, "/when/network/in/0"),
        ({"when": {"group": {"in": ["grp_nothing"]}}}, "/when/group/in/0"),
        ({"when": {"time": {"days": ["mon"], "from": "09:00", "to": "09:00"}}}, "/when/time/to"),
        ({"owner": "me"}, "/owner"),
    ],
)
def test_what_cannot_be_a_policy_is_refused_when_it_is_saved_and_in_a_what_if(
    world: World, aoba: Client, change: dict[str, Any], pointer: str
) -> None:
    document = {**DENY, **change}
    refused = aoba.post(POLICIES, document)
    assert (refused.status, refused.code) == (422, "invalid")
    assert pointer in refused.wrong()
    asked = {"subject": {"user": person(world)}, "service": "svc", "context": {}, "policies": [document]}
    assert aoba.post(f"{POLICIES}/simulate", asked | {"service": service(aoba)}).wrong().keys() >= {
        f"/policies/0{pointer}"
    }
    assert f"/policies/0{pointer}" in aoba.post(f"{POLICIES}/backtest", {"policies": [document]}).wrong()
    assert aoba.get(POLICIES).body["items"] == []


def test_everything_that_is_wrong_in_a_what_if_is_told_at_once(world: World, aoba: Client) -> None:
    wrong = [{**DENY, "effect": "allow"}, DENY, {**DENY, "when": {}}]
    asked = {"subject": {"user": "usr_none"}, "service": "svc_none", "context": {"weather": "fine"}, "policies": wrong}
    places = {"/subject/user", "/service", "/context/weather", "/policies/0/effect", "/policies/2/when"}
    assert aoba.post(f"{POLICIES}/simulate", asked).wrong().keys() == places
    for document in ({**DENY, "effect": "step_up", "require": "mfa"}, {**DENY, "services": "*"}):
        assert len(aoba.post(POLICIES, document).body["errors"]) == 1, document  # and each once
    assert len(aoba.post(f"{POLICIES}/simulate", asked | {"policies": [], "context": 5}).body["errors"]) == 3
    told = aoba.post(f"{POLICIES}/backtest", {"policies": wrong, "from": "yesterday", "since": 1}).wrong()
    assert told.keys() == {"/from", "/since", "/policies/0/effect", "/policies/2/when"}


def test_a_condition_on_devices_needs_the_products_that_know_devices(world: World, aoba: Client) -> None:
    device = {**DENY, "when": {"not": {"device": {"enrolled": True}}}}
    certificate = {**DENY, "effect": "step_up", "require": ["device_certificate"]}
    for document in (device, certificate):
        refused = aoba.post(POLICIES, document)
        assert (refused.status, refused.code) == (409, "contract_required")
    world.bring("aoba", Status.ACTIVE, product="MDM")
    refused = aoba.post(POLICIES, device)
    assert (refused.code, refused.body["product"]) == ("contract_required", "DEVICE_AUTH")
    world.bring("aoba", Status.ACTIVE, product="DEVICE_AUTH")
    assert aoba.post(POLICIES, device).status == 201
    assert aoba.post(POLICIES, certificate).status == 201


def test_a_tenant_sees_and_changes_its_own_policies_alone(world: World, aoba: Client) -> None:
    made = aoba.post(POLICIES, DENY).body["id"]
    midori = world.client("midori")
    for tenant in ("aoba", "midori"):
        where = f"/tenants/{tenant}/policies/{made}"
        assert midori.get(where).status == midori.delete(where).status == 404
    assert world.client("stranger").get(POLICIES).status == 404
    partner = world.client("partner")
    assert partner.get(POLICIES).status == 200
    assert partner.post(POLICIES, DENY).status == 403
    assert world.key("aoba", "policies:read").post(POLICIES, DENY).status == 403


def test_asking_needs_to_read_and_no_more(world: World) -> None:
    reader = world.key("aoba", "policies:read")
    assert reader.post(f"{POLICIES}/backtest", {"policies": []}).status == 200
    assert world.key("aoba", "policies:write").post(f"{POLICIES}/backtest", {"policies": []}).status == 403
    assert reader.post(f"{POLICIES}/activate", {}).status == 403


def test_under_a_contract_that_is_not_active_nothing_of_the_rules_changes(world: World, aoba: Client) -> None:
    made = aoba.post(POLICIES, DENY).body["id"]
    operator = world.client("operator")
    operator.post(f"/contracts/{world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
    for answer in (
        aoba.post(POLICIES, DENY),
        aoba.patch(f"{POLICIES}/{made}", {"name": "x"}),
        aoba.delete(f"{POLICIES}/{made}"),
        aoba.post(f"{POLICIES}/activate", {}),
    ):
        assert (answer.status, answer.code) == (409, "contract_not_active")
    assert aoba.get(f"{POLICIES}/{made}").status == 200


def test_a_group_or_network_that_a_policy_names_stays_as_long_as_it_does(aoba: Client) -> None:
    group = aoba.post("/tenants/aoba/groups", {"name": "sales"}).body["id"]
    network = aoba.post("/tenants/aoba/networks", {"name": "office", "cidrs": ["203.0.113.0/24"]}).body["id"]
    places = [f"/tenants/aoba/groups/{group}", f"/tenants/aoba/networks/{network}"]
    named = {"all": [{"group": {"in": [group]}}, {"network": {"in": ["office"]}}]}
    made = aoba.post(POLICIES, DENY | {"when": named}).body["id"]
    for stage in ("drafted", "in force"):
        if stage == "in force":
            activation = aoba.post(f"{POLICIES}/activate", {}).body["activation"]
            assert aoba.post(f"{POLICIES}/confirm", {"activation": activation}).status == 200
            assert aoba.delete(f"{POLICIES}/{made}").status == 204
        for place in places:
            refused = aoba.delete(place)
            assert (refused.status, refused.code) == (409, "named_by_policy"), stage
    activation = aoba.post(f"{POLICIES}/activate", {}).body["activation"]
    assert aoba.delete(places[0]).status == 409  # what is in force would be again
    assert aoba.post(f"{POLICIES}/confirm", {"activation": activation}).status == 200
    assert [aoba.delete(place).status for place in places] == [204, 204]


def test_a_text_is_kept_as_it_was_sent_and_shown_as_a_form_where_one_says_the_same(aoba: Client) -> None:
    made = aoba.post(POLICIES, DENY).body
    again = aoba.post(POLICIES, {"name": "as text", "text": made["text"]})
    assert (again.status, again.body["source"], again.body["text"]) == (201, "text", made["text"])
    assert (again.body["effect"], again.body["services"]) == ("deny", ["*"])
    assert aoba.put(f"{POLICIES}/{again.body['id']}", again.body).body["source"] == "text"
    only_text = 'forbid (principal, action == Action::"token", resource) when { context.time.hour < 3 };'
    other = aoba.patch(f"{POLICIES}/{made['id']}", {"text": only_text})
    assert (other.status, other.body["source"], other.body["when"]) == (200, "text", None)
    back = aoba.patch(f"{POLICIES}/{made['id']}", {name: DENY[name] for name in ("effect", "services", "when")})
    assert (back.body["source"], back.body["when"]) == ("form", DENY["when"])
    wrong = aoba.post(POLICIES, {"name": "x", "text": "forbid (principal, action, resource) when { context.nothing };"})
    assert (wrong.status, set(wrong.wrong())) == (422, {"/text"})
    assert aoba.post(POLICIES, {**DENY, "text": only_text}).status == 422
