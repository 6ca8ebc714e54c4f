"""Resource indicators (RFC 8707): a token is good for the APIs that were named, and for no other."""

from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import VERIFIER, Browser, Party, claims
from tests.support.provider import Provider

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
