"""Answers as JWTs: userinfo (OpenID Connect Core 5.3.2), authorization responses (JARM), introspection (RFC 9701)."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import STATE, Party, claims
from tests.support.provider import Provider, Source
from tests.support.sign_in import Page

from idp import federation, signing
from idp.signing import Alg, PublicKey, Status, Use

ISSUER = f"{BASE_URL}/t/aoba"
JWT = "application/token-introspection+jwt"


@pytest.fixture(scope="module")
def signer(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """With a client that wants its answers signed, and an algorithm that nobody has used yet."""
    with embedded.provider(tmp_path_factory.mktemp("signer")) as made:
        wanted = {"userinfo_signed_response_alg": "RS256", "authorization_signed_response_alg": "ES256"}
        with made.open() as unit:
            federation.change(unit, made.service_id("web"), {"oidc": wanted}, production=False)
        yield made


def verified(provider: Provider, token: str, *, typ: str = "JWT") -> dict[str, Any]:
    listed = provider.get("/t/aoba/jwks").json()["keys"]
    keys = [PublicKey(key["kid"], Use.ID_TOKEN, Alg(key["alg"]), Status.ACTIVE, key) for key in listed]
    return signing.verify(token, keys, typ=typ)


@pytest.mark.meets("U3", "K2")
def test_userinfo_is_signed_for_whoever_registered_for_that(signer: Provider) -> None:
    web, legacy = signer.party("web"), signer.party("legacy")
    told = web.tokens(signer.browser())
    answer = web.userinfo(told["access_token"])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jwt")
    said = verified(signer, answer.text)
    assert (said["iss"], said["aud"], said["sub"]) == (ISSUER, web.client_id, claims(told["id_token"])["sub"])
    assert said["email"] == "taro@aoba.example"
    assert "nonce" not in said
    plain = legacy.userinfo(legacy.tokens(signer.browser())["access_token"])
    assert plain.headers["content-type"] == "application/json"


@pytest.mark.attack("J10")
def test_neither_signed_userinfo_nor_a_signed_answer_passes_for_an_id_token(signer: Provider) -> None:
    web, browser = signer.party("web"), signer.browser()
    told = web.tokens(browser)
    answer = browser.get(web.address(response_mode="jwt")).query["response"]
    for token in (web.userinfo(told["access_token"]).text, answer):
        assert browser.get(f"/t/aoba/end_session?id_token_hint={token}").status == 400
    assert browser.get(f"/t/aoba/end_session?id_token_hint={told['id_token']}").status == 200


def carried(answer: Answer, mode: str) -> dict[str, str]:
    if mode == "form_post.jwt":
        assert answer.location == ""
        form = Page(answer.text).forms[""]
        assert form.action == CALLBACK
        return form.fields
    return answer.fragment if mode == "fragment.jwt" else answer.query


@pytest.mark.meets("B1", "B2")
@pytest.mark.parametrize("mode", ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"])
def test_an_answer_is_one_signed_parameter_and_so_is_an_error(signer: Provider, mode: str) -> None:
    web, browser = signer.party("web"), signer.browser()
    fields = carried(browser.authorize(web, response_mode=mode), mode)
    assert fields.keys() == {"response"}
    said = verified(signer, fields["response"])
    assert (said["iss"], said["aud"], said["state"]) == (ISSUER, web.client_id, STATE)
    assert 10 < said["exp"] - signer.clock.now_us() // 1_000_000 <= 600
    assert web.redeem(said["code"]).status == 200
    failed = carried(browser.get(web.address(response_mode=mode, scope="nothing")), mode)
    assert failed.keys() == {"response"}
    error = verified(signer, failed["response"])
    assert error.keys() == {"iss", "aud", "exp", "state", "error", "error_description"}
    assert error["error"] == "invalid_scope"


@pytest.mark.attack("A11")
@pytest.mark.parametrize("mode", ["query.jwt", "web_message.jwt", ".jwt", "JWT", "jwt.jwt"])
def test_a_token_is_not_carried_where_it_must_not_stand(signer: Provider, mode: str) -> None:
    party = signer.party("front", slug="midori")
    answer = signer.browser().authorize(party, response_type="id_token token", response_mode=mode)
    assert answer.query == {} if "?" in answer.location else answer.fragment
    told = answer.fragment
    said = claims(told["response"]) if "response" in told else told
    assert said["error"] == "invalid_request"


def test_a_link_back_from_a_no_is_signed_too(signer: Provider) -> None:
    browser = signer.browser()
    browser.code(signer.party("web"))
    page = browser.get(signer.party("closed").address(response_mode="jwt"))
    assert page.status == 403
    assert f"{CALLBACK}?response=ey" in page.text
    assert "error=access_denied" not in page.text


@pytest.mark.parametrize("token", ["mine", "nonsense"])
def test_introspection_is_a_jwt_for_whoever_accepts_one(signer: Provider, token: str) -> None:
    web = signer.party("web")
    shown = web.tokens(signer.browser())["access_token"] if token == "mine" else "nonsense"
    headers, form = web.proof({"token": shown})
    answer = web.worker.call(
        "POST", "/t/aoba/introspect", headers | {"content-type": FORM, "accept": f"{JWT}, */*"}, encoded(form)
    )
    assert (answer.status, answer.headers["content-type"]) == (200, JWT)
    said = verified(signer, answer.text, typ="token-introspection+jwt")
    assert (said["iss"], said["aud"]) == (ISSUER, web.client_id)
    assert said["token_introspection"] == web.introspect(shown)
    assert said["token_introspection"]["active"] is (token == "mine")


def test_a_key_that_nobody_has_needed_yet_is_made(alone: Provider) -> None:
    wanted = {"userinfo_signed_response_alg": "ES256", "id_token_signed_response_alg": "ES256"}
    with alone.open() as unit:
        unit.lane.execute(f"DELETE FROM signing_keys WHERE tenant_id = '{unit.tenant}' AND use = 'id_token'", {})
        federation.change(unit, alone.service_id("web"), {"oidc": wanted}, production=False)
    web: Party = alone.party("web")
    fields = alone.browser().authorize(web, response_mode="query.jwt").query
    told = web.redeem(claims(fields["response"])["code"]).json()
    assert claims(web.userinfo(told["access_token"]).text)["sub"] == claims(told["id_token"])["sub"]
