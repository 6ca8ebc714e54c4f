"""What a client signs rightly and says wrongly: whom it is for, who says it, since when and for how long."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.oidc.test_client_assertions import is_unproved
from tests.oidc.test_dpop import Holder, of_person
from tests.support.provider import Source
from tests.support.signers import b64
from tests.support.signing_clients import Signing, SigningClient, signing_provider

ISSUER = "https://id.example/t/aoba"
PROFILES = ["modern", "oidc"]


@pytest.fixture(scope="module")
def ours(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    with signing_provider(embedded, tmp_path_factory.mktemp("words")) as made:
        yield made


@pytest.fixture(scope="module")
def clients(ours: Signing) -> dict[str, SigningClient]:
    return {profile: ours.keyed(f"words of {profile}", security_profile=profile) for profile in PROFILES}


def now(client: SigningClient) -> int:
    return int(client.provider.clock.now().timestamp())


AUDIENCES: list[object] = [
    [ISSUER], [ISSUER, "https://evil.example"], [f"{ISSUER}/token"], [], None, "", 1, True, {"a": ISSUER}, f"{ISSUER}/",
    ISSUER.upper(), f"{ISSUER}/par", f"{ISSUER}/introspect", f"{ISSUER}/authorize", "https://id.example/t/midori",
    "https://id.example/t/midori/token", "https://evil.example", "https://evil.example/token", "https://id.example",
    f"{ISSUER}/token/", f"{ISSUER}/token?x", f" {ISSUER}", f"{ISSUER}#", f"{ISSUER} https://evil.example",
    f"{ISSUER}@evil.example", "https://id.example:443/t/aoba", "*", "cli_other",
]  # fmt: skip


@pytest.mark.attack("T11")
@pytest.mark.parametrize("audience", AUDIENCES, ids=str)
@pytest.mark.parametrize("profile", PROFILES)
def test_an_assertion_for_somebody_else_proves_nothing(
    clients: dict[str, SigningClient], profile: str, audience: object
) -> None:
    """RFC 7523bis 3, CVE-2025-27370: whoever receives it could show it to us."""
    client = clients[profile]
    is_unproved(client.send(assertion=client.assertion(aud=audience)))


TIMES: dict[str, Callable[[int], dict[str, Any]]] = {
    "no exp": lambda _: {"exp": None},
    "no iat": lambda _: {"iat": None},
    "no jti": lambda _: {"jti": None},
    "exp of now": lambda at: {"exp": at},
    "exp of before": lambda at: {"exp": at - 300},
    "exp too far": lambda at: {"exp": at + 601},
    "exp without end": lambda _: {"exp": 2**63},
    "exp of 400 digits": lambda _: {"exp": 10**400},
    "exp that is a string": lambda at: {"exp": str(at + 60)},
    "exp with a fraction": lambda at: {"exp": at + 60.5},
    "exp that is true": lambda _: {"exp": True},
    "exp in a list": lambda at: {"exp": [at + 60]},
    "exp below zero": lambda _: {"exp": -1},
    "exp of zero": lambda _: {"exp": 0},
    "iat of later": lambda at: {"iat": at + 61},
    "iat that is a word": lambda _: {"iat": "now"},
    "iat with a fraction": lambda at: {"iat": at - 0.5},
    "iat that is false": lambda _: {"iat": False},
    "nbf of later": lambda at: {"nbf": at + 61},
    "nbf of an hour later": lambda at: {"nbf": at + 3600},
    "nbf that is a string": lambda _: {"nbf": "0"},
    "nbf with a fraction": lambda _: {"nbf": 1.5},
    "jti of nothing": lambda _: {"jti": ""},
    "jti that is a number": lambda _: {"jti": 7},
    "jti in a list": lambda _: {"jti": ["a"]},
    "jti that is an object": lambda _: {"jti": {}},
    "jti too long": lambda _: {"jti": "x" * 257},
}


@pytest.mark.attack("T13")
@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize("endpoint", ["token", "introspect"])
def test_an_assertion_of_another_time_proves_nothing(
    clients: dict[str, SigningClient], name: str, endpoint: str
) -> None:
    client = clients["modern"]
    is_unproved(client.send(endpoint, client.assertion(**TIMES[name](now(client)))))


NAMES: dict[str, dict[str, Any]] = {
    "no iss": {"iss": None}, "no sub": {"sub": None}, "an empty iss": {"iss": ""}, "our own name": {"iss": ISSUER},
    "a list": {"iss": ["cli_x"]}, "a sub in a list": {"sub": ["cli_x"]}, "a number": {"sub": 1},
    "a person": {"sub": "usr_1"},
    "nobody": {"iss": "cli_nobody", "sub": "cli_nobody"}, "a NUL": {"iss": "cli\0x"}, "a query": {"iss": "' OR 1=1 --"},
}  # fmt: skip


@pytest.mark.attack("T14", "T9")
@pytest.mark.parametrize("name", NAMES)
def test_an_assertion_of_somebody_else_proves_nothing(clients: dict[str, SigningClient], name: str) -> None:
    client = clients["modern"]
    is_unproved(client.send(assertion=client.assertion(**NAMES[name])))


TYPS: list[object] = [
    "at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "secevent+jwt", "id_token", "", "JWT2", 1, [], {},
]  # fmt: skip


@pytest.mark.attack("T14", "J10")
@pytest.mark.parametrize(
    "typ",
    ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "secevent+jwt", "id_token", "", "JWT2", 1, [], {}],
)
def test_another_kind_of_jwt_is_no_assertion(clients: dict[str, SigningClient], typ: object) -> None:
    client = clients["modern"]
    is_unproved(client.send(assertion=client.signer.jwt(client.claims(), typ=typ)))


@pytest.mark.honest("T9", "T11", "T13", "T14")
@pytest.mark.parametrize("profile", PROFILES)
def test_a_right_assertion_proves_its_client(clients: dict[str, SigningClient], profile: str) -> None:
    assert clients[profile].send().status == 200


PLACES: list[object] = [
    "", "x", 1, ["x"], None, ISSUER, f"{ISSUER}/introspect", f"{ISSUER}/token/", f"{ISSUER}/tokenx", "/t/aoba/token",
    "http://id.example/t/aoba/token", "https://evil.example/t/aoba/token", "https://id.example/t/midori/token",
    "https://id.example:8443/t/aoba/token", "https://user@id.example/t/aoba/token", "https://id.example/T/aoba/token",
    "https://[::1", "https://id.example.evil.example/t/aoba/token", "https://id.example/t/aoba/../aoba/token",
]  # fmt: skip
PROOFS: dict[str, Callable[[int], dict[str, Any]]] = {
    **{f"htu {place!r}": lambda _, place=place: {"htu": place} for place in PLACES},
    **{f"htm {htm!r}": lambda _, htm=htm: {"htm": htm} for htm in ("PUT", "post", "GET", "", ["POST"], 1, None)},
    **{f"iat {off:+}": lambda at, off=off: {"iat": at + off} for off in (-3600, -61, 61, 3600, 2**62, 0.5)},
    **{f"iat {iat!r}": lambda _, iat=iat: {"iat": iat} for iat in (None, "1", True, [1], 0, -1)},
    **{f"jti {str(jti)[:9]!r}": lambda _, jti=jti: {"jti": jti} for jti in (None, "", 1, ["a"], "x" * 257, {})},
}


@pytest.fixture(scope="module")
def holder(ours: Signing, clients: dict[str, SigningClient]) -> Holder:
    made = Holder(ours.provider)
    made.token(clients["modern"])
    return made


@pytest.mark.attack("T20")
@pytest.mark.parametrize("name", PROOFS)
def test_a_proof_of_something_else_binds_no_token(clients: dict[str, SigningClient], holder: Holder, name: str) -> None:
    client = clients["modern"]
    answer = holder.token(client, holder.proof("POST", "token", **PROOFS[name](now(client))))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_dpop_proof")


@pytest.fixture(scope="module")
def bound(clients: dict[str, SigningClient], holder: Holder) -> str:
    return str(of_person(holder, clients["modern"])["access_token"])


HASHES = {"of nothing": b64(bytes(32)), "empty": "", "a number": 1, "none": None, "the token": "x.y.z", "a list": ["x"]}


@pytest.mark.attack("T20")
@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proof_for_another_token_opens_nothing(holder: Holder, bound: str, name: str, method: str) -> None:
    answer = holder.userinfo(bound, holder.proof(method, "userinfo", bound, ath=HASHES[name]), method=method)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_dpop_proof")


@pytest.mark.attack("T20")
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Basic", "DPoP,", "Token", "dpop+jwt"])
def test_a_bound_token_is_carried_by_no_other_name(holder: Holder, bound: str, scheme: str) -> None:
    for proof in (None, ""):
        assert holder.userinfo(bound, proof, scheme=scheme).status == 401


@pytest.mark.honest("T20")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_whoever_holds_the_key_uses_the_token(holder: Holder, bound: str, method: str) -> None:
    assert holder.userinfo(bound, method=method).status == 200
