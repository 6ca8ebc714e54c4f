"""Changes that are planned for an instant to come: made once, in their order; by the clock where they stop somebody."""

import threading
from typing import Any

import pytest
from tests.users.test_users import add, admin

from idp import credentials, federation, planning, users
from idp.credentials import EVERYTHING, KeyDraft, KeyScope
from idp.kit.errors import Conflict, Invalid
from idp.kit.listing import Question
from idp.planning import Act, Planner, PlanStatus
from idp.schedule import IdDates, PlannedChanges, Watch


@pytest.fixture
def planner(world):
    draft = KeyDraft("desk", EVERYTHING, None)
    with world.open() as unit:
        key = credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING).key
    return Planner("tenant", key.id, world.aoba, "", key=True, granting=key.granting)


def plan(world, planner, who, change: Any, at="2026-04-03", reason=None):
    document = {"at": at, "change": change, "reason": reason}
    with world.open() as unit:
        identity = users.get(unit, who.id)
        wish = planning.read(document, identity, users.frame(unit), now_us=unit.now_us)
        return planning.plan(unit, who.id, wish, planner)


def run(world):
    Watch(world.units, [PlannedChanges(), IdDates()], patience=0)()


def now(world, who, plan=None):
    with world.open() as unit:
        return users.find(unit, who.id), plan and planning.get(unit, plan.id, who.id)


def test_a_change_is_made_when_its_day_has_come_and_once(world, planner):
    taro = add(world)
    made = plan(world, planner, taro, {"affiliation": "officer", "claims": {"nickname": "T"}}, reason="昇進")
    run(world)
    assert now(world, taro)[0].affiliation == "employee"
    world.clock.advance(hours=38)  # 00:00 in Tokyo is 15:00 of the day before
    for _ in range(2):
        run(world)
    identity, done = now(world, taro, made)
    assert (identity.affiliation, identity.claims, identity.version) == ("officer", {"nickname": "T"}, taro.version + 1)
    assert (done.status, done.wish.reason, done.failure) == (PlanStatus.DONE, "昇進", None)
    assert world.events().count("change.made") == 1
    with world.open() as unit:
        sql = "SELECT actor_id FROM audit_entries WHERE event = 'user.changed'"
        assert [row[0] for row in unit.lane.execute(sql, {}).fetchall()] == [planner.id]


@pytest.mark.parametrize("act", ["disable", "delete"])
def test_who_is_to_go_is_out_by_the_clock_though_nothing_ran(world, planner, act):
    taro = add(world)
    made = plan(world, planner, taro, act)
    with world.open() as unit:
        standing = users.standing(unit, taro.id)
    end = made.wish.at
    assert standing.active_at(end - 1)
    assert not standing.active_at(end)
    world.clock.advance(days=3)
    with world.open() as unit:
        shown = users.get(unit, taro.id)
        assert (users.to_json(shown)["status"], shown.status) == ("disabled", "active")
        listed = {status: users.LISTED.page(unit, _asked(status)).items for status in ("active", "disabled")}
    assert ([each.id for each in listed["disabled"]], taro.id in listed["active"]) == ([taro.id], False)
    run(world)
    identity, done = now(world, taro, made)
    assert done.status is PlanStatus.DONE
    assert identity is None if act == "delete" else identity.status == "disabled"
    assert "user.ended" not in world.events()


def test_what_is_called_off_does_not_happen_and_what_has_happened_is_not_called_off(world, planner):
    taro = add(world)
    first, second = (plan(world, planner, taro, "disable", at) for at in ("2026-04-03", "2026-04-05"))
    with world.open() as unit:
        for _ in range(2):
            assert planning.cancel(unit, first.id, taro.id).status is PlanStatus.CANCELLED
    assert now(world, taro)[0].span.ends_at == second.wish.at
    with world.open() as unit:
        planning.cancel(unit, second.id, taro.id)
    assert now(world, taro)[0].span.ends_at is None
    third = plan(world, planner, taro, {"locale": "en"})
    world.clock.advance(days=9)
    with pytest.raises(Conflict, match="change_settled"), world.open() as unit:
        planning.cancel(unit, third.id, taro.id)
    run(world)
    assert now(world, taro)[0].active_at(third.wish.at)


