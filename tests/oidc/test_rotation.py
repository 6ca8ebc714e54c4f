"""What relying parties see of the life of keys."""

import asyncio
import json

import pytest
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import Party
from tests.support.provider import Provider

from idp import federation, signing, tenants
from idp.federation import SigningAlg
from idp.signing import Alg, Status, Use, left_half


def jwks(provider: Provider) -> dict[str, dict[str, str]]:
    """By kid, as both workers publish them."""
    path = "/t/aoba/jwks"
    answer = provider.get(path)
    assert (answer.status, answer.headers["cache-control"]) == (200, "public, max-age=300")
    assert provider.second.call("GET", path).body == answer.body
    keys = answer.json()["keys"]
    found = {key["kid"]: key for key in keys}
    assert len(found) == len(keys)
    return found


def kid(token: str) -> str:
    found: str = json.loads(signing.jose.from_base64url(token.partition(".")[0]))["kid"]
    return found


def rotate(provider: Provider) -> None:
    with provider.open() as unit:
        lacking = tenants.rotating.lacking(unit)
        tenants.rotating.publish(unit, tenants.rotating.generate(lacking))
        made = tenants.rotating.generate(tenants.rotating.replaceable(unit))
        tenants.rotating.rotate(unit, made, at_once=True)


def revoke(provider: Provider, kid: str) -> None:
    with provider.open() as unit:
        tenants.rotating.revoke(unit, kid)


@pytest.mark.honest("J15")
@pytest.mark.meets("K2", "K3")
@pytest.mark.attack("J15")
def test_after_a_rotation_new_keys_sign_and_the_old_ones_are_still_published(provider: Provider) -> None:
    web = provider.party("web")
    before, old = jwks(provider), web.tokens(provider.browser())
    rotate(provider)
    after, new = jwks(provider), web.tokens(provider.browser())
    assert before.items() <= after.items()
    materials = [tuple(sorted(key.items())) for key in after.values()]
    assert len({tuple(item for item in key if item[0] != "kid") for key in materials}) == len(after)
    for name in ("id_token", "access_token"):
        assert kid(old[name]) in before
        assert kid(new[name]) in after.keys() - before.keys()
    assert all(web.introspect(each["access_token"])["active"] for each in (old, new))
    other = web.at(provider.second)
    assert kid(other.credentials().json()["access_token"]) == kid(web.credentials().json()["access_token"])
    assert all(other.userinfo(each["access_token"]).status == 200 for each in (old, new))


@pytest.mark.attack("J15")
def test_what_is_published_is_public(provider: Provider) -> None:
    rotate(provider)
    for key in jwks(provider).values():
        assert key.keys() <= {"kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"}


@pytest.mark.honest("J15")
def test_what_a_revoked_key_has_signed_is_worth_nothing_on_any_worker(provider: Provider) -> None:
    web, opaque = provider.party("web"), provider.party("opaque")
    browser = provider.browser()
    given, kept = web.tokens(browser), opaque.tokens(browser)
    token = given["access_token"]
    assert web.introspect(token)["active"]
    revoke(provider, kid(token))
    assert kid(token) not in jwks(provider)
    for worker in (provider.second, provider.first):
        assert web.at(worker).introspect(token) == {"active": False}
        assert web.at(worker).userinfo(token).status == 401
        assert opaque.at(worker).introspect(kept["access_token"])["active"]  # which no key has signed
    renewed = web.refresh(given["refresh_token"])
    assert renewed.status == 200
    assert kid(renewed.json()["access_token"]) in jwks(provider)
    assert web.introspect(renewed.json()["access_token"])["active"]


def test_a_hint_by_a_revoked_key_proves_nothing(provider: Provider) -> None:
    web, browser = provider.party("web"), provider.browser()
    hint = web.tokens(browser)["id_token"]
    honest = browser.get(f"{BASE_URL}/t/aoba/end_session?id_token_hint={hint}")
    hint = web.tokens(browser)["id_token"]
    revoke(provider, kid(hint))
    suspicious = browser.get(f"{BASE_URL}/t/aoba/end_session?id_token_hint={hint}")
    assert (honest.status, suspicious.status) == (200, 400)


@pytest.mark.parametrize("alg", [SigningAlg.PS256, SigningAlg.EDDSA])
def test_tokens_are_signed_with_whatever_discovery_offers(provider: Provider, alg: SigningAlg) -> None:
    supported = provider.get("/t/aoba/.well-known/openid-configuration").json()["id_token_signing_alg_values_supported"]
    assert set(supported) == set(Alg)
    settings = {"id_token_signed_response_alg": alg, "access_token_signed_response_alg": alg}
    document = {"name": alg, "protocol": "oidc", "assignment_required": False}
    draft = federation.read({**document, "oidc": {"redirect_uris": [CALLBACK], **settings}}, production=False)
    with provider.open() as unit:
        registered = federation.to_json(federation.create(unit, draft))
    party = Party(provider.first, "aoba", registered)
    given = party.tokens(provider.browser(), scope="openid")
    with provider.open() as unit:
        published = signing.KeyRing().load(unit).published
    said = signing.verify(given["id_token"], published, typ="JWT")
    assert said["at_hash"] == left_half(alg, given["access_token"])
    assert signing.verify(given["access_token"], published, typ="at+jwt")["sub"] == said["sub"]


@pytest.mark.honest("J16")
@pytest.mark.attack("J16")
def test_the_first_requests_at_once_leave_one_active_key(provider: Provider) -> None:
    web = provider.party("web")
    with provider.open() as unit:
        for key in signing.every(unit):
            signing.revoke(unit, key.kid)
        tenants.touch(unit)
    headers, form = web.proof({"grant_type": "client_credentials"})
    headers["content-type"] = FORM

    async def ask() -> list[Answer]:
        workers = [provider.first, provider.second] * 10
        return await asyncio.gather(*(w.send("POST", "/t/aoba/token", headers, encoded(form)) for w in workers))

    tokens = provider.first.run(ask())
    assert [answer.status for answer in tokens] == [200] * 20
    assert len({kid(answer.json()["access_token"]) for answer in tokens}) == 1
    with provider.open() as unit:
        active = [(key.use, key.alg) for key in signing.every(unit) if key.status == Status.ACTIVE]
    assert active == [(Use.ACCESS_TOKEN, Alg.ES256)]


def test_left_half_is_of_the_hash_of_the_signature() -> None:
    """OpenID Connect Core A.3's example, and for Ed25519 the half of SHA-512."""
    assert left_half("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    assert len(left_half("EdDSA", "a")) == 43
