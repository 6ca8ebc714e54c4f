"""Answers that pass through the browser (OpenID Connect Core 3.2 and 3.3, Multiple Response Types 1.0, Form Post 1.0).

The tenant midori has switched the implicit and the hybrid flow on, aoba has not.
"""

import hashlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest
from tests.support.filling import BASE_URL, CALLBACK, CLAIMS
from tests.support.in_process import Answer
from tests.support.party import STATE, Party, claims
from tests.support.provider import Provider
from tests.support.sign_in import Page

from idp import contracts, tenants
from idp.signing import b64
from idp.tenants import Switches

ISSUER = f"{BASE_URL}/t/midori"
IMPLICIT = ["id_token", "id_token token"]
HYBRID = ["code id_token", "code token", "code id_token token"]
FRONT = [*IMPLICIT, *HYBRID]
WITH_ID_TOKEN = [kind for kind in FRONT if "id_token" in kind]
NO_CHALLENGE: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None}
OWN = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "c_hash"}
OF_ANSWER = {
    "id_token": {"id_token"},
    "id_token token": {"id_token", "access_token", "token_type", "expires_in", "scope"},
    "code id_token": {"code", "id_token"},
    "code token": {"code", "access_token", "token_type", "expires_in", "scope"},
    "code id_token token": {"code", "id_token", "access_token", "token_type", "expires_in", "scope"},
}


def front(provider: Provider, name: str = "front") -> Party:
    return provider.party(name, slug="midori")


def half(value: str) -> str:
    return b64(hashlib.sha256(value.encode()).digest()[:16]).decode()


def posted(answer: Answer) -> Mapping[str, str]:
    """The fields of an auto-submitting page; the address has nothing of them."""
    assert (answer.status, answer.location) == (200, "")
    form = Page(answer.text).forms[""]
    assert form.action == CALLBACK
    assert "" in form.buttons  # for whoever runs no scripts
    return form.fields


@pytest.mark.honest("A11", "T23", "A19")
@pytest.mark.meets("B1", "B2", "B5")
@pytest.mark.parametrize("kind", FRONT)
def test_the_answer_stands_in_the_fragment_and_has_what_was_asked_for(shared: Provider, kind: str) -> None:
    party = front(shared)
    answer = shared.browser().authorize(party, response_type=kind, **NO_CHALLENGE)
    parts = urlsplit(answer.location)
    assert (answer.status, f"{parts.scheme}://{parts.netloc}{parts.path}", parts.query) == (303, CALLBACK, "")
    given = answer.fragment
    assert given.keys() == {*OF_ANSWER[kind], "state", "iss"}
    assert (given["state"], given["iss"]) == (STATE, ISSUER)
    if "access_token" in given:
        assert (given["token_type"], given["expires_in"]) == ("Bearer", "300")
        assert given["scope"] == "email openid profile"  # offline_access is for codes (11)


@pytest.mark.honest("J11")
@pytest.mark.meets("I1", "I2", "I4", "K2")
@pytest.mark.parametrize("kind", WITH_ID_TOKEN)
def test_an_id_token_of_the_browser_is_bound_to_what_stands_beside_it(shared: Provider, kind: str) -> None:
    party, browser = front(shared), shared.browser()
    given = browser.authorize(party, response_type=kind, nonce="n" * 64, **NO_CHALLENGE).fragment
    said = claims(given["id_token"])
    assert (said["iss"], said["aud"], said["nonce"]) == (ISSUER, party.client_id, "n" * 64)
    assert said.get("at_hash") == (half(given["access_token"]) if "access_token" in given else None)
    assert said.get("c_hash") == (half(given["code"]) if "code" in given else None)
    assert isinstance(said["auth_time"], int)
    if "code" in given:
        told = party.redeem(given["code"], code_verifier=None).json()
        later = claims(told["id_token"])
        assert {later[name] for name in ("iss", "sub", "aud", "auth_time", "nonce")} == {
            said[name] for name in ("iss", "sub", "aud", "auth_time", "nonce")
        }
        assert party.userinfo(told["access_token"]).json()["sub"] == said["sub"]
    if "access_token" in given:
        assert party.userinfo(given["access_token"]).json()["sub"] == said["sub"]


@pytest.mark.meets("I3")
@pytest.mark.parametrize("kind", WITH_ID_TOKEN)
def test_claims_of_scopes_stand_in_the_id_token_only_where_there_is_no_access_token(
    shared: Provider, kind: str
) -> None:
    party = front(shared)
    given = shared.browser().authorize(party, response_type=kind, scope="openid phone address").fragment
    said = claims(given["id_token"])
    if kind == "id_token":
        assert said["phone_number"] == CLAIMS["phone_number"]
        assert said["address"] == CLAIMS["address"]
        assert said.keys() - OWN == {"phone_number", "phone_number_verified", "address"}
    else:
        assert said.keys() <= OWN


