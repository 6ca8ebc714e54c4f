"""Requests that a client has signed: by value, by reference and pushed (RFC 9101, OpenID Connect Core 6)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.oidc.test_pushed_requests import URN, push, visit
from tests.support.filling import CALLBACK
from tests.support.in_process import Answer, encoded
from tests.support.outside import Outside, answer, outside
from tests.support.party import STATE, Browser, Party, claims
from tests.support.provider import Provider, Source
from tests.support.signed_requests import Key, claims_of, give_keys

from idp import tenants
from idp.federation import RequestAlg, read
from idp.kit.errors import Invalid
from idp.tenants import Switches

KEYS = {alg: Key.make(alg) for alg in RequestAlg}
ES256 = KEYS[RequestAlg.ES256]


@pytest.fixture(scope="module")
def provider(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """One for all on each database: every test gives its client the keys and rules that it needs."""
    with source.provider(tmp_path_factory.mktemp("signed")) as made:
        yield made


# Beside each object stands what would be something else if it were read.
OUTSIDE = {"state": "outside", "nonce": "outside", "scope": "openid", "redirect_uri": f"{CALLBACK}?a=b%20c"}


def bring(browser: Browser, party: Party, token: str, method: str = "GET", **beside: str) -> Answer:
    fields = {"client_id": party.client_id, "request": token, **beside}
    if method == "POST":
        return browser.post("/t/aoba/authorize", fields, {})
    return browser.get(f"/t/aoba/authorize?{encoded(fields).decode()}")


@pytest.mark.parametrize("alg", RequestAlg)
def test_a_signed_request_is_served_by_what_it_says(provider: Provider, alg: RequestAlg) -> None:
    web, browser = provider.party("web"), provider.browser()
    give_keys(provider, "web", KEYS[alg])
    token = KEYS[alg].sign(claims_of(provider, web))
    back = browser.follow(bring(browser, web, token))
    assert back.location.startswith(f"{CALLBACK}?code=")
    assert back.query["state"] == STATE
    told = web.redeem(back.query["code"]).json()
    assert claims(told["id_token"])["nonce"] == web.asking()["nonce"]


@pytest.mark.meets("A15")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_the_object_says_wins(provider: Provider, method: str) -> None:
    web, browser = provider.party("web"), provider.browser()
    give_keys(provider, "web", ES256)
    token = ES256.sign(claims_of(provider, web))
    back = browser.follow(bring(browser, web, token, method, response_type="code", **OUTSIDE))
    assert back.location.startswith(f"{CALLBACK}?code=")
    assert back.query["state"] == STATE
    told = web.redeem(back.query["code"]).json()
    assert claims(told["id_token"])["nonce"] == web.asking()["nonce"]
    assert told["scope"] == "email offline_access openid profile"


@pytest.mark.meets("A15")
@pytest.mark.parametrize("name", ["state", "nonce"])
def test_what_the_object_leaves_out_is_left_out(provider: Provider, name: str) -> None:
    web, browser = provider.party("web"), provider.browser()
    give_keys(provider, "web", ES256)
    token = ES256.sign(claims_of(provider, web, **{name: None}))
    back = browser.follow(bring(browser, web, token, **OUTSIDE))
    assert ("state" in back.query) is (name != "state")
    assert ("nonce" in claims(web.redeem(back.query["code"]).json()["id_token"])) is (name != "nonce")


def test_an_object_may_expire_while_its_person_signs_in(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    give_keys(provider, "web", ES256)
    waiting = bring(browser, web, ES256.sign(claims_of(provider, web)))
    provider.clock.advance(minutes=10)
    assert "code" in browser.follow(waiting).query


UNSIGNED = ES256.sign({"client_id": "x"}, alg="none", kid=None)
ENCRYPTED = "a.b.c.d.e"


@pytest.mark.attack("A17")
@pytest.mark.meets("A13")
@pytest.mark.parametrize("token", [UNSIGNED, ENCRYPTED])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_object_that_is_not_signed_is_said_to_be_unsupported(shared: Provider, token: str, method: str) -> None:
    web = shared.party("web")
    answer = bring(shared.browser(), web, token, method, **web.asking())
    assert answer.location.startswith(f"{CALLBACK}?")
    assert (answer.query["error"], answer.query["state"]) == ("request_not_supported", STATE)


@pytest.mark.meets("A13")
def test_a_reference_is_not_supported_before_the_tenant_switches_it_on(shared: Provider) -> None:
    web = shared.party("web")
    answer = shared.get(web.address(request_uri="https://rp.example/request.jwt"))
    assert (answer.query["error"], answer.query["state"]) == ("request_uri_not_supported", STATE)


def test_discovery_says_what_is_taken(provider: Provider) -> None:
    def found() -> Any:
        return provider.get("/t/aoba/.well-known/openid-configuration").json()

    assert found()["request_object_signing_alg_values_supported"] == ["RS256", "PS256", "ES256", "EdDSA"]
    assert found()["request_parameter_supported"] is True
    assert found()["request_uri_parameter_supported"] is False
    switch_on(provider)
    assert found()["request_uri_parameter_supported"] is True
    switch_on(provider, on=False)
    assert found()["request_uri_parameter_supported"] is False


@pytest.mark.attack("A17")
def test_a_client_of_one_algorithm_signs_by_no_other(provider: Provider) -> None:
    web, ps256 = provider.party("web"), Key("PS256", "r", KEYS[RequestAlg.PS256].private)
    give_keys(provider, "web", ES256, ps256, request_object_signing_alg="PS256")
    refused = bring(provider.browser(), web, ES256.sign(claims_of(provider, web)), **web.asking())
    assert refused.query["error"] == "invalid_request_object"
    assert "/signin?" in bring(provider.browser(), web, ps256.sign(claims_of(provider, web))).location


def test_a_client_that_must_sign_is_not_served_otherwise(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    give_keys(provider, "web", ES256, require_signed_request_object=True)
    assert browser.get(web.address()).query["error"] == "invalid_request"
    plain = web.post("par", **web.asking())
    assert (plain.status, plain.json()["error"]) == (400, "invalid_request")
    token = ES256.sign(claims_of(provider, web))
    assert "code" in browser.follow(bring(browser, web, token)).query
    uri = web.post("par", request=token).json()["request_uri"]
    assert "code" in browser.follow(visit(browser, web, uri)).query


def test_a_signed_request_is_pushed_and_nothing_beside_it_counts(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    give_keys(provider, "web", ES256)
    answer = web.post("par", request=ES256.sign(claims_of(provider, web)), **OUTSIDE)
    assert answer.json()["request_uri"].startswith(URN)
    back = browser.follow(visit(browser, web, answer.json()["request_uri"]))
    assert back.query["state"] == STATE
    assert web.redeem(back.query["code"]).status == 200


@pytest.mark.parametrize("changes", [{"redirect_uri": None}, {"redirect_uri": "https://evil.example/"}])
def test_an_address_that_only_stands_outside_is_none(provider: Provider, changes: dict[str, Any]) -> None:
    web = provider.party("web")
    give_keys(provider, "web", ES256)
    token = ES256.sign(claims_of(provider, web, **changes))
    answer = web.post("par", request=token, redirect_uri=CALLBACK)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    page = bring(provider.browser(), web, token, redirect_uri=CALLBACK)
    assert (page.status, page.location) == (400, "")


def test_a_client_of_an_old_library_signs_its_parameters_alone(provider: Provider) -> None:
    for name, status in (("legacy", 303), ("web", 400)):
        party = provider.party(name)
        give_keys(provider, name, ES256)
        bare = claims_of(provider, party, iss=None, aud=None, exp=None, nbf=None, iat=None, jti=None)
        assert bring(provider.browser(), party, ES256.sign(bare, typ=None)).status == status


@pytest.mark.meets("A15")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_a_client_of_an_old_library_does_not_sign_counts_as_it_stands(provider: Provider, method: str) -> None:
    """Core 6.3.3. Of what stands in both places the signed one counts."""
    legacy, browser = provider.party("legacy"), provider.browser()
    give_keys(provider, "legacy", ES256)
    some = {"client_id": legacy.client_id, "nonce": "signed", "max_age": 300}
    beside = {**legacy.asking(), "nonce": "outside", "scope": "openid email"}
    back = browser.follow(bring(browser, legacy, ES256.sign(some, typ=None), method, **beside))
    assert (back.location.startswith(f"{CALLBACK}?code="), back.query["state"]) == (True, STATE)
    told = legacy.redeem(back.query["code"]).json()
    assert told["scope"] == "email openid"
    assert claims(told["id_token"])["nonce"] == "signed"


def test_the_type_of_the_answer_is_the_same_inside_and_outside(provider: Provider) -> None:
    """Core 6.1."""
    legacy = provider.party("legacy")
    give_keys(provider, "legacy", ES256)
    token = ES256.sign(claims_of(provider, legacy))
    beside = {**legacy.asking(), "response_type": "code id_token"}
    assert "#error=invalid_request_object&" in bring(provider.browser(), legacy, token, **beside).location


def test_beside_an_object_that_has_to_be_signed_nothing_counts_whichever_the_library(provider: Provider) -> None:
    legacy = provider.party("legacy")
    give_keys(provider, "legacy", ES256, require_signed_request_object=True)
    token = ES256.sign(claims_of(provider, legacy, redirect_uri=None))
    page = bring(provider.browser(), legacy, token, **legacy.asking())
    give_keys(provider, "legacy", ES256, require_signed_request_object=False)
    assert (page.status, page.location) == (400, "")


@pytest.mark.attack("A9")
@pytest.mark.parametrize("more", [[("request", "a.b.c")], [("request_uri", "https://rp.example/request.jwt")]])
def test_there_is_one_object_and_its_client_is_told_of_two(shared: Provider, more: list[tuple[str, str]]) -> None:
    """RFC 9101 5; RFC 6749 4.1.2.1: where the answer may go is certain."""
    web = shared.party("web")
    query = encoded([*web.asking(request=UNSIGNED).items(), *more]).decode()
    answer = shared.get(f"/t/aoba/authorize?{query}")
    assert answer.location.startswith(f"{CALLBACK}?")
    assert (answer.query["error"], answer.query["state"]) == ("invalid_request", STATE)


METADATA = [
    ({"request_object_signing_alg": "none"}, "not_supported"),
    ({"request_object_signing_alg": "HS256"}, "not_supported"),
    ({"request_object_signing_alg": "es256"}, "unknown_value"),
    ({"require_signed_request_object": "true"}, "invalid_type"),
    ({"request_uris": "https://rp.example/r"}, "invalid_type"),
    ({"request_uris": ["http://rp.example/r"]}, "https_required"),
    ({"request_uris": ["file:///etc/passwd"]}, "scheme_not_allowed"),
    ({"request_uris": ["https://user@rp.example/r"]}, "userinfo_not_allowed"),
    ({"request_uris": ["https://rp.example/*"]}, "wildcard_not_allowed"),
    ({"request_uris": [f"https://rp.example/{n}" for n in range(21)]}, "too_many"),
]


def document(**metadata: Any) -> dict[str, Any]:
    return {"name": "x", "protocol": "oidc", "oidc": {"redirect_uris": [CALLBACK], **metadata}}


@pytest.mark.parametrize(("metadata", "code"), METADATA)
def test_what_nobody_does_is_not_registered(metadata: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as failure:
        read(document(**metadata), production=True)
    assert [error.code for error in failure.value.errors] == [code]


def test_what_is_registered_is_read_back() -> None:
    given = {
        "request_object_signing_alg": "EdDSA",
        "require_signed_request_object": True,
        "request_uris": ["https://rp.example/r#1", "https://rp.example/s"],
    }
    client = read(document(**given), production=True).oidc
    assert client.to_json().items() >= given.items()
    assert type(client).from_json(client.to_json()) == client


def switch_on(provider: Provider, *, on: bool = True) -> None:
    with provider.open() as unit:
        tenants.switch(unit, Switches(request_uri_by_reference=on))


Serve = Callable[..., str]


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("there")) as listening:
        yield listening


@pytest.fixture(scope="module")
def reaching(embedded: Source, tmp_path_factory: pytest.TempPathFactory, there: Outside) -> Iterator[Provider]:
    """One that trusts the authority of that server and may reach it, for a tenant that has switched references on."""
    with embedded.provider(tmp_path_factory.mktemp("reaching")) as made:
        known = {"extra_ca_file": there.ca, "egress_allow": "localhost,127.0.0.1"}
        made.settings = made.settings.model_copy(update=known)
        switch_on(made)
        yield made


def serve(provider: Provider, there: Outside, body: str, *, content_type: str = "application/jwt", **more: Any) -> str:
    """Its address, registered for `web`."""
    there.pages["/request.jwt"] = answer(body.encode(), content_type=content_type, **more)
    uri = there.url("/request.jwt")
    give_keys(provider, "web", ES256, request_uris=[uri])
    return uri


@pytest.mark.honest("A18")
@pytest.mark.meets("A14")
@pytest.mark.parametrize("fragment", ["", "#GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"])
@pytest.mark.parametrize("alg", [RequestAlg.RS256, RequestAlg.ES256])
def test_a_request_is_fetched_from_where_it_is_registered(
    reaching: Provider, there: Outside, alg: RequestAlg, fragment: str
) -> None:
    web, browser, before = reaching.party("web"), reaching.browser(), len(there.asked)
    there.pages["/request.jwt"] = answer(
        KEYS[alg].sign(claims_of(reaching, web)).encode(), content_type="application/jwt"
    )
    uri = there.url("/request.jwt") + fragment
    give_keys(reaching, "web", KEYS[alg], request_uris=[uri])
    back = browser.follow(visit(browser, web, uri, **OUTSIDE))
    assert back.location.startswith(f"{CALLBACK}?code=")
    assert back.query["state"] == STATE
    assert [(asked.method, asked.path) for asked in there.asked[before:]] == [("GET", "/request.jwt")]


@pytest.mark.meets("A14")
def test_an_address_registered_without_a_fragment_may_carry_any(reaching: Provider, there: Outside) -> None:
    web = reaching.party("web")
    uri = serve(reaching, there, ES256.sign(claims_of(reaching, web)), content_type="application/oauth-authz-req+jwt")
    for fragment in ("#1", "#2"):
        assert "/signin?" in visit(reaching.browser(), web, uri + fragment).location


UNREGISTERED = ["/other.jwt", "/request.jwt?x=1", "/request.jwt/", "/REQUEST.jwt", "/../request.jwt"]


@pytest.mark.attack("A18")
@pytest.mark.parametrize("path", UNREGISTERED)
def test_nothing_is_fetched_from_elsewhere(reaching: Provider, there: Outside, path: str) -> None:
    web = reaching.party("web")
    serve(reaching, there, ES256.sign(claims_of(reaching, web)))
    before = there.connections
    refused = reaching.get(web.address(request_uri=there.url(path)))
    assert (refused.query["error"], refused.query["state"]) == ("invalid_request_uri", STATE)
    assert there.connections == before


def test_what_is_found_there_must_be_a_request_of_this_client(reaching: Provider, there: Outside) -> None:
    web = reaching.party("web")
    whole = claims_of(reaching, web)
    token = ES256.sign(whole)
    for error, body, more in (
        ("request_uri_not_supported", UNSIGNED, {}),
        ("invalid_request_object", Key.make("ES256").sign(whole), {}),
        ("invalid_request_object", ES256.sign({**whole, "aud": "https://other.example/"}), {}),
        ("invalid_request_object", "<html></html>", {}),
        ("invalid_request_uri", token, {"content_type": "text/html"}),
        ("invalid_request_uri", token, {"content_type": "application/json"}),
        ("invalid_request_uri", token, {"status": 404}),
        ("invalid_request_uri", token, {"status": 302, "location": there.url("/elsewhere")}),
        ("invalid_request_uri", "é", {}),
        ("invalid_request_uri", "x" * 33_000, {}),
    ):
        uri = serve(reaching, there, body, **more)
        refused = reaching.get(web.address(request_uri=uri))
        assert refused.query["error"] == error, (body[:20], more)
    assert "/signin?" in reaching.get(web.address(request_uri=serve(reaching, there, token))).location


def test_a_reference_is_no_pushed_request(reaching: Provider, there: Outside) -> None:
    web = reaching.party("web")
    uri = serve(reaching, there, ES256.sign(claims_of(reaching, web)))
    before = there.connections
    refused = web.post("par", **web.asking(request_uri=uri))
    assert (refused.status, refused.json()["error"]) == (400, "invalid_request")
    assert there.connections == before
    assert push(web).startswith(URN)
