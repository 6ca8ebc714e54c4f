"""Every list that says what it may be asked, asked everything that it says, and something that it does not."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.admin.conftest import APPLICATION, Client, World
from tests.admin.test_rights_table import things_of
from tests.admin.things import Things, called

from idp.admin.app import ROUTES
from idp.admin.routes import Route
from idp.contracts import Status
from idp.kit.asking import Takes, both_ways

LISTS = [route for route in ROUTES if route.listed is not None]


def asked(takes: Takes) -> list[str]:
    """Something of everything that it takes."""
    schema = takes.schema
    if schema["type"] == "boolean":
        return ["true", "false"]
    return list(schema.get("enum") or schema["examples"])


def refused(takes: Takes) -> list[str]:
    schema = takes.schema
    return ["", "x" * (schema["maxLength"] + 1)] if "maxLength" in schema else ["", "nonsense"]


def queries(route: Route) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Each with what is wrong with it."""
    assert route.listed is not None
    for name, each in route.listed.filters.items():
        yield from (({name: value}, {}) for value in asked(each.takes))
        yield from (
            ({name: value}, {f"/{name}": "invalid_length" if "maxLength" in each.takes.schema else "unknown_value"})
            for value in refused(each.takes)
        )
    yield from (({"sort": order}, {}) for order in both_ways(route.listed.sorts))
    for order in ("", "-", "id", f"--{route.listed.natural}"):
        yield {"sort": order}, {"/sort": "unknown_value"}


@pytest.fixture
def things(world: World) -> Things:
    found = things_of(world, "aoba", world.contract_of("aoba"))
    for route in LISTS:
        found.place(route.path)
    return found


def test_every_list_takes_what_it_says_and_refuses_the_rest(things: Things) -> None:
    for route in LISTS:
        where = things.place(route.path)
        for query, wrong in queries(route):
            reply = things.operator.get(f"{where}?{urlencode(query)}")
            assert reply.status == (422 if wrong else 200), (called(route), query, reply.raw)
            assert not wrong or reply.wrong() == wrong, (called(route), query)


def test_a_cursor_is_good_only_for_the_question_that_it_was_given_for(world: World, things: Things) -> None:
    world.bring("kaede", Status.ACTIVE)
    operator = world.client("operator")
    first = operator.get("/contracts?limit=1&sort=tenant").body
    cursor = first["next"]
    assert operator.get(f"/contracts?limit=2&sort=tenant&cursor={cursor}").status == 200
    for other in ("sort=-tenant", "sort=legal_name", "", "sort=tenant&status=active", "sort=tenant&q=a"):
        reply = operator.get(f"/contracts?limit=1&cursor={cursor}&{other}".rstrip("&"))
        assert (reply.status, reply.code) == (400, "invalid_cursor"), other


def walked(client: Client, where: str, query: str) -> list[Any]:
    """All of it, two at a time."""
    found: list[Any] = []
    cursor = ""
    while True:
        page = client.get(f"{where}?limit=2&{query}{cursor}").body
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_pages_in_any_order_have_everything_once(world: World) -> None:
    operator = world.client("operator")
    for slug, name in (("kaede", "B"), ("sumire", "A"), ("tsubaki", "B")):
        operator.post("/applications", {**APPLICATION, "tenant": slug, "legal_name": name})
    every = {each["id"] for each in walked(operator, "/contracts", "")}
    assert len(every) == 5
    for order in ("created_at", "tenant", "legal_name"):
        there, back = walked(operator, "/contracts", f"sort={order}"), walked(operator, "/contracts", f"sort=-{order}")
        assert there == back[::-1]
        assert {each["id"] for each in there} == every
        assert [each[order] for each in there] == sorted(each[order] for each in there)


def test_tenants_and_contracts_are_found_by_what_their_dates_say(world: World) -> None:
    operator = world.client("operator")
    world.bring("kaede", Status.SUSPENDED)
    contract = world.contract_of("midori")
    assert operator.post(f"/contracts/{contract}/stop", {"stop_date": "2026-04-02", "reason": "x"}).status == 200

    def slugs(where: str, query: str) -> list[str]:
        return [each.get("slug") or each["tenant"] for each in operator.get(f"{where}?{query}").body["items"]]

    for where in ("/tenants", "/contracts"):
        assert slugs(where, "status=active") == ["aoba", "midori"]
        assert slugs(where, "status=suspended") == ["kaede"]
        assert slugs(where, "status=ended") == []
    world.clock.advance(days=2)
    for where in ("/tenants", "/contracts"):
        assert slugs(where, "status=active") == ["aoba"]
        assert slugs(where, "status=ended") == ["midori"]
        assert slugs(where, "q=ＡＯ") == ["aoba"]
        assert slugs(where, f"partner={world.partner}") == ["aoba"]
        assert slugs(where, "partner=ptn_none") == slugs(where, "q=nothing") == []
    assert slugs("/tenants", "sort=-slug") == ["midori", "kaede", "aoba"]
    assert slugs("/tenants", "product=MDM") == []


