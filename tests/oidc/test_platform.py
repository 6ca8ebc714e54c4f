"""Operators sign in at the platform's own issuer, and use the API with what they get there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.filling import BASE_URL, CALLBACK, PASSWORD, person
from tests.support.in_process import Answer
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider

from idp import credentials, federation, tenants, users
from idp.credentials import EVERYTHING, KeyDraft, KeyScope

API = f"{BASE_URL}/api/v1"
SCOPE = "openid contracts:read contracts:write api_keys:write users:write"
PROGRAM = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "scope": f"{SCOPE} *:*"}
MACHINE = {"grant_types": ["client_credentials"], "redirect_uris": [], "scope": "contracts:read system:read"}


@dataclass
class Ours:
    provider: Provider
    parties: Mapping[str, Party]

    def ask(self, method: str, path: str, token: str, body: bytes = b"") -> Answer:
        headers = {"authorization": f"Bearer {token}"} | ({"content-type": "application/json"} if body else {})
        return self.provider.first.call(method, f"/api/v1{path}", headers, body)

    def status(self, token: str, path: str = "/contracts") -> int:
        return self.ask("GET", path, token).status

    def browser(self, name: str = "op") -> Browser:
        return Browser(self.provider.first, user=f"{name}@aoba.example")

    def token(self, name: str = "op", *, program: str = "program", scope: str = SCOPE) -> str:
        found: str = self.parties[program].tokens(self.browser(name), scope=scope)["access_token"]
        return found


@pytest.fixture
def ours(provider: Provider) -> Ours:
    parties = {}
    with provider.platform() as unit:
        person(unit, provider.filled, "op", roles=["admin"])
        person(unit, provider.filled, "reader")
        for name, oidc in (
            ("program", PROGRAM),
            ("opaque", PROGRAM | {"access_token_format": "opaque"}),
            ("machine", MACHINE),
            ("strong", MACHINE | {"scope": "*:*"}),
        ):
            document = {"name": name, "protocol": "oidc", "assignment_required": False, "oidc": oidc}
            made = federation.to_json(federation.create(unit, federation.read(document, production=False)))
            parties[name] = Party(provider.first, "-", made)
    return Ours(provider, parties)


def test_the_platform_has_an_issuer_that_no_tenant_can_have(ours: Ours) -> None:
    found = ours.provider.get("/t/-/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{BASE_URL}/t/-"
    assert found["token_endpoint"] == f"{BASE_URL}/t/-/token"
    assert ours.provider.get("/.well-known/oauth-authorization-server/t/-").status == 200
    for path in ("/t/--/jwks", "/t/-a/jwks", "/t/a-/jwks", "/t/platform/jwks"):
        assert ours.provider.get(path).status == 404


@pytest.mark.parametrize("program", ["program", "opaque"])
def test_an_operator_signs_in_with_a_password_and_uses_the_api(ours: Ours, program: str) -> None:
    token = ours.token(program=program)
    reply = ours.ask("GET", "/contracts", token)
    assert (reply.status, len(reply.json()["items"])) == (200, 2)
    assert ours.status(token, "/partners") == 403  # not among the scopes
    if program == "program":
        said = claims(token)
        assert (said["iss"], said["aud"], said["sub"]) == (f"{BASE_URL}/t/-", API, ours.provider.user("op"))
    contract = ours.provider.contract()
    held = ours.ask("POST", f"/contracts/{contract}/suspend", token, b'{"reason": "unpaid"}')
    assert held.status == 200
    rows = ours.ask("GET", f"/contracts/{contract}", token)
    assert rows.json()["status"] == "suspended"
    with ours.provider.open() as unit:
        actors = unit.lane.execute("SELECT actor FROM contract_changes WHERE event = 'suspended'", {}).fetchall()
    assert [row[0] for row in actors] == [ours.provider.user("op")]


def test_a_role_is_the_limit_of_what_scopes_can_give(ours: Ours) -> None:
    token = ours.token("reader", scope="openid *:*")
    assert ours.status(token) == 200
    contract = ours.provider.contract()
    refused = ours.ask("POST", f"/contracts/{contract}/suspend", token, b'{"reason": "unpaid"}')
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")


def test_a_machine_gets_its_token_by_its_own_credentials(ours: Ours) -> None:
    answer = ours.parties["machine"].credentials(scope="contracts:read")
    assert answer.status == 200
    token = answer.json()["access_token"]
    assert ours.status(token) == 200
    assert ours.status(token, "/system") == 403


def test_a_token_is_as_good_as_the_session_and_the_account_behind_it(ours: Ours) -> None:
    provider = ours.provider
    by_account, by_tenant = ours.token(), ours.parties["machine"].credentials(scope="contracts:read").json()
    browser = ours.browser()
    by_session = ours.parties["program"].tokens(browser, scope=SCOPE)["access_token"]
    assert [ours.status(token) for token in (by_account, by_session, by_tenant["access_token"])] == [200] * 3
    hint = ours.parties["program"].tokens(browser, scope=SCOPE)["id_token"]
    browser.get(f"/t/-/end_session?id_token_hint={hint}")
    assert (ours.status(by_session), ours.status(by_account)) == (401, 200)
    with provider.platform() as unit:
        users.disable(unit, provider.user("reader"))
        users.end_generation(unit, provider.user("op"))
    assert (ours.status(by_account), ours.status(by_tenant["access_token"])) == (401, 200)
    with provider.platform() as unit:
        tenants.end_generation(unit)
    assert ours.status(by_tenant["access_token"]) == 401


def test_a_token_lives_no_longer_than_it_says_and_not_after_its_revocation(ours: Ours) -> None:
    party = ours.parties["program"]
    revoked, expired = ours.token(), ours.token()
    party.post("revoke", token=revoked)
    assert (ours.status(revoked), ours.status(expired)) == (401, 200)
    ours.provider.clock.advance(seconds=299)
    assert ours.status(expired) == 200
    ours.provider.clock.advance(seconds=1)
    assert ours.status(expired) == 401


def test_no_other_token_opens_the_api(ours: Ours) -> None:
    """Of a tenant's issuer, of another kind, changed, or of no kind at all."""
    provider = ours.provider
    tenants_own = provider.party("web").tokens(provider.browser())
    tokens = ours.parties["program"].tokens(ours.browser(), scope=SCOPE)
    good = tokens["access_token"]
    head, body, signature = good.split(".")
    for token in (
        tenants_own["access_token"],
        tenants_own["id_token"],
        tenants_own["refresh_token"],
        tokens["id_token"],
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        good + "=",
        "",
        "ak_none",
        "at_none",
        "x" * 10_000,
    ):
        refused = ours.ask("GET", "/contracts", token)
        about = "https://id.example/.well-known/oauth-protected-resource/api/v1"
        assert refused.status == 401, token[:20]
        error = 'error="invalid_token", ' if token else ""  # nothing is said of nothing (RFC 6750 3.1)
        assert refused.headers["www-authenticate"] == f'Bearer {error}resource_metadata="{about}"'
    assert ours.status(good) == 200


