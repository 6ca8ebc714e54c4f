"""The description of the API says what the API does: held against the routes, the rooms' readers and real answers."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator
from pydantic import BaseModel
from tests.admin.conftest import APPLICATION, BASE, Client, World
from tests.admin.test_credentials import somebody
from tests.support.statements import stated

from idp import access, federation, sessions, signing, tenants, users
from idp.access.traces import End, Fault, Kind, Step, Trace
from idp.admin.app import ROUTES, build
from idp.admin.shapes.approvals import Proposed
from idp.admin.shapes.services import OidcMetadata, SamlMetadata, SamlService
from idp.contracts import Status
from idp.kit.actors import SYSTEM
from idp.sessions import Generations, Method, Whereabouts
from idp.signing import Alg, Use
from idp.users import UserId
from idp.web.dispatch import Dispatcher
from idp.web.hallway import Hallway

GOLDEN = Path(__file__).parents[1] / "golden" / "openapi.json"
PERSON = {"user_name": "jiro", "display_name": "Jiro", "affiliation": "officer"}
POLICY = {"name": "P", "effect": "deny", "services": ["*"], "when": {"any": []}}
# Of an ID, a corporation, an assignment, a service and a form more is needed, by rules that a schema does not say.
MORE = {"/user_name", "/corporate_number", "/user", "/oidc", "/effect", "/services", "/when", "/hours"}
LEFT_OUT = {"NewService": {"/name", "/protocol"}}  # where an application of the catalogue is named
PLANNED = {"at": "2027-04-01", "change": {"locale": "en"}}
SERVICE = {"name": "S", "protocol": "oidc", "oidc": {"redirect_uris": ["https://s.example/cb"]}}

TERMS: Any = {
    "version": "1",
    "title": "T",
    "effective_date": "2026-05-01",
    "articles": [{"article": "第1条", "provisions": [{"number": "1", "text": "x"}]}],
}
NOTICE = {"kind": "other", "title": "N", "body": "x", "effective_date": "2026-05-01"}
NETWORK = {"name": "office", "cidrs": ["192.0.2.0/24"]}
HOOK = {"name": "SIEM", "url": "https://siem.example/", "events": ["*"]}


def description(world: World) -> dict[str, Any]:
    reply = world.nobody.get("/api/openapi.json")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    found: dict[str, Any] = reply.body
    return found


def test_the_description_is_the_one_that_was_reviewed(world: World) -> None:
    """After a change that is meant: write `found` over the file, and read the difference."""
    found = json.dumps(description(world), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert found == GOLDEN.read_text()


def test_every_route_is_described_with_its_failures(world: World) -> None:
    paths = description(world)["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == {(route.method, f"/api/v1{route.path}") for route in ROUTES}
    for route in ROUTES:
        operation = paths[f"/api/v1{route.path}"][route.method.lower()]
        answers = operation["responses"]
        assert operation["summary"]
        assert operation["security"] == [{"apiKey": []}, {"accessToken": [route.right.scope]}]
        assert str(route.status) in answers
        assert {"400", "401", "403", "422", "429", "503"} <= set(answers)
        assert ("404" in answers) is ("{" in route.path or "tenant" in route.filters)
        for status, answer in answers.items():
            if status >= "400":
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}
    assert len({paths[path][method]["operationId"] for path in paths for method in paths[path]}) == len(ROUTES)


def exemplified(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body, and every answer in JSON that is no failure."""
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield f"{method} {path}, sent", content
            for status, answer in operation["responses"].items():
                if status < "300" and "application/json" in answer.get("content", {}):
                    yield f"{method} {path}, {status}", answer["content"]["application/json"]


def test_every_document_has_an_example_that_is_one(world: World) -> None:
    made = description(world)
    judged: dict[str, set[str]] = {}
    for where, content in exemplified(made):
        assert "example" in content, where
        schema, example = (json.dumps(content[name], sort_keys=True) for name in ("schema", "example"))
        judged.setdefault(schema, set()).add(example)
    assert len(judged) > 90
    for schema, examples in judged.items():
        validator = Draft202012Validator({**json.loads(schema), "components": made["components"]})
        for example in examples:
            assert [error.message for error in validator.iter_errors(json.loads(example))] == [], schema


