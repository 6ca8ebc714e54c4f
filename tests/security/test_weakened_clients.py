"""Each case of clients that sign, and of outbound calls, fails on a build without its defence."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NamedTuple

import pytest
from tests.support.filling import CALLBACK
from tests.support.in_process import Answer
from tests.support.party import VERIFIER
from tests.support.provider import Source
from tests.support.signers import Signer, without
from tests.support.signing_clients import Signing, SigningClient, signing_provider

from idp.kit.egress import Egress, Reason, Unreachable, reach
from idp.kit.errors import Invalid
from idp.oidc import assertions, dpop, replays
from idp.signing import foreign, foreign_keys
from idp.web import client_keys

pytestmark = pytest.mark.rewired

bearer = import_module("idp.oidc.bearer")  # the door's front has a function of this name


class Weakness(NamedTuple):
    place: Any
    name: str
    instead: Any
    case: Callable[[Signing], None]


@pytest.fixture(scope="module")
def ours(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    with signing_provider(embedded, tmp_path_factory.mktemp("weakened")) as made:
        yield made


def _client(ours: Signing) -> SigningClient:
    return ours.keyed(f"client {len(ours.provider.filled.services)}")


def an_assertion_again(ours: Signing) -> None:
    client = _client(ours)
    used = client.assertion()
    assert [client.send(assertion=used).status for _ in range(2)] == [200, 401]


def an_assertion_for_another_server(ours: Signing) -> None:
    client = _client(ours)
    assert client.send(assertion=client.assertion(aud="https://evil.example")).status == 401


def a_strangers_signature(ours: Signing) -> None:
    client = _client(ours)
    assert client.send(assertion=Signer().jwt(client.claims())).status == 401


def a_private_key_in_public(ours: Signing) -> None:
    signer = Signer()
    with pytest.raises(Invalid):
        ours.client("careless", signer, jwks={"keys": [{**signer.jwk, "d": "AAAA"}]})


def many_names_of_keys(ours: Signing) -> None:
    name = f"popular{len(ours.provider.filled.services)}"
    client = ours.publishing(name, Signer(kid="known"))
    for turn in range(10):
        client.send(assertion=client.signer.jwt(client.claims(), kid=f"k{turn}"))
    assert ours.fetches(name) == 1


def _proved(ours: Signing, client: SigningClient, signer: Signer, **changes: Any) -> Answer:
    now, uri = int(ours.provider.clock.now().timestamp()), f"{ours.provider.issuer()}/token"
    code = ours.provider.browser().code(ours.provider.party(client.name))

    def send(**more: Any) -> Answer:
        claims = {"jti": f"{code}{len(more)}", "htm": "POST", "htu": uri, "iat": now, **more}
        proof = signer.jwt(without(claims), typ="dpop+jwt", jwk=signer.jwk)
        own = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return client.send(headers={"dpop": proof}, grant_type="authorization_code", **own)

    return send(**{"nonce": send().headers.get("dpop-nonce"), **changes})


def a_bound_token_that_is_carried(ours: Signing) -> None:
    token = _proved(ours, _client(ours), Signer("ES256", None)).json()["access_token"]
    assert ours.provider.get("/t/aoba/userinfo", {"authorization": f"Bearer {token}"}).status == 401


def a_proof_for_another_place(ours: Signing) -> None:
    answer = _proved(ours, _client(ours), Signer("ES256", None), htu="https://evil.example/t/aoba/token")
    assert answer.json()["error"] == "invalid_dpop_proof"


def a_proof_made_beforehand(ours: Signing) -> None:
    assert _proved(ours, _client(ours), Signer("ES256", None), nonce="guessed").json()["error"] == "use_dpop_nonce"


def a_call_inside(ours: Signing) -> None:
    before = ours.there.connections
    with pytest.raises(Unreachable) as raised:
        Egress(extra_ca=ours.there.ca).fetch(ours.there.url(host="127.0.0.1"), tenant="ten_1")
    assert (raised.value.reason, ours.there.connections) == (Reason.FORBIDDEN, before)


class Everything:
    def __contains__(self, _: object) -> bool:
        return True


_inspect = bearer.inspect

WEAKNESSES = {
    "no memory of what was used": Weakness(replays, "use", lambda *_: True, an_assertion_again),
    "any audience": Weakness(assertions, "_audiences", lambda *_: Everything(), an_assertion_for_another_server),
    "any signature": Weakness(foreign, "_is_signed", lambda *_: True, a_strangers_signature),
    "any member of a key": Weakness(foreign_keys, "_PRIVATE", frozenset(), a_private_key_in_public),
    "no cooldown": Weakness(client_keys, "COOLDOWN", 0, many_names_of_keys),
    "tokens for whoever has them": Weakness(
        bearer, "inspect", lambda *given, **_: _inspect(*given, holder=bearer.ANYBODY), a_bound_token_that_is_carried
    ),
    "any place": Weakness(dpop, "_same_place", lambda *_: True, a_proof_for_another_place),
    "one nonce for ever": Weakness(dpop, "_nonce", lambda *_: "guessed", a_proof_made_beforehand),
    "any address": Weakness(reach, "is_special", lambda _: False, a_call_inside),
}


@pytest.mark.parametrize("name", WEAKNESSES)
def test_a_build_without_its_defence_is_found_out(ours: Signing, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    weakness = WEAKNESSES[name]
    monkeypatch.setattr(weakness.place, weakness.name, weakness.instead)
    with pytest.raises((AssertionError, KeyError, pytest.fail.Exception)):
        weakness.case(ours)


@pytest.mark.parametrize("name", WEAKNESSES)
def test_and_with_it_the_case_passes(ours: Signing, name: str) -> None:
    WEAKNESSES[name].case(ours)