@pytest.mark.attack("A11")
@pytest.mark.meets("A6")
@pytest.mark.parametrize("nonce", [None, ""])
@pytest.mark.parametrize("kind", FRONT)
def test_a_nonce_is_demanded_where_an_id_token_comes_by_the_browser(
    shared: Provider, kind: str, nonce: str | None
) -> None:
    answer = shared.browser().authorize(front(shared), response_type=kind, nonce=nonce)
    if "id_token" in kind:
        assert answer.fragment["error"] == "invalid_request"
    else:
        assert "code" in answer.fragment


@pytest.mark.attack("A19")
@pytest.mark.meets("B1", "B3")
@pytest.mark.parametrize("kind", [*FRONT, "token"])
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"scope": "nothing"}, "invalid_scope"),
        ({"response_mode": "query", "prompt": "none"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
    ],
)
def test_an_error_travels_as_the_answer_would_have(
    shared: Provider, kind: str, changes: dict[str, str], error: str
) -> None:
    answer = shared.get(front(shared).address(response_type=kind, **changes))
    assert answer.status == 303
    assert urlsplit(answer.location).query == ""
    assert answer.fragment.keys() == {"error", "error_description", "state", "iss"}
    assert answer.fragment["error"] == (error if kind != "token" else "unsupported_response_type")


@pytest.mark.attack("A11")
@pytest.mark.parametrize("kind", ["token", "none", "id_token none", "code code", "id_token token token", "code  token"])
def test_a_response_type_that_does_not_exist_gives_nothing(shared: Provider, kind: str) -> None:
    browser = shared.browser()
    browser.code(shared.party("web", slug="midori"))
    answer = browser.get(front(shared).address(response_type=kind))
    assert "access_token" not in answer.location
    assert "error=unsupported_response_type" in answer.location


@pytest.mark.meets("A2")
def test_the_order_of_the_words_means_nothing(shared: Provider) -> None:
    given = shared.browser().authorize(front(shared), response_type="token id_token code").fragment
    assert given.keys() == {*OF_ANSWER["code id_token token"], "state", "iss"}


@pytest.mark.attack("A11", "T23")
@pytest.mark.parametrize("kind", FRONT)
@pytest.mark.parametrize(("slug", "name"), [("midori", "web"), ("aoba", "front"), ("aoba", "web")])
def test_neither_a_client_that_is_not_registered_for_it_nor_one_of_a_tenant_without_it_gets_a_token(
    shared: Provider, kind: str, slug: str, name: str
) -> None:
    party, browser = shared.party(name, slug=slug), shared.browser()
    browser.code(party)
    given = browser.get(party.address(response_type=kind)).fragment
    assert given["error"] == ("unauthorized_client" if slug == "midori" else "unsupported_response_type")
    assert given.keys() == {"error", "error_description", "state", "iss"}


@pytest.mark.parametrize(
    ("switches", "allowed"),
    [
        (Switches(), []),
        (Switches(implicit=True), IMPLICIT),
        (Switches(hybrid=True), HYBRID),
        (Switches(implicit=True, hybrid=True), FRONT),
    ],
)
def test_what_is_switched_off_is_neither_announced_nor_given(
    alone: Provider, switches: Switches, allowed: list[str]
) -> None:
    with alone.open() as unit:
        tenants.switch(unit, switches)
    found = alone.get("/t/aoba/.well-known/openid-configuration").json()
    assert found["response_types_supported"] == ["code", *allowed]
    assert ("implicit" in found["grant_types_supported"]) is bool(allowed)
    party, browser = alone.party("front"), alone.browser()
    browser.code(party)
    given = {kind: browser.get(party.address(response_type=kind)).fragment for kind in FRONT}
    assert [kind for kind in FRONT if "error" not in given[kind]] == allowed


@pytest.mark.attack("A11")
def test_what_is_switched_off_while_somebody_signs_in_is_not_given(alone: Provider) -> None:
    party, browser = front(alone), alone.browser()
    form = browser.login_page(party, response_type="id_token token")
    with alone.open("midori") as unit:
        tenants.switch(unit, Switches(hybrid=True))
    given = browser.follow(browser.sign_in(form)).fragment
    assert (given["error"], given.keys() & {"access_token", "id_token"}) == ("unsupported_response_type", set())


