"""What every request has in common: bodies, queries, pages, tags, repetitions, failures."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from tests.admin.conftest import APPLICATION, Client, Reply, World

PERSON = {"display_name": "青葉 次郎", "affiliation": "employee"}
USERS = "/tenants/aoba/users"
AT_ONCE = 16


MALFORMED = [
    b"{",
    b"\xff",
    b'{"name": "a", "name": "b"}',
    b'{"name": NaN}',
    b'{"name": 1e999}',
    b"[" * 40 + b"]" * 40,
    b'{"name": "\\ud800"}',
    b'{"name": "a"} x',
]


def test_json_with_more_than_one_reading_is_refused(world: World) -> None:
    for body in MALFORMED:
        reply = world.client("operator").post("/partners", body)
        assert (reply.status, reply.code) == (400, "malformed_json")


def test_numbers_and_text_that_are_of_no_use_are_named(world: World) -> None:
    wrong = world.client("operator").post("/applications", {**APPLICATION, "ids": 10**30, "legal_name": "a\0b"})
    assert (wrong.status, wrong.code, wrong.wrong()) == (
        422,
        "invalid",
        {"/ids": "out_of_range", "/legal_name": "invalid_text"},
    )


NO_OBJECTS = [[], "text", 5, None, True]


def test_a_document_is_an_object(world: World) -> None:
    for document in NO_OBJECTS:
        reply = world.client("operator").post("/partners", json.dumps(document).encode())
        assert (reply.status, reply.wrong()) == (422, {"": "invalid_type"})


OTHER_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=shift_jis",
    "application/jsonp",
    "",
]


def test_another_media_type_is_refused(world: World) -> None:
    for kind in OTHER_TYPES:
        reply = world.client("operator").post("/partners", {"name": "a"}, content_type=kind)
        assert (reply.status, reply.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize("encoding", ["gzip", "deflate, gzip", "x"])
def test_what_is_said_to_be_packed_is_not_read_as_if_it_were_not(world: World, encoding: str) -> None:
    operator = world.client("operator")
    reply = operator.post("/partners", {"name": "a"}, content_encoding=encoding)
    assert (reply.status, reply.code) == (415, "unsupported_media_type")
    sent = operator.post("/tenants/aoba/users/import", b"x", content_type="text/csv", content_encoding=encoding)
    assert (sent.status, sent.code) == (415, "unsupported_media_type")
    assert operator.post("/partners", {"name": "a"}, content_encoding="identity").status == 201


def test_media_types_that_are_taken(world: World) -> None:
    operator = world.client("operator")
    for kind in ("application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'):
        assert operator.post("/partners", {"name": "a"}, content_type=kind).status == 201
    patched = operator.patch(f"/partners/{world.partner}", {"name": "b"}, content_type="application/merge-patch+json")
    assert patched.status == 200


def test_a_body_where_none_belongs_is_refused(world: World) -> None:
    reply = world.client("operator").ask("DELETE", f"/contracts/{world.contract_of('aoba')}/stop", {"reason": "x"})
    assert (reply.status, reply.wrong()) == (422, {"": "unexpected_body"})


def test_an_empty_document_where_none_belongs_is_taken_as_no_body(world: World) -> None:
    operator, path = world.client("operator"), f"/contracts/{world.contract_of('aoba')}/stop"
    assert operator.ask("DELETE", path, {}).status == 200
    assert operator.ask("DELETE", path, []).wrong() == {"": "unexpected_body"}
    reply = operator.ask("DELETE", path, b"reason=x")
    assert (reply.status, reply.code) == (400, "malformed_json")


def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    reply = world.client("operator").post("/partners", b'{"name": "' + b"a" * 1_100_000 + b'"}')
    assert (reply.status, reply.code) == (413, "too_large")


WRONG_QUERIES = [
    ("colour=red", {"/colour": "unknown_parameter"}),
    ("limit=0", {"/limit": "out_of_range"}),
    ("limit=201", {"/limit": "out_of_range"}),
    ("limit=1e1", {"/limit": "out_of_range"}),
    ("limit=", {"/limit": "out_of_range"}),
    ("limit=%EF%BC%95", {"/limit": "out_of_range"}),
    ("limit=5&limit=6", {"/limit": "repeated_parameter"}),
    ("sort=secret&limit=5", {"/sort": "unknown_value"}),
]


def test_queries_are_read_strictly(world: World) -> None:
    for query, wrong in WRONG_QUERIES:
        reply = world.client("operator").get(f"/contracts?{query}")
        assert (reply.status, reply.code, reply.wrong()) == (422, "invalid", wrong)
        assert world.client("operator").get("/contracts?limit=200").status == 200


def test_pages_show_each_item_once_and_end(world: World) -> None:
    operator = world.client("operator")
    for number in range(7):
        operator.post("/partners", {"name": f"p{number}"})
    seen: list[str] = []
    cursor = ""
    while True:
        page = operator.get(f"/partners?limit=2{cursor}").body
        seen += [item["name"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        if len(seen) == 2:
            operator.post("/partners", {"name": "late"})
    assert seen[:9] == ["partner", "stranger", *(f"p{number}" for number in range(7))]
    assert seen[9:] == ["late"]


def test_a_cursor_is_good_for_its_own_list_tenant_and_caller(world: World) -> None:
    for slug in ("aoba", "midori"):
        for number in range(3):
            world.client(slug).post(f"/tenants/{slug}/users", {**PERSON, "user_name": f"u{number}"})
    operator = world.client("operator")
    cursor = operator.get(f"{USERS}?limit=1").body["next"]
    assert operator.get(f"{USERS}?cursor={cursor}").status == 200
    swapped = cursor[:-3] + ("AAA" if cursor[-3:] != "AAA" else "BBB")
    refused = [
        world.client("aoba").get(f"{USERS}?cursor={cursor}"),
        operator.get(f"/tenants/midori/users?cursor={cursor}"),
        operator.get(f"/contracts?cursor={cursor}"),
        operator.get(f"{USERS}?cursor={swapped}"),
        *(operator.get(f"{USERS}?cursor={text}") for text in ("", "x", "AAAA", "%00", "usr_1", "A" * 4000)),
    ]
    assert {(reply.status, reply.code) for reply in refused} <= {(400, "invalid_cursor"), (400, "malformed_form")}
    filtered = operator.get("/contracts?limit=1").body["next"]
    assert operator.get(f"/contracts?cursor={filtered}&tenant=midori").code == "invalid_cursor"


def test_a_tag_says_what_was_read_and_a_stale_one_is_refused(world: World) -> None:
    tenant = world.client("aoba")
    made = tenant.post(USERS, {**PERSON, "user_name": "a"})
    one = f"{USERS}/{made.body['id']}"
    read = tenant.get(one)
    assert read.etag == made.etag
    assert tenant.get(one, if_none_match=read.etag).status == 304
    assert tenant.get(one, if_none_match=f'"x", W/{read.etag}').status == 304
    assert tenant.get(one, if_none_match='"x"').status == 200
    changed = tenant.patch(one, {"display_name": "B"}, if_match=read.etag)
    assert changed.status == 200
    assert changed.etag != read.etag
    for stale in (read.etag, f"W/{changed.etag}", '"x"', "x", ""):
        for reply in (
            tenant.patch(one, {"display_name": "C"}, if_match=stale),
            tenant.post(f"{one}/disable", if_match=stale),
            tenant.delete(one, if_match=stale),
        ):
            assert (reply.status, reply.code) == (412, "precondition_failed"), stale
    assert tenant.get(one).body["display_name"] == "B"
    assert tenant.patch(one, {"display_name": "C"}, if_match=f'"x", {changed.etag}').status == 200
    assert tenant.patch(one, {"display_name": "D"}, if_match="*").status == 200


@pytest.mark.parametrize("path", ["/tenants/aoba", "/contracts/{contract}", "/partners/{partner}"])
def test_tags_stand_for_what_is_shown(world: World, path: str) -> None:
    operator = world.client("operator")
    path = path.replace("{contract}", world.contract_of("aoba")).replace("{partner}", world.partner)
    read = operator.get(path)
    assert operator.get(path, if_none_match=read.etag).status == 304
    if path.startswith("/contracts"):
        operator.post(f"{path}/suspend", {"reason": "unpaid"})
        assert operator.post(f"{path}/resume", if_match=read.etag).status == 412
    else:
        name = "display_name" if "tenants" in path else "name"
        assert operator.patch(path, {name: "Other"}, if_match=read.etag).status == 200
        assert operator.patch(path, {name: "Third"}, if_match=read.etag).status == 412
    assert operator.get(path, if_none_match=read.etag).status == 200


def test_a_request_that_is_sent_again_has_its_effect_once(world: World) -> None:
    operator = world.client("operator")
    first = operator.post("/partners", {"name": "once"}, idempotency_key="k1")
    again = operator.post("/partners", {"name": "once"}, idempotency_key="k1")
    assert (again.status, again.body, again.headers["location"]) == (201, first.body, first.headers["location"])
    assert again.etag == first.etag
    other = operator.post("/partners", {"name": "twice"}, idempotency_key="k1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert operator.post("/partners", {"name": "once"}, idempotency_key="k2").body["id"] != first.body["id"]
    names = [item["name"] for item in operator.get("/partners").body["items"]]
    assert names.count("once") == 2
    world.clock.advance(hours=24, seconds=1)
    assert operator.post("/partners", {"name": "twice"}, idempotency_key="k1").status == 201


def test_a_key_for_repetition_belongs_to_its_caller_and_its_path(world: World) -> None:
    person = {**PERSON, "user_name": "a"}
    first = world.client("aoba").post(USERS, person, idempotency_key="k")
    assert world.client("operator").post(USERS, person, idempotency_key="k").code == "user_name_taken"
    elsewhere = world.client("operator").post("/tenants/midori/users", person, idempotency_key="k")
    assert (elsewhere.status, elsewhere.body["id"] != first.body["id"]) == (201, True)


def test_a_secret_is_shown_again_to_who_lost_the_answer_and_is_not_kept_in_clear(world: World) -> None:
    operator, draft = world.client("operator"), {"name": "k", "permissions": ["*:read"]}
    first = operator.post("/system/api-keys", draft, idempotency_key="k")
    assert operator.post("/system/api-keys", draft, idempotency_key="k").body == first.body
    with world.house.units.platform(actor=world.actor) as unit:
        rows = unit.lane.execute("SELECT answer, body FROM api_repeats", {}).fetchall()
    secret = first.body["secret"].split("_", 2)[2].rpartition("_")[0].encode()  # may hold an underscore itself
    assert rows
    assert not any(secret in bytes(column) for row in rows for column in row)


def test_a_request_that_failed_may_be_put_right_under_the_same_key(world: World) -> None:
    operator = world.client("operator")
    assert operator.post("/partners", {"name": ""}, idempotency_key="k").status == 422
    assert operator.post("/partners", {"name": "right"}, idempotency_key="k").status == 201


WRONG_KEYS = ["", " ", "a" * 256, "\x7f"]


def test_a_key_for_repetition_has_a_form(world: World) -> None:
    for key in WRONG_KEYS:
        reply = world.client("operator").post("/partners", {"name": "a"}, idempotency_key=key)
        assert reply.status == (201 if key == " " else 422)


def together(acts: list[Any]) -> list[Reply]:
    barrier = Barrier(len(acts))

    def run(act: Any) -> Reply:
        barrier.wait()
        reply: Reply = act()
        return reply

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_many_repetitions_at_once_one_has_the_effect(world: World) -> None:
    operator = world.client("operator")
    replies = together([lambda: operator.post("/partners", {"name": "once"}, idempotency_key="k")] * AT_ONCE)
    assert {reply.status for reply in replies} <= {201, 409}
    assert {reply.code for reply in replies if reply.status == 409} <= {"in_progress"}
    assert len({reply.body["id"] for reply in replies if reply.status == 201}) == 1
    assert [item["name"] for item in operator.get("/partners").body["items"]].count("once") == 1


def test_suspending_at_once_has_one_effect(world: World) -> None:
    operator, contract = world.client("operator"), world.contract_of("aoba")
    for action, event in (("suspend", "suspended"), ("resume", "resumed")):
        path = f"/contracts/{contract}/{action}"
        replies = together([lambda path=path: operator.post(path, {"reason": "race"})] * AT_ONCE)
        assert [reply.status for reply in replies] == [200] * AT_ONCE
        history = operator.get(f"/contracts/{contract}/history?limit=200").body["items"]
        assert [row["event"] for row in history].count(event) == 1
        assert [row["seq"] for row in history] == list(range(1, len(history) + 1))


def test_of_two_acts_under_the_same_tag_one_is_refused(world: World) -> None:
    operator, contract = world.client("operator"), world.contract_of("aoba")
    etag = operator.get(f"/contracts/{contract}").etag
    acts = [
        lambda: operator.post(f"/contracts/{contract}/suspend", {"reason": "race"}, if_match=etag),
        lambda: operator.post(f"/contracts/{contract}/terminate", {"reason": "race"}, if_match=etag),
    ]
    assert sorted(reply.status for reply in together(acts)) == [200, 412]


def test_approving_and_rejecting_at_once_leaves_one(world: World) -> None:
    operator = world.client("operator")
    filed = operator.post("/applications", APPLICATION).body["id"]
    operator.post(f"/applications/{filed}/screen")
    acts = [
        lambda: operator.post(f"/applications/{filed}/approve"),
        lambda: operator.post(f"/applications/{filed}/reject", {"reason": "race"}),
    ]
    replies = together(acts)
    assert sorted(reply.status for reply in replies) == [200, 409]


def test_problems_have_their_members(world: World) -> None:
    wrong = world.client("operator").get("/contracts?limit=0")
    assert wrong.body["reference"] == wrong.headers["x-request-id"]
    reply = world.client("operator").get("/contracts/con_none")
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.body == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here.",
        "code": "not_found",
    }
    for path in ("/nothing", "/api/nothing", "/api/v1", "/api"):
        unknown = world.nobody.get(path)
        assert unknown.status == 404
        if path.startswith("/api/"):
            assert unknown.code == "not_found"


def test_whatever_is_not_there_is_not_there_in_the_same_bytes(world: World) -> None:
    """Absent, somebody else's, or no path at all."""
    tenant = world.client("aoba")
    asked = ("/contracts/con_none", "/tenants/none", "/tenants/midori", "/tenants/aoba/users/usr_none", "/none")
    replies = [tenant.get(path) for path in asked]
    assert {(reply.status, reply.raw) for reply in replies} == {(404, replies[0].raw)}
    assert len({reply.headers["x-request-id"] for reply in replies}) == len(asked)


