"""npm openid-client, unmodified, against a running installation: every step a relying party takes with it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext
from tests.clients.relying_party import Failed, RelyingParty, relying_party
from tests.support.callback import Callback
from tests.support.installation import Installation
from tests.support.signed_requests import Key
from tests.support.walk import walk

SCOPE = "openid profile email offline_access"


@dataclass(frozen=True)
class Client:
    """A registered client in the library's hands."""

    party: RelyingParty
    client_id: str
    redirect_uri: str
    after_logout: str

    def sign_in(self, person: BrowserContext, **more: str) -> dict[str, Any]:
        """The token response of a whole sign-in, with the ID token's claims as the library has accepted them."""
        begun = self.party.ask("begin", redirect_uri=self.redirect_uri, scope=SCOPE, **more)
        callback, _ = walk(person.new_page(), begun["url"], until=self.redirect_uri)
        tokens = self.party.ask("finish", callback=callback)
        assert tokens["claims"]["nonce"] == begun["nonce"]
        return tokens


Register = Callable[..., Client]


@pytest.fixture
def register(installation: Installation, service: Callback) -> Iterator[Register]:
    """Registers a client with the authentication method named, and hands it to a library of its own."""
    with ExitStack() as parties:

        def build(method: str, *, key: Key | None = None, **metadata: Any) -> Client:
            signs = {} if key is None else {"key": key.private_jwk()}
            grants = ["authorization_code", "refresh_token"]
            registered = installation.add_service(
                f"openid-client with {method}",
                redirect_uris=[f"{service.url}/callback"],
                post_logout_redirect_uris=[f"{service.url}/goodbye"],
                grant_types=grants if method == "none" else [*grants, "client_credentials"],
                response_types=["code"],
                token_endpoint_auth_method=method,
                scope=SCOPE,
                **metadata,
            )
            party = parties.enter_context(relying_party(installation.issuer, registered, **signs))
            return Client(party, registered["client_id"], f"{service.url}/callback", f"{service.url}/goodbye")

        yield build


METHODS = pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
CONFIDENTIAL = pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])


@METHODS
def test_a_person_signs_in_and_the_service_learns_who(
    method: str, register: Register, person: BrowserContext, installation: Installation
) -> None:
    client = register(method)
    tokens = client.sign_in(person)
    assert tokens["token_type"].lower() == "bearer"
    claims = tokens["claims"]
    assert claims["iss"] == installation.issuer
    assert claims["aud"] in (client.client_id, [client.client_id])
    about = client.party.ask("userinfo", access_token=tokens["access_token"], sub=claims["sub"])
    assert about["email"] == "taro@aoba.example"
    assert about["name"]


@pytest.mark.parametrize(
    ("by", "rules"),
    [
        ("pushed", {"require_pushed_authorization_requests": True}),
        ("signed", {"require_signed_request_object": True}),
        (
            "signed and pushed",
            {"require_pushed_authorization_requests": True, "require_signed_request_object": True},
        ),
    ],
)
def test_a_request_is_handed_in_as_its_client_has_to(
    by: str, rules: dict[str, bool], register: Register, person: BrowserContext
) -> None:
    key = Key.make("ES256")
    client = register("client_secret_basic", jwks={"keys": [key.jwk()]}, **rules)
    signer = {"key": key.private_jwk()} if "signed" in by else {}
    begun = client.party.ask("begin", redirect_uri=client.redirect_uri, scope=SCOPE, by=by, **signer)
    names = parse_qs(urlsplit(begun["url"]).query).keys()
    assert names == {"client_id", "request" if by == "signed" else "request_uri"}
    callback, _ = walk(person.new_page(), begun["url"], until=client.redirect_uri)
    assert client.party.ask("finish", callback=callback)["claims"]["nonce"] == begun["nonce"]


