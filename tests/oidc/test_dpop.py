"""Proof of possession (RFC 9449): a token that is bound to a key is good for its holder alone."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support.filling import CALLBACK
from tests.support.in_process import FORM, Answer, Running, encoded
from tests.support.party import VERIFIER
from tests.support.provider import Provider, Source
from tests.support.signers import Signer, b64, segment, without
from tests.support.signing_clients import Signing, SigningClient, signing_provider


@pytest.fixture(scope="module")
def ours(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    with signing_provider(source, tmp_path_factory.mktemp("dpop")) as made:
        yield made


@pytest.fixture(scope="module")
def robot(ours: Signing) -> SigningClient:
    return ours.keyed("robot with keys")


@pytest.fixture(scope="module")
def bound(ours: Signing) -> SigningClient:
    return ours.keyed("bound", dpop_bound_access_tokens=True)


@dataclass
class Holder:
    """Whoever holds the key, with the nonce that the server gave last."""

    provider: Provider
    signer: Signer = field(default_factory=lambda: Signer("ES256", None))
    nonce: str | None = None

    def claims(self, method: str, endpoint: str, token: str | None = None) -> dict[str, Any]:
        ath = None if token is None else b64(hashlib.sha256(token.encode()).digest())
        now = int(self.provider.clock.now().timestamp())
        made = {"jti": secrets.token_hex(8), "htm": method, "htu": f"{self.provider.issuer()}/{endpoint}", "iat": now}
        return without(made, ath=ath, nonce=self.nonce)

    def header(self) -> dict[str, Any]:
        return {"typ": "dpop+jwt", "jwk": self.signer.jwk}

    def proof(self, method: str, endpoint: str, token: str | None = None, **changes: Any) -> str:
        return self.signer.jwt(without(self.claims(method, endpoint, token), **changes), **self.header())

    def learn(self, answer: Answer) -> Answer:
        self.nonce = answer.headers.get("dpop-nonce", self.nonce)
        return answer

    def token(self, client: SigningClient, proof: str | None = None, **fields: Any) -> Answer:
        shown = self.proof("POST", "token") if proof is None else proof
        return self.learn(client.send(headers={"dpop": shown}, **fields))

    def userinfo(
        self, token: str, proof: str | None = None, *, scheme: str = "DPoP", method: str = "GET", **more: str
    ) -> Answer:
        shown = self.proof(method, "userinfo", token) if proof is None else proof
        headers = {"authorization": f"{scheme} {token}", **({"dpop": shown} if shown else {}), **more}
        return self.learn(self.provider.first.call(method, "/t/aoba/userinfo", headers))


@pytest.fixture
def holder(ours: Signing, robot: SigningClient) -> Holder:
    """With the nonce of now."""
    made = Holder(ours.provider)
    answer = made.token(robot)
    assert (answer.status, answer.json()["error"]) == (400, "use_dpop_nonce")
    assert made.nonce
    return made


def of_person(holder: Holder, client: SigningClient, **asked: str) -> dict[str, Any]:
    code = holder.provider.browser().code(holder.provider.party(client.name), **asked)
    own = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    answer = holder.token(client, grant_type="authorization_code", **own)
    assert answer.status == 200, answer
    told: dict[str, Any] = answer.json()
    return told


def claims_of(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def test_tokens_are_bound_to_the_key_and_say_so(holder: Holder, robot: SigningClient) -> None:
    told = holder.token(robot).json()
    assert told["token_type"] == "DPoP"
    assert claims_of(told["access_token"])["cnf"] == {"jkt": holder.signer.jkt}
    found = robot.send("introspect", token=told["access_token"]).json()
    assert (found["active"], found["cnf"], found["token_type"]) == (True, {"jkt": holder.signer.jkt}, "DPoP")
    plain = robot.send().json()
    assert plain["token_type"] == "Bearer"
    assert "cnf" not in claims_of(plain["access_token"])
    assert "cnf" not in robot.send("introspect", token=plain["access_token"]).json()


def test_an_opaque_token_is_bound_as_well(ours: Signing, holder: Holder) -> None:
    client = ours.keyed("opaque and bound", access_token_format="opaque")
    told = of_person(holder, client)
    assert holder.userinfo(told["access_token"]).status == 200
    assert holder.userinfo(told["access_token"], "", scheme="Bearer").status == 401
    assert client.send("introspect", token=told["access_token"]).json()["cnf"] == {"jkt": holder.signer.jkt}


@pytest.mark.honest("T20")
@pytest.mark.attack("T20")
def test_the_holder_uses_the_token_and_nobody_else_does(ours: Signing, holder: Holder, robot: SigningClient) -> None:
    token = of_person(holder, robot)["access_token"]
    answer = holder.userinfo(token)
    assert (answer.status, "sub" in answer.json()) == (200, True)
    assert answer.headers["dpop-nonce"]
    assert holder.userinfo(token, method="POST").status == 200
    assert holder.userinfo(token, scheme="dpop").status == 200
    for scheme in ("Bearer", "bearer"):  # attack T20: a bound token is no bearer token
        for proof in ("", None):
            refused = holder.userinfo(token, proof, scheme=scheme)
            assert (refused.status, refused.json()["error"]) == (401, "invalid_token")
    form = {"content-type": FORM}
    assert ours.provider.first.call("POST", "/t/aoba/userinfo", form, encoded({"access_token": token})).status == 401
    other = Holder(ours.provider, nonce=holder.nonce)
    assert other.userinfo(token).status == 401
    plain = robot.redeem(ours.provider.browser().code(ours.provider.party(robot.name))).json()["access_token"]
    assert holder.userinfo(plain).status == 401  # one that is carried is no proof either
    assert holder.userinfo(plain, "", scheme="Bearer").status == 200


def wrong_proofs(holder: Holder, endpoint: str, method: str, token: str | None) -> list[tuple[str, str]]:
    """Every way to make a proof that is none, by name."""
    claims, header, signer = holder.claims(method, endpoint, token), holder.header(), holder.signer
    right = signer.jwt(claims, **header)
    head, body, signature = right.split(".")
    now, other = claims["iat"], Signer("ES256", None)
    rsa, mac = Signer("RS256", None), Signer("HS256", None, b"x" * 32)
    private = {**signer.jwk, "d": b64(b"\1" * 32)}
    issuer = holder.provider.issuer()

    def said(**changes: Any) -> str:
        return signer.jwt(without(claims, **changes), **header)

    def under(**changes: Any) -> str:
        return signer.jwt(claims, **{**header, **changes})

    return [
        *((f"without {name}", said(**{name: None})) for name in claims if name != "nonce"),
        *((f"header without {name}", under(**{name: None})) for name in ("typ", "alg", "jwk")),
        *((f"typ {typ!r}", under(typ=typ)) for typ in ("JWT", "dpop", "at+jwt", "", "dpop+jwt2", 1, ["dpop+jwt"])),
        *((f"alg {alg!r}", under(alg=alg)) for alg in ("none", "None", "HS256", "RS256", "ES384", "", 1, None)),
        ("unsigned", f"{segment({**header, 'alg': 'none'})}.{body}."),
        ("RS256", rsa.jwt(claims, typ="dpop+jwt", jwk=rsa.jwk)),
        ("HS256", mac.jwt(claims, typ="dpop+jwt", jwk={"kty": "oct", "k": b64(b"x" * 32)})),
        ("private key", under(jwk=private)),
        ("symmetric key", under(jwk={"kty": "oct", "k": "AAAA"})),
        ("no key", under(jwk={})), ("a list", under(jwk=[signer.jwk])), ("a string", under(jwk="x")),
        ("another key", under(jwk=other.jwk)), ("off the curve", under(jwk={**signer.jwk, "x": signer.jwk["y"]})),
        ("weak RSA", under(jwk={"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB"}, alg="PS256")),
        ("crit", under(crit=["x"], x=1)), ("b64", under(b64=False)),
        ("bad signature", f"{head}.{body}.{b64(b'x' * 64)}"), ("no signature", f"{head}.{body}."),
        ("another payload", f"{head}.{segment({**claims, 'x': 1})}.{signature}"), ("two parts", f"{head}.{body}"),
        ("two proofs", f"{right}, {right}"), ("malformed", "a.b.c"), ("empty parts", ".."), ("not ASCII", "é.é.é"),
        ("large", right + "A" * 20_000), ("array", signer.jwt([claims], **header)), ("text", signer.jwt("x", **header)),
        *((f"htm {htm!r}", said(htm=htm)) for htm in ("PUT", "post", "get", "", ["POST"], 1)),
        *((f"htu {htu!r}", said(htu=htu)) for htu in (
            "", "x", 1, ["x"], issuer, f"{issuer}/introspect", f"{issuer}/{endpoint}/", f"{issuer}/{endpoint}x",
            f"http://id.example/t/aoba/{endpoint}", f"https://evil.example/t/aoba/{endpoint}", f"/t/aoba/{endpoint}",
            f"https://id.example/t/midori/{endpoint}", f"https://id.example:8443/t/aoba/{endpoint}",
            f"https://user@id.example/t/aoba/{endpoint}", f"https://id.example/T/aoba/{endpoint}", "https://[::1",
        )),
        *((f"iat {iat!r}", said(iat=iat)) for iat in (now - 3600, now + 3600, now - 61, now + 61, 0, -1, 2**63)),
        *((f"iat {iat!r}", said(iat=iat)) for iat in (str(now), now + 0.5, True, [now])),
        *((f"jti {jti!r}", said(jti=jti)) for jti in ("", 1, ["a"], "x" * 257, {})),
    ]  # fmt: skip


@pytest.mark.honest("T20")
@pytest.mark.attack("T20")
def test_a_proof_that_is_none_gets_no_token(holder: Holder, robot: SigningClient) -> None:
    for name, proof in wrong_proofs(holder, "token", "POST", None):
        answer = holder.token(robot, proof)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof"), name
    assert holder.token(robot, "").status == 400
    assert holder.token(robot).status == 200


@pytest.mark.honest("T20")
@pytest.mark.attack("T20")
def test_a_proof_that_is_none_uses_no_token(holder: Holder, robot: SigningClient) -> None:
    token = of_person(holder, robot)["access_token"]
    ath = [("ath", holder.proof("GET", "userinfo", token, ath=wrong)) for wrong in (
        b64(bytes(32)), "", 1, token, holder.claims("GET", "userinfo", "other")["ath"])]  # fmt: skip
    for name, proof in (*wrong_proofs(holder, "userinfo", "GET", token), *ath):
        answer = holder.userinfo(token, proof)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_dpop_proof"), name
        assert answer.headers["www-authenticate"].startswith('DPoP realm="userinfo", error="invalid_dpop_proof"')
        assert 'algs="ES256 PS256 EdDSA Ed25519"' in answer.headers["www-authenticate"]
    assert holder.userinfo(token, "").status == 401
    assert holder.userinfo(token).status == 200


@pytest.mark.attack("T20")
def test_two_fields_are_no_proof(ours: Signing, holder: Holder, robot: SigningClient) -> None:
    token = of_person(holder, robot)["access_token"]
    proof = holder.proof("GET", "userinfo", token).encode()
    fields = [
        (b"host", b"id.example"),
        (b"authorization", f"DPoP {token}".encode()),
        (b"dpop", proof),
        (b"dpop", proof),
    ]
    worker: Running = ours.provider.first
    assert worker.run(worker.exchange("GET", "/t/aoba/userinfo", fields)).status == 400


def test_what_is_only_written_differently_is_the_same_place(holder: Holder, robot: SigningClient) -> None:
    token = of_person(holder, robot)["access_token"]
    for htu in (
        "https://id.example/t/aoba/userinfo?x=y", "https://id.example/t/aoba/userinfo#x",
        "HTTPS://ID.example/t/aoba/userinfo",
        "https://id.example:443/t/aoba/userinfo",
    ):  # fmt: skip
        assert holder.userinfo(token, holder.proof("GET", "userinfo", token, htu=htu)).status == 200, htu
    now = int(holder.provider.clock.now().timestamp())
    for more in ({"iat": now - 10}, {"iat": now + 10}, {"nbf": now, "exp": now + 60}, {"unheard": [1]}):
        assert holder.userinfo(token, holder.proof("GET", "userinfo", token, **more)).status == 200
    for alg in ("PS256", "EdDSA", "Ed25519"):
        another = Holder(holder.provider, Signer(alg, None), holder.nonce)
        assert another.token(robot).json()["token_type"] == "DPoP"


@pytest.mark.attack("T20")
def test_a_proof_is_good_once_on_every_worker(ours: Signing, holder: Holder, robot: SigningClient) -> None:
    proof = holder.proof("POST", "token")
    assert holder.token(robot, proof).status == 200
    again = robot.send(headers={"dpop": proof}, worker=ours.provider.second)
    assert (again.status, again.json()["error"]) == (400, "invalid_dpop_proof")
    token = of_person(holder, robot)["access_token"]
    proof = holder.proof("GET", "userinfo", token)
    assert holder.userinfo(token, proof).status == 200
    assert holder.userinfo(token, proof).status == 401
    headers = {"authorization": f"DPoP {token}", "dpop": proof}
    assert ours.provider.second.call("GET", "/t/aoba/userinfo", headers).status == 401


@pytest.mark.attack("T20")
def test_the_nonce_is_ours_and_rotates(ours: Signing, holder: Holder, robot: SigningClient) -> None:
    token = of_person(holder, robot)["access_token"]
    for wrong in (None, "", "x", 1, [holder.nonce], str(holder.nonce)[:-1]):
        answer = robot.send(headers={"dpop": holder.proof("POST", "token", nonce=wrong)})
        assert (answer.status, answer.json()["error"]) == (400, "use_dpop_nonce")
        assert answer.headers["dpop-nonce"] == holder.nonce
        headers = {"authorization": f"DPoP {token}", "dpop": holder.proof("GET", "userinfo", token, nonce=wrong)}
        answer = ours.provider.first.call("GET", "/t/aoba/userinfo", headers)
        assert (answer.status, answer.json()["error"]) == (401, "use_dpop_nonce")
        assert 'error="use_dpop_nonce"' in answer.headers["www-authenticate"]
        assert answer.headers["dpop-nonce"] == holder.nonce
    old = holder.nonce
    ours.provider.clock.advance(seconds=120)
    assert holder.token(robot).status == 200  # the one before is taken, and another handed out
    assert holder.nonce != old
    ours.provider.clock.advance(seconds=360)
    stale = Holder(ours.provider, holder.signer, old)
    assert stale.token(robot).json()["error"] == "use_dpop_nonce"
    assert stale.token(robot).status == 200


def test_a_client_that_is_registered_for_it_gets_no_other_token(holder: Holder, bound: SigningClient) -> None:
    answer = bound.send()
    assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert holder.token(bound).json()["token_type"] == "DPoP"
    told = of_person(holder, bound)
    refreshed = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    assert bound.send(**refreshed).status == 400
    assert holder.token(bound, **refreshed).json()["token_type"] == "DPoP"


@pytest.mark.attack("T20")
def test_a_public_client_refreshes_by_its_key_alone(ours: Signing, holder: Holder) -> None:
    app = ours.provider.party("app")
    call = ours.provider.first.call

    def ask(who: Holder | None, **fields: str) -> Answer:
        headers = {"content-type": FORM} | ({} if who is None else {"dpop": who.proof("POST", "token")})
        return call("POST", "/t/aoba/token", headers, encoded({"client_id": app.client_id, **fields}))

    code = ours.provider.browser().code(app)
    redeeming = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
    told = ask(holder, **redeeming).json()
    refreshing = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"]}
    for who in (None, Holder(ours.provider, nonce=holder.nonce)):
        answer = ask(who, **refreshing)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    again = ask(holder, **refreshing).json()
    assert again["token_type"] == "DPoP"
    assert ask(None, grant_type="refresh_token", refresh_token=again["refresh_token"]).status == 400
    assert ask(holder, grant_type="refresh_token", refresh_token=again["refresh_token"]).status == 200


def test_a_code_may_be_bound_to_the_key_beforehand(ours: Signing, holder: Holder, robot: SigningClient) -> None:
    other = Holder(ours.provider, nonce=holder.nonce)
    party = ours.provider.party(robot.name)

    def redeem(who: Holder | None, code: str) -> Answer:
        own = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return robot.send(**own) if who is None else who.token(robot, **own)

    for who in (None, other):
        answer = redeem(who, ours.provider.browser().code(party, dpop_jkt=holder.signer.jkt))
        assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert redeem(holder, ours.provider.browser().code(party, dpop_jkt=holder.signer.jkt)).status == 200
    for wrong in ("x", "a" * 44, holder.signer.jkt + "="):
        answer = ours.provider.browser().authorize(party, dpop_jkt=wrong)
        assert answer.query["error"] == "invalid_request"


def test_a_proof_beside_a_pushed_request_binds_its_code(ours: Signing, holder: Holder, robot: SigningClient) -> None:
    asked = {**ours.provider.party(robot.name).asking(), "grant_type": None, "token": None}

    def push(**more: Any) -> Answer:
        return robot.send("par", headers={"dpop": holder.proof("POST", "par")}, **{**asked, **more})

    assert push(dpop_jkt=Signer().jkt).json()["error"] == "invalid_dpop_proof"
    assert push(dpop_jkt=holder.signer.jkt).status == 201
    pushed = push().json()["request_uri"]
    code = ours.provider.browser().code(ours.provider.party(robot.name), request_uri=pushed)
    own = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    assert Holder(ours.provider, nonce=holder.nonce).token(robot, **own).status == 400
    wrong = robot.send("par", headers={"dpop": holder.proof("POST", "token")}, **asked)
    assert (wrong.status, wrong.json()["error"]) == (400, "invalid_dpop_proof")


def test_a_proof_beside_a_signed_request_binds_its_code_too(
    ours: Signing, holder: Holder, robot: SigningClient
) -> None:
    party = ours.provider.party(robot.name)
    about = {"iss": party.client_id, "aud": ours.provider.issuer(), "exp": robot.claims()["exp"]}

    def push(**claims: Any) -> Answer:
        token = robot.signer.jwt({**about, **party.asking(), **claims}, typ="oauth-authz-req+jwt")
        headers = {"dpop": holder.proof("POST", "par")}
        return robot.send("par", headers=headers, grant_type=None, token=None, request=token)

    assert push(dpop_jkt=Signer().jkt).json()["error"] == "invalid_dpop_proof"
    codes = [
        ours.provider.browser().code(party, request_uri=push(**claims).json()["request_uri"])
        for claims in ({}, {"dpop_jkt": holder.signer.jkt})
    ]
    for code in codes:
        own = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        assert Holder(ours.provider, nonce=holder.nonce).token(robot, code=code, **own).status == 400
    fresh = ours.provider.browser().code(party, request_uri=push().json()["request_uri"])
    assert holder.token(robot, code=fresh, **own).status == 200


def test_our_resources_say_where_their_tokens_come_from(ours: Signing) -> None:
    issuer = ours.provider.issuer()
    found = ours.provider.get("/.well-known/oauth-protected-resource/t/aoba/userinfo").json()
    assert (found["resource"], found["authorization_servers"]) == (f"{issuer}/userinfo", [issuer])
    challenge = ours.provider.get("/t/aoba/userinfo").headers["www-authenticate"]
    assert challenge.endswith(
        'resource_metadata="https://id.example/.well-known/oauth-protected-resource/t/aoba/userinfo"'
    )
    api = ours.provider.get("/.well-known/oauth-protected-resource/api/v1").json()
    assert (api["resource"], api["authorization_servers"]) == (
        "https://id.example/api/v1", ["https://id.example/t/-"]
    )  # fmt: skip
    for path in ("t/nobody/userinfo", "t/aoba", "t/aoba/token", "t/-/userinfo", "api"):
        assert ours.provider.get(f"/.well-known/oauth-protected-resource/{path}").status == 404


def test_discovery_lists_the_algorithms_of_proofs(ours: Signing) -> None:
    told = ours.provider.get("/t/aoba/.well-known/openid-configuration").json()
    assert told["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "EdDSA", "Ed25519"]
