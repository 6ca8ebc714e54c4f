"""Rights beyond the table of routes and callers: what must be declared, what lists show, and when partners prepare."""

from typing import Any

import pytest
from tests.admin.conftest import APPLICATION, World

from idp.admin import routes as declared
from idp.admin.app import ROUTES, build
from idp.admin.rights import OPERATOR, Right
from idp.admin.routes import Route, Undeclared
from idp.contracts import Status
from idp.credentials import Noun, Verb


def route(method: str, path: str, right: Any) -> Route:
    return Route(method, path, lambda _: None, right)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    "wrong",
    [
        route("GET", "/users", None),
        route("GET", "/users", Right(Noun.USERS, Verb.READ, frozenset())),
        route("GET", "/users", Right(Noun.SERVICES, Verb.READ, OPERATOR)),
        route("POST", "/users", Right(Noun.USERS, Verb.READ, OPERATOR)),
        route("GET", "/nothing", Right(Noun.USERS, Verb.READ, OPERATOR)),
    ],
)
def test_a_route_without_a_right_does_not_start(house: Any, wrong: Route) -> None:
    with pytest.raises(Undeclared, match=f"^{wrong.method} {wrong.path} "):
        build(house, (*ROUTES, wrong))
    declared.check(route("GET", "/users", Right(Noun.USERS, Verb.READ, OPERATOR)))


def test_lists_show_each_caller_its_own(world: World) -> None:
    def slugs(name: str, path: str, member: str = "tenant") -> list[str]:
        return [item[member] for item in world.client(name).get(path).body["items"]]

    assert slugs("operator", "/contracts") == ["aoba", "midori"]
    assert slugs("partner", "/contracts") == ["aoba"]
    assert slugs("stranger", "/contracts") == []
    assert slugs("midori", "/contracts") == ["midori"]
    assert slugs("midori", "/contracts?tenant=aoba") == []
    assert slugs("operator", "/tenants", "slug") == ["aoba", "midori"]
    assert slugs("partner", "/tenants", "slug") == ["aoba"]
    assert slugs("stranger", "/tenants", "slug") == []
    assert slugs("aoba", "/tenants", "slug") == ["aoba"]


def test_a_partner_prepares_while_the_contract_is_approved_and_no_longer(world: World) -> None:
    contract = world.bring("kaede", Status.APPROVED, partner=world.partner)
    person = {"user_name": "hana", "display_name": "Hana", "affiliation": "employee"}
    partner = world.client("partner")
    made = partner.post("/tenants/kaede/users", person)
    assert made.status == 201
    assert partner.patch("/tenants/kaede", {"display_name": "X"}).status == 403
    assert world.client("stranger").post("/tenants/kaede/users", person).status == 404
    world.client("operator").post(f"/contracts/{contract}/setup-completed")
    assert partner.post("/tenants/kaede/users", {**person, "user_name": "b"}).status == 403
    assert partner.get(f"/tenants/kaede/users/{made.body['id']}").status == 200


def test_methods_that_are_not_declared_do_nothing(world: World) -> None:
    operator = world.client("operator")
    for method in ("OPTIONS", "PUT", "PATCH", "DELETE"):
        refused = operator.ask(method, "/applications")
        assert (refused.status, refused.code) == (405, "method_not_allowed")
        assert refused.headers["allow"] == "GET, HEAD, POST"
    head = operator.ask("HEAD", "/applications")
    assert (head.status, head.raw) == (200, b"")
    overridden = operator.get("/applications", x_http_method_override="POST", x_method_override="DELETE")
    assert overridden.status == 200
    assert operator.get("/applications/").status == 404


def test_an_application_is_untouched_by_all_of_that(world: World) -> None:
    assert world.client("midori").post("/applications", APPLICATION).status == 403