def test_a_person_who_is_asked_for_consent_gives_it(register: Register, person: BrowserContext) -> None:
    client = register("client_secret_basic")
    begun = client.party.ask("begin", redirect_uri=client.redirect_uri, scope=SCOPE, prompt="consent")
    callback, done = walk(person.new_page(), begun["url"], until=client.redirect_uri)
    assert done == ["login-submit", "consent-allow"]
    assert client.party.ask("finish", callback=callback)["refresh_token"]


def test_a_person_with_a_session_is_signed_in_without_a_page(register: Register, person: BrowserContext) -> None:
    first, second = register("client_secret_basic"), register("none")
    before = first.sign_in(person, prompt="consent")
    begun = first.party.ask("begin", redirect_uri=first.redirect_uri, scope=SCOPE, prompt="none")
    callback, done = walk(person.new_page(), begun["url"], until=first.redirect_uri)
    assert done == []
    again = first.party.ask("finish", callback=callback)["claims"]
    assert again["sub"] == before["claims"]["sub"]
    assert second.sign_in(person)["claims"]["sub"] == before["claims"]["sub"]


@METHODS
def test_a_code_is_refused_to_who_has_another_verifier(method: str, register: Register, person: BrowserContext) -> None:
    client = register(method)
    begun = client.party.ask("begin", redirect_uri=client.redirect_uri, scope=SCOPE)
    callback, _ = walk(person.new_page(), begun["url"], until=client.redirect_uri)
    with pytest.raises(Failed) as failure:
        client.party.ask("finish", callback=callback, pkceCodeVerifier="w" * 43)
    assert failure.value.told["error"] == "invalid_grant"


@CONFIDENTIAL
def test_a_confidential_client_refreshes_and_keeps_its_refresh_token(
    method: str, register: Register, person: BrowserContext
) -> None:
    client = register(method)
    tokens = client.sign_in(person)
    for _ in range(2):
        fresh = client.party.ask("refresh", refresh_token=tokens["refresh_token"])
        assert fresh["access_token"] != tokens["access_token"]
        assert fresh.get("refresh_token", tokens["refresh_token"]) == tokens["refresh_token"]
        for claim in ("iss", "sub", "aud", "auth_time"):  # OpenID Connect Core 12.2
            assert fresh["claims"].get(claim) == tokens["claims"].get(claim)
        assert client.party.ask("userinfo", access_token=fresh["access_token"], sub=tokens["claims"]["sub"])


def test_a_public_client_gets_a_new_refresh_token_each_time(register: Register, person: BrowserContext) -> None:
    client = register("none")
    held = [client.sign_in(person)["refresh_token"]]
    for _ in range(3):
        held.append(client.party.ask("refresh", refresh_token=held[-1])["refresh_token"])
    assert len(set(held)) == 4


def test_a_replaced_refresh_token_ends_its_whole_family(register: Register, person: BrowserContext) -> None:
    client = register("none")
    first = client.sign_in(person)["refresh_token"]
    second = client.party.ask("refresh", refresh_token=first)["refresh_token"]
    for token in (first, second):
        with pytest.raises(Failed) as failure:
            client.party.ask("refresh", refresh_token=token)
        assert failure.value.told["error"] == "invalid_grant"


@CONFIDENTIAL
def test_introspection_tells_the_client_of_its_own_token(
    method: str, register: Register, person: BrowserContext, installation: Installation
) -> None:
    client = register(method)
    tokens = client.sign_in(person)
    told = client.party.ask("introspect", token=tokens["access_token"])
    assert told["active"] is True
    assert told["client_id"] == client.client_id
    assert told["sub"] == tokens["claims"]["sub"]
    assert told["iss"] == installation.issuer
    assert client.party.ask("introspect", token="made-up") == {"active": False}


def test_introspection_tells_other_clients_nothing(register: Register, person: BrowserContext) -> None:
    client, stranger = register("client_secret_basic"), register("client_secret_basic")
    tokens = client.sign_in(person)
    assert stranger.party.ask("introspect", token=tokens["access_token"]) == {"active": False}


