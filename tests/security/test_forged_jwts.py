"""A forged JWT at every place where one comes in: as a client's word, as a proof, as a request, as a token of ours.

Our own key signs as many of them as the client's does: a signature is not the only thing that is looked at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from tests.oidc.test_dpop import Holder, of_person
from tests.security.test_tokens import header
from tests.support.filling import BASE_URL, GOODBYE
from tests.support.forging import FORGERIES, Right
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import Browser, Party, claims
from tests.support.provider import Source
from tests.support.signed_requests import TYP, claims_of
from tests.support.signing_clients import Signing, SigningClient, signing_provider

from idp import signing
from idp.kit.egress import Egress
from idp.signing import KeyRing, Use


@dataclass
class Place:
    """Everybody who shows a JWT, and what they were given."""

    signing: Signing
    client: SigningClient
    party: Party
    holder: Holder
    bound: str
    told: dict[str, Any]
    person: Browser
    keys: signing.KeySet
    called: list[str]

    def ours(self, use: Use, token: str, *, exact: bool) -> Right:
        """By the tenant's own key."""
        key = self.keys.active[use, "ES256"]
        return Right(header(token), claims(token), key.public.jwk, key._signature, token if exact else "")

    def clients(self, claimed: dict[str, Any], **header: Any) -> Right:
        signer = self.client.signer
        return Right({"alg": "ES256", "kid": signer.kid, **header}, claimed, signer.jwk, signer.signature)

    def get(self, path: str, **headers: str) -> Answer:
        return self.signing.provider.get(path, headers)