def test_to_disable_by_a_patch_holds_by_the_clock_too(world, planner):
    taro = add(world)
    made = plan(world, planner, taro, {"status": "disabled"})
    assert made.wish.act is Act.DISABLE
    assert not now(world, taro)[0].active_at(made.wish.at)


def test_who_is_disabled_and_enabled_again_while_no_worker_ran_is_as_planned(world, planner):
    taro = add(world)
    plans = [plan(world, planner, taro, act, f"2026-04-0{day}") for day, act in ((3, "disable"), (4, "enable"))]
    plans.append(plan(world, planner, taro, "disable", "2026-04-05"))
    world.clock.advance(days=9)
    run(world)
    assert [now(world, taro, each)[1].status for each in plans] == [PlanStatus.DONE] * 3
    assert now(world, taro)[0].status == "disabled"


def test_those_for_one_person_come_in_their_order(world, planner):
    taro = add(world)
    for day, name in (("05", "third"), ("03", "first"), ("04", "second")):
        plan(world, planner, taro, {"display_name": name}, f"2026-04-{day}")
    last = plan(world, planner, taro, {"display_name": "same day"}, "2026-04-05")
    world.clock.advance(days=9)
    PlannedChanges().do(world.units, _item(world, last))  # somebody begins with the last one
    assert now(world, taro)[0].display_name == "same day"
    with world.open() as unit:
        found = planning.OF_USER.page(unit, _question(), of_user=taro.id).items
        assert {each.status for each in found} == {PlanStatus.DONE}
        assert [each.wish.patch["display_name"] for each in sorted(found, key=lambda each: each.settled_at)]


def _item(world, plan):
    from idp.schedule import Item

    return Item(world.aoba, plan.id, plan.wish.at, "Asia/Tokyo")


def _asked(status):
    return Question(users.LISTED.read({"status": status}), limit=50)


def _question():
    return Question(limit=50)