def test_a_token_for_somebody_else_than_the_api_is_none_of_ours(ours: Ours) -> None:
    token = ours.token()
    with ours.provider.platform() as unit:
        changed = unit.lane.execute(
            "UPDATE access_tokens SET audience = 'https://other.example' WHERE tenant_id = 'platform'", {}
        )
        assert changed.rowcount == 1
    assert ours.status(token) == 401


def test_keys_made_with_a_token_are_the_accounts(ours: Ours) -> None:
    token = ours.token()
    made = ours.ask("POST", "/system/api-keys", token, b'{"name": "k", "permissions": ["contracts:read"]}')
    assert (made.status, made.json()["owner"]) == (201, ours.provider.user("op"))
    more = ours.ask("POST", "/system/api-keys", token, b'{"name": "k", "permissions": ["partners:read"]}')
    assert more.status == 403


def test_a_program_is_neither_of_two_persons_and_makes_no_keys_that_could_be(ours: Ours) -> None:
    """Whoever registers a program has its secret: with it they would be two."""
    ours.provider.settings = ours.provider.settings.model_copy(update={"two_person_acts": True})
    program = ours.parties["strong"].credentials(scope="*:*").json()["access_token"]
    person = ours.token(scope=f"{SCOPE} *:*")

    def ask(path: str, token: str, body: bytes) -> Answer:
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return ours.provider.second.call("POST", f"/api/v1{path}", headers, body)

    terminate, why = f"/contracts/{ours.provider.contract()}/terminate", b'{"reason": "unpaid"}'
    refused = ask(terminate, program, why)
    assert (refused.status, refused.json()["code"]) == (403, "operator_account_required")
    assert ask(terminate, person, why).status == 202
    for owner in (b"", b', "owner": "%s"' % ours.provider.user("op").encode()):
        made = ask("/system/api-keys", program, b'{"name": "k", "permissions": ["*:*"]%s}' % owner)
        assert (made.status, made.json()["code"]) == (403, "forbidden")
    within = ask("/tenants/aoba/api-keys", program, b'{"name": "k", "permissions": ["*:*"]}')
    assert (within.status, within.json()["code"]) == (403, "support_access_required")


