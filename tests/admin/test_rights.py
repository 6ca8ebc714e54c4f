"""Who may do what: a table written by hand against the one that the routes declare, then against what they answer."""

from typing import Any

import pytest
from tests.admin.conftest import APPLICATION, World
from tests.support.statements import stated

from idp.admin import routes as declared
from idp.admin.app import ROUTES, build
from idp.admin.rights import OPERATOR, Right
from idp.admin.routes import Route, Undeclared
from idp.contracts import Status
from idp.credentials import KeyScope, Noun, Verb

# Reads: every scope whose objects these are. o: operator, p: the responsible partner, P: the responsible partner while
# the contract is approved, t: the tenant itself.
MATRIX = {
    "POST /applications": ("applications:write", "op"),
    "GET /applications": ("applications:read", "opt"),
    "GET /applications/{contract}": ("applications:read", "opt"),
    "POST /applications/{contract}/screen": ("applications:write", "op"),
    "POST /applications/{contract}/approve": ("applications:write", "op"),
    "POST /applications/{contract}/reject": ("applications:write", "op"),
    "POST /applications/{contract}/withdraw": ("applications:write", "op"),
    "GET /contracts": ("contracts:read", "opt"),
    "GET /contracts/{contract}": ("contracts:read", "opt"),
    "POST /contracts/{contract}/setup-completed": ("contracts:write", "o"),
    "POST /contracts/{contract}/suspend": ("contracts:write", "o"),
    "POST /contracts/{contract}/resume": ("contracts:write", "o"),
    "POST /contracts/{contract}/terminate": ("contracts:write", "o"),
    "POST /contracts/{contract}/erase": ("contracts:write", "o"),
    "GET /contracts/{contract}/erasure-certificate": ("contracts:read", "opt"),
    "PUT /contracts/{contract}/non-renewal": ("contracts:write", "opt"),
    "DELETE /contracts/{contract}/non-renewal": ("contracts:write", "opt"),
    "POST /contracts/{contract}/stop": ("contracts:write", "opt"),
    "DELETE /contracts/{contract}/stop": ("contracts:write", "opt"),
    "POST /contracts/{contract}/ids": ("contracts:write", "opt"),
    "GET /contracts/{contract}/impact": ("contracts:read", "opt"),
    "GET /contracts/{contract}/history": ("history:read", "opt"),
    "GET /tenants": ("tenants:read", "opt"),
    "GET /tenants/{tenant}": ("tenants:read", "opt"),
    "PATCH /tenants/{tenant}": ("tenants:write", "ot"),
    "GET /tenants/{tenant}/history": ("history:read", "opt"),
    "GET /tenants/{tenant}/settings": ("settings:read", "opt"),
    "PATCH /tenants/{tenant}/settings": ("settings:write", "ot"),
    "POST /tenants/{tenant}/users": ("users:write", "oPt"),
    "GET /tenants/{tenant}/users": ("users:read", "opt"),
    "GET /tenants/{tenant}/users/{user}": ("users:read", "opt"),
    "PATCH /tenants/{tenant}/users/{user}": ("users:write", "oPt"),
    "DELETE /tenants/{tenant}/users/{user}": ("users:write", "oPt"),
    "POST /tenants/{tenant}/users/{user}/disable": ("users:write", "oPt"),
    "POST /tenants/{tenant}/users/{user}/enable": ("users:write", "oPt"),
    "POST /tenants/{tenant}/users/{user}/invitation": ("users:write", "oPt"),
    "GET /tenants/{tenant}/users/{user}/credentials": ("credentials:read", "opt"),
    "DELETE /tenants/{tenant}/users/{user}/credentials/{credential}": ("credentials:write", "ot"),
    "GET /tenants/{tenant}/users/{user}/sessions": ("sessions:read", "opt"),
    "DELETE /tenants/{tenant}/users/{user}/sessions/{session}": ("sessions:write", "ot"),
    "POST /tenants/{tenant}/groups": ("groups:write", "ot"),
    "GET /tenants/{tenant}/groups": ("groups:read", "opt"),
    "GET /tenants/{tenant}/groups/{group}": ("groups:read", "opt"),
    "PATCH /tenants/{tenant}/groups/{group}": ("groups:write", "ot"),
    "DELETE /tenants/{tenant}/groups/{group}": ("groups:write", "ot"),
    "GET /tenants/{tenant}/groups/{group}/members": ("members:read", "opt"),
    "PUT /tenants/{tenant}/groups/{group}/members/{user}": ("members:write", "ot"),
    "DELETE /tenants/{tenant}/groups/{group}/members/{user}": ("members:write", "ot"),
    "GET /tenants/{tenant}/keys": ("keys:read", "opt"),
    "POST /tenants/{tenant}/keys/rotate": ("keys:write", "ot"),
    "POST /tenants/{tenant}/keys/{kid}/revoke": ("keys:write", "ot"),
    "POST /tenants/{tenant}/networks": ("networks:write", "ot"),
    "GET /tenants/{tenant}/networks": ("networks:read", "opt"),
    "GET /tenants/{tenant}/networks/{network}": ("networks:read", "opt"),
    "PATCH /tenants/{tenant}/networks/{network}": ("networks:write", "ot"),
    "DELETE /tenants/{tenant}/networks/{network}": ("networks:write", "ot"),
    "POST /system/networks": ("networks:write", "o"),
    "GET /system/networks": ("networks:read", "o"),
    "GET /system/networks/{network_abroad}": ("networks:read", "o"),
    "PATCH /system/networks/{network_abroad}": ("networks:write", "o"),
    "DELETE /system/networks/{network_abroad}": ("networks:write", "o"),
    "POST /tenants/{tenant}/services": ("services:write", "oPt"),
    "GET /tenants/{tenant}/services": ("services:read", "opt"),
    "GET /tenants/{tenant}/services/{service}": ("services:read", "opt"),
    "PATCH /tenants/{tenant}/services/{service}": ("services:write", "oPt"),
    "PUT /tenants/{tenant}/services/{service}": ("services:write", "oPt"),
    "DELETE /tenants/{tenant}/services/{service}": ("services:write", "oPt"),
    "POST /tenants/{tenant}/services/{service}/secret": ("services:write", "oPt"),
    "GET /tenants/{tenant}/services/{service}/metadata": ("services:read", "opt"),
    "POST /tenants/{tenant}/services/{service}/metadata/refresh": ("services:write", "oPt"),
    "POST /tenants/{tenant}/services/{service}/metadata/accept": ("services:write", "oPt"),
    "POST /tenants/{tenant}/services/{service}/metadata/reject": ("services:write", "oPt"),
    "POST /tenants/{tenant}/services/{service}/certificate": ("services:write", "oPt"),
    "POST /tenants/{tenant}/services/{service}/certificate/back": ("services:write", "oPt"),
    "DELETE /tenants/{tenant}/services/{service}/certificate": ("services:write", "oPt"),
    "POST /tenants/{tenant}/services/{service}/users/{user}/preview": ("users:read", "opt"),
    "POST /tenants/{tenant}/services/{service}/assignments": ("assignments:write", "oPt"),
    "GET /tenants/{tenant}/services/{service}/assignments": ("assignments:read", "opt"),
    "DELETE /tenants/{tenant}/services/{service}/assignments/{assignment}": ("assignments:write", "oPt"),
    "POST /tenants/{tenant}/api-keys": ("api_keys:write", "ot"),
    "GET /tenants/{tenant}/api-keys": ("api_keys:read", "opt"),
    "DELETE /tenants/{tenant}/api-keys/{key}": ("api_keys:write", "ot"),
    "POST /tenants/{tenant}/policies/simulate": ("policies:read", "opt"),
    "POST /tenants/{tenant}/policies/backtest": ("policies:read", "opt"),
    "POST /tenants/{tenant}/policies": ("policies:write", "ot"),
    "GET /tenants/{tenant}/policies": ("policies:read", "opt"),
    "POST /tenants/{tenant}/policies/activate": ("policies:write", "ot"),
    "POST /tenants/{tenant}/policies/confirm": ("policies:write", "ot"),
    "GET /tenants/{tenant}/policies/in-force": ("policies:read", "opt"),
    "GET /tenants/{tenant}/policies/{policy}": ("policies:read", "opt"),
    "PATCH /tenants/{tenant}/policies/{policy}": ("policies:write", "ot"),
    "PUT /tenants/{tenant}/policies/{policy}": ("policies:write", "ot"),
    "DELETE /tenants/{tenant}/policies/{policy}": ("policies:write", "ot"),
    "GET /tenants/{tenant}/decisions": ("decisions:read", "opt"),
    "GET /tenants/{tenant}/decisions/{reference}/explanation": ("decisions:read", "opt"),
    "GET /tenants/{tenant}/traces": ("traces:read", "opt"),
    "GET /tenants/{tenant}/traces/{reference}": ("traces:read", "opt"),
    "GET /tenants/{tenant}/deliveries": ("deliveries:read", "opt"),
    "GET /tenants/{tenant}/statements": ("statements:read", "opt"),
    "GET /tenants/{tenant}/statements/{statement}": ("statements:read", "opt"),
    "GET /statements": ("statements:read", "op"),
    "GET /statements/{statement}": ("statements:read", "op"),
    "POST /terms": ("terms:write", "o"),
    "GET /terms": ("terms:read", "opt"),
    "GET /terms/{version}": ("terms:read", "opt"),
    "PATCH /terms/{version}": ("terms:write", "o"),
    "POST /terms/{version}/comparison": ("terms:read", "opt"),
    "POST /terms/{version}/publish": ("terms:write", "o"),
    "GET /tenants/{tenant}/terms": ("terms:read", "opt"),
    "POST /tenants/{tenant}/terms/accept": ("terms:write", "ot"),
    "POST /notices": ("notices:write", "op"),
    "GET /notices": ("notices:read", "opt"),
    "GET /notices/{notice}": ("notices:read", "opt"),
    "GET /tenants/{tenant}/notices": ("notices:read", "opt"),
    "POST /tenants/{tenant}/notices/{notice}/acknowledge": ("notices:write", "ot"),
    "GET /tenants/{tenant}/audit": ("audit:read", "opt"),
    "GET /tenants/{tenant}/export": ("export:read", "ot"),
    "POST /partners": ("partners:write", "o"),
    "GET /partners": ("partners:read", "o"),
    "GET /partners/{partner}": ("partners:read", "op"),
    "PATCH /partners/{partner}": ("partners:write", "o"),
    "POST /partners/{partner}/api-keys": ("api_keys:write", "o"),
    "GET /partners/{partner}/api-keys": ("api_keys:read", "op"),
    "DELETE /partners/{partner}/api-keys/{key}": ("api_keys:write", "o"),
    "POST /plans": ("plans:write", "o"),
    "GET /plans": ("plans:read", "o"),
    "GET /plans/{plan}": ("plans:read", "opt"),
    "GET /system/approvals": ("approvals:read", "o"),
    "GET /system/approvals/{approval}": ("approvals:read", "o"),
    "POST /system/approvals/{approval}/approve": ("approvals:write", "o"),
    "POST /system/approvals/{approval}/reject": ("approvals:write", "o"),
    "POST /system/api-keys": ("api_keys:write", "o"),
    "GET /system/api-keys": ("api_keys:read", "o"),
    "DELETE /system/api-keys/{key}": ("api_keys:write", "o"),
    "GET /system": ("system:read", "o"),
    "GET /audit": ("audit:read", "op"),
}
# Our own people and programs: the collections of a tenant, for operators alone.
MATRIX |= {
    called.replace("/tenants/{tenant}/", "/system/"): (permission, "o")
    for called, (permission, _) in MATRIX.items()
    if any(f"/tenants/{{tenant}}/{noun}" in called for noun in ("users", "services"))
    and not any(of_saml in called for of_saml in ("/certificate", "/metadata"))
}
TERMS: Any = {
    "version": "1",
    "title": "T",
    "effective_date": "2026-05-01",
    "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "x"}]}],
}
NOTICE = {"kind": "other", "title": "N", "body": "x", "effective_date": "2026-05-01"}
NETWORK = {"name": "office", "cidrs": ["192.0.2.0/24"]}
# Where a partner has to name a customer.
ONE_OF_ITS_OWN = {"GET /audit": "?tenant=aoba"}
LETTERS = {KeyScope.OPERATOR: "o", KeyScope.PARTNER: "p", KeyScope.TENANT: "t"}