def test_bad_fields_have_all_their_members(world: World) -> None:
    sent = {"user_name": 5, "display_name": "梅子", "affiliation": "guest", "passwords": "demo-Passw0rd!"}
    errors = world.client("aoba").post("/tenants/aoba/users", sent).body["errors"]
    assert {error["code"] for error in errors} == {"invalid_type", "unknown_value", "unknown_field"}
    for error in errors:
        assert list(error) == ["pointer", "code", "detail", "found", "expected"]
    assert [error["found"] for error in errors if error["code"] == "unknown_field"] == [None]


def test_a_method_that_is_not_taken_is_refused_whatever_its_name(world: World) -> None:
    operator = world.client("operator")
    for method in ("TRACE", "OPTIONS", "PUT", "DELETE"):
        reply = operator.ask(method, "/tenants/aoba/users")
        assert (reply.status, reply.code, reply.headers["allow"]) == (405, "method_not_allowed", "GET, HEAD, POST")


def test_what_nobody_foresaw_is_answered_with_a_reference_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret detail")

    monkeypatch.setattr("idp.partners.to_json", broken)
    reply = world.client("operator").get("/partners")
    assert (reply.status, reply.code) == (500, "internal")
    assert b"secret detail" not in reply.raw


def test_every_post_keeps_its_answer_for_repetition(world: World) -> None:
    """A handler that forgot to keep it would be found at work for ever."""
    operator, aoba = world.client("operator"), "/tenants/aoba"
    contract = world.contract_of("midori")
    filed = operator.post("/applications", APPLICATION, idempotency_key="a").body["id"]
    user = operator.post(f"{aoba}/users", {**PERSON, "user_name": "a"}, idempotency_key="a").body["id"]
    service = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
    made = operator.post(f"{aoba}/services", service, idempotency_key="a").body["id"]
    reason, key = {"reason": "x"}, {"name": "k", "permissions": ["users:read"]}
    sent: list[tuple[Client, str, Any]] = [
        (operator, f"/applications/{filed}/screen", None),
        (operator, f"/applications/{filed}/approve", None),
        (operator, f"/contracts/{filed}/setup-completed", None),
        (operator, f"/contracts/{contract}/suspend", reason),
        (operator, f"/contracts/{contract}/resume", None),
        (operator, f"/contracts/{contract}/stop", {"stop_date": "2026-05-01", **reason}),
        (operator, f"/contracts/{contract}/terminate", reason),
        (operator, f"{aoba}/users/{user}/disable", None),
        (operator, f"{aoba}/users/{user}/enable", None),
        (operator, f"{aoba}/services/{made}/secret", None),
        (operator, f"{aoba}/services/{made}/assignments", {"user": user}),
        (operator, f"{aoba}/api-keys", key),
        (operator, f"/partners/{world.partner}/api-keys", key),
        (operator, "/system/api-keys", key),
    ]
    for client, path, body in sent:
        first = client.post(path, body, idempotency_key="b")
        assert first.status in (200, 201), (path, first.raw)
        again = client.post(path, body, idempotency_key="b")
        assert (again.status, again.body) == (first.status, first.body), path
    assert operator.post(f"{aoba}/users", {**PERSON, "user_name": "a"}, idempotency_key="a").body["id"] == user
