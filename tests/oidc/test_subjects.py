"""People under an identifier of their client's own sector (OpenID Connect Core 8)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tests.support.desk import Desk
from tests.support.in_process import Answer
from tests.support.outside import answer, outside
from tests.support.party import Party, claims
from tests.support.provider import Provider, Source

from idp import federation, tenants
from idp.federation import Sector
from idp.kit.egress import Allowed, Egress
from idp.kit.errors import Invalid
from idp.tenants import Switches

CALLBACK = "https://one.example/cb"
SECTOR = "https://sector.example/uris.json"


def registered(
    provider: Provider, *, slug: str = "aoba", sector: Sector | None = None, consent: str = "none", **oidc: Any
) -> Party:
    document = {
        "name": "pair",
        "protocol": "oidc",
        "assignment_required": False,
        "consent": consent,
        "oidc": {
            "subject_type": "pairwise",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            **oidc,
        },
    }
    with provider.open(slug) as unit:
        made = federation.create(unit, federation.read(document, production=False), sector=sector)
    return Party(provider.first, slug, federation.to_json(made))


@pytest.fixture(scope="module")
def there(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with source.provider(tmp_path_factory.mktemp("subjects")) as made:
        yield made


def subject(provider: Provider, party: Party) -> str:
    found: str = claims(party.tokens(provider.browser(), scope="openid")["id_token"])["sub"]
    return found


@pytest.mark.meets("I1")
def test_a_client_is_told_one_identifier_everywhere_and_no_other(provider: Provider) -> None:
    pair, browser = registered(provider), provider.browser()
    told = pair.tokens(browser, scope="openid email")
    sub = claims(told["id_token"])["sub"]
    assert sub != provider.user()
    assert pair.userinfo(told["access_token"]).json()["sub"] == sub
    assert pair.introspect(told["access_token"])["sub"] == sub
    assert pair.introspect(told["refresh_token"])["sub"] == sub
    assert claims(told["access_token"])["sub"] == sub
    later = pair.refresh(told["refresh_token"]).json()
    assert (claims(later["id_token"])["sub"], claims(later["access_token"])["sub"]) == (sub, sub)
    assert provider.user() not in json.dumps([claims(told["id_token"]), claims(told["access_token"])])
    assert claims(pair.tokens(browser)["id_token"])["sub"] == sub


@pytest.mark.honest("D6")
@pytest.mark.attack("D6")
def test_clients_of_one_host_know_the_same_person_others_another_and_tenants_share_nothing(alone: Provider) -> None:
    same = [registered(alone), registered(alone, redirect_uris=["https://one.example/other"])]
    other = registered(alone, redirect_uris=["https://two.example/cb"])
    elsewhere = registered(alone, slug="midori")
    first, second = (subject(alone, party) for party in same)
    assert first == second
    assert len({first, subject(alone, other), subject(alone, elsewhere), alone.user()}) == 4


@pytest.mark.meets("R5")
@pytest.mark.attack("D6")
def test_a_sector_is_joined_by_those_alone_whom_its_document_lists(alone: Provider) -> None:
    uris = [CALLBACK, "https://two.example/cb"]
    listed = Sector(SECTOR, frozenset([*uris, "https://three.example/"]))
    joined = registered(alone, redirect_uris=uris, sector_identifier_uri=SECTOR, sector=listed)
    for wrong in (None, Sector(SECTOR, frozenset([CALLBACK])), Sector("https://evil.example/", listed.listed)):
        with pytest.raises(Invalid):
            registered(alone, redirect_uris=uris, sector_identifier_uri=SECTOR, sector=wrong)
    with pytest.raises(Invalid):  # Core 8.1: several hosts, and nothing that says they belong together
        registered(alone, redirect_uris=uris)
    more = {"oidc": {"redirect_uris": [*uris, "https://four.example/cb"]}}
    with alone.open() as unit, pytest.raises(Invalid):
        federation.change(unit, joined.registered["id"], more, production=False, sector=listed)
    with alone.open() as unit:  # what nobody's document has a say in
        federation.change(unit, joined.registered["id"], {"name": "other"}, production=False)


VICTIM = "https://victim.example/cb"
CHANGES = {
    "another host": {"redirect_uris": [VICTIM]},
    "a document of another host": {"sector_identifier_uri": SECTOR},
    "no sector": {"subject_type": "public"},
}


@pytest.mark.attack("D6", "D4", "J10", "A21")
@pytest.mark.meets("I1")
@pytest.mark.parametrize("change", CHANGES)
def test_whoever_changes_its_sector_keeps_nothing_by_which_it_could_compare(there: Provider, change: str) -> None:
    pair, browser = registered(there, consent="required"), there.browser()
    told, code = pair.tokens(browser, scope="openid"), browser.code(pair, scope="openid")
    listed = Sector(SECTOR, frozenset([CALLBACK]))
    with patch.object(federation, "fetch_sector", lambda *_, **__: listed):
        answer = Desk.of(there).ask("PATCH", f"services/{pair.registered['id']}", {"oidc": CHANGES[change]})
    assert answer.status == 200, answer
    assert pair.userinfo(told["access_token"]).status == 401
    assert pair.refresh(told["refresh_token"]).json()["error"] == "invalid_grant"
    assert pair.redeem(code).json()["error"] == "invalid_grant"
    assert pair.introspect(told["access_token"]) == {"active": False}
    after = replace(pair, registered=answer.json() | {"oidc": pair.registered["oidc"] | CHANGES[change]})
    assert browser.get(after.address(prompt="none")).query["error"] == "consent_required"
    again = after.tokens(browser, scope="openid")
    assert claims(again["id_token"])["sub"] != claims(told["id_token"])["sub"]


@pytest.mark.honest("D6", "D4", "J10")
def test_whoever_stays_in_its_sector_keeps_what_it_was_given(there: Provider) -> None:
    pair, browser = registered(there, consent="required"), there.browser()
    told = pair.tokens(browser, scope="openid")
    change = {"redirect_uris": [CALLBACK, "https://one.example/other"], "client_name": "Pair"}
    assert Desk.of(there).ask("PATCH", f"services/{pair.registered['id']}", {"oidc": change}).status == 200
    sub = claims(told["id_token"])["sub"]
    assert pair.userinfo(told["access_token"]).json()["sub"] == sub
    assert claims(pair.refresh(told["refresh_token"]).json()["id_token"])["sub"] == sub
    assert "code" in browser.get(pair.address(prompt="none", scope="openid")).query


@pytest.mark.meets("R5")
def test_the_document_of_a_sector_is_an_array_of_addresses_at_its_own_address(tmp_path: Path) -> None:
    with outside(tmp_path) as there:
        client = Egress(allowed=Allowed.read(["127.0.0.0/8"]), extra_ca=there.ca, resolve=lambda *_: ["127.0.0.1"])
        there.pages["/uris"] = answer(json.dumps([CALLBACK]).encode())
        found = federation.fetch_sector(client, there.url("/uris"), tenant="tnt_1")
        assert found == Sector(there.url("/uris"), frozenset([CALLBACK]))
        for body in (b"{}", b"[1]", b'"x"', b"[", b"[" * 100_000):
            there.pages["/bad"] = answer(body)
            with pytest.raises(Invalid):
                federation.fetch_sector(client, there.url("/bad"), tenant="tnt_1")
        there.pages["/gone"] = answer(json.dumps([CALLBACK]).encode(), status=404)
        with pytest.raises(Invalid):
            federation.fetch_sector(client, there.url("/gone"), tenant="tnt_1")


@pytest.mark.meets("A10")
def test_a_hint_and_a_named_subject_mean_the_person_as_the_client_knows_them(alone: Provider) -> None:
    pair, browser = registered(alone), alone.browser()
    token = pair.tokens(browser)["id_token"]
    assert "code" in browser.get(pair.address(prompt="none", id_token_hint=token)).query
    mine, other = (
        json.dumps({"id_token": {"sub": {"value": value}}}) for value in (claims(token)["sub"], alone.user())
    )
    assert "code" in browser.get(pair.address(prompt="none", claims=mine)).query
    assert browser.get(pair.address(prompt="none", claims=other)).query["error"] == "login_required"


@pytest.mark.meets("R5")
@pytest.mark.attack("D2", "D4")
def test_a_client_that_registers_itself_joins_no_sector_unheard_and_names_no_claims_of_its_own(alone: Provider) -> None:
    with alone.open() as unit:
        tenants.switch(unit, Switches(dynamic_registration=True))
    uris = {"redirect_uris": [CALLBACK], "subject_type": "pairwise"}

    def register(**more: object) -> Answer:
        body = json.dumps({**uris, **more}).encode()
        return alone.first.call("POST", "/t/aoba/register", {"content-type": "application/json"}, body)

    made = register(claims=[{"claim": "x", "source": "roles"}])
    assert (made.status, made.json()["subject_type"]) == (201, "pairwise")
    assert "claims" not in made.json()
    for address in (
        "https://127.0.0.1/uris",
        "https://169.254.169.254/",
        "http://sector.example/",
        "https://x.invalid/",
    ):
        refused = register(sector_identifier_uri=address)
        assert (refused.status, refused.json()["error"]) == (400, "invalid_client_metadata")