@pytest.fixture(scope="module")
def place(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with signing_provider(embedded, tmp_path_factory.mktemp("forged")) as made:
        provider = made.provider
        client = made.keyed("signs", id_token_signed_response_alg="ES256", post_logout_redirect_uris=[GOODBYE])
        party, browser = provider.party("signs"), provider.browser()
        told = client.redeem(browser.code(party)).json()
        holder = Holder(provider)
        holder.token(client)
        with provider.open() as unit:
            keys = KeyRing().load(unit)
        bound = of_person(holder, client)["access_token"]
        called: list[str] = []
        with patch.object(Egress, "fetch", lambda _, url, **__: called.append(url)):
            yield Place(made, client, party, holder, bound, told, browser, keys, called)


class Entry(NamedTuple):
    """Where a JWT comes in. `right` makes one that `is_taken`; of a forged one that must be false, in good order."""

    right: Callable[[Place], Right]
    show: Callable[[Place, str], Answer]
    is_taken: Callable[[Answer], bool]
    refusals: tuple[tuple[int, str], ...]


def _assertion(place: Place) -> Right:
    return place.clients(place.client.claims())


def _request(place: Place) -> Right:
    return place.clients(claims_of(place.signing.provider, place.party), typ=TYP)


def _proof(method: str, endpoint: str, *, bound: bool) -> Callable[[Place], Right]:
    def right(place: Place) -> Right:
        holder = place.holder
        claimed = holder.claims(method, endpoint, place.bound if bound else None)
        return Right({"alg": "ES256", **holder.header()}, claimed, holder.signer.jwk, holder.signer.signature)

    return right


def _show_request(place: Place, token: str) -> Answer:
    fields = encoded({**place.party.asking(), "request": token})
    return place.signing.provider.first.call("POST", "/t/aoba/authorize", {"content-type": FORM}, fields)


def _show_to_logout(place: Place, token: str) -> Answer:
    fields = {"id_token_hint": token, "post_logout_redirect_uri": GOODBYE}
    return place.get(f"/t/aoba/end_session?{urlencode(fields)}")


def _hint_beside_session(place: Place, token: str) -> Answer:
    """Of the person who is signed in: silently nobody else gets on."""
    return place.person.get(place.party.address(prompt="none", id_token_hint=token))


def _in_a_field(token: str) -> str:
    """Its UTF-8 as the fields of a request carry bytes."""
    return token.encode().decode("latin-1")


def _succeeded(answer: Answer) -> bool:
    return answer.status in (200, 201)


_INVALID_CLIENT = ((401, "invalid_client"),)
_INVALID_OBJECT = ((303, "invalid_request_object"), (303, "request_not_supported"))

ENTRIES = {
    "an assertion for a token": Entry(
        _assertion, lambda place, token: place.client.send(assertion=token), _succeeded, _INVALID_CLIENT
    ),
    "an assertion beside a pushed request": Entry(
        _assertion,
        lambda place, token: place.client.send("par", token, **{**place.party.asking(), "token": None}),
        _succeeded,
        _INVALID_CLIENT,
    ),
    "a proof for a token": Entry(
        _proof("POST", "token", bound=False),
        lambda place, token: place.holder.token(place.client, _in_a_field(token)),
        _succeeded,
        ((400, "invalid_dpop_proof"),),
    ),
    "a proof beside a token": Entry(
        _proof("GET", "userinfo", bound=True),
        lambda place, token: place.holder.userinfo(place.bound, _in_a_field(token)),
        _succeeded,
        ((401, "invalid_dpop_proof"), (401, "invalid_token")),
    ),
    "a request": Entry(_request, _show_request, lambda answer: answer.location.startswith(BASE_URL), _INVALID_OBJECT),
    "a pushed request": Entry(
        _request,
        lambda place, token: place.client.send("par", request=token, token=None),
        _succeeded,
        tuple((400, error) for _, error in _INVALID_OBJECT),
    ),
    "a hint at sign-in": Entry(
        lambda place: place.ours(Use.ID_TOKEN, place.told["id_token"], exact=False),
        _hint_beside_session,
        lambda answer: "code=" in answer.location,
        ((303, "login_required"), (303, "invalid_request")),
    ),
    "a hint at sign-out": Entry(
        lambda place: place.ours(Use.ID_TOKEN, place.told["id_token"], exact=False),
        _show_to_logout,
        lambda answer: answer.location.startswith(GOODBYE),
        ((400, ""),),
    ),
    "an access token": Entry(
        lambda place: place.ours(Use.ACCESS_TOKEN, place.told["access_token"], exact=True),
        lambda place, token: place.get("/t/aoba/userinfo", authorization=f"Bearer {_in_a_field(token)}"),
        _succeeded,
        ((401, "invalid_token"),),
    ),
    "a token that is asked about": Entry(
        lambda place: place.ours(Use.ACCESS_TOKEN, place.told["access_token"], exact=True),
        lambda place, token: place.client.send("introspect", token=token),
        lambda answer: answer.json() != {"active": False},
        ((200, ""),),
    ),
}

# A proof brings its key along: by another key it is somebody else's, who has none of our tokens yet.
NO_FORGERY = {("a proof for a token", "a key of its own"), ("a proof for a token", "a key under the right name")}
ALSO = {
    "an assertion for a token": "T14",
    "an assertion beside a pushed request": "T14",
    "a proof for a token": "T20",
    "a proof beside a token": "T20",
    "a request": "A17",
    "a pushed request": "A17",
    "a hint at sign-in": "A22",
    "a hint at sign-out": "B8",
    "an access token": "T25",
    "a token that is asked about": "T24",
}
CASES = [
    pytest.param(entry, row, name, marks=pytest.mark.attack(row, ALSO[entry]), id=f"{entry}-{name}")
    for entry in ENTRIES
    for row, forged in FORGERIES.items()
    for name in forged
    if (entry, name) not in NO_FORGERY
]


def _error(answer: Answer) -> str:
    if answer.location:
        return answer.query.get("error", "")
    is_json = answer.headers.get("content-type") == "application/json"
    return str(answer.json().get("error", "")) if is_json else ""


@pytest.mark.parametrize(("entry", "row", "name"), CASES)
def test_a_forged_jwt_is_nothing_wherever_it_is_shown(place: Place, entry: str, row: str, name: str) -> None:
    where = ENTRIES[entry]
    answer = where.show(place, FORGERIES[row][name](where.right(place)))
    assert not where.is_taken(answer), answer
    assert (answer.status, _error(answer)) in where.refusals, answer
    assert place.called == []


@pytest.mark.honest(*FORGERIES)
@pytest.mark.parametrize("entry", ENTRIES)
def test_the_right_one_is_taken_there(place: Place, entry: str) -> None:
    where = ENTRIES[entry]
    answer = where.show(place, where.right(place).token)
    assert where.is_taken(answer), answer
