"""IDs from a file, over HTTP."""

from typing import Any

from tests.admin.conftest import Client, Reply, World

IMPORT = "/tenants/aoba/users/import"
USERS = "/tenants/aoba/users"
FILE = "user_name,affiliation,display_name,roles\nume,employee,青葉 梅子,\ntake,guest,,\n"


def send(client: Client, text: str | bytes = FILE, query: str = "", **headers: str) -> Reply:
    raw = text if isinstance(text, bytes) else text.encode()
    return client.post(f"{IMPORT}{query}", raw, **{"content_type": "text/csv", **headers})


def names(world: World) -> set[str]:
    return {item["user_name"] for item in world.client("aoba").get(USERS).body["items"]}


def test_right_rows_are_made_and_wrong_ones_told(world: World) -> None:
    told = send(world.client("aoba"))
    assert told.status == 200
    (error,) = told.body["errors"]
    assert (error["line"], error["column"], error["code"], error["found"]) == (
        3,
        "affiliation",
        "unknown_value",
        "guest",
    )
    assert (told.body["rows"], told.body["created"], told.body["failed"], told.body["dry_run"]) == (2, 1, 1, False)
    assert "ume" in names(world)
    assert send(world.client("aoba")).body["unchanged"] == 1


def test_a_dry_run_makes_nothing(world: World) -> None:
    for key in ({}, {"idempotency_key": "k"}, {"idempotency_key": "k"}):
        tried = send(world.client("aoba"), query="?dry_run=true", **key)
        assert (tried.status, tried.body["dry_run"], tried.body["created"]) == (200, True, 1)
    deed = send(world.client("aoba"), idempotency_key="k")
    assert (deed.status, deed.code) == (422, "idempotency_key_reused")  # what was tried is not what is done
    assert "ume" not in names(world)
    assert send(world.client("aoba"), query="?dry_run=false").body["created"] == 1
    wrong = send(world.client("aoba"), query="?dry_run=yes&invite=")
    assert (wrong.status, wrong.wrong()) == (422, {"/dry_run": "unknown_value"})


def test_unless_every_row_is_right_none_is_made_where_that_is_wished_for(world: World) -> None:
    for key in ({}, {"idempotency_key": "k"}, {"idempotency_key": "k"}):
        told = send(world.client("aoba"), query="?all_or_nothing=true", **key)
        assert (told.status, told.body["created"], told.body["failed"]) == (200, 0, 1)
    assert "ume" not in names(world)
    right = FILE.replace("guest", "employee")
    assert send(world.client("aoba"), right, query="?all_or_nothing=true").body["created"] == 2


def test_letters_are_sent_if_they_are_wished_for(world: World) -> None:
    file = "user_name,affiliation,email\nume,employee,ume@aoba.example\n"
    assert send(world.client("aoba"), file, "?invite=true").body["created"] == 1
    sent = world.client("aoba").get("/tenants/aoba/deliveries?limit=200").body["items"]
    user = next(item for item in world.client("aoba").get(USERS).body["items"] if item["user_name"] == "ume")
    assert [item["receiver"] for item in sent if item["event"] == "user.invited"][-1] == user["id"]


def test_the_encoding_is_the_one_of_the_media_type(world: World) -> None:
    raw = FILE.encode("cp932")
    assert send(world.client("aoba"), raw).body["created"] == 0
    for number, charset in enumerate(("shift_jis", '"Shift_JIS"', "windows-31j")):
        text = FILE.replace("ume", f"ume{number}").encode("cp932")
        assert send(world.client("aoba"), text, content_type=f"text/csv; charset={charset}").body["created"] == 1
    marked = b"\xef\xbb\xbf" + FILE.encode()
    assert send(world.client("aoba"), marked, content_type="text/csv; charset=UTF-8; header=present").status == 200
    for other in ("application/json", "text/plain", "text/csv; charset=utf-16", ""):
        reply = send(world.client("aoba"), content_type=other)
        assert (reply.status, reply.code) == (415, "unsupported_media_type")


def test_a_header_that_is_wrong_stops_everything(world: World) -> None:
    reply = send(world.client("aoba"), "user_name,colour\nume,red\n")
    assert (reply.status, reply.wrong()) == (422, {"/colour": "unknown_field", "/affiliation": "required"})
    empty = send(world.client("aoba"), b"")
    assert (empty.status, empty.wrong()) == (422, {"/user_name": "required", "/affiliation": "required"})


def test_it_may_be_larger_than_other_documents_but_not_from_anybody(world: World) -> None:
    padded = FILE.encode() + b"\n" * 2_000_000
    too_many = send(world.client("aoba"), padded)
    assert (too_many.status, too_many.code) == (422, "too_many_rows")
    wide = "user_name,affiliation,display_name\n" + f"ume,employee,{'x' * 60_000}\n" * 30
    assert send(world.client("aoba"), wide).body["failed"] == 30
    large = send(world.client("aoba"), b"a" * (10 * 1024 * 1024 + 1))
    assert (large.status, large.code) == (413, "too_large")
    assert world.client("aoba").post(USERS, wide.encode()).status == 413
    nobody: dict[str, Any] = {"content_type": "text/csv"}
    assert world.nobody.post(IMPORT, FILE.encode(), **nobody).status == 401


def test_a_request_that_is_sent_again_has_the_same_answer(world: World) -> None:
    first = send(world.client("aoba"), idempotency_key="k")
    again = send(world.client("aoba"), idempotency_key="k")
    assert first.body["created"] == 1
    assert again.body == first.body
    other = send(world.client("aoba"), f"{FILE}matsu,employee,,\n", idempotency_key="k")
    assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_the_contract_and_the_key_set_the_bounds(world: World) -> None:
    people = "".join(f"u{number},employee,,\n" for number in range(5))
    full = send(world.client("aoba"), FILE + people)
    assert [error["code"] for error in full.body["errors"]] == ["unknown_value", "id_limit_reached", "id_limit_reached"]
    helper = world.key("aoba", "users:*")
    refused = send(helper, "user_name,affiliation,roles\nume,employee,admin\n")
    assert [error["code"] for error in refused.body["errors"]] == ["forbidden"]
    reader = world.key("aoba", "users:read")
    assert (send(reader).status, send(world.client("midori")).status) == (403, 404)
    world.client("operator").post(f"/contracts/{world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
    for client in (world.client("aoba"), world.client("operator")):
        closed = send(client)
        assert (closed.status, closed.code, closed.body["state"]) == (409, "contract_not_active", "suspended")