def stopgaps(example: Any, name: str = "") -> Iterator[str]:
    """Members for which nobody had a word: then their own name stands there."""
    if isinstance(example, dict):
        for member, value in example.items():
            yield from stopgaps(value, member)
    elif isinstance(example, list):
        for value in example:
            yield from stopgaps(value)
    elif isinstance(example, str) and example in {"…", name.replace("_", " ")}:
        yield name


def test_what_is_sent_for_example_says_more_than_the_names_of_its_members(world: World) -> None:
    sent = [each for each in exemplified(description(world)) if each[0].endswith("sent")]
    found = {where: list(stopgaps(content["example"])) for where, content in sent}
    assert {where: names for where, names in found.items() if names} == {}, "write words in admin/shapes/examples.py"


def test_an_example_that_is_none_is_seen(world: World) -> None:
    schema = {"$ref": "#/components/schemas/NewGroup", "components": description(world)["components"]}
    assert Draft202012Validator(schema).is_valid({"name": "Sales"})
    assert not Draft202012Validator(schema).is_valid({"named": "Sales"})


def test_every_reference_leads_somewhere(world: World) -> None:
    made = description(world)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(made)))
    assert named <= set(made["components"]["schemas"])
    assert made["openapi"].startswith("3.1")


def sent_to(world: World) -> dict[str, tuple[str, str]]:
    """Where a document of each shape is judged, whatever else is the matter."""
    operator = world.client("operator")
    user = operator.post("/tenants/aoba/users", PERSON).body["id"]
    service = operator.post("/tenants/aoba/services", SERVICE).body["id"]
    filed = operator.post("/applications", APPLICATION).body["id"]
    policy = operator.post("/tenants/aoba/policies", POLICY).body["id"]
    operator.post("/terms", TERMS)
    names = {
        "tenant": "aoba",
        "user": user,
        "service": service,
        "contract": filed,
        "partner": world.partner,
        "approval": "apv_none",
        "key": "key_none",
        "grant": "sup_none",
        "role": operator.post("/tenants/aoba/roles", {"name": "R", "permissions": ["users:read"]}).body["id"],
        "kid": "kid_none",
        "policy": policy,
        "version": TERMS["version"],
        "group": operator.post("/tenants/aoba/groups", {"name": "G"}).body["id"],
        "attribute": operator.post("/tenants/aoba/attributes", {"name": "a", "type": "string"}).body["name"],
        "network_abroad": operator.post("/system/networks", NETWORK).body["id"],
        "webhook": operator.post("/tenants/aoba/webhooks", HOOK).body["id"],
    }
    found = {}
    for route in ROUTES:
        if route.takes is not None:
            path = route.path
            for name, value in names.items():
                path = path.replace(f"{{{name}}}", value)
            found[route.takes.__name__] = (route.method, path)
    return found


def test_the_readers_know_just_the_members_that_are_described(world: World) -> None:
    operator, where = world.client("operator"), sent_to(world)
    shapes: dict[str, type[BaseModel]] = {route.takes.__name__: route.takes for route in ROUTES if route.takes}
    for name, shape in shapes.items():
        method, path = where[name]
        # a wrong type for nearly all of them; a policy's text and its form exclude each other
        everything = {member: {} for member in members(shape) if member != "text"}
        asker = world.client("aoba") if name == "NewSupportAccess" else operator
        reply = asker.ask(method, path, {**everything, "unheard_of": 1})
        assert reply.status == 422, (name, reply.raw)
        unknown = {pointer for pointer, code in reply.wrong().items() if code in ("unknown_field", "not_supported")}
        assert unknown == {"/unheard_of"}, name
        if method != "PATCH":
            needed = {f"/{f.alias or member}" for member, f in shape.model_fields.items() if f.is_required()}
            missing = asker.ask(method, path, {"unheard_of": 1}).wrong()
            found = {pointer for pointer, code in missing.items() if code == "required"}
            assert found - MORE - LEFT_OUT.get(name, set()) == needed, name


