"""The last day of an ID, and the groups that it is in: on both workers from that instant on, with no job."""

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.oidc.standing import Before
from tests.support.desk import Desk
from tests.support.provider import Provider

from idp import sessions, users
from idp.schedule import IdDates, PlannedChanges, Watch

EVENING = datetime(2026, 4, 1, 14, 59, 30, tzinfo=UTC)  # half a minute before midnight in Tokyo


@pytest.mark.attack("R7")
def test_an_id_is_out_at_midnight_though_nothing_ran(provider: Provider) -> None:
    provider.clock.set(EVENING)
    with provider.open() as unit:
        users.change(unit, provider.user(), {"valid_until": "2026-04-01"})
    before = Before.of(provider)
    for worker in before.workers():
        assert before.web.at(worker).introspect(before.told["access_token"])["active"] is True
    provider.clock.advance(seconds=30)
    for worker in reversed(before.workers()):
        web = before.web.at(worker)
        refreshed = web.refresh(before.told["refresh_token"])
        assert (refreshed.status, refreshed.json()["error_description"]) == (400, "id_ended")
        assert web.userinfo(before.told["access_token"]).status == 401
        assert web.introspect(before.told["access_token"]) == {"active": False}
        assert "/signin?" in before.ask(worker).location
        assert web.introspect(before.own)["active"] is True
    assert before.web.redeem(before.code).status == 400
    fresh = provider.browser()
    assert fresh.sign_in(fresh.login_page(before.web)).status == 401


def test_an_id_that_has_not_begun_gets_in_on_its_first_day(provider: Provider) -> None:
    provider.clock.set(EVENING)
    with provider.open() as unit:
        users.change(unit, provider.user(), {"valid_from": "2026-04-02"})
    browser, web = provider.browser(), provider.party("web")
    form = browser.login_page(web)
    assert browser.sign_in(form).status == 401
    provider.clock.advance(seconds=30)
    assert "access_token" in web.tokens(provider.browser())


def test_the_job_ends_the_sessions_of_an_id_whose_end_has_come(provider: Provider) -> None:
    provider.clock.set(EVENING)
    with provider.open() as unit:
        users.change(unit, provider.user(), {"valid_until": "2026-04-01"})
    provider.party("web").tokens(provider.browser())
    watch, overtaken = Watch(provider.units, [IdDates()], patience=0), sessions.Overtaken(provider.units)
    watch()
    overtaken()
    assert "user.ended" not in provider.events()
    provider.clock.advance(seconds=30)
    for _ in range(2):
        watch()
        overtaken()
    assert provider.events().count("user.ended") == 1
    with provider.open() as unit:
        [row] = unit.lane.execute("SELECT count(*) FROM sessions WHERE ended_at IS NULL", {}).fetchall()
    assert row[0] == 0


def desk_with(provider: Provider) -> tuple[Desk, str, str, str]:
    """`web` is for the outer group, and taro is in the inner one."""
    desk = Desk.of(provider)
    outer, inner = (desk.ask("POST", "groups", {"name": name}).json()["id"] for name in ("outer", "inner"))
    service = provider.service_id("web")
    changed: Any = desk.ask("PATCH", f"services/{service}", {"assignment_required": True})
    assert changed.status == 200, changed
    assert desk.ask("POST", f"services/{service}/assignments", {"group": outer}).status == 201
    assert desk.ask("PUT", f"groups/{outer}/groups/{inner}").status == 204
    assert desk.ask("PUT", f"groups/{inner}/members/{provider.user()}").status == 204
    return desk, outer, inner, service


def test_who_is_out_of_a_group_within_is_out_on_both_workers_from_the_commit_on(provider: Provider) -> None:
    desk, outer, inner, _ = desk_with(provider)
    before = Before.of(provider)
    for act, undo in (
        (("DELETE", f"groups/{outer}/groups/{inner}"), ("PUT", f"groups/{outer}/groups/{inner}")),
        (("DELETE", f"groups/{inner}/members/{provider.user()}"), ("PUT", f"groups/{inner}/members/{provider.user()}")),
    ):
        assert all("code" in before.ask(worker).query for worker in before.workers())
        assert desk.ask(*act).status == 204
        for worker in reversed(before.workers()):
            web = before.web.at(worker)
            assert "code" not in before.ask(worker).query
            assert web.introspect(before.told["access_token"]) == {"active": False}
            assert web.refresh(before.told["refresh_token"]).json()["error_description"] == "not_assigned"
        assert desk.ask(*undo).status == 204


def test_a_rule_for_a_group_holds_for_whoever_is_in_it_through_another(provider: Provider) -> None:
    desk, outer, inner, _ = desk_with(provider)
    rule = {"name": "no", "effect": "deny", "services": ["*"], "when": {"group": {"in": [outer]}}}
    before = Before.of(provider)
    desk.put_in_force(rule)
    assert all("code" not in before.ask(worker).query for worker in before.workers())
    desk.ask("DELETE", f"groups/{inner}/members/{provider.user()}")
    desk.ask("POST", f"services/{provider.service_id('web')}/assignments", {"user": provider.user()})
    assert all("code" in before.ask(worker).query for worker in before.workers())


def test_who_is_no_longer_as_a_rule_says_is_out_on_both_workers_from_the_commit_on(provider: Provider) -> None:
    desk = Desk.of(provider)
    assert desk.ask("POST", "attributes", {"name": "department", "type": "string"}).status == 201
    where, service = f"users/{provider.user()}", provider.service_id("web")
    rule = {"attribute": {"name": "department", "equals": "sales"}}
    group = desk.ask("POST", "groups", {"name": "by rule", "rule": rule}).json()["id"]
    assert desk.ask("PATCH", f"services/{service}", {"assignment_required": True}).status == 200
    assert desk.ask("POST", f"services/{service}/assignments", {"group": group}).status == 201
    assert desk.ask("PATCH", where, {"attributes": {"department": "sales"}}).status == 200
    before = Before.of(provider)
    assert all("code" in before.ask(worker).query for worker in before.workers())
    assert desk.ask("PATCH", where, {"attributes": {"department": "legal"}}).status == 200
    for worker in reversed(before.workers()):
        assert "code" not in before.ask(worker).query
        assert before.web.at(worker).introspect(before.told["access_token"]) == {"active": False}


@pytest.mark.attack("R7")
def test_who_is_planned_to_be_disabled_is_out_at_that_instant_though_nothing_ran(provider: Provider) -> None:
    provider.clock.set(EVENING)
    desk = Desk.of(provider)
    planned = desk.ask("POST", f"users/{provider.user()}/changes", {"at": "2026-04-02", "change": "disable"})
    assert planned.status == 201, planned
    before = Before.of(provider)
    provider.clock.advance(seconds=30)
    for worker in reversed(before.workers()):
        web = before.web.at(worker)
        assert web.refresh(before.told["refresh_token"]).json()["error_description"] == "id_ended"
        assert web.introspect(before.told["access_token"]) == {"active": False}
        assert "/signin?" in before.ask(worker).location
    Watch(provider.units, [PlannedChanges(), IdDates()], patience=0)()
    assert desk.get(f"users/{provider.user()}")["status"] == "disabled"
    assert before.web.refresh(before.told["refresh_token"]).json()["error_description"] == "id_disabled"