def called(route: Route) -> str:
    return f"{route.method} {route.path}"


def letters(right: Right) -> str:
    found = {LETTERS[scope] for scope in right.scopes}
    if right.partners == "prepare":
        found.add("P")
    return "".join(letter for letter in "opPt" if letter in found)


def test_the_routes_declare_what_was_agreed() -> None:
    found = {called(route): (str(route.right.permission), letters(route.right)) for route in ROUTES}
    assert found == MATRIX


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
    with pytest.raises(Undeclared):
        build(house, (*ROUTES, wrong))
    declared.check(route("GET", "/users", Right(Noun.USERS, Verb.READ, OPERATOR)))


def place(world: World, path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace(f"{{{name}}}", value)
    return path


POLICY = {"name": "P", "effect": "deny", "services": ["*"], "when": {"any": []}}


def objects(world: World) -> dict[str, str]:
    """One of everything that paths name, of aoba and its partner."""
    operator = world.client("operator")
    user = operator.post(
        "/tenants/aoba/users", {"user_name": "jiro", "display_name": "J", "affiliation": "officer"}
    ).body
    service = operator.post(
        "/tenants/aoba/services",
        {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}},
    ).body
    where = f"/tenants/aoba/services/{service['id']}/assignments"
    return {
        "tenant": "aoba",
        "contract": world.contract_of("aoba"),
        "partner": world.partner,
        "plan": world.plan,
        "user": user["id"],
        "service": service["id"],
        "assignment": operator.post(where, {"user": user["id"]}).body["id"],
        "group": operator.post("/tenants/aoba/groups", {"name": "G"}).body["id"],
        "network": operator.post("/tenants/aoba/networks", NETWORK).body["id"],
        "network_abroad": operator.post("/system/networks", NETWORK).body["id"],
        "credential": "fct_none",
        "session": "none",
        "key": "key_none",
        "kid": "kid_none",
        "policy": operator.post("/tenants/aoba/policies", POLICY).body["id"],
        "reference": "0000000000",
        "statement": stated(world.house.units, world.aoba, partner=world.partner),
        "approval": "apv_none",
        "version": published(world),
        "notice": world.client("partner").post("/notices", NOTICE).body["id"],
    }