def test_a_partner_and_a_tenant_ask_among_their_own(world: World) -> None:
    def slugs(name: str, query: str) -> list[str]:
        return [each["slug"] for each in world.client(name).get(f"/tenants?{query}").body["items"]]

    for name in ("partner", "aoba"):
        assert slugs(name, "") == slugs(name, "status=active") == slugs(name, "q=aoba") == ["aoba"]
        assert slugs(name, f"partner={world.partner}") == slugs(name, "sort=-slug") == ["aoba"]
        assert slugs(name, "status=suspended") == slugs(name, "q=midori") == slugs(name, "partner=ptn_x") == []
    assert slugs("midori", "product=ID_PLUS") == ["midori"]
    assert slugs("stranger", "") == []


def test_people_are_asked_for_by_everything_that_is_said_of_them(world: World) -> None:
    aoba = world.client("aoba")
    usual = {"display_name": "鈴木 花子", "affiliation": "officer"}
    group = aoba.post("/tenants/aoba/groups", {"name": "営業"}).body["id"]
    made = [
        aoba.post("/tenants/aoba/users", {**usual, "user_name": name, "groups": groups}).body["id"]
        for name, groups in (("hana", [group]), ("hanako", []))
    ]
    aoba.post(f"/tenants/aoba/users/{made[1]}/disable")

    def names(query: str) -> list[str]:
        reply = aoba.get(f"/tenants/aoba/users?{query}")
        assert reply.status == 200, reply.raw
        return [each["user_name"] for each in reply.body["items"]]

    assert names("q=hana") == names("q=鈴木") == names("affiliation=officer") == ["hana", "hanako"]
    assert names("q=hana&status=disabled") == names("status=disabled") == names("q=hanak") == ["hanako"]
    assert names(f"group={group}") == names("user_name=HANA") == names(f"q=花子&group={group}") == ["hana"]
    assert names("role=admin") == ["taro@kaede.example"]
    assert names("q=hana&sort=-created_at") == ["hanako", "hana"]
    assert names("sort=-changed_at")[-1] == "taro@kaede.example"
    for seeking in ("q=hana", f"group={group}"):
        mixed = aoba.get(f"/tenants/aoba/users?{seeking}&sort=changed_at")
        assert (mixed.status, mixed.wrong()) == (422, {"/sort": "not_combinable"})
    assert [each["name"] for each in aoba.get("/tenants/aoba/groups?q=営").body["items"]] == ["営業"]
    assert aoba.get(f"/tenants/aoba/groups?user={made[1]}").body["items"] == []


def test_roles_keys_attributes_and_decisions_are_asked_for_by_what_they_are(world: World, things: Things) -> None:
    aoba = world.client("aoba")
    for name in ("kid", "reference"):
        things.of(name, "/tenants/aoba")

    def found(path: str, query: str, member: str = "id") -> list[Any]:
        reply = aoba.get(f"/tenants/aoba/{path}?{query}")
        assert reply.status == 200, reply.raw
        return [each[member] for each in reply.body["items"]]

    made = aoba.post("/tenants/aoba/roles", {"name": "Reception", "permissions": ["users:read"]}).body["id"]
    own = found("roles", "built_in=false")
    assert made in own
    assert not set(found("roles", "built_in=true")) & set(own)
    assert found("roles", "q=RECEPT") == [made]
    names = found("roles", "sort=-name", "name")
    assert names == sorted(names, reverse=True)
    assert found("roles", "") == walked_ids(aoba, "/tenants/aoba/roles")
    for name, kind, required in (("desk", "integer", False), ("floor", "string", False)):
        aoba.post("/tenants/aoba/attributes", {"name": name, "type": kind, "required": required})
    assert found("attributes", "type=integer", "name") == found("attributes", "q=DESK", "name") == ["desk"]
    assert {"desk", "floor"} <= set(found("attributes", "required=false", "name"))
    assert found("attributes", "required=true", "name") == []
    keys = aoba.get("/tenants/aoba/keys").body["items"]
    for member in ("use", "alg", "status"):
        for value in {each[member] for each in keys}:
            assert found("keys", f"{member}={value}", "kid") == [each["kid"] for each in keys if each[member] == value]
    assert found("keys", "sort=-created_at", "kid") == [each["kid"] for each in keys][::-1]
    decided = aoba.get("/tenants/aoba/decisions").body["items"]
    assert decided
    for query, is_it in (
        (f"user={decided[0]['subject']['user']}", lambda each: each["subject"] == decided[0]["subject"]),
        (f"reason={decided[0]['reason']['code']}", lambda each: each["reason"]["code"] == decided[0]["reason"]["code"]),
        (f"moment={decided[0]['moment']}", lambda each: each["moment"] == decided[0]["moment"]),
        ("from=2026-04-01T00:00:00Z&sort=-at", lambda _: True),
    ):
        mine = [each["reference"] for each in decided if is_it(each)]
        assert sorted(found("decisions", query, "reference")) == sorted(mine)
    assert found("decisions", "to=2026-04-01T00:00:00Z", "reference") == []


def walked_ids(client: Client, where: str) -> list[str]:
    return [each["id"] for each in walked(client, where, "")]
