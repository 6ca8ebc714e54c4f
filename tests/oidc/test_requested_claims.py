"""The parameter `claims` (OpenID Connect Core 5.5), claims of a service's own, and what each token says of a person."""

import json
from typing import Any

import pytest
from tests.support.filling import CLAIMS
from tests.support.party import Party, claims
from tests.support.provider import Provider

from idp import federation
from idp.federation import OidcClient
from idp.oidc import requested_claims
from idp.oidc.errors import OAuthError

ESSENTIAL = {"essential": True}


def wish(**members: Any) -> str:
    return json.dumps(members)


def midori(alone: Provider) -> Party:
    return alone.party("front", slug="midori")


@pytest.mark.honest("A20")
@pytest.mark.meets("A12", "I3")
def test_a_claim_asked_of_userinfo_is_there_and_not_in_the_id_token(shared: Provider) -> None:
    web = shared.party("web")
    told = web.tokens(shared.browser(), scope="openid", claims=wish(userinfo={"name": ESSENTIAL, "phone_number": None}))
    assert {"name", "phone_number"}.isdisjoint(claims(told["id_token"]))
    found = web.userinfo(told["access_token"]).json()
    assert found.keys() == {"sub", "name", "phone_number"}
    assert found["phone_number"] == CLAIMS["phone_number"]


@pytest.mark.meets("A12")
@pytest.mark.parametrize("kind", ["code", "id_token", "id_token token", "code id_token"])
def test_a_claim_asked_of_the_id_token_is_there_and_stays_there(shared: Provider, kind: str) -> None:
    party, asked = midori(shared), wish(id_token={"given_name": ESSENTIAL, "auth_time": ESSENTIAL})
    answer = shared.browser().authorize(party, response_type=kind, scope="openid offline_access", claims=asked)
    given = answer.query if kind == "code" else answer.fragment
    tokens = [given["id_token"]] if "id_token" in given else []
    if "code" in given:
        told = party.redeem(given["code"]).json()
        tokens += [told["id_token"], party.refresh(told["refresh_token"]).json()["id_token"]]
        assert party.userinfo(told["access_token"]).json().keys() == {"sub"}
    for token in tokens:
        assert claims(token)["given_name"] == CLAIMS["given_name"]
        assert "family_name" not in claims(token)
        assert isinstance(claims(token)["auth_time"], int)


@pytest.mark.meets("A12")
def test_what_is_essential_and_unknown_is_no_error(alone: Provider) -> None:
    web, browser = alone.party("web"), alone.browser()
    browser.user = "hanako@aoba.example"
    told = web.tokens(browser, scope="openid", claims=wish(userinfo={"birthdate": ESSENTIAL, "x_unknown": ESSENTIAL}))
    assert web.userinfo(told["access_token"]).json().keys() == {"sub"}


def test_a_client_is_told_nothing_by_name_that_no_scope_of_it_stands_for(alone: Provider) -> None:
    with alone.open() as unit:
        federation.change(unit, alone.service_id("web"), {"oidc": {"scope": "openid email"}}, production=False)
    web = alone.party("web")
    asked = wish(userinfo={"phone_number": None, "email": None})
    told = web.tokens(alone.browser(), scope="openid", claims=asked)
    assert web.userinfo(told["access_token"]).json().keys() == {"sub", "email"}


def test_a_person_consents_to_what_is_asked_for_by_name(alone: Provider) -> None:
    asking, browser = alone.party("asking"), alone.browser()
    browser.code(asking, scope="openid")
    browser.code(asking, scope="openid", prompt="none")
    asked = wish(userinfo={"phone_number": None})
    assert browser.get(asking.address(scope="openid", claims=asked, prompt="none")).query["error"] == "consent_required"
    page = browser.get(browser.get(asking.address(scope="openid", claims=asked)).location)
    assert "phone" in page.text or "電話" in page.text
    told = asking.tokens(browser, scope="openid", claims=asked)
    assert "phone_number" in asking.userinfo(told["access_token"]).json()


@pytest.mark.attack("A20")
@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "7",
        '"x"',
        "null",
        '{"userinfo": []}',
        '{"userinfo": {"name": true}}',
        '{"id_token": {"acr": "1"}}',
        '{"userinfo": {"name": null, "name": null}}',
        '{"userinfo": {"name": {"value": NaN}}}',
        '{"userinfo": {"name": {"value": "\\ud800"}}}',
        '{"id_token": {"sub": {"value": "\\u0000"}}}',
        '{"a":' * 40 + "1" + "}" * 40,
        "[" * 4_000,
        '{"userinfo": {"x": ' + '{"a":' * 1_000 + "1" + "}" * 1_002,
        wish(userinfo={f"c{number}": None for number in range(101)}),
        '{"userinfo": {}, "x": "' + "x" * 8_192 + '"}',
    ],
)
def test_what_is_no_claims_request_is_refused_to_the_service(shared: Provider, text: str) -> None:
    answer = shared.get(shared.party("web").address(claims=text, prompt="none"))
    assert (answer.status, answer.query["error"]) == (303, "invalid_request")


TWO, ONE = "urn:warifu:acr:mfa", "urn:warifu:acr:1fa"
MALFORMED: list[dict[str, Any]] = [
    {"essential": True, "values": TWO},
    {"essential": True, "values": {TWO: True}},
    {"essential": True, "values": None},
    {"essential": True, "values": []},
    {"essential": True, "value": [TWO]},
    {"essential": "true", "values": [TWO]},
    {"essential": 1, "value": TWO},
    {"essential": None, "value": TWO},
    {"essential": True, "value": TWO, "values": [ONE]},
]


