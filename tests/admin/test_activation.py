"""Putting a draft set in force over HTTP: not so that nobody could undo it, and with a way back."""

from typing import Any

import pytest
from tests.admin.beings import person, service
from tests.admin.conftest import Client, World

from idp import access, users
from idp.access.policies import Rule
from idp.kit.units import Unit

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


LOCKING: dict[str, list[dict[str, Any]]] = {
    "everybody": [EVERYBODY],
    "Japan": [EVERYBODY | {"when": {"country": {"in": ["JP"]}}}],
    "inside and outside": [
        EVERYBODY | {"when": {"network": {"in": ["203.0.113.0/24"]}}},
        EVERYBODY | {"when": {"not": {"network": {"in": ["203.0.113.0/24"]}}}},
    ],
    "the hours and the others": [DENY, EVERYBODY | {"when": DENY["when"]["not"]}],
    "holidays and working days": [
        EVERYBODY | {"when": {"time": {"days": [day], "from": "00:00", "to": "24:00", "holidays": how}}}
        for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        for how in ("only", "exclude")
    ],
    "a permit for nobody": [EVERYBODY | {"effect": "permit", "when": {"any": []}}],
    "the only administrator's affiliation": [EVERYBODY | {"when": {"affiliation": {"in": ["employee"]}}}],
    "young and old sign-ins": [
        EVERYBODY | {"when": {"authentication": {"max_age_seconds": 60}}},
        EVERYBODY | {"when": {"not": {"authentication": {"max_age_seconds": 60}}}},
    ],
}
LEAVING: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "an hour a week": [
        EVERYBODY | {"when": {"not": {"time": {"days": ["sun"], "from": "23:59", "to": "00:00"}}}},
    ],
    "one holiday minute": [
        EVERYBODY | {"when": {"not": {"time": {"days": ["mon"], "from": "12:00", "to": "12:01", "holidays": "only"}}}},
    ],
    "one address": [EVERYBODY | {"when": {"not": {"network": {"in": ["203.0.113.9/32"]}}}}],
    "one address at one hour with a new browser": [
        EVERYBODY | {"when": {"not": {"network": {"in": ["203.0.113.9/32"]}}}},
        EVERYBODY | {"when": {"not": {"time": {"days": ["sun"], "from": "01:00", "to": "02:00"}}}},
        EVERYBODY | {"when": {"not": {"browser": {"family": {"in": ["firefox"]}, "min_version": 140}}}},
    ],
    "two methods": [EVERYBODY | {"when": {"not": {"authentication": {"mfa": True}}}}],
    "a step-up": [EVERYBODY | {"effect": "step_up", "require": ["mfa"]}],
    "what only reports": [EVERYBODY | {"report_only": True}],
    "employees": [EVERYBODY | {"when": {"not": {"affiliation": {"in": ["employee"]}}}}],
}


def activated(aoba: Client, documents: list[dict[str, Any]]) -> tuple[int, str]:
    for item in aoba.get(POLICIES).body["items"]:
        aoba.delete(f"{POLICIES}/{item['id']}")
    for document in documents:
        made = aoba.post(POLICIES, document)
        assert made.status == 201, made.body
    answer = aoba.post(f"{POLICIES}/activate", {})
    return answer.status, answer.body.get("code", "")


@pytest.mark.parametrize("documents", LOCKING.values(), ids=LOCKING)
def test_a_set_under_which_no_administrator_could_sign_in_is_not_put_in_force(
    aoba: Client, documents: list[dict[str, Any]]
) -> None:
    assert activated(aoba, documents) == (409, "last_admin_locked_out")


@pytest.mark.parametrize("documents", LEAVING.values(), ids=LEAVING)
def test_a_set_that_leaves_somebody_a_way_in_is_put_in_force(aoba: Client, documents: list[dict[str, Any]]) -> None:
    assert activated(aoba, documents)[0] == 202


def test_what_counts_is_the_administrators_that_there_are(world: World, aoba: Client) -> None:
    employees = [EVERYBODY | {"when": {"affiliation": {"in": ["employee"]}}}]
    admin = person(world, affiliation="employee", roles=["admin"])
    assert len(aoba.get("/tenants/aoba/users").body["items"]) == 2  # the first one came with the contract
    assert activated(aoba, employees) == (409, "last_admin_locked_out")
    officer = person(world, affiliation="officer", roles=["admin"], email="officer@aoba.example")
    assert activated(aoba, employees)[0] == 202
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        users.disable(unit, officer)
        assert users.get(unit, admin).active_at(unit.now_us)
    assert activated(aoba, employees) == (409, "last_admin_locked_out")


def test_while_a_set_is_tried_out_others_write_and_what_changes_meanwhile_is_tried_again(
    world: World, aoba: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    midori, tried = world.client("midori"), []
    honestly = access.drafts.locked_out.everybody

    def slowly(unit: Unit, rules: list[Rule]) -> bool:
        found = honestly(unit, rules)
        tried.append(len(rules))
        assert midori.post("/tenants/midori/groups", {"name": f"g{len(tried)}"}).status == 201
        if len(tried) == 1:
            assert aoba.post(POLICIES, EVERYBODY).status == 201
        return found

    monkeypatch.setattr(access.drafts.locked_out, "everybody", slowly)
    assert aoba.post(f"{POLICIES}/activate", {}).code == "last_admin_locked_out"
    assert tried == [0, 1]


def test_a_rule_of_one_service_locks_nobody_out_of_the_console(aoba: Client) -> None:
    assert activated(aoba, [EVERYBODY | {"services": [service(aoba)]}])[0] == 202


@pytest.mark.parametrize("body", [{"confirm_within_seconds": 0}, {"confirm_within_seconds": 86_401}, {"x": 1}])
def test_an_activation_takes_a_sensible_time(aoba: Client, body: dict[str, Any]) -> None:
    assert aoba.post(f"{POLICIES}/activate", body).status == 422


def test_an_activation_says_until_when_it_can_be_confirmed(world: World, aoba: Client) -> None:
    answer = aoba.post(f"{POLICIES}/activate", {})
    assert answer.status == 202
    assert answer.body["confirm_by"] == "2026-04-01T01:10:00Z"
    assert aoba.post(f"{POLICIES}/confirm", {}).wrong() == {"/activation": "required"}
    assert world.client("midori").post("/tenants/midori/policies/confirm", answer.body).status == 422
    stolen = world.client("midori").post("/tenants/midori/policies/confirm", {"activation": answer.body["activation"]})
    assert (stolen.status, stolen.code) == (409, "confirmation_expired")
    assert aoba.post(f"{POLICIES}/confirm", {"activation": answer.body["activation"]}).status == 200


def test_the_set_in_force_is_shown_whatever_became_of_the_draft(world: World, aoba: Client) -> None:
    where = f"{POLICIES}/in-force"
    none = {"activation": None, "activated_at": None, "confirm_by": None, "confirmed_at": None, "policies": []}
    assert aoba.get(where).body == none
    made = aoba.post(POLICIES, DENY | {"report_only": True}).body
    activation = aoba.post(f"{POLICIES}/activate", {}).body
    aoba.delete(f"{POLICIES}/{made['id']}")
    shown = aoba.get(where).body
    (rule,) = shown.pop("policies")
    assert rule == {name: value for name, value in made.items() if not name.endswith("_at")}
    assert shown == {
        "activation": activation["activation"],
        "activated_at": "2026-04-01T01:00:00Z",
        "confirm_by": activation["confirm_by"],
        "confirmed_at": None,
    }
    world.clock.advance(minutes=10)
    assert aoba.get(where).body == none
    assert world.client("midori").get(where).status == 404
