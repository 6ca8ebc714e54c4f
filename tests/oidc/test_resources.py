"""Resource indicators (RFC 8707): a token is good for the APIs that were named, and for no other."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support.desk import Desk
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import VERIFIER, Browser, Party, claims
from tests.support.provider import Provider, Source

from idp import federation

ISSUER = "https://id.example/t/aoba"
ORDERS, STOCK = "https://orders.example/api", "https://stock.example/100%25_off"
STRANGER = "https://stranger.example/"


@pytest.fixture(scope="module")
def there(embedded: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two APIs of the tenant, one that is switched off, and one of another tenant."""
    with embedded.provider(tmp_path_factory.mktemp("resources")) as made:
        for slug, name, uri, status in (
            ("aoba", "orders", ORDERS, "enabled"),
            ("aoba", "stock", STOCK, "enabled"),
            ("aoba", "closed-api", "https://closed.example/", "disabled"),
            ("midori", "theirs", "https://theirs.example/", "enabled"),
        ):
            oidc = {"grant_types": ["client_credentials"], "introspection": True, "resources": [uri]}
            document = {"name": name, "protocol": "oidc", "status": status, "assignment_required": False, "oidc": oidc}
            with made.open(slug) as unit:
                service = federation.create(unit, federation.read(document, production=False))
            made.filled.services[f"{slug}/{name}"] = federation.to_json(service)
        yield made


def asked(browser: Browser, party: Party, *resources: str, **changes: str | None) -> Answer:
    named = urlencode([("resource", each) for each in resources])
    return browser.follow(browser.get(f"{party.address(**changes)}&{named}"))


def token(party: Party, *resources: str, **fields: str) -> Answer:
    headers, form = party.proof(fields)
    pairs = [*form.items(), *(("resource", each) for each in resources)]
    body = encoded([(name, value) for name, value in pairs if value is not None])
    return party.worker.call("POST", f"/t/{party.slug}/token", headers | {"content-type": FORM}, body)


def redeemed(party: Party, code: str, *resources: str) -> Answer:
    redirect_uri = party.asking()["redirect_uri"]
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": VERIFIER}
    return token(party, *resources, **fields)


def audience(answer: Answer) -> Any:
    assert answer.status == 200, answer
    return claims(answer.json()["access_token"])["aud"]


@pytest.mark.honest("A25")
def test_a_token_is_for_what_was_named_and_may_be_for_fewer(there: Provider) -> None:
    web, browser = there.party("web"), there.browser()
    code = asked(browser, web, ORDERS, STOCK).query["code"]
    first = redeemed(web, code)
    assert audience(first) == [ORDERS, STOCK]
    refresh = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"]}
    assert audience(token(web, STOCK, **refresh)) == STOCK
    assert audience(token(web, **refresh)) == [ORDERS, STOCK]
    assert audience(redeemed(web, asked(browser, web, ORDERS, STOCK).query["code"], ORDERS)) == ORDERS
    assert audience(redeemed(web, asked(browser, web).query["code"])) == ISSUER
    assert audience(redeemed(web, asked(browser, web, ISSUER).query["code"], ISSUER)) == ISSUER
    robot = there.party("robot")
    assert audience(token(robot, ORDERS, grant_type="client_credentials")) == ORDERS
    assert audience(token(robot, grant_type="client_credentials")) == ISSUER


@pytest.mark.attack("A25")
@pytest.mark.parametrize(
    "named",
    [
        [STRANGER],
        [ORDERS, STRANGER],
        ["https://closed.example/"],
        ["https://theirs.example/"],
        [f"{ORDERS}#x"],
        [f"{ORDERS}/"],
        ["https://ORDERS.example/api"],
        ["https://stock.example/100%25%"],
        ["https://stock.example/100%25xoff"],
        ["%"],
        ['"'],
        ["urn:x\\"],
        ["o" * 2_049],
        [f"{ORDERS}?{number}" for number in range(11)],
    ],
)
def test_what_nobody_of_the_tenant_stands_for_is_no_target(there: Provider, named: list[str]) -> None:
    answer = asked(there.browser(), there.party("web"), *named, prompt="none")
    assert answer.query["error"] == "invalid_target"
    answer = token(there.party("robot"), *named, grant_type="client_credentials")
    assert (answer.status, answer.json()["error"]) == (400, "invalid_target")
    web = there.party("web")
    headers, form = web.proof(web.asking())
    body = encoded([(name, value or "") for name, value in form.items()] + [("resource", each) for each in named])
    pushed = web.worker.call("POST", "/t/aoba/par", headers | {"content-type": FORM}, body)
    assert (pushed.status, pushed.json()["error"]) == (400, "invalid_target")


