"""What an ID token says (OpenID Connect Core 2, 3.1.3.6), and what an access token says (RFC 9068)."""

import base64
import hashlib
import json

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.support.filling import BASE_URL
from tests.support.party import claims
from tests.support.provider import Provider

ISSUER = f"{BASE_URL}/t/aoba"
STANDARD = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}


def header(token: str) -> dict[str, str]:
    part = token.split(".", maxsplit=1)[0]
    found: dict[str, str] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@pytest.mark.meets("I1", "I2", "I3", "K2")
@pytest.mark.parametrize(("name", "alg"), [("web", "RS256"), ("elliptic", "ES256")])
def test_an_id_token_is_signed_by_a_published_key_and_says_no_more_than_it_should(
    provider: Provider, name: str, alg: str
) -> None:
    party = provider.party(name)
    told = party.tokens(provider.browser(), nonce="n" * 64)
    keys = KeySet.import_key_set(provider.get("/t/aoba/jwks").json())
    said = jwt.decode(told["id_token"], keys, algorithms=[alg])
    assert said.header == {"alg": alg, "typ": "JWT", "kid": said.header["kid"]}
    now = provider.clock.now_us() // 1_000_000
    half = hashlib.sha256(told["access_token"].encode()).digest()[:16]
    assert said.claims.keys() == STANDARD  # I3: the claims of the person are at userinfo
    assert said.claims == {
        "iss": ISSUER,
        "sub": provider.user(),
        "aud": party.client_id,
        "exp": now + 600,
        "iat": now,
        "auth_time": now,
        "nonce": "n" * 64,
        "acr": "urn:warifu:acr:1fa",
        "amr": ["pwd"],
        "sid": said.claims["sid"],
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
    }


def test_a_nonce_is_not_invented(shared: Provider) -> None:
    assert "nonce" not in claims(shared.party("web").tokens(shared.browser(), nonce=None)["id_token"])


@pytest.mark.meets("I1")
@pytest.mark.parametrize("nonce", ["n" * 384, 'a b&c=d"é', "0"])
def test_a_nonce_comes_back_whole(shared: Provider, nonce: str) -> None:
    assert claims(shared.party("web").tokens(shared.browser(), nonce=nonce)["id_token"])["nonce"] == nonce


def test_an_access_token_is_of_a_type_and_key_of_its_own(provider: Provider) -> None:
    web = provider.party("web")
    told = web.tokens(provider.browser())
    assert header(told["access_token"])["typ"] == "at+jwt"  # RFC 9068 2.1
    assert header(told["access_token"])["kid"] != header(told["id_token"])["kid"]
    said = claims(told["access_token"])
    now = provider.clock.now_us() // 1_000_000
    assert said == {
        "iss": ISSUER,
        "sub": provider.user(),
        "aud": ISSUER,
        "client_id": web.client_id,
        "exp": now + 300,
        "iat": now,
        "jti": said["jti"],
        "scope": "email offline_access openid profile",
        "auth_time": now,
        "acr": "urn:warifu:acr:1fa",
        "amr": ["pwd"],
    }


def test_an_access_token_of_a_service_itself_names_the_service(shared: Provider) -> None:
    robot = shared.party("robot")
    said = claims(robot.credentials().json()["access_token"])
    assert (said["sub"], said["client_id"], said["scope"]) == (robot.client_id, robot.client_id, "api")
    assert said.keys().isdisjoint({"auth_time", "acr", "amr", "sid"})


def test_an_opaque_access_token_says_nothing(shared: Provider) -> None:
    opaque = shared.party("opaque")
    token = opaque.tokens(shared.browser())["access_token"]
    assert token.startswith("at_")
    assert "." not in token
    assert opaque.introspect(token)["active"] is True


@pytest.mark.meets("B4")
def test_no_two_secrets_are_alike(shared: Provider) -> None:
    web, browser = shared.party("web"), shared.browser()
    told = [web.tokens(browser) for _ in range(5)]
    assert len({each["refresh_token"] for each in told}) == 5
    assert len({each["access_token"] for each in told}) == 5
