"""Terms and notices over HTTP: a revision from its draft to its acceptance."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.admin.conftest import APPLICATION, World
from tests.terms.revision import CALLED_MINOR, NEW, OLD, RULES

from idp.contracts import Status

FIRST, SECOND = {**OLD, "effective_date": "2026-04-02"}, {**NEW, "effective_date": "2026-04-27"}
NOTICE: Any = {"kind": "spec_change", "title": "変更", "body": "仕様が変わります。", "effective_date": "2026-05-01"}


def revise(world: World) -> None:
    """The first terms published and in force, the second ones drafted."""
    operator = world.client("operator")
    operator.post("/terms", FIRST)
    operator.post("/terms/2021/publish")
    world.clock.set(datetime(2026, 4, 2, 3, tzinfo=UTC))
    operator.post("/terms", SECOND)


def test_the_table_of_a_published_revision_comes_out(world: World) -> None:
    revise(world)
    asked = {"against": "2021", "wording_rules": RULES}
    rows = world.client("operator").post("/terms/2022-04-27/comparison", asked).body["rows"]
    assert len(rows) == 30
    changes = {(row["article"], row["number"]): row["change"] for row in rows if row["change"] != "wording_only"}
    assert changes == {
        ("第5条", "4"): "substantive",
        ("第5条", "5"): "added",
        ("第7条", "3"): "substantive",
    }
    assert next(row for row in rows if row["number"] == "5" and row["article"] == "第5条")["before"] is None


def test_the_row_that_is_called_minor_and_is_not_stops_the_publication(world: World) -> None:
    revise(world)
    operator, where = world.client("operator"), "/terms/2022-04-27/publish"
    asked = {"against": "2021", "wording_rules": RULES, "wording_only": CALLED_MINOR}
    refused = operator.post(where, asked)
    assert (refused.status, refused.code) == (422, "not_wording_only")
    (error,) = refused.body["errors"]
    assert {name: error[name] for name in ("article", "number", "found", "expected")} == {
        "article": "第7条",
        "number": "3",
        "found": "substantive",
        "expected": "wording_only",
    }
    assert operator.get("/terms/2022-04-27").body["status"] == "draft"
    empty = operator.post(where, {**asked, "wording_rules": [{"from": "使用", "to": ""}]})
    assert (empty.status, empty.wrong()) == (422, {"/wording_rules/0/to": "invalid_length"})
    asked["wording_only"] = [label for label in CALLED_MINOR if label["article"] != "第7条"]
    made = operator.post(where, asked)
    assert (made.status, made.body["status"]) == (200, "published")
    assert made.body["in_force_from"] == "2026-04-26T15:00:00Z"
    for tenant in ("aoba", "midori"):
        items = operator.get(f"/tenants/{tenant}/deliveries").body["items"]
        told = [item for item in items if item["event"] == "terms.published"]
        assert [item["payload"]["version"] for item in told] == ["2021", "2022-04-27"]


def test_a_draft_is_written_changed_published_and_then_final(world: World) -> None:
    operator = world.client("operator")
    made = operator.post("/terms", FIRST)
    assert (made.status, made.body["status"]) == (201, "draft")
    assert made.headers["location"] == "https://idp.example/api/v1/terms/2021"
    assert made.body["articles"] == OLD["articles"]
    assert operator.post("/terms", FIRST).code == "terms_version_taken"
    for name in ("aoba", "partner"):
        assert world.client(name).get("/terms").body["items"] == []
        assert world.client(name).get("/terms/2021").status == 404
        assert world.client(name).post("/terms/2021/comparison", {"against": "2021"}).status == 404
    changed = operator.patch("/terms/2021", {"effective_date": "2026-04-01"}, if_match=made.etag)
    assert changed.body["effective_date"] == "2026-04-01"
    assert operator.patch("/terms/2021", {"title": "x"}, if_match=made.etag).status == 412
    soon = operator.post("/terms/2021/publish")
    assert (soon.status, soon.code) == (422, "effective_date_too_soon")
    operator.patch("/terms/2021", {"effective_date": "2026-04-02"})
    assert operator.post("/terms/2021/publish").status == 200
    for again in (operator.post("/terms/2021/publish"), operator.patch("/terms/2021", {"title": "x"})):
        assert (again.status, again.code) == (409, "terms_published")
    assert [item["version"] for item in world.client("aoba").get("/terms").body["items"]] == ["2021"]
    assert world.client("partner").get("/terms/2021").body == operator.get("/terms/2021").body
    unknown = operator.post("/terms/2021/comparison", {"against": "none"})
    assert (unknown.status, unknown.wrong()) == (422, {"/against": "unknown"})


def test_a_tenant_sees_what_is_in_force_and_to_come_and_accepts_it_once(world: World) -> None:
    revise(world)
    world.client("operator").post("/terms/2022-04-27/publish")
    aoba, where = world.client("aoba"), "/tenants/aoba/terms"
    before = aoba.get(where).body
    assert before["in_force"]["version"] == "2021"
    assert before["in_force"]["told"]["content_hash"] == before["in_force"]["content_hash"]
    assert [each["version"] for each in before["announced"]] == ["2022-04-27"]
    assert (before["accepted"], before["acceptance_required"]) == ([], True)
    accepted = aoba.post(f"{where}/accept", {"version": "2021"})
    assert (accepted.status, accepted.body["version"]) == (200, "2021")
    world.clock.advance(hours=1)
    assert aoba.post(f"{where}/accept", {"version": "2021"}).body == accepted.body
    after = aoba.get(where).body
    assert (after["accepted"], after["acceptance_required"]) == ([accepted.body], False)
    events = [item["event"] for item in aoba.get("/tenants/aoba/audit").body["items"]]
    assert events.count("terms.accepted") == 1
    world.clock.set(datetime(2026, 4, 26, 15, tzinfo=UTC))
    now = aoba.get(where).body
    assert (now["in_force"]["version"], now["announced"], now["acceptance_required"]) == ("2022-04-27", [], True)
    assert aoba.post(f"{where}/accept", {"version": "none"}).status == 404
    late = world.client("midori").post("/tenants/midori/terms/accept", {"version": "2021"})
    assert (late.status, late.code) == (409, "terms_superseded")
    assert world.client("partner").post(f"{where}/accept", {"version": "2022-04-27"}).status == 403
    assert world.client("midori").post(f"{where}/accept", {"version": "2022-04-27"}).status == 404


def test_an_application_accepts_the_terms_of_its_day(world: World) -> None:
    operator = world.client("operator")
    before = operator.post("/applications", {**APPLICATION, "tenant": "ume"})
    assert before.body["accepted_terms"] is None
    revise(world)
    filed = operator.post("/applications", APPLICATION).body
    assert filed["accepted_terms"] == "2021"
    for each in (filed["id"], before.body["id"]):
        operator.post(f"/applications/{each}/screen")
        assert operator.post(f"/applications/{each}/approve").status == 200
    assert operator.get(f"/contracts/{filed['id']}").body["accepted_terms"] == "2021"
    found = operator.get("/tenants/kaede/terms").body
    assert ([each["version"] for each in found["accepted"]], found["acceptance_required"]) == (["2021"], False)
    assert operator.get("/tenants/ume/terms").body["acceptance_required"] is True


def test_nothing_is_accepted_for_a_tenant_whose_contract_is_over(world: World) -> None:
    revise(world)
    world.bring("momiji", Status.ENDED)
    refused = world.client("operator").post("/tenants/momiji/terms/accept", {"version": "2021"})
    assert (refused.status, refused.code) == (409, "contract_not_active")


def test_a_change_of_the_specification_is_announced_in_time_or_as_an_emergency(world: World) -> None:
    operator = world.client("operator")
    late = operator.post("/notices", {**NOTICE, "effective_date": "2026-04-30"})
    assert (late.status, late.code) == (422, "notice_too_late")
    assert operator.post("/notices", NOTICE).status == 201
    urgent = operator.post("/notices", {**NOTICE, "effective_date": "2026-04-01", "emergency": True})
    assert (urgent.status, urgent.body["emergency"], urgent.body["tenants_told"]) == (201, True, 2)
    assert operator.get("/notices").body["items"][1] == urgent.body
    assert operator.get(f"/notices/{urgent.body['id']}").body == urgent.body
    wrong = operator.post("/notices", {**NOTICE, "kind": "advert"})
    assert wrong.wrong() == {"/kind": "unknown_value"}


def test_a_partners_notice_reaches_its_customers_alone_and_is_acknowledged(world: World) -> None:
    made = world.client("partner").post("/notices", NOTICE).body
    assert made["tenants_told"] == 1
    (received,) = world.client("aoba").get("/tenants/aoba/notices").body["items"]
    assert (received["id"], received["channel"], received["acknowledged_at"]) == (made["id"], "outbox", None)
    assert received["content_hash"] == made["content_hash"]
    assert world.client("aoba").get(f"/notices/{made['id']}").status == 200
    for name in ("midori", "stranger"):
        assert world.client(name).get(f"/notices/{made['id']}").status == 404
        assert world.client(name).get("/notices").body["items"] == []
    assert world.client("midori").get("/tenants/midori/notices").body["items"] == []
    where = f"/tenants/aoba/notices/{made['id']}/acknowledge"
    done = world.client("aoba").post(where)
    assert (done.status, done.body["acknowledged_at"]) == (200, "2026-04-01T01:00:00Z")
    world.clock.advance(hours=1)
    assert world.client("aoba").post(where).body == done.body
    assert world.client("partner").post(where).status == 403


@pytest.mark.parametrize("name", ["aoba", "partner"])
def test_terms_are_the_operators_to_write(world: World, name: str) -> None:
    refused = world.client(name).post("/terms", FIRST)
    assert (refused.status, refused.code) == (403, "forbidden")
