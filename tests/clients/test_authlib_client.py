"""Authlib's client, unmodified, against a running installation: every step a relying party takes with it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from authlib.integrations.base_client import OAuthError
from joserfc.errors import InvalidClaimError
from playwright.sync_api import BrowserContext
from tests.clients.authlib_party import Begun, Party
from tests.support.callback import Callback
from tests.support.installation import Installation
from tests.support.signed_requests import Key
from tests.support.walk import walk

SCOPE = "openid profile email offline_access"
Register = Callable[[str], Party]
METHODS = pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
CONFIDENTIAL = pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])


@pytest.fixture
def register(installation: Installation, service: Callback) -> Iterator[Register]:
    """Registers a client with the authentication method named, and hands it to the library."""

    def build(method: str) -> Party:
        grants = ["authorization_code", "refresh_token"]
        registered = installation.add_service(
            f"Authlib with {method}",
            redirect_uris=[f"{service.url}/callback"],
            post_logout_redirect_uris=[f"{service.url}/goodbye"],
            grant_types=grants if method == "none" else [*grants, "client_credentials"],
            response_types=["code"],
            token_endpoint_auth_method=method,
            scope=SCOPE,
        )
        party = Party(installation.issuer, registered, redirect_uri=f"{service.url}/callback", scope=SCOPE)
        return parties.enter_context(closing(party))

    with ExitStack() as parties:
        yield build


def sign_in(party: Party, person: BrowserContext, **more: str) -> dict[str, Any]:
    begun = party.begin(**more)
    callback, _ = walk(person.new_page(), begun.url, until=party.redirect_uri)
    return party.finish(begun, callback)


@METHODS
def test_a_person_signs_in_and_the_service_learns_who(
    method: str, register: Register, person: BrowserContext, installation: Installation
) -> None:
    party = register(method)
    assert party.metadata["issuer"] == installation.issuer
    tokens = sign_in(party, person)
    about = party.userinfo(tokens["access_token"]).json()
    assert about["sub"] == tokens["claims"]["sub"]
    assert about["email"] == "taro@aoba.example"


def test_an_id_token_for_another_nonce_is_not_accepted(register: Register, person: BrowserContext) -> None:
    party = register("client_secret_basic")
    tokens = sign_in(party, person)
    with pytest.raises(InvalidClaimError):
        party.accept(tokens, nonce="another")


@METHODS
def test_a_code_is_refused_to_who_has_another_verifier(method: str, register: Register, person: BrowserContext) -> None:
    party = register(method)
    begun = party.begin()
    callback, _ = walk(person.new_page(), begun.url, until=party.redirect_uri)
    with pytest.raises(OAuthError) as failure:
        party.finish(Begun(begun.url, begun.state, begun.nonce, "w" * 43), callback)
    assert failure.value.error == "invalid_grant"


@CONFIDENTIAL
def test_a_confidential_client_refreshes_and_keeps_its_refresh_token(
    method: str, register: Register, person: BrowserContext
) -> None:
    party = register(method)
    tokens = sign_in(party, person, prompt="consent")
    for _ in range(2):
        fresh = party.refresh(tokens["refresh_token"])
        assert fresh["refresh_token"] == tokens["refresh_token"]
        assert party.userinfo(fresh["access_token"]).status_code == 200
        assert party.accept(fresh, nonce=None)["sub"] == tokens["claims"]["sub"]


def test_a_public_client_gets_a_new_refresh_token_each_time(register: Register, person: BrowserContext) -> None:
    party = register("none")
    held = [sign_in(party, person, prompt="consent")["refresh_token"]]
    for _ in range(3):
        held.append(party.refresh(held[-1])["refresh_token"])
    assert len(set(held)) == 4


def test_a_replaced_refresh_token_ends_its_whole_family(register: Register, person: BrowserContext) -> None:
    party = register("none")
    first = sign_in(party, person, prompt="consent")["refresh_token"]
    second = party.refresh(first)["refresh_token"]
    for token in (first, second):
        with pytest.raises(OAuthError) as failure:
            party.refresh(token)
        assert failure.value.error == "invalid_grant"


@CONFIDENTIAL
def test_a_revoked_access_token_is_inactive_and_opens_nothing(
    method: str, register: Register, person: BrowserContext
) -> None:
    party = register(method)
    tokens = sign_in(party, person)
    told = party.introspect(tokens["access_token"])
    assert (told["active"], told["sub"]) == (True, tokens["claims"]["sub"])
    assert party.userinfo(tokens["access_token"]).status_code == 200
    assert party.revoke(tokens["access_token"]) == 200
    assert party.introspect(tokens["access_token"]) == {"active": False}
    assert party.userinfo(tokens["access_token"]).status_code == 401


@METHODS
def test_a_revoked_refresh_token_ends_what_came_of_it(method: str, register: Register, person: BrowserContext) -> None:
    party = register(method)
    tokens = sign_in(party, person)
    assert party.revoke(tokens["refresh_token"]) == 200
    with pytest.raises(OAuthError) as failure:
        party.refresh(tokens["refresh_token"])
    assert failure.value.error == "invalid_grant"
    assert party.userinfo(tokens["access_token"]).status_code == 401


def test_logout_returns_to_the_service_and_the_session_is_gone(
    register: Register, person: BrowserContext, service: Callback
) -> None:
    party = register("client_secret_basic")
    tokens = sign_in(party, person)
    goodbye = f"{service.url}/goodbye"
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": goodbye, "state": "see-you"}
    address = f"{party.metadata['end_session_endpoint']}?{urlencode(asked)}"
    arrived, _ = walk(person.new_page(), address, until=goodbye)
    assert parse_qs(urlsplit(arrived).query) == {"state": ["see-you"]}
    begun = party.begin(prompt="none")
    callback, _ = walk(person.new_page(), begun.url, until=party.redirect_uri)
    assert parse_qs(urlsplit(callback).query)["error"] == ["login_required"]


@CONFIDENTIAL
def test_a_service_gets_a_token_for_itself(method: str, register: Register) -> None:
    party = register(method)
    first, second = (party.token_for_itself()["access_token"] for _ in range(2))
    assert first != second
    assert party.introspect(first)["client_id"] == party.client_id


@pytest.mark.meets("T1")
@pytest.mark.attack("T11")
def test_a_client_that_signs_who_it_is_for_the_token_endpoint_is_one_of_an_older_profile(
    installation: Installation, service: Callback
) -> None:
    """Authlib makes its assertions out for the token endpoint (OpenID Connect Core 9), which today's rules refuse."""
    for profile, error in (("oidc", ""), ("modern", "invalid_client")):
        key = Key.make("RS256")
        registered = installation.add_service(
            f"Authlib that signs, {profile}",
            redirect_uris=[f"{service.url}/callback"],
            grant_types=["client_credentials"],
            token_endpoint_auth_method="private_key_jwt",
            security_profile=profile,
            jwks={"keys": [key.jwk()]},
        )
        party = Party(installation.issuer, registered, redirect_uri=service.url, scope="", key=key.private_pem())
        with closing(party):
            if error:
                with pytest.raises(OAuthError) as failure:
                    party.token_for_itself()
                assert failure.value.error == error
            else:
                assert party.token_for_itself()["access_token"]
