"""Clients that sign who they are (RFC 7523): made for us, by the client, for about now, and good once."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.in_process import FORM, Answer, basic, encoded
from tests.support.outside import answer
from tests.support.provider import Source
from tests.support.signers import JWT_BEARER, Signer, b64, key_set, segment
from tests.support.signing_clients import Signing, SigningClient, signing_provider

from idp import federation

ALGS = ["ES256", "RS256", "PS256", "EdDSA"]


@pytest.fixture(scope="module")
def ours(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    with signing_provider(source, tmp_path_factory.mktemp("signing")) as made:
        yield made


@pytest.fixture(scope="module")
def modern(ours: Signing) -> SigningClient:
    return ours.keyed("modern")


@pytest.fixture(scope="module")
def legacy(ours: Signing) -> SigningClient:
    return ours.keyed("classic", security_profile="oidc")


@pytest.fixture(scope="module")
def secret(ours: Signing) -> SigningClient:
    return ours.by_secret("secret")


def is_unproved(answer: Answer) -> None:
    assert answer.status == 401, answer
    assert answer.json() == {"error": "invalid_client", "error_description": "Client authentication failed."}


@pytest.mark.honest("J12", "T9")
@pytest.mark.meets("T1")
@pytest.mark.parametrize("alg", ALGS)
def test_a_client_signs_by_its_key(ours: Signing, alg: str) -> None:
    client = ours.keyed(f"by {alg}", alg)
    assert client.send().status == 200
    assert client.send("introspect").json() == {"active": False}
    assert client.send("revoke").status == 200
    code = ours.provider.browser().code(_party(client))
    told = client.redeem(code).json()
    assert {"access_token", "refresh_token", "id_token"} <= told.keys()
    assert client.send(grant_type="refresh_token", refresh_token=told["refresh_token"]).status == 200
    assert client.send("introspect", token=told["access_token"]).json()["active"] is True
    assert client.send("revoke", token=told["refresh_token"]).status == 200
    assert client.send("introspect", token=told["access_token"]).json() == {"active": False}


@pytest.mark.meets("T1")
def test_a_client_signs_by_its_secret(secret: SigningClient) -> None:
    assert secret.send().status == 200
    assert secret.send("introspect").status == 200
    is_unproved(secret.send(assertion=Signer("HS256", None, b"x" * 40).jwt(secret.claims())))


def test_a_pushed_request_may_be_of_a_client_that_signs(modern: SigningClient) -> None:
    asked = {**_party(modern).asking(), "grant_type": None, "token": None}
    again = modern.assertion()
    assert modern.send("par", again, **asked).status == 201
    is_unproved(modern.send("par", again, **asked))


def _party(client: SigningClient) -> Any:
    return client.provider.party(client.name)


@pytest.mark.honest("T11")
@pytest.mark.meets("T1")
@pytest.mark.attack("T11")
def test_whom_an_assertion_may_be_made_out_to(modern: SigningClient, legacy: SigningClient) -> None:
    issuer = modern.provider.issuer()
    assert modern.send(assertion=modern.assertion(aud=issuer)).status == 200
    assert legacy.send(assertion=legacy.assertion(aud=issuer)).status == 200
    assert legacy.send(assertion=legacy.assertion(aud=f"{issuer}/token")).status == 200
    is_unproved(modern.send(assertion=modern.assertion(aud=f"{issuer}/token")))
    for client in (modern, legacy):
        is_unproved(client.send(assertion=client.assertion(aud=[issuer])))


@pytest.mark.honest("T13", "J9")
@pytest.mark.attack("T13", "J9")
def test_an_assertion_of_another_time_or_without_one_is_refused(modern: SigningClient) -> None:
    now = int(modern.provider.clock.now().timestamp())
    for right in (
        {"exp": now + 1}, {"exp": now + 600}, {"iat": now + 60}, {"nbf": now + 60}, {"nbf": now - 9_999},
        {"iat": now - 300},
        {"nbf": now + 8}, {"iat": now + 8},
    ):  # fmt: skip
        assert modern.send(assertion=modern.assertion(**right)).status == 200, right
    for wrong in ({"exp": None}, {"exp": now}, {"iat": now + 61}, {"nbf": now + 61}, {"jti": None}):
        is_unproved(modern.send(assertion=modern.assertion(**wrong)))


@pytest.mark.honest("T14", "J10")
@pytest.mark.attack("T14", "J10")
def test_an_assertion_names_the_client_alone_and_is_nothing_else(modern: SigningClient, legacy: SigningClient) -> None:
    for wrong in ({"iss": None}, {"sub": None}, {"iss": legacy.client_id}, {"sub": legacy.client_id}):
        is_unproved(modern.send(assertion=modern.assertion(**wrong)))
    is_unproved(modern.send(assertion=legacy.signer.jwt(modern.claims())))  # another client's key
    is_unproved(modern.send(assertion=modern.signer.jwt(modern.claims(), typ="at+jwt")))
    for typ in ("JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"):
        assert modern.send(assertion=modern.signer.jwt(modern.claims(), typ=typ)).status == 200
    told = _party(modern)
    tokens = modern.redeem(modern.provider.browser().code(told)).json()
    for token in (tokens["id_token"], tokens["access_token"], tokens["refresh_token"]):
        is_unproved(modern.send(assertion=token))


@pytest.mark.honest("J1", "J2", "J3", "J4", "J5", "J6", "J7", "J8", "J9")
@pytest.mark.attack("J1", "J2", "J3", "J4", "J5", "J6", "J7", "J8", "J9")
def test_only_a_signature_by_the_registered_key_counts(modern: SigningClient, secret: SigningClient) -> None:
    claims, signer = modern.claims(), modern.signer
    right = signer.jwt(claims)
    head, body, signature = right.split(".")
    stranger = Signer()
    public = json.dumps(signer.jwk).encode()
    for wrong in (
        *(f"{segment({'alg': alg, 'kid': 'k1'})}.{body}." for alg in ("none", "None", "nOnE", "", None, [], ["none"])),
        *(f"{segment({'alg': alg, 'kid': 'k1'})}.{body}.{signature}" for alg in ("none", "ES384", "RS256", "es256", 1)),
        *(Signer("HS256", "k1", key).jwt(claims) for key in (public, b"", b"k1", signer.jwk["x"].encode())),
        stranger.jwt(claims), stranger.jwt(claims, jwk=stranger.jwk), stranger.jwt(claims, kid="k2", jwk=stranger.jwk),
        stranger.jwt(claims, jku="https://evil.example/jwks"), stranger.jwt(claims, x5u="https://evil.example/c"),
        stranger.jwt(claims, x5c=["AAAA"]), signer.jwt(claims, crit=["b64"], b64=False),
        signer.jwt(claims, crit=["x"], x=1),
        signer.jwt(claims, crit=[]), signer.jwt(claims, b64=True), signer.jwt(claims, kid=1),
        signer.jwt(claims, kid=["k1"]),
        *(signer.jwt(claims, kid=kid) for kid in ("../../dev/null", "k1' OR '1'='1", "k1\0", "k" * 10_000, "K1", "")),
        f"{head}.{body}.", f"{head}.{body}", f"{head}..{signature}", f".{body}.{signature}", "..", "", ".", "a.b.c",
        f"{right}.x", f"{right}=", f"{head}=.{body}.{signature}", f" {right}", f"{right}\n",
        right.replace("-", "+").replace("_", "/") + "==",
        f"{head}.{body}.{signature[:-2]}", f"{head}.{body}.{b64(bytes(64))}", f"{head}.{body}.{b64(b'x' * 70)}",
        f"{head}.{segment({**claims, 'x': 1})}.{signature}", f"{head}.{body}.{'A' * 40_000}",
        signer.jwt(b'{"iss":"a","iss":"b"}'), signer.jwt(b'{"exp":NaN}'), signer.jwt(b"[" * 5_000), signer.jwt([]),
        signer.jwt("x"),
        signer.jwt(json.dumps(claims).encode().replace(b'"iat"', b'"exp"')), signer.jwt(b"\xff\xfe"), "é.é.é",
    ):  # fmt: skip
        is_unproved(modern.send(assertion=wrong))
    # the honest one, untouched by all of this
    assert modern.send(assertion=right).status == 200
    # by a key in place of the secret, and the other way round
    is_unproved(secret.send(assertion=Signer().jwt(secret.claims())))
    is_unproved(modern.send(assertion=Signer("HS256", None, b"x" * 32).jwt(modern.claims())))


@pytest.mark.honest("T9", "T10")
@pytest.mark.attack("T9", "T10")
def test_an_assertion_stands_alone_and_is_the_registered_method(ours: Signing, modern: SigningClient) -> None:
    web = ours.provider.party("web")
    assert modern.send(client_id=modern.client_id).status == 200
    is_unproved(modern.send(client_id=web.client_id))
    is_unproved(modern.send(client_secret="x"))
    is_unproved(modern.send(headers={"authorization": basic(web.client_id, web.secret)}))
    is_unproved(modern.send(headers={"authorization": basic(modern.client_id, "x")}))
    is_unproved(modern.send(client_assertion_type=None))
    is_unproved(modern.send(client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer"))
    is_unproved(modern.send(client_assertion_type=JWT_BEARER.upper()))
    assert modern.send(headers={"x": "y"}).status == 200
    call = ours.provider.first.call
    form = {"grant_type": "client_credentials", "client_id": modern.client_id}
    for more in ({}, {"client_secret": "x"}, {"client_secret": ""}, {"client_assertion_type": JWT_BEARER}):
        is_unproved(call("POST", "/t/aoba/token", {"content-type": FORM}, encoded({**form, **more})))
    other = SigningClient(ours.provider, "web", modern.signer)  # a client of Basic that signs all at once
    is_unproved(other.send())
    asked = f"/t/aoba/token?client_assertion={modern.assertion()}"
    assert call("POST", asked, {"content-type": FORM}, encoded(form)).status == 400
    abroad = {"client_assertion_type": JWT_BEARER, "client_assertion": modern.assertion(), **form}
    is_unproved(call("POST", "/t/midori/token", {"content-type": FORM}, encoded(abroad)))


@pytest.mark.honest("J12")
@pytest.mark.attack("J12")
def test_only_the_registered_algorithm_is_taken_where_one_is(ours: Signing) -> None:
    rsa = Signer("PS256")
    client = ours.client("only PS256", rsa, jwks=key_set(rsa), token_endpoint_auth_signing_alg="PS256")
    assert client.send().status == 200
    is_unproved(client.send(assertion=Signer("RS256", "k1", rsa.private).jwt(client.claims())))
    both = ours.client("either", rsa, jwks=key_set(rsa))
    assert both.send(assertion=Signer("RS256", "k1", rsa.private).jwt(both.claims())).status == 200
    named = ours.client("of the key", rsa, jwks={"keys": [{**rsa.jwk, "alg": "PS256", "use": "sig"}]})
    assert named.send().status == 200
    is_unproved(named.send(assertion=Signer("RS256", "k1", rsa.private).jwt(named.claims())))


@pytest.mark.honest("T12")
@pytest.mark.attack("T12")
def test_an_assertion_is_good_once_on_every_worker_and_after_a_restart(ours: Signing, modern: SigningClient) -> None:
    used = modern.assertion()
    assert modern.send(assertion=used).status == 200
    is_unproved(modern.send(assertion=used))
    is_unproved(modern.send("introspect", used))
    is_unproved(modern.send(assertion=used, worker=ours.provider.second))
    restarted = ours.provider.worker()
    is_unproved(modern.send(assertion=used, worker=restarted))
    restarted.close()
    named = modern.claims()["jti"]
    assert modern.send("introspect", modern.assertion(jti=named)).status == 200
    is_unproved(modern.send("revoke", modern.assertion(jti=named)))
    is_unproved(modern.send(assertion=modern.assertion(jti=named, exp=modern.claims()["exp"] + 30)))


@pytest.mark.attack("T12", "J8")
def test_the_twin_of_a_signature_is_the_same_assertion(modern: SigningClient) -> None:
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    head, body, _ = (used := modern.assertion()).split(".")
    signature = modern.signer.signature(f"{head}.{body}".encode())
    twin = signature[:32] + (order - int.from_bytes(signature[32:])).to_bytes(32)
    assert modern.send(assertion=used).status == 200
    is_unproved(modern.send(assertion=f"{head}.{body}.{b64(twin)}"))


@pytest.mark.attack("T12")
def test_of_sixteen_at_once_one_succeeds(ours: Signing, modern: SigningClient) -> None:
    form = encoded(
        {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": modern.assertion(),
        }
    )
    workers = (ours.provider.first, ours.provider.second)

    async def all_at_once() -> list[Answer]:
        calls = [workers[turn % 2].send("POST", "/t/aoba/token", {"content-type": FORM}, form) for turn in range(16)]
        return list(await asyncio.gather(*calls))

    statuses = sorted(answer.status for answer in workers[0].run(all_at_once()))
    assert statuses == [200, *[401] * 15]


@pytest.mark.attack("T12")
def test_an_assertion_whose_request_failed_is_used_up(modern: SigningClient) -> None:
    for failing in ({"scope": "admin"}, {"grant_type": "password"}, {"grant_type": "authorization_code", "code": "x"}):
        used = modern.assertion()
        assert modern.send(assertion=used, **failing).status == 400
        is_unproved(modern.send(assertion=used))


@pytest.mark.attack("T12")
def test_an_assertion_that_is_shown_again_proves_nothing_of_the_rest(ours: Signing, modern: SigningClient) -> None:
    used = modern.assertion()
    assert modern.send(assertion=used).status == 200
    code = ours.provider.browser().code(_party(modern))
    refreshing: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": "rt_x"}
    redeeming = ({"grant_type": "authorization_code", "code": each} for each in ("x", code))
    for failing in (*redeeming, refreshing, {"grant_type": "password"}, {"scope": "admin"}):
        is_unproved(modern.send(assertion=used, **failing))
    is_unproved(modern.send("revoke", used, token=None))
    is_unproved(modern.send("par", used))
    assert modern.redeem(code).status == 200  # none of it has touched the code
    once = modern.assertion()
    assert modern.send("revoke", once, token=None).json()["error"] == "invalid_request"
    is_unproved(modern.send("revoke", once))


@pytest.mark.attack("T12")
@pytest.mark.honest("T12")
def test_a_refusal_that_has_left_traces_is_the_one_that_is_told(ours: Signing, modern: SigningClient) -> None:
    code = ours.provider.browser().code(_party(modern))
    assert modern.redeem(code).status == 200
    once = modern.assertion()
    again = {"grant_type": "authorization_code", "code": code, "redirect_uri": _party(modern).asking()["redirect_uri"]}
    assert modern.send(assertion=once, **again).json()["error"] == "invalid_grant"
    is_unproved(modern.send(assertion=once, **again))


@pytest.mark.honest("T12")
def test_two_clients_may_use_the_same_name_for_an_assertion(modern: SigningClient, legacy: SigningClient) -> None:
    named = modern.claims()["jti"]
    assert modern.send(assertion=modern.assertion(jti=named)).status == 200
    assert legacy.send(assertion=legacy.assertion(jti=named)).status == 200


def _sealed(ours: Signing, name: str) -> bytes | None:
    with ours.provider.open() as unit:
        chosen = f"tenant_id = '{unit.tenant}' AND name = '{name}'"
        (found,) = unit.lane.execute(f"SELECT secret_sealed FROM services WHERE {chosen}", {}).fetchone()
    return None if found is None else bytes(found)


def test_the_secret_that_signs_is_sealed_and_replaced_like_any_other(ours: Signing) -> None:
    client = ours.by_secret("replaced")
    assert client.send().status == 200
    secret, kept = client.registered["client_secret"], _sealed(ours, "replaced")
    assert kept is not None
    assert secret.encode() not in kept
    assert _sealed(ours, "web") is None  # nobody else's can be known again
    with ours.provider.open() as unit:
        service_id = ours.provider.filled.services["aoba/replaced"]["id"]
        made = federation.rotate_secret(unit, service_id)
    is_unproved(client.send())
    client.signer.private = str(made.secret).encode()
    assert client.send().status == 200
    with ours.provider.open() as unit:
        assert federation.change(unit, service_id, {"oidc": {"token_endpoint_auth_method": "client_secret_basic"}},
                                 production=False).secret is None  # fmt: skip
    is_unproved(client.send())
    headers = {"authorization": basic(client.client_id, str(made.secret)), "content-type": FORM}
    form = encoded({"grant_type": "client_credentials"})
    assert ours.provider.first.call("POST", "/t/aoba/token", headers, form).status == 200
    with ours.provider.open() as unit:  # of a secret that is only known by its hash another one has to be made
        again = federation.change(
            unit, service_id, {"oidc": {"token_endpoint_auth_method": "client_secret_jwt"}}, production=False
        )
    client.signer.private = str(again.secret).encode()
    assert client.send().status == 200


# --- keys that a client publishes


@pytest.mark.honest("D2", "D8", "J4")
@pytest.mark.meets("R6", "T6")
def test_a_key_that_turns_up_is_fetched_and_a_refresh_goes_on(ours: Signing) -> None:
    old, new = Signer(kid="old"), Signer(kid="new")
    client = ours.publishing("rolling", old)
    told = client.redeem(ours.provider.browser().code(_party(client))).json()
    assert ours.fetches("rolling") == 1
    assert client.send(grant_type="refresh_token", refresh_token=told["refresh_token"]).status == 200
    assert ours.fetches("rolling") == 1  # kept
    ours.publish("rolling", new)
    ours.provider.clock.advance(seconds=60)
    client.signer = new
    assert client.send(grant_type="refresh_token", refresh_token=told["refresh_token"]).status == 200
    assert ours.fetches("rolling") == 2
    assert client.send(worker=ours.provider.second).status == 200  # as the other worker has kept it
    assert ours.fetches("rolling") == 2
    client.signer = old
    is_unproved(client.send())  # gone from the set: no longer believed


@pytest.mark.honest("D8")
@pytest.mark.meets("R6")
@pytest.mark.attack("D8")
def test_ten_thousand_names_of_keys_are_one_fetch(ours: Signing) -> None:
    """In the span of a cooldown, over two workers; five hundred stand for them."""
    client = ours.publishing("popular", Signer(kid="known"))
    assert client.send().status == 200
    ours.provider.clock.advance(seconds=30)
    before = ours.fetches("popular")
    for turn in range(500):
        worker = (ours.provider.first, ours.provider.second)[turn % 2]
        is_unproved(client.send(assertion=client.signer.jwt(client.claims(), kid=f"k{turn}"), worker=worker))
    assert ours.fetches("popular") == before + 1
    assert client.send().status == 200


@pytest.mark.attack("D2", "D7")
def test_a_published_set_that_is_none_is_not_taken(ours: Signing) -> None:
    known = Signer(kid="known")
    client = ours.publishing("careless", known)
    assert client.send().status == 200
    other = Signer(kid="other")
    private = {**other.jwk, "d": "AAAA"}
    for page in (
        answer(json.dumps({"keys": [other.jwk, private]}).encode()),
        answer(json.dumps({"keys": [other.jwk, {"kty": "oct", "k": "AAAA"}]}).encode()),
        answer(json.dumps({"keys": [other.jwk, other.jwk]}).encode()),
        answer(json.dumps({"keys": [other.jwk] * 21}).encode()),
        answer(b"not json"), answer(b"[]"), answer(b'{"keys":1}'), answer(b"\xff"), answer(b"[" * 60_000),
        answer(b"x" * 70_000),
        answer(json.dumps(key_set(other)).encode(), status=500),
        answer(b"", status=302, location=ours.there.url("/rolling")),
    ):  # fmt: skip
        ours.there.pages["/careless"] = page
        ours.provider.clock.advance(seconds=30)
        is_unproved(client.send(assertion=other.jwt(client.claims())))
        assert client.send().status == 200  # by the set that was fetched before
    ours.there.pages["/careless"] = answer(json.dumps({"keys": [other.jwk, {"kty": "AKP", "pub": "AAAA"}]}).encode())
    ours.provider.clock.advance(seconds=30)
    assert client.send(assertion=other.jwt(client.claims())).status == 200  # a key of a kind to come does no harm


@pytest.mark.attack("D2")
def test_a_set_inside_is_never_asked_for(ours: Signing) -> None:
    signer = Signer()
    inside = ours.client("inside", signer, jwks_uri="https://10.0.0.1/jwks")
    is_unproved(inside.send())
    nowhere = ours.client("nowhere", signer, jwks_uri=ours.there.url("/nowhere"))
    is_unproved(nowhere.send())


def test_discovery_lists_the_methods_and_their_algorithms(ours: Signing) -> None:
    told = ours.provider.get("/t/aoba/.well-known/openid-configuration").json()
    for endpoint in ("token", "introspection", "revocation"):
        assert {"client_secret_jwt", "private_key_jwt"} <= set(told[f"{endpoint}_endpoint_auth_methods_supported"])
        assert set(told[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]) >= {*ALGS, "HS256"}