@pytest.mark.honest("A15")
@pytest.mark.attack("A15")
@pytest.mark.meets("B1")
@pytest.mark.parametrize("kind", ["code", *FRONT])
def test_by_form_post_nothing_stands_in_an_address(shared: Provider, kind: str) -> None:
    party, browser = front(shared), shared.browser()
    answer = browser.authorize(party, response_type=kind, response_mode="form_post", **NO_CHALLENGE)
    given = posted(answer)
    assert given.keys() == {*OF_ANSWER.get(kind, {"code"}), "state", "iss"}
    assert given["state"] == STATE
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "form-action" not in policy
    assert answer.headers["cache-control"] == "no-store"
    error = posted(browser.get(party.address(response_type=kind, response_mode="form_post", scope="no")))
    assert error.keys() == {"error", "error_description", "state", "iss"}
    if "code" in given:
        assert party.redeem(given["code"], code_verifier=None).status == 200


@pytest.mark.meets("B1")
def test_a_code_by_the_fragment_for_whoever_asks(shared: Provider) -> None:
    web = shared.party("web")
    given = shared.browser().authorize(web, response_mode="fragment").fragment
    assert web.redeem(given["code"]).status == 200


@pytest.mark.honest("A12")
@pytest.mark.attack("A12", "A13")
@pytest.mark.parametrize("prompt", [None, "none"])
def test_a_form_is_posted_to_the_web_only(shared: Provider, prompt: str | None) -> None:
    phone = shared.party("phone")
    answer = shared.get(phone.address(redirect_uri="com.example.app:/cb", response_mode="form_post", prompt=prompt))
    assert answer.location.startswith("com.example.app:/cb?error=invalid_request&")


HOSTILE = ['"><script>alert(1)</script>', "' onfocus=alert(1) autofocus='", "</form><form action=//evil>", "<!--"]


@pytest.mark.attack("A12")
@pytest.mark.parametrize("state", HOSTILE)
@pytest.mark.parametrize("prompt", [None, "none"])
def test_nothing_that_was_sent_becomes_part_of_the_page(shared: Provider, state: str, prompt: str | None) -> None:
    answer = shared.browser().authorize(front(shared), response_mode="form_post", state=state, prompt=prompt)
    assert posted(answer)["state"] == state
    assert state not in answer.text
    assert answer.text.count("<script") == 1
    assert answer.text.count("<form") == 1
    assert 'src="/static/' in answer.text


@pytest.mark.meets("A7")
def test_a_no_of_the_gate_travels_like_any_answer(provider: Provider) -> None:
    party, browser = front(provider), provider.browser()
    browser.authorize(party, response_type="id_token")
    with provider.platform() as unit:
        contracts.suspend(unit, provider.contract("midori"), reason="unpaid")
    silent = browser.get(party.address(response_type="id_token", prompt="none"))
    assert (silent.fragment["error"], silent.fragment["error_description"]) == ("access_denied", "contract_suspended")
    assert posted(browser.get(party.address(response_mode="form_post", prompt="none")))["error"] == "access_denied"
    page = browser.get(party.address(response_type="id_token"))
    assert page.status == 403
    assert f"{CALLBACK}#error=access_denied" in page.text


@pytest.mark.honest("T25")
@pytest.mark.meets("B4")
def test_a_token_of_the_browser_is_as_good_and_as_mortal_as_any(provider: Provider) -> None:
    party, browser = front(provider), provider.browser()
    tokens = [
        browser.authorize(party, response_type=kind).fragment["access_token"] for kind in FRONT if " token" in kind
    ]
    assert len(set(tokens)) == len(tokens)
    assert [party.userinfo(token).status for token in tokens] == [200] * len(tokens)
    assert all(party.introspect(token)["sub"] for token in tokens)
    assert party.post("revoke", token=tokens[0]).status == 200
    assert [party.userinfo(token).status for token in tokens] == [401, 200, 200]
    hint = browser.authorize(party, response_type="id_token").fragment["id_token"]
    browser.get(f"/t/midori/end_session?id_token_hint={hint}")
    assert [party.at(provider.second).userinfo(token).status for token in tokens] == [401] * len(tokens)


def test_a_public_client_needs_its_challenge_for_a_code_and_for_nothing_else(shared: Provider) -> None:
    spa, browser = front(shared, "spa"), shared.browser()
    assert "id_token" in browser.authorize(spa, response_type="id_token", **NO_CHALLENGE).fragment
    refused = browser.authorize(spa, response_type="code id_token", **NO_CHALLENGE).fragment
    assert refused["error"] == "invalid_request"
    code = browser.authorize(spa, response_type="code id_token").fragment["code"]
    assert spa.redeem(code, code_verifier=None).status == 400
    assert spa.redeem(browser.authorize(spa, response_type="code id_token").fragment["code"]).status == 200