def key(provider: Provider, *permissions: str) -> str:
    held = frozenset(found for text in permissions if (found := credentials.parse(text)))
    with provider.platform() as unit:
        draft = KeyDraft("k", held, None)
        return credentials.create_key(unit, draft, scope=KeyScope.OPERATOR, grantor=EVERYTHING).secret


def test_operators_make_accounts_and_clients_by_the_api(ours: Ours) -> None:
    everything = key(ours.provider, "*:*")
    account = b'{"user_name": "new@aoba.example", "display_name": "N", "affiliation": "employee", "password": "%s"}'
    made = ours.ask("POST", "/system/users", everything, account % PASSWORD.encode())
    assert made.status == 201
    assert made.headers["location"] == f"{API}/system/users/{made.json()['id']}"
    client = b'{"name": "C", "protocol": "oidc", "assignment_required": false, "oidc": {"redirect_uris": ["%s"],'
    client += b' "token_endpoint_auth_method": "none", "scope": "openid contracts:read"}}'
    registered = ours.ask("POST", "/system/services", everything, client % CALLBACK.encode())
    assert registered.status == 201
    party = Party(ours.provider.first, "-", registered.json())
    token = party.tokens(ours.browser("new"), scope="openid contracts:read")["access_token"]
    assert ours.status(token) == 200
    assert [item["user_name"] for item in ours.ask("GET", "/system/users", everything).json()["items"]] == [
        "op@aoba.example",
        "reader@aoba.example",
        "new@aoba.example",
    ]


def test_nobody_registers_or_takes_over_a_client_that_may_more_than_they(ours: Ours) -> None:
    weak = key(ours.provider, "services:write", "services:read", "contracts:read")
    client = b'{"name": "C", "protocol": "oidc", "oidc": {"redirect_uris": [], "grant_types": ["client_credentials"],'
    client += b' "scope": "%s"}}'
    assert ours.ask("POST", "/system/services", weak, client % b"contracts:read").status == 201
    for scope in (b"contracts:write", b"*:read", b"*:*", b"contracts:read users:write"):
        assert ours.ask("POST", "/system/services", weak, client % scope).status == 403
    stronger: Any = ours.parties["program"].registered["id"]
    for method, path, body in (
        ("PATCH", f"/system/services/{stronger}", b'{"oidc": {"redirect_uris": ["https://mine.example/cb"]}}'),
        ("POST", f"/system/services/{stronger}/secret", b""),
        ("DELETE", f"/system/services/{stronger}", b""),
    ):
        assert ours.ask(method, path, weak, body).status == 403
    assert ours.status(ours.token()) == 200


def test_our_own_people_are_under_no_contract_and_tenants_still_are(ours: Ours) -> None:
    with ours.provider.platform() as unit:
        for number in range(3):
            person(unit, ours.provider.filled, f"more{number}")
    ours.provider.suspend()
    assert ours.status(ours.token()) == 200
    assert ours.provider.party("web").credentials().status == 400
