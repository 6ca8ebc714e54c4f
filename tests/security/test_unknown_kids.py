"""Names of keys that nobody has heard of, one after another: a client's keys are fetched once for all of them."""

import os
from collections.abc import Callable, Iterator

import pytest
from tests.oidc.test_client_assertions import is_unproved
from tests.support.in_process import FORM, Answer, Running, encoded
from tests.support.provider import Source
from tests.support.signed_requests import TYP, claims_of
from tests.support.signers import Signer
from tests.support.signing_clients import Signing, SigningClient, signing_provider

TIMES = int(os.environ.get("KIDS", "60"))  # `make faults` asks for ten thousand


@pytest.fixture(scope="module")
def ours(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signing]:
    with signing_provider(embedded, tmp_path_factory.mktemp("kids")) as made:
        yield made


Send = Callable[[SigningClient, str, Running], Answer]


def by_assertion(endpoint: str) -> Send:
    def send(client: SigningClient, kid: str, worker: Running) -> Answer:
        return client.send(endpoint, client.signer.jwt(client.claims(), kid=kid), worker=worker)

    return send


def by_request(client: SigningClient, kid: str, worker: Running) -> Answer:
    token = client.signer.jwt(claims_of(client.provider, client.provider.party(client.name)), typ=TYP, kid=kid)
    fields = {"client_id": client.client_id, "request": token}
    return worker.call("POST", "/t/aoba/authorize", {"content-type": FORM}, encoded(fields))


WAYS: dict[str, Send] = {
    **{endpoint: by_assertion(endpoint) for endpoint in ("token", "introspect", "revoke", "par")},
    "authorize": by_request,
}


@pytest.mark.attack("D8")
@pytest.mark.honest("D8")
@pytest.mark.parametrize("way", WAYS)
def test_unknown_names_of_keys_are_one_fetch_in_a_cooldown(ours: Signing, way: str) -> None:
    client = ours.publishing(f"popular-{way}", Signer(kid="known"))
    assert client.send().status == 200
    ours.provider.clock.advance(seconds=30)
    before = ours.fetches(client.name)
    for turn in range(TIMES):
        answer = WAYS[way](client, f"k{turn}", (ours.provider.first, ours.provider.second)[turn % 2])
        if way == "authorize":
            assert (answer.status, answer.location) == (400, "")
        else:
            is_unproved(answer)
    assert ours.fetches(client.name) == before + 1
    assert client.send().status == 200