@pytest.mark.parametrize(("protocol", "shape"), [("oidc", OidcMetadata), ("saml", SamlMetadata)])
def test_the_metadata_of_services_are_described_whole(world: World, protocol: str, shape: type[BaseModel]) -> None:
    inner = {**{member: {} for member in shape.model_fields}, "unheard_of": 1}
    sent = {"name": "S", "protocol": protocol, protocol: inner}
    reply = world.client("operator").post("/tenants/aoba/services", sent)
    unknown = {pointer for pointer, code in reply.wrong().items() if code in ("unknown_field", "not_supported")}
    assert unknown == {f"/{protocol}/unheard_of"}


def peopled(operator: Client, group: str, user: str) -> dict[tuple[str, str], Any]:
    """Groups in groups, and who is in them. The person is in the group."""
    groups = group.rpartition("/")[0]
    inner = operator.post(groups, {"name": "inner"}).body["id"]
    operator.put(f"{group}/groups/{inner}")
    where = "/tenants/{tenant}"
    aoba = groups.rpartition("/")[0]
    attribute = {"name": "department", "type": "string"}
    return {
        ("POST", f"{where}/users/{{user}}/changes"): operator.post(f"{user}/changes", PLANNED).body,
        ("POST", f"{where}/users/{{user}}/changes/preview"): operator.post(f"{user}/changes/preview", PLANNED).body,
        ("POST", f"{where}/groups/preview"): operator.post(f"{groups}/preview", {"rule": {"all": []}}).body,
        ("POST", f"{where}/attributes"): operator.post(f"{aoba}/attributes", attribute).body,
        ("POST", f"{where}/attributes/preview"): operator.post(f"{aoba}/attributes/preview", attribute).body,
        ("GET", f"{where}/groups/{{group}}/groups"): operator.get(f"{group}/groups").body["items"][0],
        ("GET", f"{where}/users/{{user}}/groups"): operator.get(f"{user}/groups").body["items"][0],
    }


def fetched(world: World) -> dict[tuple[str, str], Any]:
    """Nothing is outside of this test: it fails, and says so."""
    saml = {"entity_id": "https://s.example/", "acs": [{"url": "https://s.example/acs"}]}
    document = {"name": "S", "protocol": "saml", "saml": {**saml, "metadata_url": "https://s.example/metadata"}}
    operator = world.client("operator")
    made = operator.post("/tenants/aoba/services", document).body
    SamlService.model_validate(made["saml"])
    one, where = f"/tenants/aoba/services/{made['id']}/metadata", "/tenants/{tenant}/services/{service}/metadata"
    refreshed = operator.post(f"{one}/refresh").body
    assert refreshed["error"] == "unreachable"
    return {("POST", f"{where}/refresh"): refreshed, ("GET", where): operator.get(one).body}


def registered(world: World) -> Any:
    world.client("aoba").patch("/tenants/aoba", {"representative": "青葉 一郎"})
    return world.client("aoba").get("/tenants/aoba/history").body["items"][0]


def approval(world: World) -> Any:
    """One that waits for its second operator."""
    house = replace(world.house, two_person_acts=True)
    careful = replace(world, app=Hallway(Dispatcher([], fallback=build(house)), base_url=BASE))
    contract = world.contract_of("midori")
    made = careful.client("operator").post(f"/contracts/{contract}/terminate", {"reason": "Art. 14.2"})
    assert made.status == 202
    Proposed.model_validate(made.body)
    return careful.client("operator").get(f"/system/approvals/{made.body['approval']}").body


def laid(world: World) -> dict[tuple[str, str], Any]:
    operator, aoba = world.client("operator"), world.client("aoba")
    made = operator.post("/terms", TERMS).body
    compared = operator.post("/terms/1/comparison", {"against": "1"}).body
    operator.post("/terms/1/publish")
    operator.post("/notices", NOTICE)
    return {
        ("POST", "/terms"): made,
        ("GET", "/terms"): operator.get("/terms").body["items"][0],
        ("POST", "/terms/{version}/comparison"): compared,
        ("POST", "/tenants/{tenant}/terms/accept"): aoba.post("/tenants/aoba/terms/accept", {"version": "1"}).body,
        ("GET", "/tenants/{tenant}/terms"): aoba.get("/tenants/aoba/terms").body,
        ("GET", "/notices"): operator.get("/notices").body["items"][0],
        ("GET", "/tenants/{tenant}/notices"): aoba.get("/tenants/aoba/notices").body["items"][0],
    }


