"""ID tokens and userinfo that their client alone can read (OpenID Connect Core 10.2, 5.3.2)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, Key, RSAKey
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import Party, claims
from tests.support.provider import Provider, Source
from tests.support.sign_in import Page

from idp import federation
from idp.federation.encrypted_answers import UNBUILT_ALGS, UNBUILT_ENCS
from idp.kit.errors import Invalid
from idp.signing import ContentEnc, KeyAlg

RSA = RSAKey.generate_key(2048, {"kid": "rsa-enc", "use": "enc"})
EC = ECKey.generate_key("P-256", {"kid": "ec-enc", "use": "enc"})
SIGNING = RSAKey.generate_key(2048, {"kid": "rsa-sig", "use": "sig"})
JWKS = {"keys": [key.as_dict(private=False) for key in (SIGNING, RSA, EC)]}

ALG, ENC = "id_token_encrypted_response_alg", "id_token_encrypted_response_enc"


@pytest.fixture(scope="module")
def keeper(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with embedded.provider(tmp_path_factory.mktemp("keeper")) as made:
        yield made


def changed(provider: Provider, name: str = "web", slug: str = "aoba", **oidc: Any) -> Party:
    registered = provider.filled.services[f"{slug}/{name}"]
    with provider.open(slug) as unit:
        federation.change(unit, registered["id"], {"oidc": {"jwks": JWKS, **oidc}}, production=False)
    return provider.party(name, slug=slug)


def opened(token: str, key: Key, alg: KeyAlg, enc: ContentEnc) -> tuple[dict[str, Any], bytes]:
    found = jwe.decrypt_compact(token, key, algorithms=[alg.value, enc.value])
    assert found.plaintext is not None
    return dict(found.headers()), found.plaintext


def key_of(alg: KeyAlg) -> Key:
    return RSA if alg.startswith("RSA") else EC


@pytest.mark.meets("K2")
@pytest.mark.parametrize(
    ("alg", "enc"),
    [
        *((alg, ContentEnc.A128GCM) for alg in KeyAlg),
        *((KeyAlg.ECDH_ES, enc) for enc in ContentEnc if enc != ContentEnc.A128GCM),
    ],
)
def test_an_id_token_is_signed_and_then_encrypted_to_the_key_that_is_there_for_it(
    keeper: Provider, alg: KeyAlg, enc: ContentEnc
) -> None:
    web = changed(keeper, id_token_encrypted_response_alg=alg.value, id_token_encrypted_response_enc=enc.value)
    told = web.tokens(keeper.browser())
    header, inside = opened(told["id_token"], key_of(alg), alg, enc)
    assert (header["alg"], header["enc"], header["kid"]) == (alg.value, enc.value, key_of(alg).as_dict()["kid"])
    assert header["cty"] == "JWT"
    assert claims(inside.decode())["aud"] == web.client_id
    if (alg, enc) == (KeyAlg.RSA_OAEP, ContentEnc.A128GCM):
        later = web.refresh(told["refresh_token"]).json()["id_token"]
        assert claims(opened(later, RSA, alg, enc)[1].decode())["aud"] == web.client_id


def test_an_id_token_of_the_browser_is_encrypted_too(keeper: Provider) -> None:
    front = changed(keeper, "front", "midori", id_token_encrypted_response_alg="ECDH-ES")
    given = keeper.browser().authorize(front, response_type="code id_token").fragment
    _, inside = opened(given["id_token"], EC, KeyAlg.ECDH_ES, ContentEnc.A128CBC_HS256)
    assert "c_hash" in claims(inside.decode())


@pytest.mark.meets("U3")
@pytest.mark.parametrize("signed", [None, "RS256"])
def test_userinfo_is_encrypted_with_and_without_a_signature(keeper: Provider, signed: str | None) -> None:
    other = changed(
        keeper, "other", userinfo_encrypted_response_alg="RSA-OAEP-256", userinfo_signed_response_alg=signed
    )
    answer: Answer = other.userinfo(other.tokens(keeper.browser())["access_token"])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jwt")
    header, inside = opened(answer.text, RSA, KeyAlg.RSA_OAEP_256, ContentEnc.A128CBC_HS256)
    said = claims(inside.decode()) if signed else json.loads(inside)
    assert said["email"] == "taro@aoba.example"
    assert ("cty" in header) is (signed is not None)


@pytest.mark.parametrize("mode", ["query.jwt", "form_post.jwt"])
def test_an_authorization_answer_is_signed_and_then_encrypted(keeper: Provider, mode: str) -> None:
    """JARM 2.2, and an error as well."""
    alg, enc = KeyAlg.ECDH_ES, ContentEnc.A256GCM
    named = {"authorization_encrypted_response_alg": alg.value, "authorization_encrypted_response_enc": enc.value}
    legacy, browser = changed(keeper, "legacy", **named), keeper.browser()

    def said(answer: Answer) -> dict[str, Any]:
        token = answer.query["response"] if mode == "query.jwt" else Page(answer.text).forms[""].fields["response"]
        header, inside = opened(token, EC, alg, enc)
        assert (header["cty"], header["kid"]) == ("JWT", "ec-enc")
        return claims(inside.decode())

    given = said(browser.authorize(legacy, response_mode=mode))
    assert given.keys() == {"iss", "aud", "exp", "state", "code"}
    assert legacy.redeem(given["code"]).status == 200
    assert said(browser.get(legacy.address(response_mode=mode, scope="nothing")))["error"] == "invalid_scope"
    assert "code" in browser.authorize(legacy).query  # what is no JWT is not encrypted


def test_introspection_is_encrypted_for_whoever_takes_a_jwt(keeper: Provider) -> None:
    """RFC 9701 5, 6."""
    robot = changed(keeper, "robot", introspection_encrypted_response_alg="RSA-OAEP-256")
    token = robot.credentials().json()["access_token"]
    headers, form = robot.proof({"token": token})
    kind = {"content-type": FORM, "accept": "application/token-introspection+jwt"}
    answer = robot.worker.call("POST", "/t/aoba/introspect", headers | kind, encoded(form))
    assert answer.headers["content-type"] == kind["accept"]
    _, inside = opened(answer.text, RSA, KeyAlg.RSA_OAEP_256, ContentEnc.A128CBC_HS256)
    assert claims(inside.decode())["token_introspection"] == robot.introspect(token)


@pytest.mark.attack("J12")
@pytest.mark.parametrize(
    ("oidc", "place"),
    [
        *(({ALG: alg}, ALG) for alg in sorted(UNBUILT_ALGS)),
        *(
            ({ALG: "ECDH-ES", ENC: enc}, ENC) for enc in sorted(UNBUILT_ENCS)
        ),
        ({"userinfo_encrypted_response_enc": "A128GCM"}, "userinfo_encrypted_response_enc"),
        ({"userinfo_encrypted_response_alg": "RSA-OAEP", "jwks": None}, "userinfo_encrypted_response_alg"),
        (
            {"userinfo_encrypted_response_alg": "RSA-OAEP", "jwks": {"keys": [SIGNING.as_dict(private=False)]}},
            "userinfo_encrypted_response_alg",
        ),
    ],
)  # fmt: skip
def test_what_could_not_be_encrypted_well_is_not_registered(oidc: dict[str, Any], place: str) -> None:
    document = {"redirect_uris": ["https://rp.example/cb"], "jwks": JWKS, **oidc}
    fields = {"name": "x", "protocol": "oidc", "oidc": document}
    with pytest.raises(Invalid) as raised:
        federation.read(fields, production=True)
    assert {error.pointer for error in raised.value.errors} == {f"/oidc/{place}"}


def test_where_the_key_is_gone_nothing_is_sent_in_the_clear(keeper: Provider) -> None:
    post = changed(
        keeper, "post", jwks=None, jwks_uri="https://rp.example/keys", id_token_encrypted_response_alg="RSA-OAEP"
    )
    answer = post.redeem(keeper.browser().code(post))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    assert "id_token" not in answer.json()


def test_an_answer_that_cannot_be_encrypted_stays_here(keeper: Provider) -> None:
    gone = {"jwks": None, "jwks_uri": "https://rp.example/keys"}
    elliptic = changed(keeper, "elliptic", **gone, authorization_encrypted_response_alg="ECDH-ES")
    page = keeper.browser().authorize(elliptic, response_mode="jwt")
    assert (page.status, page.location, "invalid_client_keys" in page.text) == (400, "", True)
    keeper.suspend()
    denied = keeper.browser().authorize(elliptic, response_mode="jwt")
    keeper.resume()
    assert (denied.status, "rp.example/cb" in denied.text) == (403, False)


def test_discovery_lists_what_answers_can_be_encrypted_by(keeper: Provider) -> None:
    found = keeper.get("/t/aoba/.well-known/openid-configuration").json()
    for answer in ("id_token", "userinfo", "authorization", "introspection"):
        assert found[f"{answer}_encryption_alg_values_supported"] == [alg.value for alg in KeyAlg]
        assert found[f"{answer}_encryption_enc_values_supported"] == [enc.value for enc in ContentEnc]
