"""Groups over HTTP: made, filled, shown with each ID, assigned, taken away."""

from typing import Any

from tests.admin.conftest import World

from idp.contracts import Status

GROUPS = "/tenants/aoba/groups"
USERS = "/tenants/aoba/users"
PERSON = {"user_name": "jiro", "display_name": "青葉 次郎", "affiliation": "employee"}
SERVICE = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}


def made(world: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = world.client("aoba").post(path, body)
    assert reply.status == 201, reply.raw
    found: dict[str, Any] = reply.body
    return found


def test_a_group_is_made_read_renamed_and_deleted(world: World) -> None:
    tenant = world.client("aoba")
    reply = tenant.post(GROUPS, {"name": "営業部"})
    where = f"{GROUPS}/{reply.body['id']}"
    assert (reply.status, reply.headers["location"]) == (201, f"https://idp.example/api/v1{where}")
    assert tenant.get(where).body == reply.body
    assert tenant.get(GROUPS).body["items"] == [reply.body]
    renamed = tenant.patch(where, {"name": "営業"}, if_match=reply.etag)
    assert (renamed.status, renamed.body["name"]) == (200, "営業")
    assert tenant.patch(where, {"name": "x"}, if_match=reply.etag).status == 412
    assert tenant.post(GROUPS, {"name": "営業"}).code == "group_name_taken"
    assert tenant.patch(where, {"name": None}).wrong() == {"/name": "required"}
    assert tenant.delete(where, if_match=reply.etag).status == 412
    assert tenant.delete(where).status == 204
    assert tenant.get(where).status == 404


def test_members_join_and_leave(world: World) -> None:
    tenant = world.client("aoba")
    user, group = made(world, USERS, PERSON)["id"], made(world, GROUPS, {"name": "営業部"})["id"]
    where = f"{GROUPS}/{group}/members"
    before = tenant.get(f"{USERS}/{user}")
    for _ in range(2):
        assert tenant.put(f"{where}/{user}").status == 204
    assert [item["user"] for item in tenant.get(where).body["items"]] == [user]
    shown = tenant.get(f"{USERS}/{user}")
    assert shown.body["groups"] == [group]
    # who changes what they have read changes what is there
    assert tenant.patch(f"{USERS}/{user}", {"groups": []}, if_match=before.etag).status == 412
    assert tenant.patch(f"{USERS}/{user}", {"groups": []}, if_match=shown.etag).body["groups"] == []
    assert tenant.delete(f"{where}/{user}").status == 404
    assert tenant.put(f"{where}/usr_none").status == tenant.put(f"{GROUPS}/grp_none/members/{user}").status == 404


def test_an_id_is_made_in_groups(world: World) -> None:
    group = made(world, GROUPS, {"name": "営業部"})["id"]
    assert made(world, USERS, {**PERSON, "groups": [group]})["groups"] == [group]
    unknown = world.client("aoba").post(USERS, {**PERSON, "user_name": "saburo", "groups": ["grp_none"]})
    assert (unknown.status, unknown.wrong()) == (422, {"/groups": "unknown_group"})
    seen = world.client("aoba").get(USERS).body["items"]
    assert [person["groups"] for person in seen if person["user_name"] == "jiro"] == [[group]]


def test_a_group_is_assigned_and_its_assignments_go_with_it(world: World) -> None:
    tenant = world.client("aoba")
    group, service = made(world, GROUPS, {"name": "営業部"})["id"], made(world, "/tenants/aoba/services", SERVICE)["id"]
    where = f"/tenants/aoba/services/{service}/assignments"
    assigned = made(world, where, {"group": group})
    assert (assigned["group"], assigned["user"]) == (group, None)
    assert made(world, where, {"group": group})["id"] == assigned["id"]
    assert tenant.post(where, {"group": "grp_none"}).wrong() == {"/group": "unknown_value"}
    assert tenant.post(where, {"group": group, "user": "usr_1"}).wrong() == {"/group": "one_of"}
    assert tenant.delete(f"{GROUPS}/{group}").status == 204
    assert tenant.get(where).body["items"] == []


def test_groups_need_a_contract_that_is_active(world: World) -> None:
    group = made(world, GROUPS, {"name": "営業部"})["id"]
    user = made(world, USERS, PERSON)["id"]
    operator = world.client("operator")
    operator.post(f"/contracts/{world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
    tenant = world.client("aoba")
    refused = [
        tenant.post(GROUPS, {"name": "x"}),
        tenant.patch(f"{GROUPS}/{group}", {"name": "x"}),
        tenant.delete(f"{GROUPS}/{group}"),
        tenant.put(f"{GROUPS}/{group}/members/{user}"),
        tenant.delete(f"{GROUPS}/{group}/members/{user}"),
    ]
    assert {(reply.status, reply.code) for reply in refused} == {(409, "contract_not_active")}
    assert tenant.get(GROUPS).status == 200


def test_a_partner_who_prepares_ids_makes_no_groups(world: World) -> None:
    world.bring("kaede", Status.APPROVED, partner=world.partner)
    assert world.client("partner").post("/tenants/kaede/groups", {"name": "x"}).status == 403
    assert world.client("operator").post("/tenants/kaede/groups", {"name": "x"}).status == 201


def test_a_group_in_a_group_gives_what_the_outer_one_has(world: World) -> None:
    tenant = world.client("aoba")
    user = made(world, USERS, PERSON)["id"]
    outer, inner = (made(world, GROUPS, {"name": name})["id"] for name in ("全社", "営業部"))
    assert tenant.put(f"{GROUPS}/{inner}/members/{user}").status == 204
    for _ in range(2):
        assert tenant.put(f"{GROUPS}/{outer}/groups/{inner}").status == 204
    assert [each["group"] for each in tenant.get(f"{GROUPS}/{outer}/groups").body["items"]] == [inner]
    assert tenant.get(f"{GROUPS}/{outer}/members").body["items"] == []
    [effective] = tenant.get(f"{GROUPS}/{outer}/members?effective=true").body["items"]
    assert effective["user"] == user
    assert tenant.get(f"{USERS}/{user}/groups").body["items"] == sorted(
        [
            {"group": inner, "direct": True, "dynamic": False, "through": []},
            {"group": outer, "direct": False, "dynamic": False, "through": [inner]},
        ],
        key=lambda each: str(each["group"]),
    )
    circle = tenant.put(f"{GROUPS}/{inner}/groups/{outer}")
    assert (circle.status, circle.code, circle.body["path"]) == (409, "group_cycle", [inner, outer, inner])
    assert tenant.delete(f"{GROUPS}/{outer}/groups/{inner}").status == 204
    assert tenant.delete(f"{GROUPS}/{outer}/groups/{inner}").status == 404
    assert tenant.get(f"{GROUPS}/{outer}/members?effective=true").body["items"] == []
    assert tenant.get(f"{GROUPS}/{outer}/members?effective=maybe").wrong() == {"/effective": "unknown_value"}
    assert tenant.get(f"{USERS}/{user}").body["groups"] == [inner]


def test_pages_of_effective_members_and_of_somebodys_groups_go_on_where_they_ended(world: World) -> None:
    tenant = world.client("aoba")
    outer, inner = (made(world, GROUPS, {"name": name})["id"] for name in ("a", "b"))
    tenant.put(f"{GROUPS}/{outer}/groups/{inner}")
    people = [
        made(world, USERS, {**PERSON, "user_name": f"u{n}", "groups": [inner, outer][: n % 2 + 1]}) for n in range(4)
    ]
    for path, key, all_of_them in (
        (f"{GROUPS}/{outer}/members?effective=true&limit=2", "user", {each["id"] for each in people}),
        (f"{USERS}/{people[1]['id']}/groups?limit=1", "group", {inner, outer}),
    ):
        found, cursor = [], ""
        while cursor is not None:
            page = tenant.get(f"{path}&cursor={cursor}" if cursor else path).body
            found += [item[key] for item in page["items"]]
            cursor = page["next"]
        assert (len(found), set(found)) == (len(all_of_them), all_of_them)


def test_a_group_by_rule_holds_whoever_is_like_that(world: World) -> None:
    tenant = world.client("aoba")
    made(world, "/tenants/aoba/attributes", {"name": "department", "type": "string"})
    people = [
        made(world, USERS, {**PERSON, "user_name": name, "attributes": {"department": name}})["id"]
        for name in ("sales", "legal")
    ]
    rule = {"attribute": {"name": "department", "equals": "sales"}}
    assert tenant.post(f"{GROUPS}/preview", {"rule": rule}).body == {"count": 1, "users": people[:1]}
    group = made(world, GROUPS, {"name": "営業部", "rule": rule})
    where = f"{GROUPS}/{group['id']}"
    assert group["rule"] == tenant.get(where).body["rule"] == rule

    def inside() -> list[str]:
        return [each["user"] for each in tenant.get(f"{where}/members").body["items"]]

    assert inside() == people[:1]
    tenant.patch(f"{USERS}/{people[1]}", {"attributes": {"department": "sales"}})
    tenant.patch(f"{USERS}/{people[0]}", {"attributes": None})
    assert inside() == people[1:]
    [mine] = tenant.get(f"{USERS}/{people[1]}/groups").body["items"]
    assert (mine["direct"], mine["dynamic"]) == (False, True)
    by_hand = tenant.put(f"{where}/members/{people[0]}")
    assert (by_hand.status, by_hand.code) == (409, "group_is_dynamic")
    changed = tenant.patch(where, {"rule": {"not": rule}, "name": "その他"})
    assert (changed.status, changed.body["name"], set(inside()) & set(people)) == (200, "その他", set(people[:1]))
    wrong = tenant.patch(where, {"rule": {"attribute": {"name": "salary", "equals": 1}}})
    assert wrong.wrong() == {"/rule/attribute/name": "unknown_attribute"}
    assert tenant.delete("/tenants/aoba/attributes/department?discard=true").code == "attribute_in_use"
    assert tenant.patch(where, {"rule": None}).body["rule"] is None
    assert inside() == []
    row = f"user_name,affiliation,groups\nx,employee,{changed.body['name']}\n".encode()
    tenant.patch(where, {"rule": rule})
    report = tenant.post(f"{USERS}/import", row, content_type="text/csv").body
    assert [error["code"] for error in report["errors"]] == ["group_is_dynamic"]


def test_a_rule_needs_what_members_need_and_its_preview_what_people_do(world: World) -> None:
    keeper, able = world.key("aoba", "groups:*"), world.key("aoba", "groups:*", "members:write", "users:read")
    rule = {"affiliation": {"in": ["employee"]}}
    plain = keeper.post(GROUPS, {"name": "営業部"})
    assert plain.status == 201
    where = f"{GROUPS}/{plain.body['id']}"
    assert keeper.patch(where, {"name": "人事部"}).status == 200
    refused = [
        keeper.post(GROUPS, {"name": "x", "rule": rule}),
        keeper.patch(where, {"rule": rule}),
        keeper.patch(where, {"rule": None}),
        keeper.post(f"{GROUPS}/preview", {"rule": rule}),
    ]
    assert {(reply.status, reply.code) for reply in refused} == {(403, "forbidden")}
    assert able.post(f"{GROUPS}/preview", {"rule": rule}).status == 200
    assert able.patch(where, {"rule": rule}).status == 200
    assert able.post(GROUPS, {"name": "x", "rule": rule}).status == 201
