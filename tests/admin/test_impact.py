"""What an act would cut off is said before it, and is what the act then does cut off."""

from typing import Any

import pytest
from tests.admin.conftest import DESK, World
from tests.sessions.conftest import HERE

from idp import sessions, tenants, users
from idp.contracts import Status
from idp.sessions import Generations, Method

SERVICE = {"protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
PERSON = {"display_name": "J", "affiliation": "officer"}


def ask(world: World, query: str, *, slug: str = "aoba", contract: str | None = None) -> dict[str, Any]:
    reply = world.client(slug).get(f"/contracts/{contract or world.contract_of(slug)}/impact?{query}")
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.body
    return found


def sign_in(world: World, user: str) -> None:
    with world.house.units.open(world.aoba, actor=DESK) as unit:
        standing = users.standing(unit, user)
        assert standing is not None
        generations = Generations(tenants.get(unit).generation, standing.generation)
        sessions.open_session(
            unit, user_id=user, generations=generations, methods=[Method.PASSWORD], replaces=None, whereabouts=HERE
        )


@pytest.fixture
def people(world: World) -> list[str]:
    """Two IDs beside the administrator: one signed in twice, one signed in and then disabled."""
    operator = world.client("operator")
    made = [operator.post("/tenants/aoba/users", {**PERSON, "user_name": name}).body["id"] for name in ("a", "b")]
    for user in (made[0], made[0], made[1]):
        sign_in(world, user)
    operator.post(f"/tenants/aoba/users/{made[1]}/disable")
    return made


def test_who_and_what_is_cut_off_by_name_and_number(world: World, people: list[str]) -> None:
    operator = world.client("operator")
    long = {**SERVICE, "oidc": {**SERVICE["oidc"], "access_token_lifetime": 600}}  # type: ignore[dict-item]
    opaque = {**SERVICE, "oidc": {**long["oidc"], "access_token_format": "opaque", "access_token_lifetime": 3600}}  # type: ignore[dict-item]
    for name, document in (("経費精算", long), ("Wiki", SERVICE), ("Opaque", opaque)):
        operator.post("/tenants/aoba/services", {**document, "name": name})
    off = operator.post("/tenants/aoba/services", {**SERVICE, "name": "Off", "status": "disabled"})
    assert off.status == 201
    found = ask(world, "act=suspend")
    assert found["ids"] == {"existing": 3, "active": 2}
    assert (found["sessions"], found["grants"]) == (2, 0)
    assert [service["name"] for service in found["services"]] == ["経費精算", "Wiki", "Opaque"]
    assert found["takes_effect_at"] == "2026-04-01T01:00:00Z"
    assert found["tokens_live_until"] == "2026-04-01T01:10:00Z"
    assert (found["possible"], found["reversible"], found["last_day"]) == (True, True, None)
    operator.post(f"/contracts/{world.contract_of('aoba')}/suspend", {"reason": "unpaid"})
    after = ask(world, "act=terminate")
    assert (after["status"], after["possible"], after["sessions"]) == ("suspended", True, 0)
    assert len(people) == 2


def test_an_end_says_its_day_and_what_follows_it(world: World) -> None:
    stop = ask(world, "act=stop&on=2026-06-30")
    assert stop["takes_effect_at"] == "2026-06-30T15:00:00Z"
    assert (stop["last_day"], stop["export_until"], stop["erasure_due_on"]) == (
        "2026-06-30",
        "2026-06-30",
        "2026-07-01",
    )
    assert stop["reversible"] is False
    kept = ask(world, "act=non-renewal")
    assert (kept["last_day"], kept["export_until"]) == ("2027-03-31", "2027-04-30")
    now = ask(world, "act=terminate")
    assert (now["last_day"], now["takes_effect_at"]) == ("2026-04-01", "2026-04-01T01:00:00Z")


def test_without_mdm_device_authentication_is_of_no_use(world: World) -> None:
    mdm = world.bring("aoba", Status.ACTIVE, product="MDM")
    assert ask(world, "act=terminate", contract=mdm)["dependent_products"] == []
    world.bring("aoba", Status.ACTIVE, product="DEVICE_AUTH")
    found = ask(world, "act=terminate", contract=mdm)
    assert found["dependent_products"] == [{"product": "DEVICE_AUTH", "status": "active", "needs": "MDM"}]
    assert (found["ids"], found["services"], found["tokens_live_until"]) == ({"existing": 0, "active": 0}, [], None)


def test_asking_changes_nothing_and_says_whether_the_act_is_possible(world: World) -> None:
    applied = world.bring("kaede", Status.APPLIED)
    operator = world.client("operator")
    before = operator.get(f"/contracts/{applied}")
    for act in ("suspend", "terminate", "stop", "non-renewal"):
        reply = operator.get(f"/contracts/{applied}/impact?act={act}")
        assert (reply.status, reply.body["possible"], reply.body["services"]) == (200, False, [])
    assert operator.get(f"/contracts/{applied}").etag == before.etag
    assert world.client("midori").get(f"/contracts/{world.contract_of('aoba')}/impact?act=stop").status == 404


def test_a_contract_that_is_continued_says_by_which(world: World) -> None:
    operator, first = world.client("operator"), world.contract_of("midori")
    operator.put(f"/contracts/{first}/non-renewal", {"end_date": "2027-03-31"})
    following = world.bring("midori", Status.APPLIED, continues=first, start_date="2027-04-01")
    assert ask(world, "act=non-renewal", slug="midori")["continued_by"] == following


@pytest.mark.parametrize(
    "query", ["", "act=erase", "act=stop&on=soon", "act=stop&on=2026-03-31", "act=stop&on=9999-12-31"]
)
def test_a_question_without_sense_is_refused(world: World, query: str) -> None:
    reply = world.client("aoba").get(f"/contracts/{world.contract_of('aoba')}/impact?{query}")
    assert (reply.status, reply.code) == (422, "invalid")