@pytest.mark.attack("A25", "R6")
def test_what_was_granted_is_never_widened(there: Provider) -> None:
    web, browser = there.party("web"), there.browser()
    for granted in ([ORDERS], []):
        code = asked(browser, web, *granted).query["code"]
        refused = redeemed(web, code, STOCK)
        assert (refused.status, refused.json()["error"]) == (400, "invalid_target")
        told = redeemed(web, code).json()  # the refusal has spent nothing
        refresh = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
        for more in ([STOCK], [ORDERS, STOCK], [STRANGER]):
            assert token(web, *more, **refresh).json()["error"] == "invalid_target"
        assert token(web, **refresh).status == 200


@pytest.mark.attack("T24", "T25")
def test_a_token_is_introspected_by_those_it_is_for_and_used_nowhere_else(there: Provider) -> None:
    web, browser = there.party("web"), there.browser()
    orders, stock = there.party("orders"), there.party("stock")
    narrow = redeemed(web, asked(browser, web, ORDERS).query["code"]).json()["access_token"]
    both = redeemed(web, asked(browser, web, ORDERS, STOCK, ISSUER).query["code"]).json()["access_token"]
    assert orders.introspect(narrow)["aud"] == ORDERS
    assert stock.introspect(narrow) == {"active": False}
    assert stock.introspect(both)["aud"] == sorted([ISSUER, ORDERS, STOCK])
    assert web.introspect(narrow)["active"] is True
    assert web.userinfo(narrow).status == 401
    assert web.userinfo(both).status == 200


def test_a_token_of_the_browser_is_for_what_was_named_too(alone: Provider) -> None:
    with alone.open("midori") as unit:
        oidc = {"grant_types": ["client_credentials"], "resources": [ORDERS]}
        federation.create(unit, federation.read({"name": "x", "protocol": "oidc", "oidc": oidc}, production=False))
    front = alone.party("front", slug="midori")
    given = asked(alone.browser(), front, ORDERS, response_type="id_token token").fragment
    assert claims(given["access_token"])["aud"] == ORDERS


def test_a_person_who_is_asked_reads_for_which_apis(there: Provider) -> None:
    asking, browser = there.party("asking"), there.browser()
    browser.authorize(there.party("web"))

    def shown(*resources: str) -> Answer:
        named = urlencode([("resource", each) for each in resources])
        return browser.get(browser.get(f"{asking.address()}&{named}").location)

    page = shown(ORDERS, ISSUER)
    assert ORDERS in page.text
    assert f">{ISSUER}<" not in page.text  # userinfo is what the scopes above are about
    assert "resources" not in shown().text
    code = browser.follow(browser.press(browser.form(page, "consent-form"), "consent-allow")).query["code"]
    assert audience(redeemed(asking, code)) == [ISSUER, ORDERS]


VAULT = "https://vault.example/api"