@CONFIDENTIAL
def test_a_revoked_access_token_is_inactive_and_opens_nothing(
    method: str, register: Register, person: BrowserContext
) -> None:
    client = register(method)
    tokens = client.sign_in(person)
    client.party.ask("revoke", token=tokens["access_token"])
    assert client.party.ask("introspect", token=tokens["access_token"]) == {"active": False}
    with pytest.raises(Failed) as failure:
        client.party.ask("userinfo", access_token=tokens["access_token"], sub=tokens["claims"]["sub"])
    assert failure.value.told["status"] == 401


@METHODS
def test_a_revoked_refresh_token_ends_what_came_of_it(method: str, register: Register, person: BrowserContext) -> None:
    client = register(method)
    tokens = client.sign_in(person)
    client.party.ask("revoke", token=tokens["refresh_token"])
    with pytest.raises(Failed) as failure:
        client.party.ask("refresh", refresh_token=tokens["refresh_token"])
    assert failure.value.told["error"] == "invalid_grant"
    with pytest.raises(Failed) as failure:
        client.party.ask("userinfo", access_token=tokens["access_token"], sub=tokens["claims"]["sub"])
    assert failure.value.told["status"] == 401


def test_logout_returns_to_the_service_and_the_session_is_gone(register: Register, person: BrowserContext) -> None:
    client = register("client_secret_basic")
    tokens = client.sign_in(person)
    leaving = client.party.ask(
        "end_session",
        id_token_hint=tokens["id_token"],
        post_logout_redirect_uri=client.after_logout,
        state="see-you-again",
    )
    arrived, _ = walk(person.new_page(), leaving["url"], until=client.after_logout)
    assert parse_qs(urlsplit(arrived).query) == {"state": ["see-you-again"]}
    begun = client.party.ask("begin", redirect_uri=client.redirect_uri, scope="openid", prompt="none")
    callback, _ = walk(person.new_page(), begun["url"], until=client.redirect_uri)
    with pytest.raises(Failed) as failure:
        client.party.ask("finish", callback=callback)
    assert failure.value.told["error"] == "login_required"


@CONFIDENTIAL
def test_a_service_gets_a_token_for_itself(method: str, register: Register) -> None:
    client = register(method)
    first, second = (client.party.ask("client_credentials")["access_token"] for _ in range(2))
    assert first != second
    assert client.party.ask("introspect", token=first)["client_id"] == client.client_id


def test_a_public_client_gets_no_token_for_itself(register: Register) -> None:
    with pytest.raises(Failed) as failure:
        register("none").party.ask("client_credentials")
    assert failure.value.told["error"] in {"unauthorized_client", "invalid_client"}


@pytest.mark.meets("T1")
def test_a_client_that_signs_who_it_is_goes_all_the_way(register: Register, person: BrowserContext) -> None:
    """private_key_jwt: a code, a refresh, userinfo, introspection, a token of its own, revocation."""
    key = Key.make("ES256")
    client = register("private_key_jwt", key=key, jwks={"keys": [key.jwk()]})
    tokens = client.sign_in(person)
    fresh = client.party.ask("refresh", refresh_token=tokens["refresh_token"])
    assert client.party.ask("userinfo", access_token=fresh["access_token"], sub=tokens["claims"]["sub"])["email"]
    assert client.party.ask("introspect", token=fresh["access_token"])["active"] is True
    own = client.party.ask("client_credentials")["access_token"]
    assert client.party.ask("introspect", token=own)["client_id"] == client.client_id
    client.party.ask("revoke", token=fresh["access_token"])
    assert client.party.ask("introspect", token=fresh["access_token"]) == {"active": False}


@pytest.mark.attack("T9")
def test_a_client_that_signs_by_a_key_of_nobodys_gets_nothing(register: Register) -> None:
    registered, stolen = Key.make("ES256"), Key.make("ES256")
    with pytest.raises(Failed) as failure:
        register("private_key_jwt", key=stolen, jwks={"keys": [registered.jwk()]}).party.ask("client_credentials")
    assert failure.value.told["status"] == 401
