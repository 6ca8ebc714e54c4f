"""The trail searched, taken along and checked over the API."""

import csv
import io
import json
from typing import Any

from tests.admin.conftest import Client, World

from idp import audit
from idp.audit import Event

NETWORK = {"name": "office", "cidrs": ["192.0.2.0/24"]}
PERSON = {"user_name": "jiro@aoba.example", "display_name": "J", "affiliation": "officer"}


def events(client: Client, query: str = "") -> list[str]:
    reply = client.get(f"/tenants/aoba/audit?limit=200{query}")
    assert reply.status == 200, reply.raw
    return [each["event"] for each in reply.body["items"]]


def test_the_trail_is_searched_by_event_actor_subject_and_time(world: World) -> None:
    tenant = world.client("aoba")
    world.clock.advance(days=1)
    user = tenant.post("/tenants/aoba/users", PERSON).body["id"]
    world.clock.advance(days=1)
    network = tenant.post("/tenants/aoba/networks", NETWORK).body["id"]
    world.clock.advance(seconds=1)
    world.client("operator").delete(f"/tenants/aoba/networks/{network}")
    assert events(tenant, "&event=user.created") == ["user.created"] * 2  # the first of them an administrator
    assert events(tenant, "&event=network.*") == ["network.created", "network.deleted"]
    assert events(tenant, "&event=user.created,network.created&from=2026-04-02T00:00:00Z") == [
        "user.created",
        "network.created",
    ]
    assert events(tenant, f"&subject={user}") == ["user.created"]
    actor = tenant.get(f"/tenants/aoba/audit?subject={network}").body["items"][0]["actor"]["id"]
    assert set(events(tenant, f"&actor={actor}")) == {"user.created", "network.created"}
    assert events(tenant, "&from=2026-04-03T00:00:00Z") == ["network.created", "network.deleted"]
    assert events(tenant, "&from=2026-04-02T00:00:00Z&to=2026-04-03T00:00:00Z") == ["user.created"]
    assert events(tenant, "&sort=-at") == events(tenant)[::-1]
    operator = world.client("operator").get(f"/audit?tenant=aoba&subject={user}").body["items"]
    assert [each["event"] for each in operator] == ["user.created"]


def test_pages_of_a_search_follow_one_another_and_a_cursor_is_good_for_its_search_alone(world: World) -> None:
    tenant = world.client("aoba")
    whole = events(tenant, "&sort=-at&event=api_key.*,contract.*")
    seen, query = [], "sort=-at&event=api_key.*,contract.*&limit=1"
    cursor = ""
    while True:
        page = tenant.get(f"/tenants/aoba/audit?{query}{cursor}").body
        seen += [each["event"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == whole
    for other in (
        "sort=at&event=api_key.*,contract.*&limit=1",
        "sort=-at&limit=1",
        "event=contract.*&limit=1",
    ):
        assert tenant.get(f"/tenants/aoba/audit?{other}{cursor}").code == "invalid_cursor"


def test_what_cannot_be_searched_for_is_said_so(world: World) -> None:
    tenant = world.client("aoba")
    for query, pointer, code in (
        ("event=user.nothing", "/event", "unknown_value"),
        ("event=", "/event", "unknown_value"),
        ("from=yesterday", "/from", "invalid_format"),
        ("from=2026-04-02T00:00:00Z&to=2026-04-01T00:00:00Z", "/to", "out_of_range"),
        ("sort=random", "/sort", "unknown_value"),
        ("colour=red", "/colour", "unknown_parameter"),
        ("subject=", "/subject", "invalid_length"),
        ("event=user.created&event=user.changed", "/event", "repeated_parameter"),
    ):
        reply = tenant.get(f"/tenants/aoba/audit?{query}")
        assert (reply.status, reply.wrong()) == (422, {pointer: code}), query
    assert tenant.get("/tenants/aoba/audit/export?format=xml").wrong() == {"/format": "unknown_value"}
    assert tenant.get("/tenants/aoba/audit/export?limit=5").wrong() == {"/limit": "unknown_parameter"}
    assert tenant.get("/tenants/aoba/audit/export", accept="image/png").status == 406


def test_the_trail_is_taken_along_as_lines_and_as_a_table(world: World) -> None:
    tenant = world.client("aoba")
    world.clock.advance(seconds=1)
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        audit.record(unit, Event.USER_CHANGED, subject='=HYPERLINK("x"),\n"', what="a,b")
    world.clock.advance(seconds=1)
    lines = tenant.get("/tenants/aoba/audit/export?format=jsonl")
    assert lines.headers["content-type"].startswith("application/jsonl")
    assert lines.headers["content-disposition"] == 'attachment; filename="audit-aoba.jsonl"'
    rows = [json.loads(line) for line in lines.raw.splitlines()]
    world.clock.advance(seconds=1)
    assert rows == tenant.get("/tenants/aoba/audit?limit=200").body["items"]  # and itself among them
    assert rows[-1]["event"] == "audit.exported"
    for reply in (
        tenant.get("/tenants/aoba/audit/export?format=csv"),
        tenant.get("/tenants/aoba/audit/export", accept="text/csv"),
    ):
        table: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(reply.raw.decode("utf-8-sig"), newline="")))
        assert reply.raw.count(b"\r\n") == len(table) + 1  # RFC 4180 2.1
        assert [row["hash"] for row in table[: len(rows)]] == [row["hash"] for row in rows]
        (odd,) = [row for row in table if row["subject"].startswith("'")]
        assert odd["subject"] == '\'=HYPERLINK("x"),\n"'
        assert json.loads(odd["facts"])["what"] == "a,b"
    some = tenant.get("/tenants/aoba/audit/export?event=audit.exported").raw.splitlines()
    assert len(some) == 4
    operator = world.client("operator").get("/audit/export?tenant=aoba&event=user.changed")
    assert len(operator.raw.splitlines()) == 1


def test_the_trail_is_checked_and_the_first_row_that_is_not_as_written_is_named(world: World) -> None:
    tenant = world.client("aoba")
    sound = tenant.get("/tenants/aoba/audit/verify").body
    rows = tenant.get("/tenants/aoba/audit?limit=200").body["items"]
    assert (sound["ok"], sound["first_bad"], sound["rows"], sound["broken"]) == (True, None, len(rows), 0)
    chosen = rows[2]
    with world.house.units.platform(actor=world.actor) as unit:
        if unit.lane.dialect == "postgresql":
            unit.lane.execute("RESET ROLE", {})
        where = f"tenant_id = '{world.aoba}' AND chain = '{chosen['chain']}' AND seq = {chosen['seq']}"
        unit.lane.execute(f"UPDATE audit_entries SET actor_id = 'somebody' WHERE {where}", {})
    for reply in (
        tenant.get("/tenants/aoba/audit/verify"),
        world.client("operator").get("/audit/verify?tenant=aoba"),
        world.client("partner").get("/audit/verify?tenant=aoba"),
    ):
        assert (reply.body["ok"], reply.body["broken"]) == (False, 1)
        place = {"chain": chosen["chain"], "seq": chosen["seq"], "problem": "altered", "before": None}
        assert reply.body["first_bad"] == place
    assert world.client("midori").get("/tenants/midori/audit/verify").body["ok"] is True