@pytest.mark.attack("A20")
@pytest.mark.parametrize("wished", MALFORMED)
@pytest.mark.parametrize(("place", "claim"), [("id_token", "acr"), ("id_token", "sub"), ("userinfo", "name")])
def test_a_wish_that_is_not_understood_is_not_passed_over(
    shared: Provider, place: str, claim: str, wished: dict[str, Any]
) -> None:
    answer = shared.get(shared.party("web").address(claims=wish(**{place: {claim: wished}}), prompt="none"))
    assert (answer.status, answer.query["error"]) == (303, "invalid_request")
    assert claim in answer.query["error_description"]


@pytest.mark.attack("A20")
@pytest.mark.parametrize("wished", [{"value": 2}, {"value": None}, {"values": [TWO, 2]}, {"value": {}}])
@pytest.mark.parametrize("claim", ["acr", "sub"])
def test_a_value_that_is_heeded_is_a_text(shared: Provider, claim: str, wished: dict[str, Any]) -> None:
    asked = wish(id_token={claim: {"essential": True, **wished}})
    assert shared.get(shared.party("web").address(claims=asked, prompt="none")).query["error"] == "invalid_request"


@pytest.mark.honest("A20")
def test_a_wish_that_is_understood_is_heeded(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    subject = claims(web.tokens(browser)["id_token"])["sub"]
    for wished in (
        {"acr": {"essential": True, "values": [ONE]}},
        {"acr": {"essential": True, "value": ONE, "values": [TWO, ONE]}},
        {"acr": {"essential": False, "value": TWO}},
        {"sub": {"values": ["somebody", subject]}},
        {"name": {"value": {"a": 1}, "x": 1}, "updated_at": {"values": [1, 2]}, "auth_time": {"essential": True}},
    ):
        assert "code" in browser.get(web.address(claims=wish(id_token=wished), prompt="none")).query, wished
    for wished, error in (
        ({"acr": {"essential": True, "values": [TWO]}}, "interaction_required"),
        ({"acr": {"essential": True, "value": TWO, "values": [TWO, ONE]}}, "interaction_required"),
        ({"sub": {"values": ["somebody", "else"]}}, "login_required"),
    ):
        assert browser.get(web.address(claims=wish(id_token=wished), prompt="none")).query["error"] == error, wished


def test_a_member_that_is_named_twice_is_told() -> None:
    with pytest.raises(OAuthError, match="claims names a member twice"):
        requested_claims.parse('{"userinfo": {"name": null, "name": null}}', _client())


def test_what_is_not_json_says_so() -> None:
    with pytest.raises(OAuthError):
        requested_claims.parse("{]", _client())


def _client() -> OidcClient:
    document = {"name": "x", "protocol": "oidc", "oidc": {"redirect_uris": ["https://rp.example/cb"]}}
    return federation.read(document, production=True).oidc


def test_a_service_is_told_what_it_wants_under_the_names_that_it_knows(provider: Provider) -> None:
    own = [
        {"claim": "login", "source": "user_name"},
        {"claim": "https://rp.example/kind", "source": "affiliation", "id_token": True},
        {"claim": "birthplace", "source": "groups"},
    ]
    with provider.open() as unit:
        federation.change(unit, provider.service_id("web"), {"oidc": {"claims": own}}, production=False)
    web = provider.party("web")
    told = web.tokens(provider.browser(), scope="openid offline_access")
    later = web.refresh(told["refresh_token"]).json()
    for token in (told["id_token"], later["id_token"]):
        assert claims(token)["https://rp.example/kind"] == "employee"
        assert "login" not in claims(token)
    found = web.userinfo(told["access_token"]).json()
    assert found.keys() == {"sub", "login", "https://rp.example/kind"}  # nobody is in a group
    assert found["login"] == "taro@aoba.example"


@pytest.mark.meets("A9", "I4")
def test_a_client_may_register_how_old_a_sign_in_may_be(alone: Provider) -> None:
    rules = {"default_max_age": 60, "require_auth_time": True}
    with alone.open() as unit:
        federation.change(unit, alone.service_id("web"), {"oidc": rules}, production=False)
    web, browser = alone.party("web"), alone.browser()
    first = claims(web.tokens(browser)["id_token"])["auth_time"]
    alone.clock.advance(seconds=61)
    assert browser.get(web.address(prompt="none")).query["error"] == "login_required"
    assert "code" in browser.get(web.address(prompt="none", max_age="100")).query  # the request's own word wins
    assert claims(web.tokens(browser)["id_token"])["auth_time"] == first + 61


@pytest.mark.meets("U2")
def test_userinfo_says_each_claim_in_its_type(shared: Provider) -> None:
    web = shared.party("web")
    told = web.tokens(shared.browser(), scope="openid profile email address phone")
    found = web.userinfo(told["access_token"]).json()
    assert all(value not in (None, "", {}, []) for value in found.values())
    assert (found["email_verified"], found["phone_number_verified"]) == (True, True)
    assert isinstance(found["updated_at"], int)
    assert found["address"] == CLAIMS["address"]
    assert found["birthdate"] == "1980-02-29"
    assert all(isinstance(found[name], str) for name in ("profile", "picture", "website", "zoneinfo", "locale"))
