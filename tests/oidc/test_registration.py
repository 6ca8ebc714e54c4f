"""Clients that register themselves (RFC 7591, RFC 7592, OpenID Connect Registration 1.0)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from tests.support.desk import Desk
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import Answer
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider, Source
from tests.support.sign_in import Form

from idp import contracts, credentials, federation, main, tenants
from idp.credentials import EVERYTHING, STRICT, KeyScope
from idp.tenants import Switches

METADATA = {
    "client_name": "Aoba Notes",
    "redirect_uris": [CALLBACK],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "contacts": ["admin@rp.example"],
    "logo_uri": "https://rp.example/logo.png",
    "policy_uri": "https://rp.example/policy",
    "tos_uri": "https://rp.example/terms",
    "initiate_login_uri": "https://rp.example/begin",
    "post_logout_redirect_uris": ["https://rp.example/goodbye"],
    "token_endpoint_auth_method": "client_secret_post",
    "id_token_signed_response_alg": "ES256",
    "software_id": "notes",
}
ISSUER = f"{BASE_URL}/t/aoba"
Document = Mapping[str, object]


class Registrar(NamedTuple):
    """Somebody who registers a client, from the address of their choice."""

    provider: Provider

    def send(self, method: str, target: str, token: str | None, body: bytes = b"") -> Answer:
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        return self.provider.first.call(method, target, headers, body)

    def register(self, document: Document, token: str | None = None, *, slug: str = "aoba") -> Answer:
        return self.send("POST", f"/t/{slug}/register", token, json.dumps(document).encode())

    def registered(self, **changes: object) -> dict[str, Any]:
        answer = self.register({**METADATA, **changes})
        assert answer.status == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def manage(self, method: str, told: Document, document: Document | None = None, **instead: str | None) -> Answer:
        target = str(instead.get("target", told["registration_client_uri"])).removeprefix(BASE_URL)
        token = instead.get("token", str(told["registration_access_token"]))
        return self.send(method, target, token, b"" if document is None else json.dumps(document).encode())


def switch(provider: Provider, **on: bool) -> None:
    with provider.open() as unit:
        tenants.switch(unit, Switches(**on))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def open_to_all(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrar]:
    with embedded.provider(tmp_path_factory.mktemp("open")) as provider:
        switch(provider, dynamic_registration=True)
        yield Registrar(provider)


@pytest.fixture(scope="module")
def there(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrar]:
    with source.provider(tmp_path_factory.mktemp("there")) as provider:
        switch(provider, dynamic_registration=True)
        yield Registrar(provider)


@pytest.fixture
def open_alone(alone: Provider) -> Registrar:
    switch(alone, dynamic_registration=True)
    return Registrar(alone)


def error(answer: Answer) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    return answer.status, answer.json()["error"]


@pytest.mark.parametrize("member", ["id_token_signed_response_alg", "authorization_signed_response_alg"])
def test_the_keys_that_a_client_will_verify_by_are_there_when_it_has_registered(
    open_to_all: Registrar, member: str
) -> None:
    """Discovery 1.0, 3: it fetches them next, and perhaps not again before its first token."""
    alg = "PS256" if member.startswith("id_token") else "EdDSA"

    def published() -> set[str]:
        return {key["alg"] for key in open_to_all.provider.get("/t/aoba/jwks").json()["keys"]}

    assert alg not in published()
    told = open_to_all.registered()
    assert alg not in published()
    assert open_to_all.manage("PUT", told, {**METADATA, "client_id": told["client_id"], member: alg}).status == 200
    assert alg in published()


@pytest.mark.honest("D1", "D3", "D4", "D5", "D7", "J12")
@pytest.mark.meets("R1", "R2", "R3")
def test_a_client_registers_and_is_told_what_was_registered(provider: Provider) -> None:
    switch(provider, dynamic_registration=True)
    answer = Registrar(provider).register(METADATA)
    told = answer.json()
    assert (answer.status, answer.headers["content-type"]) == (201, "application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert {name: told[name] for name in METADATA} == METADATA
    assert told["client_secret_expires_at"] == 0
    assert told["client_id_issued_at"] == provider.clock.now_us() // 1_000_000
    assert told["registration_client_uri"].startswith(f"{ISSUER}/register?")
    again = Registrar(provider).manage("GET", told)
    assert again.status == 200
    assert again.json() == {name: value for name, value in told.items() if name != "client_secret"}
    assert Registrar(provider).manage("DELETE", told).status == 204
    assert error(Registrar(provider).manage("GET", told)) == (401, "invalid_token")


def test_what_it_leaves_out_takes_the_defaults_of_the_standard(open_to_all: Registrar) -> None:
    told = open_to_all.register({"redirect_uris": [CALLBACK]}).json()
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert (told["grant_types"], told["response_types"]) == (["authorization_code"], ["code"])
    assert (told["application_type"], told["subject_type"]) == ("web", "public")
    assert told["id_token_signed_response_alg"] == "RS256"


@pytest.mark.attack("A21")
def test_people_sign_in_to_it_and_are_always_asked_first(open_to_all: Registrar) -> None:
    provider = open_to_all.provider
    told = open_to_all.registered()
    party = _party(provider, told)
    answer = _signed_in(provider, party)
    assert claims(answer["id_token"])["aud"] == told["client_id"]
    silent = provider.browser().get(party.address(prompt="none"))
    assert silent.query["error"] == "login_required"


@pytest.mark.attack("D1")
def test_off_means_that_it_is_not_there(alone: Provider) -> None:
    registrar = Registrar(alone)
    found = alone.get("/t/aoba/.well-known/openid-configuration").json()
    assert "registration_endpoint" not in found
    assert registrar.register(METADATA).status == 404
    switch(alone, dynamic_registration=True)
    found = alone.get("/t/aoba/.well-known/openid-configuration").json()
    assert found["registration_endpoint"] == f"{ISSUER}/register"
    told = registrar.registered()
    switch(alone)
    assert registrar.manage("GET", told).status == 404
    assert registrar.register(METADATA, slug="midori").status == 404


@pytest.mark.attack("D1")
def test_nobody_registers_under_a_suspended_contract(open_alone: Registrar) -> None:
    provider, open_to_all = open_alone.provider, open_alone
    provider.suspend()
    refused = open_to_all.register(METADATA)
    assert error(refused) == (403, "access_denied")
    assert refused.json()["error_description"] == "contract_suspended"
    provider.resume()
    assert open_to_all.register(METADATA).status == 201
    with provider.platform() as unit:
        contracts.terminate(unit, provider.contract(), reason="breach")
    assert open_to_all.register(METADATA).status in {403, 404}


@pytest.mark.attack("D4")
@pytest.mark.meets("R4")
@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"redirect_uris": [f"{CALLBACK}#here"]}, "invalid_redirect_uri", "redirect_uris/0"),
        ({"redirect_uris": ["http://rp.example/cb"]}, "invalid_redirect_uri", "redirect_uris/0"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri", "redirect_uris/0"),
        ({"redirect_uris": []}, "invalid_redirect_uri", "redirect_uris"),
        ({"redirect_uris": "https://rp.example/cb"}, "invalid_redirect_uri", "redirect_uris"),
        ({"initiate_login_uri": "http://rp.example/begin"}, "invalid_client_metadata", "initiate_login_uri"),
        ({"initiate_login_uri": "http://127.0.0.1:8443/begin"}, "invalid_client_metadata", "initiate_login_uri"),
        ({"sector_identifier_uri": "https://127.0.0.1:9/uris"}, "invalid_client_metadata", "sector_identifier_uri: "),
        ({"logo_uri": "data:image/png;base64,AA"}, "invalid_client_metadata", "logo_uri"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "invalid_client_metadata", "token_endpoint_auth_method"),
        ({"grant_types": ["password"]}, "invalid_client_metadata", "grant_types"),
        ({"grant_types": ["authorization_code", "client_credentials"]}, "invalid_client_metadata", "grant_types"),
        ({"response_types": ["id_token"], "grant_types": ["implicit"]}, "invalid_client_metadata", "response_types"),
        ({"response_types": ["id_token"]}, "invalid_client_metadata", "response_types"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata", "id_token_signed_response_alg"),
        ({"client_name": "Evil\u202ename"}, "invalid_client_metadata", "client_name"),
        ({"client_name": "n" * 10_000}, "invalid_client_metadata", "client_name"),
        ({"contacts": ["nobody"]}, "invalid_client_metadata", "contacts"),
    ],
)
def test_metadata_that_cannot_be_are_refused_by_name(
    open_to_all: Registrar, changes: dict[str, object], code: str, named: str
) -> None:
    refused = open_to_all.register({**METADATA, **changes})
    assert error(refused) == (400, code)
    assert refused.json()["error_description"].startswith(named)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"a":1,"a":2}', b"[" * 10_000, b'"x"', b"\xff"])
def test_a_body_that_is_no_document_is_refused(open_to_all: Registrar, body: bytes) -> None:
    assert error(open_to_all.send("POST", "/t/aoba/register", None, body)) == (400, "invalid_client_metadata")


@pytest.mark.attack("D4")
@pytest.mark.parametrize(
    "more",
    [
        {"trusted": True},
        {"scope": "admin"},
        {"scope": "openid admin email"},
        {"skip_consent": True},
        {"consent": "none"},
        {"tenant_id": "tnt_other"},
        {"client_id": "cli_mine"},
        {"client_secret": "s" * 40},
        {"client_secret_expires_at": -1},
        {"introspection": True},
        {"resources": ["https://api.aoba.example/"]},
        {"access_token_lifetime": 3_600},
        {"verification_status": "verified"},
        {"assignment_required": False, "status": "enabled"},
        {"registration_access_token": "rat_x"},
        {"unknown_member": {"deep": [1, 2, 3]}},
    ],
)
def test_what_strangers_may_not_decide_is_ignored(open_to_all: Registrar, more: dict[str, object]) -> None:
    told = open_to_all.registered(**more)
    provider = open_to_all.provider
    with provider.open() as unit:
        service = federation.find_by_client_id(unit, told["client_id"])
    assert service is not None
    assert service.oidc is not None
    assert service.consent_required
    assert not service.oidc.introspection
    assert (service.oidc.resources, service.oidc.access_token_lifetime) == (frozenset(), 300)
    assert service.verification_status is federation.VerificationStatus.UNVERIFIED
    assert told["client_id"] != "cli_mine"
    assert told["client_secret"] != "s" * 40
    assert told["client_secret_expires_at"] == 0
    assert "admin" not in told["scope"].split()


@pytest.mark.honest("D3")
@pytest.mark.attack("D3")
def test_a_registration_is_its_own_clients_alone(open_to_all: Registrar) -> None:
    mine, other = open_to_all.registered(), open_to_all.registered(client_name="Other")
    theirs = {"target": other["registration_client_uri"]}
    wanted = error(open_to_all.manage("GET", mine, token="rat_nothing"))
    assert wanted == (401, "invalid_token")
    for method in ("GET", "PUT", "DELETE"):
        document = {**METADATA, "client_id": other["client_id"]}
        answers = [
            open_to_all.manage(method, mine, document, **theirs),
            open_to_all.manage(method, mine, document, token=None),
            open_to_all.manage(method, mine, document, token=str(mine["client_secret"])),
            open_to_all.manage(method, mine, document, target=f"{ISSUER}/register?client_id=cli_{'0' * 32}"),
            open_to_all.manage(method, mine, document, target=f"{ISSUER}/register"),
        ]
        assert {error(answer) for answer in answers} == {wanted}
        assert len({answer.text for answer in answers}) == 1
    with open_to_all.provider.open("midori") as unit:
        tenants.switch(unit, Switches(dynamic_registration=True))
    abroad = str(mine["registration_client_uri"]).replace("/t/aoba/", "/t/midori/")
    assert error(open_to_all.manage("GET", mine, target=abroad)) == wanted
    assert open_to_all.manage("GET", other).status == 200


def test_a_client_replaces_its_metadata_and_keeps_its_secret(open_to_all: Registrar) -> None:
    told = open_to_all.registered()
    provider = open_to_all.provider
    with provider.open() as unit:
        service = federation.find_by_client_id(unit, told["client_id"])
        assert service is not None
        federation.change(unit, service.id, {"assignment_required": True}, production=False)
    document = {**METADATA, "client_id": told["client_id"], "client_name": "Aoba Notes 2", "contacts": None}
    changed = open_to_all.manage("PUT", told, document)
    assert changed.status == 200
    assert (changed.json()["client_name"], changed.json()["contacts"]) == ("Aoba Notes 2", [])
    assert "client_secret" not in changed.json()
    same = open_to_all.manage("PUT", told, {**document, "client_secret": told["client_secret"]})
    assert same.status == 200
    with provider.open() as unit:
        after = federation.get(unit, service.id)
    assert after.assignment_required
    assert after.secret_digests == service.secret_digests


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "cli_other"},
        {"client_id": None},
        {"client_secret": "of my own choice, 40 characters long ....."},
        {"redirect_uris": ["http://rp.example/"]},
    ],
)
def test_a_replacement_that_cannot_be_changes_nothing(open_to_all: Registrar, changes: dict[str, object]) -> None:
    told = open_to_all.registered()
    before = open_to_all.manage("GET", told).json()
    refused = open_to_all.manage("PUT", told, {**METADATA, "client_id": told["client_id"], **changes})
    assert refused.status == 400
    assert open_to_all.manage("GET", told).json() == before


@pytest.mark.honest("D9")
@pytest.mark.attack("D9")
def test_a_client_that_was_withdrawn_is_unknown_everywhere(open_to_all: Registrar) -> None:
    told = open_to_all.registered()
    provider = open_to_all.provider
    party = _party(provider, told)
    tokens = _signed_in(provider, party)
    issued = tokens["access_token"]
    assert provider.get("/t/aoba/userinfo", {"authorization": f"Bearer {issued}"}).status == 200
    assert open_to_all.manage("DELETE", told).status == 204
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_client"
    assert provider.get("/t/aoba/userinfo", {"authorization": f"Bearer {issued}"}).status == 401
    assert "unknown_service" in provider.get(party.address()).text
    with provider.open() as unit:
        assert federation.find_by_client_id(unit, told["client_id"]) is None


@pytest.mark.attack("D1")
def test_a_tenant_may_ask_for_a_token_of_its_own_first(alone: Provider) -> None:
    switch(alone, dynamic_registration=True, registration_token_required=True)
    registrar = Registrar(alone)
    assert error(registrar.register(METADATA)) == (401, "invalid_token")
    good, weak = _key(alone, "services:write"), _key(alone, "services:read")
    foreign = _key(alone, "services:write", slug="midori")
    for token in (weak, foreign, good[:-8] + "0" * 8, "nonsense", ""):
        refused = registrar.register(METADATA, token)
        assert error(refused) == (401, "invalid_token")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    assert registrar.register(METADATA, good).status == 201
    assert alone.events().count("client.registered_itself") == 1


def _key(provider: Provider, permission: str, *, slug: str = "aoba") -> str:
    draft = credentials.read_key({"name": "initial", "permissions": [permission]}, now_us=provider.clock.now_us())
    with provider.open(slug) as unit:
        return credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING).secret


@pytest.mark.honest("D1")
@pytest.mark.attack("D1")
def test_strangers_are_counted_by_address_and_tokens_are_not(alone: Provider) -> None:
    with patch.object(main, "WIDE", STRICT):
        _ = alone.first  # built under the patch
    switch(alone, dynamic_registration=True)
    registrar = Registrar(alone)
    answers = [registrar.register(METADATA) for _ in range(6)]
    assert [answer.status for answer in answers] == [201] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) > 60
    assert registrar.register(METADATA, _key(alone, "services:write")).status == 201


ANOTHER = {
    "host": {"redirect_uris": ["https://evil.example/cb"]},
    "one more host": {"redirect_uris": [CALLBACK, "https://evil.example/cb"]},
    "name": {"client_name": "Aoba Payroll"},
    "no name": {"client_name": None},
    "logo": {"logo_uri": "https://rp.example/another.png"},
    "policy": {"policy_uri": "https://rp.example/another"},
    "terms": {"tos_uri": None},
    "page": {"client_uri": "https://rp.example/"},
    "sector": {"subject_type": "pairwise"},
}
SAME = {
    "another path": {"redirect_uris": [CALLBACK, f"{CALLBACK}/other"]},
    "contacts": {"contacts": ["other@rp.example"]},
    "nothing": {},
}


@pytest.mark.attack("A21", "D4", "J10")
@pytest.mark.parametrize("change", ANOTHER)
def test_whoever_looks_otherwise_than_what_was_allowed_is_asked_about_anew(there: Registrar, change: str) -> None:
    told, party, browser, shown = _allowed(there)
    _replaced(there, told, ANOTHER[change])
    uri = {"redirect_uri": ANOTHER[change].get("redirect_uris", [CALLBACK])[0]}
    assert browser.get(party.address(prompt="none", **uri)).query["error"] == "consent_required"
    late = browser.press(shown, "consent-allow")  # of a page that showed what it was before
    assert "code" not in late.query
    assert browser.get(party.address(prompt="none", **uri)).query["error"] == "consent_required"
    assert "code" in browser.authorize(party, **uri).query
    assert "code" in browser.get(party.address(prompt="none", **uri)).query


@pytest.mark.honest("A21", "D4", "J10")
@pytest.mark.parametrize("change", SAME)
def test_whoever_looks_as_before_is_still_allowed(there: Registrar, change: str) -> None:
    told, party, browser, _ = _allowed(there)
    _replaced(there, told, SAME[change])
    assert "code" in browser.get(party.address(prompt="none")).query


@pytest.mark.attack("D6", "D4", "J10")
@pytest.mark.parametrize("change", [{"redirect_uris": ["https://victim.example/cb"]}, {"subject_type": "public"}])
def test_whoever_changes_its_own_sector_loses_what_it_was_given(there: Registrar, change: dict[str, object]) -> None:
    told, party, browser, _ = _allowed(there, subject_type="pairwise")
    tokens = party.tokens(browser)
    _replaced(there, told, {"subject_type": "pairwise", **change})
    assert party.userinfo(tokens["access_token"]).status == 401
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.honest("D6")
def test_a_service_that_an_administrator_registered_may_change_its_looks(there: Registrar) -> None:
    provider, browser = there.provider, there.provider.browser()
    asking = provider.party("asking")
    assert "code" in browser.authorize(asking).query
    change = {"oidc": {"client_name": "Other", "redirect_uris": [CALLBACK, "https://other.example/cb"]}}
    assert Desk.of(provider).ask("PATCH", f"services/{asking.registered['id']}", change).status == 200
    assert "code" in browser.get(asking.address(prompt="none")).query


def _allowed(registrar: Registrar, **more: object) -> tuple[dict[str, Any], Party, Browser, Form]:
    """A client, and a person who has allowed it, with the page before them on which they would do so again."""
    told = registrar.registered(**more)
    party, browser = _party(registrar.provider, told), registrar.provider.browser()
    assert "code" in browser.authorize(party).query
    page = browser.get(browser.get(party.address(prompt="consent")).location)
    return told, party, browser, browser.form(page, "consent-form")


def _replaced(registrar: Registrar, told: dict[str, Any], change: Mapping[str, object]) -> None:
    document = {**METADATA, "client_id": told["client_id"], **change}
    answer = registrar.manage("PUT", told, {name: value for name, value in document.items() if value is not None})
    assert answer.status == 200, answer


def _signed_in(provider: Provider, party: Party) -> dict[str, Any]:
    """The tokens, once the person has allowed it."""
    browser = provider.browser()
    page = browser.sign_in(browser.login_page(party))
    while page.location:
        page = browser.get(page.location)
    back = browser.follow(browser.press(browser.form(page, "consent-form"), "consent-allow"))
    tokens: dict[str, Any] = party.redeem(back.query["code"]).json()
    return tokens


def _party(provider: Provider, told: Mapping[str, Any]) -> Party:
    return replace(provider.party("web"), registered={"oidc": told})


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])
def test_a_document_of_another_kind_is_none(open_to_all: Registrar, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    body = json.dumps(METADATA).encode()
    answer = open_to_all.provider.first.call("POST", "/t/aoba/register", headers, body)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    named = {"content-type": "Application/JSON; charset=utf-8"}
    assert open_to_all.provider.first.call("POST", "/t/aoba/register", named, body).status == 201


def test_nothing_is_registered_by_the_query(open_to_all: Registrar) -> None:
    answer = open_to_all.send("POST", "/t/aoba/register?client_name=x", None, json.dumps(METADATA).encode())
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "uri", [ISSUER, f"{ISSUER}/callback", f"{ISSUER}?a=b", "https://ID.example/t/aoba/authorize", f"{ISSUER}/signin"]
)
def test_an_address_of_ours_is_no_clients(open_to_all: Registrar, uri: str) -> None:
    for name in ("redirect_uris", "post_logout_redirect_uris"):
        answer = open_to_all.register({**METADATA, name: [METADATA[name][0], uri]})  # type: ignore[index]
        assert answer.status == 400
        assert answer.json()["error"] in {"invalid_redirect_uri", "invalid_client_metadata"}
    assert open_to_all.registered(redirect_uris=["https://id.example.com/t/aoba/cb"])


def test_who_gives_up_the_secret_loses_what_was_issued_under_it(open_alone: Registrar) -> None:
    told = open_alone.registered(scope="openid offline_access")
    party = Party(open_alone.provider.first, "aoba", {"oidc": told})
    issued = party.tokens(open_alone.provider.browser(), scope="openid offline_access")
    fresh = {"client_id": told["client_id"]}
    assert open_alone.manage("PUT", told, {**METADATA, **fresh, "client_name": "Other"}).status == 200
    assert party.userinfo(issued["access_token"]).status == 200  # a name is not what proves
    bare = {**METADATA, **fresh, "token_endpoint_auth_method": "none"}
    changed = open_alone.manage("PUT", told, bare)
    assert changed.status == 200, changed.text
    public = Party(open_alone.provider.first, "aoba", {"oidc": changed.json()})
    assert public.refresh(issued["refresh_token"]).json()["error"] == "invalid_grant"
    assert public.userinfo(issued["access_token"]).status == 401
    again = public.tokens(open_alone.provider.browser(), scope="openid offline_access")
    assert public.userinfo(again["access_token"]).status == 200


def test_an_error_says_what_was_found_and_what_is_expected(open_to_all: Registrar) -> None:
    said = open_to_all.register({**METADATA, "application_type": "phone"}).json()["error_description"]
    assert said.startswith("application_type: ")
    assert "Found phone. Expected " in said
    assert "native" in said