def test_many_workers_make_it_once(world, planner):
    taro = add(world)
    made = plan(world, planner, taro, {"display_name": "new"})
    world.clock.advance(days=3)
    threads = [threading.Thread(target=PlannedChanges().do, args=(world.units, _item(world, made))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert now(world, taro)[0].version == taro.version + 1
    assert world.events().count("change.made") == 1


def test_who_has_lost_the_right_since_changes_nothing(world, planner):
    taro = add(world)
    plans = [plan(world, planner, taro, change) for change in ({"display_name": "new"}, "disable")]
    with world.open() as unit:
        credentials.delete_key(unit, planner.id)
    world.clock.advance(days=3)
    run(world)
    for each in plans:
        failed = now(world, taro, each)[1]
        assert (failed.status, failed.failure) == (PlanStatus.FAILED, "planner_lost_rights")
    identity, _ = now(world, taro)
    assert (identity.display_name, identity.status, identity.span.ends_at) == (taro.display_name, "active", None)
    assert identity.generation > taro.generation  # who was out for a moment signs in again
    assert world.events().count("change.failed") == 2


def test_what_has_become_impossible_fails_and_says_why(world, planner):
    taro, jiro = add(world), add(world, "jiro@aoba.example")
    made = plan(world, planner, taro, {"user_name": "new@aoba.example"})
    late = plan(world, planner, jiro, {"locale": "en"})
    add(world, "new@aoba.example")
    with world.open() as unit:
        users.delete(unit, jiro.id)
    world.clock.advance(days=3)
    run(world)
    assert now(world, taro, made)[1].failure == "user_name_taken"
    with world.open() as unit:
        assert planning.get(unit, late.id, jiro.id).failure == "not_found"


def test_it_is_undone_while_nothing_of_it_has_changed_since(world, planner):
    taro = add(world)
    made = plan(world, planner, taro, {"affiliation": "officer", "locale": None, "claims": {"nickname": "T"}})
    with pytest.raises(Conflict, match="change_not_done"), world.open() as unit:
        planning.undo(unit, made.id, taro.id, EVERYTHING)
    world.clock.advance(days=3)
    run(world)
    with world.open() as unit:
        users.change(unit, taro.id, {"claims": {"nickname": "X"}, "display_name": "other"})
    with pytest.raises(Conflict, match="changed_since") as raised, world.open() as unit:
        planning.undo(unit, made.id, taro.id, EVERYTHING)
    assert raised.value.members == {"fields": ["claims.nickname"]}
    with world.open() as unit:
        users.change(unit, taro.id, {"claims": {"nickname": "T"}})
        assert planning.undo(unit, made.id, taro.id, EVERYTHING).status is PlanStatus.UNDONE
    identity, _ = now(world, taro)
    assert (identity.affiliation, identity.locale, identity.claims) == ("employee", "ja", {})
    assert identity.display_name == "other"
    with pytest.raises(Conflict, match="change_not_done"), world.open() as unit:
        planning.undo(unit, made.id, taro.id, EVERYTHING)


def test_the_last_administrator_is_not_planned_away(world, planner):
    hanako = admin(world, "hanako@aoba.example")
    jiro = admin(world, "jiro@aoba.example")
    plan(world, planner, jiro, "disable")
    with pytest.raises(Conflict, match="last_admin_locked_out"):
        plan(world, planner, hanako, "delete")


@pytest.mark.parametrize(
    ("document", "wrong"),
    [
        (
            {"at": "2026-05-01", "change": {"status": "disabled", "locale": "en"}},
            {("/change/status", "not_combinable")},
        ),
        ({}, {("/at", "required"), ("/change", "required")}),
        ({"at": "2026-04-01", "change": "disable"}, {("/at", "past")}),
        ({"at": "2099-04-01", "change": "disable"}, {("/at", "out_of_range")}),
        ({"at": "soon", "change": "leave"}, {("/at", "invalid_format"), ("/change", "invalid_type")}),
        (
            {"at": "2026-05-01", "change": {"locale": 5, "password": "x"}},
            {("/change/locale", "invalid_type"), ("/change/password", "unknown_field")},
        ),
        ({"at": "2026-05-01", "change": "enable", "who": 1}, {("/who", "unknown_field")}),
    ],
)
def test_a_plan_that_means_nothing_is_refused_at_its_place(world, document, wrong):
    taro = add(world)
    with world.open() as unit, pytest.raises(Invalid) as raised:
        planning.read(document, taro, users.frame(unit), now_us=unit.now_us)
    assert {(error.pointer, error.code) for error in raised.value.errors} == wrong


def test_what_is_planned_lies_sealed_and_is_not_the_neighbours(world, planner):
    taro = add(world)
    plan(world, planner, taro, {"display_name": "秘密"}, reason="理由")
    with world.open() as unit:
        [row] = unit.lane.execute("SELECT said, planner FROM planned_changes", {}).fetchall()
    assert "秘密".encode() not in bytes(row[0])
    with world.open(world.midori) as unit:
        assert planning.LISTED.page(unit, _question()).items == []


@pytest.mark.parametrize(("scope", "status"), [("users:read", PlanStatus.FAILED), ("users:*", PlanStatus.DONE)])
def test_a_program_may_no_more_than_its_service_may_today(world, scope, status):
    oidc = {"grant_types": ["client_credentials"], "redirect_uris": [], "scope": "users:write"}
    document = {"name": "M", "protocol": "oidc", "assignment_required": False, "oidc": oidc}
    with world.open() as unit:
        service = federation.create(unit, federation.read(document, production=False)).service
    granting = frozenset({planning.NEEDED})
    program = Planner("tenant", service.id, world.aoba, "", key=False, granting=granting)
    taro = add(world)
    made = plan(world, program, taro, {"locale": "en"})
    with world.open() as unit:
        federation.change(unit, service.id, {"oidc": {"scope": scope}}, production=False)
    world.clock.advance(days=3)
    run(world)
    assert now(world, taro, made)[1].status is status
