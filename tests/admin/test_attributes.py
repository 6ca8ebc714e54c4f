"""A tenant's schema of its people, and their values, over HTTP and from files."""

from typing import Any

from tests.admin.conftest import World

ATTRIBUTES = "/tenants/aoba/attributes"
USERS = "/tenants/aoba/users"
DEPARTMENT = {"name": "department", "type": "enum", "values": ["sales", "legal"], "description": "部署"}
PERSON = {"user_name": "jiro", "display_name": "青葉 次郎", "affiliation": "employee"}


def made(world: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = world.client("aoba").post(path, body)
    assert reply.status == 201, reply.raw
    found: dict[str, Any] = reply.body
    return found


def test_an_attribute_is_made_read_changed_and_deleted(world: World) -> None:
    tenant = world.client("aoba")
    reply = tenant.post(ATTRIBUTES, DEPARTMENT)
    where = f"{ATTRIBUTES}/department"
    assert (reply.status, reply.headers["location"]) == (201, f"https://idp.example/api/v1{where}")
    assert tenant.get(where).body == reply.body
    assert tenant.get(ATTRIBUTES).body["items"] == [reply.body]
    assert tenant.post(ATTRIBUTES, DEPARTMENT).code == "attribute_exists"
    changed = tenant.patch(where, {"values": ["sales", "legal", "hr"]}, if_match=reply.etag)
    assert (changed.status, changed.body["values"]) == (200, ["sales", "legal", "hr"])
    assert tenant.patch(where, {"description": None}, if_match=reply.etag).status == 412
    assert tenant.patch(where, {"type": "string", "values": None}).wrong() == {"/type": "immutable"}
    assert tenant.delete(where).status == 204
    assert tenant.get(where).status == 404
    assert tenant.get(ATTRIBUTES).body["items"] == []


def test_values_are_set_shown_and_judged(world: World) -> None:
    tenant = world.client("aoba")
    made(world, ATTRIBUTES, DEPARTMENT)
    person = made(world, USERS, {**PERSON, "attributes": {"department": "sales"}})
    assert person["attributes"] == {"department": "sales"}
    where = f"{USERS}/{person['id']}"
    assert tenant.patch(where, {"attributes": {"department": "legal"}}).body["attributes"] == {"department": "legal"}
    wrong = tenant.patch(where, {"attributes": {"department": "hr", "x": 1}})
    assert wrong.wrong() == {"/attributes/department": "unknown_value", "/attributes/x": "unknown_field"}
    again = tenant.post(USERS, {**PERSON, "attributes": "sales"})
    assert again.wrong() == {"/attributes": "invalid_type"}
    refused = tenant.patch(f"{ATTRIBUTES}/department", {"values": ["sales"]})
    assert (refused.status, refused.code, refused.body["count"]) == (409, "attribute_violated", 1)
    narrower = {**{name: value for name, value in DEPARTMENT.items() if name != "values"}, "values": ["sales"]}
    preview = tenant.post(f"{ATTRIBUTES}/preview", narrower).body
    assert (preview["having"], preview["violating"], preview["users"]) == (1, 1, [person["id"]])
    held = tenant.delete(f"{ATTRIBUTES}/department")
    assert (held.code, held.body["count"]) == ("attribute_has_values", 1)
    assert tenant.delete(f"{ATTRIBUTES}/department?discard=true").status == 204
    assert tenant.get(where).body["attributes"] == {}


def test_a_value_that_somebody_else_has_is_refused_at_its_place(world: World) -> None:
    made(world, ATTRIBUTES, {"name": "number", "type": "string", "unique": True})
    made(world, USERS, {**PERSON, "attributes": {"number": "A1"}})
    taken = world.client("aoba").post(USERS, {**PERSON, "user_name": "saburo", "attributes": {"number": "a1"}})
    assert (taken.status, taken.code, taken.wrong()) == (409, "attribute_taken", {"/attributes/number": "taken"})


def test_columns_of_a_file_are_attributes_too(world: World) -> None:
    tenant = world.client("aoba")
    made(world, ATTRIBUTES, DEPARTMENT)
    for name, kind in (("number", "integer"), ("sites", "string[]"), ("remote", "boolean")):
        made(world, ATTRIBUTES, {"name": name, "type": kind, "unique": kind == "integer"})
    header = "user_name,affiliation,attributes.department,attributes.number,attributes.sites,attributes.remote"
    rows = ["a,employee,sales,1,tokyo; osaka,true", "b,employee,hr,x,,maybe", "c,employee,legal,1,,", "d,employee,,,,"]
    file = "\n".join([header, *rows]).encode()
    for dry in ("true", "false"):
        report = tenant.post(f"{USERS}/import?dry_run={dry}", file, content_type="text/csv").body
        assert (report["created"], report["failed"]) == (2, 2)
        assert {(error["line"], error["column"], error["code"]) for error in report["errors"]} == {
            (3, "attributes.department", "unknown_value"),
            (3, "attributes.number", "invalid_type"),
            (3, "attributes.remote", "invalid_type"),
            (4, "attributes.number", "taken"),
        }
    people = {item["user_name"]: item["attributes"] for item in tenant.get(USERS).body["items"]}
    assert people["a"] == {"department": "sales", "number": 1, "sites": ["tokyo", "osaka"], "remote": True}
    assert people["d"] == {}
    again = tenant.post(f"{USERS}/import", file, content_type="text/csv").body
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 2)
    unknown = tenant.post(f"{USERS}/import", b"user_name,affiliation,attributes.x\n", content_type="text/csv")
    assert unknown.wrong() == {"/attributes.x": "unknown_field"}
