"""Planned changes over HTTP: planned, shown beforehand, called off, made and undone."""

from typing import Any

import pytest
from tests.admin.conftest import World

from idp import planning
from idp.schedule import PlannedChanges, Watch

USERS = "/tenants/aoba/users"
PERSON = {"user_name": "jiro", "display_name": "青葉 次郎", "affiliation": "employee"}


def made(world: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = world.client("aoba").post(path, body)
    assert reply.status == 201, reply.raw
    found: dict[str, Any] = reply.body
    return found


def test_a_change_is_planned_shown_beforehand_made_and_undone(world: World) -> None:
    tenant = world.client("aoba")
    group = made(world, "/tenants/aoba/groups", {"name": "営業部"})["id"]
    service = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
    service_id = made(world, "/tenants/aoba/services", service)["id"]
    made(world, f"/tenants/aoba/services/{service_id}/assignments", {"group": group})
    user = made(world, USERS, PERSON)["id"]
    where = f"{USERS}/{user}/changes"
    wish = {"at": "2027-04-01", "change": {"groups": [group], "affiliation": "officer"}, "reason": "4月1日付"}
    preview = tenant.post(f"{where}/preview", wish)
    assert preview.status == 200, preview.raw
    assert (preview.body["before"]["groups"], preview.body["after"]["groups"]) == ([], [group])
    assert preview.body["groups"] == {"gained": [group], "lost": []}
    assert preview.body["services"] == {"gained": [{"id": service_id, "name": "S"}], "lost": []}
    assert tenant.get(f"{USERS}/{user}").body["groups"] == []
    assert tenant.get(where).body["items"] == []
    plan = made(world, where, wish)
    assert (plan["at"], plan["status"], plan["reason"]) == ("2027-03-31T15:00:00Z", "planned", "4月1日付")
    assert tenant.get(f"{where}/{plan['id']}").body == plan
    assert tenant.get("/tenants/aoba/changes?status=planned").body["items"] == [plan]
    assert tenant.post(f"{where}/{plan['id']}/undo").code == "change_not_done"


def test_a_plan_is_called_off_and_what_it_says_is_judged(world: World) -> None:
    tenant = world.client("aoba")
    user = made(world, USERS, PERSON)["id"]
    where = f"{USERS}/{user}/changes"
    plan = made(world, where, {"at": "2027-01-01T09:00:00+09:00", "change": "delete"})
    gone = tenant.post(f"{where}/preview", {"at": "2027-01-01", "change": "delete"}).body
    assert gone["after"] is None
    for _ in range(2):
        assert tenant.delete(f"{where}/{plan['id']}").status == 204
    assert tenant.get(f"{where}/{plan['id']}").body["status"] == "cancelled"
    assert tenant.delete(f"{where}/chg_none").status == 404
    wrong = tenant.post(where, {"at": "2020-01-01", "change": {"affiliation": "guest"}})
    assert wrong.wrong() == {"/at": "past", "/change/affiliation": "unknown_value"}
    taken = tenant.post(where, {"at": "2027-01-01", "change": {"groups": ["grp_none"]}})
    assert taken.wrong() == {"/groups": "unknown_group"}
    Watch(world.house.units, [PlannedChanges()], patience=0)()
    assert tenant.get(f"{USERS}/{user}").body["status"] == "active"


def test_who_is_disabled_by_the_clock_is_shown_so_and_not_enabled_before_that_is_done(world: World) -> None:
    tenant = world.client("aoba")
    user = made(world, USERS, PERSON)["id"]
    where = f"{USERS}/{user}"
    made(world, f"{where}/changes", {"at": "2026-04-02T00:00:00Z", "change": "disable"})
    before = tenant.get(where)
    world.clock.advance(days=1)
    now = tenant.get(where)
    assert (before.body["status"], now.body["status"], now.etag == before.etag) == ("active", "disabled", False)
    assert [each["id"] for each in tenant.get(f"{USERS}?status=disabled").body["items"]] == [user]
    refused = tenant.post(f"{where}/enable")
    assert (refused.status, refused.code) == (409, "change_due")
    Watch(world.house.units, [PlannedChanges()], patience=0)()
    assert tenant.post(f"{where}/enable").body["status"] == "active"


def test_planning_and_undoing_need_what_the_change_itself_needs(world: World) -> None:
    tenant, planner = world.client("aoba"), world.key("aoba", "changes:*")
    able = world.key("aoba", "changes:*", "users:*")
    user = made(world, USERS, PERSON)["id"]
    where = f"{USERS}/{user}/changes"
    wish = {"at": "2027-01-01", "change": "disable"}
    for lacking in (planner, world.key("aoba", "changes:*", "users:read")):
        for reply in (lacking.post(where, wish), lacking.post(f"{where}/preview", wish)):
            assert (reply.status, reply.code) == (403, "forbidden")
    assert world.key("aoba", "changes:*", "users:write").post(f"{where}/preview", wish).status == 403
    assert tenant.get(where).body["items"] == []
    assert able.post(f"{where}/preview", wish).status == 200
    plan = able.post(where, {"at": "2026-04-02", "change": {"locale": "en"}})
    assert plan.status == 201
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        due = planning.get(unit, plan.body["id"], user)
        unit.lane.execute(f"UPDATE planned_changes SET at = 1 WHERE id = '{due.id}'", {})
    Watch(world.house.units, [PlannedChanges()], patience=0)()
    assert planner.get(f"{where}/{due.id}").body["status"] == "done"
    refused = planner.post(f"{where}/{due.id}/undo")
    assert (refused.status, refused.code) == (403, "forbidden")
    assert tenant.get(f"{USERS}/{user}").body["locale"] == "en"
    assert able.post(f"{where}/{due.id}/undo").status == 200


def test_a_plan_is_called_off_by_who_made_it_or_may_do_the_change_itself(world: World) -> None:
    tenant = world.client("aoba")
    user, boss = made(world, USERS, PERSON)["id"], made(world, USERS, {**PERSON, "user_name": "b", "roles": ["admin"]})
    group = made(world, "/tenants/aoba/groups", {"name": "g"})["id"]
    desk = world.key("aoba", "changes:*", "users:*")
    plans = [
        (user, {"locale": "en"}, world.key("aoba", "changes:*"), desk),
        (user, "disable", world.key("aoba", "changes:*", "users:read"), desk),
        (user, {"groups": [group]}, desk, world.key("aoba", "changes:*", "users:*", "members:write")),
        (boss["id"], "delete", desk, tenant),
        (boss["id"], {"roles": []}, desk, tenant),
        (user, {"roles": ["admin"]}, desk, tenant),
    ]
    for number, (who, change, weak, able) in enumerate(plans):
        where = f"{USERS}/{who}/changes"
        plan = made(world, where, {"at": f"2027-01-0{number + 1}", "change": change})["id"]
        refused = weak.delete(f"{where}/{plan}")
        assert (refused.status, refused.code) == (403, "forbidden"), change
        assert tenant.get(f"{where}/{plan}").body["status"] == "planned"
        assert able.delete(f"{where}/{plan}").status == 204, change
    mine = desk.post(f"{USERS}/{user}/changes", {"at": "2027-01-01", "change": {"locale": "en"}}).body["id"]
    assert desk.delete(f"{USERS}/{user}/changes/{mine}").status == 204


@pytest.mark.attack("M3")
@pytest.mark.parametrize(
    ("change", "status"), [({"groups": []}, 403), ({"roles": ["admin"]}, 403), ({"display_name": "J"}, 204)]
)
def test_a_plan_is_not_called_off_by_making_it_impossible_first(
    world: World, change: dict[str, Any], status: int
) -> None:
    tenant, group = world.client("aoba"), made(world, "/tenants/aoba/groups", {"name": "g"})["id"]
    user = f"{USERS}/{made(world, USERS, {**PERSON, 'groups': [group]})['id']}"
    wish = {"at": "2026-12-01", "change": {**change, "valid_from": "2026-11-30"}}
    plan = f"{user}/changes/{made(world, f'{user}/changes', wish)['id']}"
    weak = world.key("aoba", "changes:*", "users:*", *(["members:write"] if "roles" in change else []))
    assert weak.patch(user, {"valid_until": "2026-11-29"}).status == 200
    assert weak.delete(plan).status == status
    assert tenant.get(plan).body["status"] == ("cancelled" if status == 204 else "planned")
    assert tenant.delete(plan).status == 204


@pytest.mark.attack("M3")
def test_a_plan_is_not_called_off_because_it_would_change_nothing_today(world: World) -> None:
    tenant, group = world.client("aoba"), made(world, "/tenants/aoba/groups", {"name": "g"})["id"]
    user = f"{USERS}/{made(world, USERS, {**PERSON, 'groups': [group]})['id']}"
    made(world, f"{user}/changes", {"at": "2026-12-01", "change": {"groups": []}})
    back = made(world, f"{user}/changes", {"at": "2026-12-02", "change": {"groups": [group]}})["id"]
    assert world.key("aoba", "changes:*", "users:*").delete(f"{user}/changes/{back}").status == 403
    assert tenant.delete(f"{user}/changes/{back}").status == 204


def test_at_most_fifty_changes_wait_for_one_person(world: World) -> None:
    tenant = world.client("aoba")
    where = f"{USERS}/{made(world, USERS, PERSON)['id']}/changes"
    wish = {"at": "2027-01-01", "change": {"locale": "en"}}
    last = [made(world, where, wish)["id"] for _ in range(50)][-1]
    refused = tenant.post(where, wish)
    assert (refused.status, refused.code, refused.body["limit"]) == (409, "change_limit_reached", 50)
    assert tenant.delete(f"{where}/{last}").status == 204
    assert tenant.post(where, wish).status == 201