def published(world: World) -> str:
    """Terms that everybody may read."""
    operator = world.client("operator")
    version: str = TERMS["version"]
    if operator.get(f"/terms/{version}").status == 404:
        operator.post("/terms", TERMS)
        assert operator.post(f"/terms/{version}/publish").status == 200
    return version


def test_what_a_scope_may_not_do_is_forbidden_and_what_it_may_not_read_is_not_there(world: World) -> None:
    """The contract of aoba is active: its partner prepares nothing any more."""
    ids = objects(world)
    for each in ROUTES:
        path, allowed = place(world, each.path, ids), MATRIX[called(each)][1]
        outsiders = {"midori": "t", "stranger": "p"} if "{" in each.path else {}
        for name, letter in {"operator": "o", "partner": "p", "aoba": "t"}.items():
            named = path + ONE_OF_ITS_OWN.get(called(each), "") if name == "partner" else path
            reply = world.client(name).ask(each.method, named, {"nothing": 1} if each.takes else None)
            mine = letter in allowed or not ("{partner}" in each.path and name == "aoba")
            expected = {403} if mine and letter not in allowed else {404} if not mine else None
            if expected is None:
                assert reply.status not in (401, 403), (name, called(each))
            else:
                assert reply.status in expected, (name, called(each), reply.body)
            if each.method == "DELETE" and reply.status == 204:
                ids = objects_again(world, ids)
        for name, letter in outsiders.items():
            reply = world.client(name).ask(each.method, path, {"nothing": 1} if each.takes else None)
            if each.path.startswith("/terms"):  # published, and so everybody's to read
                assert (reply.status == 403) is (letter not in allowed), (name, called(each))
                continue
            reads_all = "{" not in each.path or each.path.startswith("/system")
            assert reply.status == (403 if reads_all else 404), (name, called(each))


