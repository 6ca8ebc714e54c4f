"""RFC 9126: what a client pushes, and the browser that brings the reference."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.oidc.test_authorization_request import TOLD_THE_SERVICE
from tests.oidc.test_sweeping import swept
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import STATE, Browser, Party, claims
from tests.support.provider import Provider, Source

from idp import federation
from idp.federation import read

URN = "urn:ietf:params:oauth:request_uri:"


@pytest.fixture(scope="module")
def served(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """For tests that leave nothing behind which another could see, on each database."""
    with source.provider(tmp_path_factory.mktemp("pushed")) as made:
        yield made


def push(party: Party, **changes: str | None) -> str:
    answer = party.post("par", **party.asking(**changes))
    assert answer.status == 201, answer
    told = answer.json()
    assert told.keys() == {"request_uri", "expires_in"}
    uri: str = told["request_uri"]
    return uri


def visit(browser: Browser, party: Party, uri: str, **beside: str) -> Answer:
    """Only the client and the reference, with nothing else."""
    query = encoded({"client_id": party.client_id, "request_uri": uri, **beside}).decode()
    return browser.get(f"/t/{party.slug}/authorize?{query}")


def is_dead(answer: Answer) -> bool:
    return answer.status == 400 and not answer.location and "invalid_request_uri" in answer.text


def pushes_only(provider: Provider, name: str, *, only: bool) -> None:
    patch = {"oidc": {"require_pushed_authorization_requests": only}}
    with provider.open() as unit:
        federation.change(unit, provider.service_id(name), patch, production=False)


@pytest.mark.parametrize("name", ["web", "post", "app"])
def test_a_pushed_request_ends_in_tokens_as_any_other(served: Provider, name: str) -> None:
    party, browser = served.party(name), served.browser()
    answer = party.post("par", **party.asking())
    assert (answer.status, answer.json()["expires_in"]) == (201, 90)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    uri = answer.json()["request_uri"]
    assert uri.startswith(URN)
    assert len(uri) > len(URN) + 43  # 256 bits among it
    back = browser.follow(visit(browser, party, uri))
    assert back.location.startswith(f"{CALLBACK}?code=")
    assert (back.query["state"], back.query["iss"]) == (STATE, f"{BASE_URL}/t/aoba")
    told = party.redeem(back.query["code"]).json()
    assert claims(told["id_token"])["nonce"] == party.asking()["nonce"]
    assert is_dead(visit(browser, party, uri))


def test_a_reference_may_be_visited_again_until_one_of_the_visits_is_answered(provider: Provider) -> None:
    web, first, second = provider.party("web"), provider.browser(), provider.browser()
    uri = push(web)
    waiting = [browser.get(visit(browser, web, uri).location) for browser in (first, second, first)]
    provider.clock.advance(minutes=5)  # to type a password may take longer than the reference lives
    assert "code" in first.follow(waiting[2]).query
    refused = second.follow(second.sign_in(second.form(waiting[1])))
    assert is_dead(refused)
    assert provider.count("authorization_codes") == 1


def test_a_reference_lives_for_ninety_seconds(served: Provider) -> None:
    web, browser = served.party("web"), served.browser()
    uri = push(web)
    served.clock.advance(seconds=89.999)
    assert "/signin?" in visit(browser, web, uri).location
    served.clock.advance(seconds=0.001)
    assert is_dead(visit(browser, web, uri))


def test_the_person_s_no_is_an_answer_too(served: Provider) -> None:
    web, browser = served.party("web"), served.browser()
    uri = push(web, prompt="consent")
    browser.button = "consent-deny"
    answer = browser.follow(visit(browser, web, uri))
    assert answer.query["error"] == "access_denied"
    assert is_dead(visit(browser, web, uri))


def test_a_form_from_another_site_brings_a_reference_as_well(served: Provider) -> None:
    web, browser = served.party("web"), served.browser()
    fields = {"client_id": web.client_id, "request_uri": push(web)}
    answer = browser.post("/t/aoba/authorize", fields, {})
    assert "code" in browser.follow(answer).query


def test_a_reference_is_good_at_every_worker(served: Provider) -> None:
    web = served.party("web")
    browser = Browser(served.second)
    assert "code" in browser.follow(visit(browser, web, push(web))).query


@pytest.mark.parametrize(("name", "changes", "more", "error"), TOLD_THE_SERVICE)
def test_what_the_authorization_endpoint_refuses_is_refused_at_once(
    shared: Provider, name: str, changes: dict[str, str | None], more: list[tuple[str, str]], error: str
) -> None:
    web = shared.party("web")
    headers, _ = web.proof({})
    fields = encoded([*web.asking(**changes).items(), *more])
    answer = shared.first.call("POST", "/t/aoba/par", headers | {"content-type": FORM}, fields)
    assert (answer.status, answer.json()["error"]) == (400, error), name
    assert not answer.location


REFUSED = [
    {"redirect_uri": None},
    {"redirect_uri": "https://evil.example/"},
    {"redirect_uri": f"{CALLBACK}?more=1"},
    {"state": "a\nb"},
    {"state": "s" * 4_097},
    {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
    {"request_uri": "https://rp.example/request.jwt"},
    {"request_uri": None, "code_challenge": None, "code_challenge_method": None},
    {"code_challenge_method": "plain"},
]


@pytest.mark.parametrize("changes", REFUSED)
def test_a_mistake_is_told_to_the_client_and_to_nobody_else(shared: Provider, changes: dict[str, str | None]) -> None:
    web = shared.party("web")
    answer = web.post("par", **web.asking(**changes))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    assert answer.headers["cache-control"] == "no-store"
    assert not answer.location


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
def test_requests_are_pushed_by_post_alone(shared: Provider, method: str) -> None:
    web = shared.party("web")
    headers, form = web.proof(web.asking())
    answer = shared.first.call(method, "/t/aoba/par", headers | {"content-type": FORM}, encoded(form))
    assert answer.status == 405


def test_a_client_that_must_push_is_not_served_otherwise(served: Provider) -> None:
    web, other, browser = served.party("web"), served.party("other"), served.browser()
    pushes_only(served, "web", only=True)
    answer = browser.get(web.address())
    assert (answer.query["error"], answer.query["state"]) == ("invalid_request", STATE)
    assert "code" in browser.follow(visit(browser, web, push(web))).query
    assert "code" in browser.authorize(other).query
    pushes_only(served, "web", only=False)
    assert "code" in browser.authorize(web).query


def test_the_rule_is_a_client_s_own_metadata(shared: Provider) -> None:
    document: dict[str, Any] = {"name": "x", "protocol": "oidc", "oidc": {"redirect_uris": [CALLBACK]}}
    assert read(document, production=True).oidc.requests.pushed_only is False
    document["oidc"] = {"redirect_uris": [CALLBACK], "require_pushed_authorization_requests": True}
    assert read(document, production=True).oidc.requests.pushed_only is True
    found = shared.get("/t/aoba/.well-known/openid-configuration").json()
    assert found["require_pushed_authorization_requests"] is False


def test_nothing_is_pushed_for_a_tenant_whose_contract_is_suspended(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    uri = push(web)
    provider.suspend()
    answer = web.post("par", **web.asking())
    told = answer.json()
    assert (answer.status, told["error"], told["error_description"]) == (
        400,
        "unauthorized_client",
        "contract_suspended",
    )
    assert visit(browser, web, uri).status == 403
    provider.resume()
    assert "code" in browser.follow(visit(browser, web, uri)).query
    assert web.post("par", **web.asking()).status == 201


def test_what_was_pushed_is_neither_kept_nor_told_in_the_clear(provider: Provider) -> None:
    web = provider.party("web")
    uri = push(web, login_hint="taro@aoba.example")
    with provider.open() as unit:
        row = unit.lane.execute("SELECT id, digest, request FROM pushed_requests", {}).fetchone()
    secret = uri.removeprefix(URN).split("_", 2)[2]
    assert row[0] in uri
    assert b"taro" not in bytes(row[2])
    assert all(secret.encode() not in bytes(value) for value in (row[1], row[2]))


def test_what_was_pushed_goes_when_no_sign_in_can_depend_on_it(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    waiting = visit(browser, web, push(web))
    provider.clock.advance(minutes=14)
    swept(provider)
    assert "code" in browser.follow(waiting).query
    provider.clock.advance(hours=1)
    swept(provider)
    assert provider.count("pushed_requests") == 0


@pytest.mark.attack("A16")
@pytest.mark.parametrize("signed_in", [False, True])
def test_an_error_that_nobody_was_asked_about_ends_it_as_an_answer_does(served: Provider, signed_in: bool) -> None:
    """RFC 9126 4: one use, whichever answer it leads to."""
    web, browser = served.party("asking" if signed_in else "web"), served.browser()
    if signed_in:
        browser.authorize(served.party("web"))
    uri = push(web, prompt="none")
    told = visit(browser, web, uri)
    assert told.query["error"] == ("consent_required" if signed_in else "login_required")
    for again in (browser, served.browser()):
        assert is_dead(visit(again, web, uri))
    assert "code" not in browser.get(web.address(prompt="none")).query


@pytest.mark.attack("A16")
def test_a_refusal_by_the_contract_ends_it_where_nobody_is_asked(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    browser.authorize(web)
    silent, shown = push(web, prompt="none"), push(web)
    provider.suspend()
    assert visit(browser, web, silent).query["error_description"] == "contract_suspended"
    assert visit(browser, web, shown).status == 403
    provider.resume()
    assert is_dead(visit(browser, web, silent))
    assert not is_dead(visit(browser, web, shown))  # the person may try again
