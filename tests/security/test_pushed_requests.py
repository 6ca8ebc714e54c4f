"""A reference to a pushed request in the wrong hands, at the wrong time or in another dress (RFC 9126 7)."""

import pytest
from tests.oidc.test_pushed_requests import URN, is_dead, push, visit
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import CHALLENGE, STATE, Browser, Party
from tests.support.provider import Provider

from idp.kit import ids

pytestmark = pytest.mark.attack("A16")


@pytest.fixture
def web(shared: Provider) -> Party:
    return shared.party("web")


@pytest.mark.honest("A16")
def test_another_client_s_reference_opens_nothing(shared: Provider, web: Party) -> None:
    uri = push(web)
    for name in ("other", "app", "asking", "off", "robot"):
        assert is_dead(visit(shared.browser(), shared.party(name), uri))
    assert "/signin?" in visit(shared.browser(), web, uri).location


def test_another_tenant_s_reference_opens_nothing(shared: Provider, web: Party) -> None:
    uri = push(web)
    theirs = shared.party("web", slug="midori")
    query = encoded({"client_id": theirs.client_id, "request_uri": uri}).decode()
    assert is_dead(shared.get(f"/t/midori/authorize?{query}"))
    assert is_dead(visit(shared.browser(), web, push(theirs)))


def test_without_its_client_a_reference_says_nothing(shared: Provider, web: Party) -> None:
    uri = push(web)
    for fields in ({"request_uri": uri}, {"client_id": "", "request_uri": uri}):
        answer = shared.get(f"/t/aoba/authorize?{encoded(fields).decode()}")
        assert (answer.status, answer.location) == (400, "")


FORGED = [
    lambda uri: uri[:-1],
    lambda uri: uri + "0",
    lambda uri: URN + uri.removeprefix(URN).upper(),
    lambda uri: uri.replace("par_", "ac_"),
    lambda uri: uri.replace("par_", "rt_"),
    lambda uri: uri.replace(uri.split("_")[-2], "A" * 43),
    lambda uri: uri.removesuffix(uri.split("_")[-1]) + "00000000",
    lambda uri: uri.rpartition("_")[0],
    lambda uri: f"{uri}#fragment",
    lambda uri: f"{uri} ",
    lambda uri: f"{uri}\n",
    lambda uri: uri.replace(URN, f"{URN}/../"),
]


MADE_UP = [URN, f"{URN}x", f"{URN}{'x' * 10_000}", f"{URN}par_{'0' * 32}_{'A' * 43}_00000000", f"{URN}株式会社"]


@pytest.mark.honest("A16")
@pytest.mark.parametrize("at", range(len(FORGED)))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_reference_is_taken_as_it_was_given_or_not_at_all(shared: Provider, web: Party, at: int, method: str) -> None:
    uri, browser = push(web), shared.browser()
    assert is_dead(shown(browser, web, FORGED[at](uri), method))
    assert not browser.jar
    assert "/signin?" in visit(browser, web, uri).location


def test_a_reference_with_the_id_of_another_is_not_it(shared: Provider, web: Party) -> None:
    """Its checksum is right: only the digest can tell."""
    uri = push(web)
    forged = ids.derived("par", uri.removeprefix(URN).split("_")[1], bytes(32)).token
    assert is_dead(visit(shared.browser(), web, f"{URN}{forged}"))


@pytest.mark.parametrize("uri", MADE_UP)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_reference_cannot_be_made_up(shared: Provider, web: Party, uri: str, method: str) -> None:
    assert is_dead(shown(shared.browser(), web, uri, method))


def shown(browser: Browser, party: Party, uri: str, method: str) -> Answer:
    if method == "GET":
        return visit(browser, party, uri)
    return browser.post("/t/aoba/authorize", {"client_id": party.client_id, "request_uri": uri}, {})


OTHERWISE = ["urn:ietf:params:oauth:request_uri", "urn:example:request:1", "URN:IETF:params:oauth:request_uri:x", "par"]


@pytest.mark.parametrize("uri", OTHERWISE)
def test_what_is_no_reference_of_ours_is_not_looked_for(shared: Provider, web: Party, uri: str) -> None:
    answer = visit(shared.browser(), web, uri)
    assert (answer.status, answer.location) == (400, "")