@pytest.fixture(scope="module")
def gated(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """An API for everybody, and one for those who are assigned."""
    with source.provider(tmp_path_factory.mktemp("gated")) as made:
        desk = Desk.of(made)
        for name, uri, more in (("orders", ORDERS, {}), ("vault", VAULT, {"assignment_required": True})):
            oidc = {"grant_types": ["client_credentials"], "introspection": True, "resources": [uri]}
            answer = desk.ask("POST", "services", {"name": name, "protocol": "oidc", "oidc": oidc, **more})
            assert answer.status == 201, answer
            made.filled.services[f"aoba/{name}"] = answer.json()
        yield made


def assigned(there: Provider) -> str:
    """Where the assignment of taro to the vault is."""
    path = f"services/{there.service_id('vault')}/assignments"
    answer = Desk.of(there).ask("POST", path, {"user": there.user()})
    assert answer.status == 201, answer
    return f"{path}/{answer.json()['id']}"


@pytest.mark.attack("A25")
def test_nobody_gets_a_token_for_an_api_that_does_not_let_them_in(gated: Provider) -> None:
    web, browser = gated.party("web"), gated.browser()
    browser.code(web)
    for named in ([VAULT], [ORDERS, VAULT]):
        page = asked(browser, web, *named)
        assert (page.status, "not_assigned" in page.text) == (403, True)
        silent = asked(browser, web, *named, prompt="none")
        assert (silent.query["error"], "code" in silent.query) == ("access_denied", False)
    assert "code" in asked(browser, web, ORDERS, prompt="none").query


@pytest.mark.attack("A25")
@pytest.mark.honest("A25")
def test_whoever_is_let_in_no_more_at_an_api_is_refused_there_and_nowhere_else(gated: Provider) -> None:
    web, browser, vault = gated.party("web"), gated.browser(), gated.party("vault")
    place = assigned(gated)
    told = redeemed(web, asked(browser, web, ORDERS, VAULT).query["code"]).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    both, one = token(web, **refresh).json()["access_token"], token(web, ORDERS, **refresh).json()["access_token"]
    code = asked(browser, web, VAULT).query["code"]
    assert vault.introspect(both)["active"] is True
    assert Desk.of(gated).ask("DELETE", place).status == 204
    assert vault.introspect(both) == {"active": False}
    assert web.introspect(told["refresh_token"]) == {"active": False}
    for refused in (token(web, **refresh), token(web, VAULT, **refresh), redeemed(web, code)):
        assert (refused.status, refused.json()["error"]) == (400, "invalid_grant")
        assert "not_assigned" in refused.json()["error_description"]
    assert gated.party("orders").introspect(one)["active"] is True
    assert audience(token(web, ORDERS, **refresh)) == ORDERS


@pytest.mark.attack("A25")
def test_an_api_that_is_switched_off_gets_no_tokens_and_its_tokens_are_dead(gated: Provider) -> None:
    web, browser, desk = gated.party("web"), gated.browser(), Desk.of(gated)
    told = redeemed(web, asked(browser, web, ORDERS).query["code"]).json()
    place = f"services/{gated.service_id('orders')}"
    assert desk.ask("PATCH", place, {"status": "disabled"}).status == 200
    try:
        assert web.introspect(told["access_token"]) == {"active": False}
        refused = web.refresh(told["refresh_token"])
        assert (refused.status, refused.json()["error"]) == (400, "invalid_target")
    finally:
        assert desk.ask("PATCH", place, {"status": "enabled"}).status == 200
    assert web.refresh(told["refresh_token"]).status == 200


@pytest.mark.attack("A21", "A25")
def test_what_was_allowed_without_an_api_does_not_cover_it(gated: Provider) -> None:
    asking, browser = gated.party("asking"), gated.browser()
    assert "code" in browser.authorize(asking).query
    assert asked(browser, asking, ORDERS, prompt="none").query["error"] == "consent_required"
    assert "code" in asked(browser, asking, prompt="none").query
    assert "code" in asked(browser, asking, ISSUER, prompt="none").query
    assert "code" in asked(browser, asking, ORDERS).query
    assert "code" in asked(browser, asking, ORDERS, prompt="none").query
    assert "code" in asked(browser, asking, prompt="none").query


@pytest.mark.parametrize(
    ("oidc", "required"),
    [
        ({"grant_types": ["client_credentials"]}, False),
        ({"grant_types": ["client_credentials"], "redirect_uris": ["https://api.example/cb"]}, True),
        ({"redirect_uris": ["https://api.example/cb"]}, True),
        ({"grant_types": ["urn:ietf:params:oauth:grant-type:device_code"]}, True),
    ],
)
def test_nobody_has_to_be_assigned_to_an_api_that_nobody_signs_in_to(oidc: dict[str, Any], required: bool) -> None:
    document = {"name": "x", "protocol": "oidc", "oidc": oidc}
    assert federation.read(document, production=False).assignment_required is required
    for said in (True, False):
        explicit = federation.read({**document, "assignment_required": said}, production=False)
        assert explicit.assignment_required is said


def test_an_api_that_people_begin_to_sign_in_to_lets_nobody_in_by_default(gated: Provider) -> None:
    desk = Desk.of(gated)
    document = {"name": "late", "protocol": "oidc", "oidc": {"grant_types": ["client_credentials"]}}
    place = f"services/{desk.ask('POST', 'services', document).json()['id']}"
    assert desk.ask("PATCH", place, {"name": "later"}).json()["assignment_required"] is False
    people = {"grant_types": ["authorization_code"], "response_types": ["code"]}
    grown = {"oidc": {**people, "redirect_uris": ["https://late.example/cb"]}}
    assert desk.ask("PATCH", place, grown).json()["assignment_required"] is True
