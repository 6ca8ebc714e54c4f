"""Where people are signed in, over the API: seen by their administrators, and ended one by one."""

import pytest
from tests.support.desk import Desk
from tests.support.party import claims
from tests.support.provider import Provider


def test_one_session_is_ended_everywhere_and_no_other(provider: Provider) -> None:
    desk, web = Desk.of(provider), provider.party("web")
    lost, kept = provider.browser(), provider.browser()
    first, second = web.tokens(lost, scope="openid"), web.tokens(kept, scope="openid")
    where = f"users/{provider.user()}/sessions"
    ended, other = desk.get(where)["items"]
    assert [ended["id"], other["id"]] == [claims(told["id_token"])["sid"] for told in (first, second)]
    assert ended["methods"] == ["pwd"]
    assert (ended["address"], ended["country"]) == ("133.11.0.1", "JP")
    assert ended["authenticated_at"] == ended["created_at"] == "2026-04-01T01:00:00Z"
    page = desk.get(f"{where}?limit=1")
    assert [each["id"] for each in page["items"]] == [ended["id"]]
    assert desk.get(f"{where}?limit=1&cursor={page['next']}")["items"] == [other]
    assert desk.ask("DELETE", f"{where}/{ended['id']}").status == 204
    assert desk.get(where)["items"] == [other]
    elsewhere = web.at(provider.second)
    assert elsewhere.userinfo(first["access_token"]).status == 401
    assert elsewhere.refresh(first["refresh_token"]).status == 400
    assert lost.get(web.address(prompt="none")).query["error"] == "login_required"
    assert elsewhere.userinfo(second["access_token"]).status == 200
    assert "session.ended" in provider.events()
    assert desk.ask("DELETE", f"{where}/{ended['id']}").status == 404


@pytest.mark.attack("M1", "M2")
def test_a_session_is_ended_by_its_own_address_and_by_who_may(alone: Provider) -> None:
    desk, web = Desk.of(alone), alone.party("web")
    browser = alone.browser()
    sid = claims(web.tokens(browser)["id_token"])["sid"]
    for path in (
        f"users/{alone.user('hanako')}/sessions/{sid}",
        f"users/usr_{'0' * 32}/sessions/{sid}",
        f"users/{alone.user()}/sessions/x",
    ):
        assert desk.ask("DELETE", path).status == 404
    where = f"users/{alone.user()}/sessions"
    theirs = Desk.of(alone, "midori")
    assert theirs.send("DELETE", f"/api/v1/tenants/aoba/{where}/{sid}").status == 404
    reading = Desk.of(alone, permissions=["sessions:read"])
    assert [each["id"] for each in reading.get(where)["items"]] == [sid]
    assert reading.ask("DELETE", f"{where}/{sid}").status == 403
    blind = Desk.of(alone, permissions=["users:*"])
    assert blind.ask("GET", where).status == 403
    assert "code" in browser.get(web.address(prompt="none")).query