BESIDE = [
    {"redirect_uri": "https://evil.example/"},
    {"redirect_uri": "https://rp.example/cb?a=b%20c"},
    {"state": "another"},
    {"nonce": "another"},
    {"scope": "openid email"},
    {"response_type": "token"},
    {"code_challenge": "x" * 43, "code_challenge_method": "plain"},
    {"prompt": "none"},
    {"max_age": "-1"},
    {"response_mode": "fragment"},
    {"registration": "{}"},
    {"resource": "https://evil.example/"},
    {"login_hint": "hanako@aoba.example"},
    {"claims": '{"id_token":{"email":null}}'},
]


@pytest.mark.parametrize("beside", BESIDE)
def test_what_stands_beside_a_reference_is_not_read(shared: Provider, web: Party, beside: dict[str, str]) -> None:
    browser = shared.browser()
    answer = browser.follow(visit(browser, web, push(web, prompt="login"), **beside))
    assert answer.location.startswith("https://rp.example/cb?code=")
    assert answer.query["state"] == STATE
    told = web.redeem(answer.query["code"]).json()
    assert told["scope"] == "email offline_access openid profile"


def test_a_state_that_was_not_pushed_does_not_come_back(shared: Provider, web: Party) -> None:
    browser = shared.browser()
    answer = browser.follow(visit(browser, web, push(web, state=None), state="outside"))
    assert answer.query.keys() == {"code", "iss"}


@pytest.mark.parametrize(
    "beside", [[("request", "a.b.c")], [("request_uri", "https://evil.example/r")], [("client_id", "x")]]
)
def test_two_sources_at_once_are_none(shared: Provider, web: Party, beside: list[tuple[str, str]]) -> None:
    fields = [("client_id", web.client_id), ("request_uri", push(web)), *beside]
    answer = shared.get(f"/t/aoba/authorize?{encoded(fields).decode()}")
    assert (answer.status, answer.location) == (400, "")


def test_a_reference_that_was_answered_is_over_in_every_browser(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    uri = push(web)
    code = browser.follow(visit(browser, web, uri)).query["code"]
    for each in (browser, provider.browser()):
        assert is_dead(visit(each, web, uri))
    assert web.redeem(code).status == 200  # the refused visits have harmed nobody
    assert provider.count("authorization_codes") == 1


@pytest.mark.parametrize(
    "changes", [{"redirect_uri": "https://evil.example/"}, {"redirect_uri": "javascript:alert(1)"}]
)
def test_an_address_that_is_not_the_client_s_is_not_pushed(
    shared: Provider, web: Party, changes: dict[str, str]
) -> None:
    """RFC 9126 2.4 would allow it; then the registration would guard nobody."""
    answer = web.post("par", **web.asking(**changes))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


WRONG = [
    {"authorization": "Basic d3Jvbmc6d3Jvbmc="},
    {"authorization": "Bearer x"},
    {},
]


@pytest.mark.parametrize("headers", WRONG)
def test_nobody_pushes_in_another_s_name(shared: Provider, web: Party, headers: dict[str, str]) -> None:
    answer = shared.first.call("POST", "/t/aoba/par", headers | {"content-type": FORM}, encoded(web.asking()))
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_nor_in_the_name_of_a_client_beside_his_own(shared: Provider, web: Party) -> None:
    other = shared.party("other")
    headers, _ = other.proof({})
    answer = shared.first.call("POST", "/t/aoba/par", headers | {"content-type": FORM}, encoded(web.asking()))
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_a_client_that_does_not_name_itself_in_the_form_is_still_itself(shared: Provider, web: Party) -> None:
    browser = shared.browser()
    assert "code" in browser.follow(visit(browser, web, push(web, client_id=None))).query


def test_no_secret_of_the_client_is_kept_with_its_request(provider: Provider) -> None:
    post = provider.party("post")
    uri = push(post)
    with provider.open() as unit:
        row = unit.lane.execute("SELECT id, request FROM pushed_requests", {}).fetchone()
        kept = unit.open_sealed("pushed_requests", "request", row[0], bytes(row[1]))
    assert post.secret.encode() not in kept
    assert CHALLENGE.encode() in kept
    assert "/signin?" in visit(provider.browser(), post, uri).location


def test_nothing_of_it_is_told_to_the_browser(shared: Provider, web: Party) -> None:
    browser = shared.browser()
    uri = push(web)
    answer = visit(browser, web, uri)
    told = [answer.location, *browser.jar.values(), browser.get(answer.location).text]
    assert not any(uri.removeprefix(URN) in text or CHALLENGE in text for text in told)