def members(shape: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in shape.model_fields.items()}


def decision(world: World, user: str, service: str) -> str:
    """The reference of one that is remembered."""
    house = world.house
    with house.units.open(world.aoba, actor=world.actor) as unit:
        found = federation.get(unit, service)
        described = access.read_context({}, at="", country_of=house.countries.of, now_us=unit.now_us)
        facts = house.memory.current(unit)
        proof = access.question(unit, facts, found, user, described)
        made = access.evaluate(facts, proof, at_us=unit.now_us, asked_us=unit.now_us)
        access.remember(unit, made)
        return made.reference


def traced(world: World, service: str) -> dict[tuple[str, str], Any]:
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        fault = Fault("/AuthnRequest/@Destination", "https://elsewhere.example", ["https://id.example"], "")
        ended = (Kind.SIGN_ON, End.REFUSED, "destination")
        made = Trace("K7QM3XWT12", unit.now_us, service, "saml", *ended, failed=Step.ADDRESSEE, fault=fault)
        access.traces.remember(unit, made)
    operator = world.client("operator")
    return {
        ("GET", "/tenants/{tenant}/traces"): operator.get("/tenants/aoba/traces").body["items"][0],
        ("GET", "/tenants/{tenant}/traces/{reference}"): operator.get("/tenants/aoba/traces/K7QM3XWT12").body,
    }


def credential(world: World) -> Any:
    user, _ = somebody(world)
    return world.client("aoba").get(f"/tenants/aoba/users/{user}/credentials").body["items"][0]


def session(world: World, user: str) -> Any:
    with world.house.units.open(world.aoba, actor=world.actor) as unit:
        born = Generations(tenants.get(unit).generation, users.get(unit, UserId(user)).generation)
        nowhere = Whereabouts()
        sessions.open_session(unit, user_id=user, generations=born, methods=[Method.PASSWORD], whereabouts=nowhere)
    return world.client("aoba").get(f"/tenants/aoba/users/{user}/sessions").body["items"][0]


def rotated(world: World) -> dict[tuple[str, str], Any]:
    """A day later."""
    with world.house.units.open(world.aoba, actor=SYSTEM) as unit:
        tenants.adopt_key(unit, Use.ID_TOKEN, Alg.ES256, signing.generate(Alg.ES256))
    keys = world.client("operator")
    where = "/tenants/aoba/keys"
    assert keys.post(f"{where}/rotate").status == 409
    world.clock.advance(hours=24)
    body = keys.post(f"{where}/rotate").body
    return {
        ("POST", "/tenants/{tenant}/keys/rotate"): body,
        ("GET", "/tenants/{tenant}/keys"): keys.get(where).body["items"][0],
    }


def preview(operator: Client, aoba: str, user: str) -> Any:
    saml = {"entity_id": "https://previewed.example/saml", "acs": [{"url": "https://previewed.example/acs"}]}
    made = operator.post(f"{aoba}/services", {"name": "previewed", "protocol": "saml", "saml": saml}).body
    return operator.post(f"{aoba}/services/{made['id']}/users/{user}/preview", {}).body