def objects_again(world: World, ids: dict[str, str]) -> dict[str, str]:
    operator = world.client("operator")
    for path in (
        *(f"/tenants/aoba/{noun}" for noun in ("users", "services", "groups", "networks")),
        "/system/networks",
    ):
        for item in operator.get(path).body["items"]:
            operator.delete(f"{path}/{item['id']}")
    return {**ids, **objects(world)}


def test_a_key_without_the_permission_is_refused_and_with_it_alone_let_in(world: World) -> None:
    ids = objects(world)
    for each in ROUTES:
        path, permission = place(world, each.path, ids), str(each.right.permission)
        document = {"nothing": 1} if each.takes else None
        others = {str(route.right.permission) for route in ROUTES} - {permission}
        refused = world.key("operator", *others).ask(each.method, path, document)
        assert (refused.status, refused.code) == (403, "forbidden"), called(each)
        assert refused.body["detail"] == f"The key or token lacks the permission {permission}."
        let_in = world.key("operator", permission).ask(each.method, path, document)
        assert let_in.status not in (401, 403), called(each)
        if each.method == "DELETE":
            ids = objects_again(world, ids)


def test_what_belongs_to_somebody_else_is_answered_like_what_is_not_there(world: World) -> None:
    ids = objects(world)
    for each in ROUTES:
        if "{" not in each.path or each.path.startswith("/terms"):
            continue
        absent = dict.fromkeys(ids, "none")
        within = "{tenant}" in each.path and each.path.count("{") > 1
        document = {"nothing": 1} if each.takes else None
        for name in ("midori", "stranger"):
            client = world.client(name)
            foreign = client.ask(each.method, place(world, each.path, ids), document)
            nothing = client.ask(each.method, place(world, each.path, absent), document)
            if foreign.status == 403:
                assert each.path.startswith("/system"), (name, called(each))
                continue
            assert (foreign.status, foreign.anonymous()) == (404, nothing.anonymous()), (name, called(each))
        if within:  # midori's own path with aoba's object in it
            crossed = place(world, each.path, {**ids, "tenant": "midori"})
            reply = world.client("midori").ask(each.method, crossed, valid(each))
            assert reply.status == 404, called(each)


def valid(each: Route) -> Any:
    """A document that would be taken, so that only the object can be the reason."""
    if each.path.endswith("/assignments") and each.method == "POST":
        return {"user": "usr_none"}
    if each.path.endswith("/services/{service}") and each.method == "PUT":
        return {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}
    if each.path.endswith(("/metadata/accept", "/metadata/reject")):
        return {"change": "of another"}
    return {} if each.takes else None


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