def test_answers_are_of_the_shape_that_is_described(world: World) -> None:
    operator, aoba = world.client("operator"), "/tenants/aoba"
    shapes = {(route.method, route.path): route.gives for route in ROUTES}
    user = operator.post(f"{aoba}/users", {**PERSON, "claims": {"given_name": "次郎"}})
    mailed = operator.post(f"{aoba}/users", {**PERSON, "user_name": "ume", "email": "ume@aoba.example"})
    service = operator.post(f"{aoba}/services", SERVICE)
    contract = world.contract_of("aoba")
    key = operator.post("/system/api-keys", {"name": "k", "permissions": ["users:read"]})
    operator.put(f"/contracts/{contract}/non-renewal", {"end_date": "2027-03-31"})
    statement = stated(world.house.units, world.aoba, partner=world.partner)
    where = f"{aoba}/services/{service.body['id']}/assignments"
    policy = operator.post(f"{aoba}/policies", POLICY)
    activation = operator.post(f"{aoba}/policies/activate", {}).body
    asked = {"subject": {"user": user.body["id"]}, "service": service.body["id"], "context": {}}
    decided = decision(world, user.body["id"], service.body["id"])
    explained = f"{aoba}/decisions/{decided}/explanation"
    group = operator.post(f"{aoba}/groups", {"name": "G"})
    inside = f"{aoba}/groups/{group.body['id']}"
    operator.put(f"{inside}/members/{user.body['id']}")
    over = world.bring("momiji", Status.ENDED)
    operator.post(f"/contracts/{over}/erase", {"reason": "for a test"})
    certificate = operator.get(f"/contracts/{over}/erasure-certificate").body
    seen = {
        ("POST", "/tenants/{tenant}/policies"): policy.body,
        ("POST", "/tenants/{tenant}/policies/activate"): activation,
        ("POST", "/tenants/{tenant}/policies/confirm"): operator.post(
            f"{aoba}/policies/confirm", {"activation": activation["activation"]}
        ).body,
        ("GET", "/tenants/{tenant}/policies/in-force"): operator.get(f"{aoba}/policies/in-force").body,
        ("POST", "/tenants/{tenant}/policies/simulate"): operator.post(f"{aoba}/policies/simulate", asked).body,
        ("POST", "/tenants/{tenant}/policies/backtest"): operator.post(
            f"{aoba}/policies/backtest", {"policies": []}
        ).body,
        ("GET", "/tenants/{tenant}/decisions"): operator.get(f"{aoba}/decisions").body["items"][0],
        ("GET", "/tenants/{tenant}/decisions/{reference}/explanation"): operator.get(explained).body,
        ("GET", "/contracts/{contract}/erasure-certificate"): certificate,
        ("POST", "/tenants/{tenant}/users"): user.body,
        ("POST", "/tenants/{tenant}/users/import"): operator.post(
            f"{aoba}/users/import", b"user_name,affiliation\nmomo,employee\n", content_type="text/csv"
        ).body,
        ("POST", "/tenants/{tenant}/users/{user}/invitation"): operator.post(
            f"{aoba}/users/{mailed.body['id']}/invitation"
        ).body,
        ("GET", "/tenants/{tenant}/users/{user}/credentials"): credential(world),
        ("GET", "/tenants/{tenant}/users/{user}/sessions"): session(world, user.body["id"]),
        ("POST", "/tenants/{tenant}/services"): service.body,
        ("GET", "/tenants/{tenant}/services/{service}/secret"): operator.get(
            f"{aoba}/services/{service.body['id']}/secret"
        ).body,
        ("GET", "/tenants/{tenant}/services/{service}/verify"): operator.get(
            f"{aoba}/services/{service.body['id']}/verify"
        ).body,
        ("GET", "/tenants/{tenant}/services/{service}/snippets"): operator.get(
            f"{aoba}/services/{service.body['id']}/snippets"
        ).body,
        ("GET", "/catalogue/{application}"): operator.get("/catalogue/slack").body,
        **fetched(world),
        ("POST", "/tenants/{tenant}/services/{service}/users/{user}/preview"): preview(operator, aoba, user.body["id"]),
        ("POST", "/system/api-keys"): key.body,
        ("POST", "/applications"): operator.post("/applications", APPLICATION).body,
        ("GET", "/contracts/{contract}"): operator.get(f"/contracts/{contract}").body,
        ("GET", "/contracts/{contract}/impact"): operator.get(f"/contracts/{contract}/impact?act=suspend").body,
        ("GET", "/contracts/{contract}/history"): operator.get(f"/contracts/{contract}/history").body["items"][0],
        ("POST", "/tenants/{tenant}/services/{service}/assignments"): operator.post(
            where, {"user": user.body["id"]}
        ).body,
        ("GET", "/tenants/{tenant}"): operator.get(aoba).body,
        ("GET", "/tenants/{tenant}/history"): registered(world),
        ("POST", "/tenants/{tenant}/groups"): group.body,
        ("GET", "/tenants/{tenant}/groups/{group}/members"): operator.get(f"{inside}/members").body["items"][0],
        **peopled(operator, inside, f"{aoba}/users/{user.body['id']}"),
        ("POST", "/tenants/{tenant}/webhooks"): operator.post(f"{aoba}/webhooks", HOOK).body,
        ("GET", "/tenants/{tenant}/webhooks"): operator.get(f"{aoba}/webhooks").body["items"][0],
        ("POST", "/tenants/{tenant}/networks"): operator.post(f"{aoba}/networks", NETWORK).body,
        ("GET", "/tenants/{tenant}/settings"): operator.get(f"{aoba}/settings").body,
        ("GET", "/tenants/{tenant}/deliveries"): operator.get(f"{aoba}/deliveries").body["items"][0],
        ("GET", "/tenants/{tenant}/audit"): operator.get(f"{aoba}/audit").body["items"][0],
        ("GET", "/tenants/{tenant}/audit/verify"): operator.get(f"{aoba}/audit/verify").body,
        ("GET", "/system/api-keys"): operator.get("/system/api-keys").body["items"][0],
        ("GET", "/partners/{partner}"): operator.get(f"/partners/{world.partner}").body,
        **laid(world),
        ("GET", "/plans/{plan}"): operator.get(f"/plans/{world.plan}").body,
        ("GET", "/statements/{statement}"): operator.get(f"/statements/{statement}").body,
        ("POST", "/tenants/{tenant}/api-keys"): operator.post(
            f"{aoba}/api-keys", {"name": "k", "permissions": ["users:read"]}
        ).body,
        ("GET", "/tenants/{tenant}/api-keys"): operator.get(f"{aoba}/api-keys").body["items"][0],
        ("GET", "/system/approvals/{approval}"): approval(world),
        ("GET", "/system"): operator.get("/system").body,
        ("GET", "/tenants/{tenant}/roles"): operator.get(f"{aoba}/roles").body["items"][0],
        ("GET", "/tenants/{tenant}/users/{user}/roles"): operator.get(f"{aoba}/users/{user.body['id']}/roles").body[
            "items"
        ][0],
        ("POST", "/tenants/{tenant}/support-access"): world.client("aoba")
        .post(f"{aoba}/support-access", {"hours": 1, "reason": "a test"})
        .body,
        ("GET", "/permissions"): operator.get("/permissions").body["items"][0],
        ("POST", "/partners/{partner}/api-keys"): operator.post(
            f"/partners/{world.partner}/api-keys", {"name": "k", "permissions": ["users:read"]}
        ).body,
        ("GET", "/partners/{partner}/api-keys"): operator.get(f"/partners/{world.partner}/api-keys").body["items"][0],
        **traced(world, service.body["id"]),
        **rotated(world),
    }
    for where_from, body in seen.items():
        shape = shapes[where_from]
        assert shape is not None
        one_of = {"oidc", "saml"} & members(shape)  # a service, or an application, has one of the two
        other = one_of - {body.get("protocol")} if len(one_of) == 2 else {"metadata_url"} & members(shape)
        assert set(body) | other == members(shape), where_from
        shape.model_validate(body)
    assert {route.gives for route in ROUTES if route.gives} == {shapes[place] for place in seen}


def test_the_page_to_read_names_every_route_and_needs_no_script(world: World) -> None:
    page = world.nobody.get("/api/docs")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = page.raw.decode()
    assert all(f"<code>/api/v1{route.path}</code>" in text for route in ROUTES)
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script" not in text
    assert not re.search(r'\bstyle="|\bon\w+="|\b(?:src|href|action)="https?:', text)
    style = world.nobody.get("/api/docs.css")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(re.findall(r'id="([^"]+)"', text))
