"""The API by access tokens: of a tenant's issuer for its own people and programs, of ours for partners; bound to a key
or not. What they open is what the scopes name, as far as the person's roles allow it at this moment."""

import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.filling import BASE_URL, CALLBACK, cheaply_hashed, person
from tests.support.in_process import Answer
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider, Source
from tests.support.signers import Signer, b64

from idp import credentials, federation, partners, users
from idp.admin.app import ROUTES
from idp.credentials import EVERYTHING, KeyDraft, KeyScope

API = f"{BASE_URL}/api/v1"
SCOPE = "openid users:read users:write services:* roles:* api_keys:write contracts:read tenants:read system:read"
CONSOLE = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none", "scope": f"{SCOPE} *:*"}
MACHINE = {"grant_types": ["client_credentials"], "redirect_uris": [], "scope": "users:read api_keys:write"}
PERSON = b'{"user_name": "%s", "display_name": "N", "affiliation": "employee"}'


@dataclass
class There:
    provider: Provider
    parties: Mapping[str, Party]

    def ask(self, method: str, path: str, token: str, body: Any = None, **headers: str) -> Answer:
        fields = {"authorization": f"Bearer {token}", **headers}
        raw = b"" if body is None else json.dumps(body).encode()
        if raw:
            fields["content-type"] = "application/json"
        return self.provider.first.call(method, f"/api/v1{path}", fields, raw)

    def status(self, token: str, path: str = "/tenants/aoba/users") -> int:
        return self.ask("GET", path, token).status

    def token(self, name: str, party: str = "console", **changes: str | None) -> str:
        asked = {"scope": SCOPE, "resource": API, **changes}
        browser = Browser(self.provider.first, user=f"{name}@aoba.example")
        found: str = self.parties[party].tokens(browser, **asked)["access_token"]
        return found

    def give(self, name: str, role: str) -> None:
        with self.provider.open() as unit:
            credentials.roles.give(unit, KeyScope.TENANT, role, self.provider.user(name), granting=EVERYTHING)


@pytest.fixture(scope="module")
def there(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[There]:
    with source.provider(tmp_path_factory.mktemp("api-tokens")) as provider:
        parties = {}
        for slug, name, oidc in (
            ("aoba", "console", CONSOLE),
            ("aoba", "opaque console", CONSOLE | {"access_token_format": "opaque"}),
            ("aoba", "machine", MACHINE),
            ("midori", "their console", CONSOLE),
            ("-", "ours", CONSOLE),
        ):
            document = {"name": name, "protocol": "oidc", "assignment_required": False, "oidc": oidc}
            with provider.platform() if slug == "-" else provider.open(slug) as unit:
                made = federation.to_json(federation.create(unit, federation.read(document, production=False)))
            parties[name] = Party(provider.first, slug, made)
        with provider.open() as unit:
            person(unit, provider.filled, "boss", roles=["admin"])
            for name in ("desk", "plain", "leaver"):
                person(unit, provider.filled, name)
        yield There(provider, parties)


def test_an_administrator_signs_in_and_administers_their_tenant(there: There) -> None:
    token = there.token("boss")
    said = claims(token)
    assert (said["iss"], said["aud"]) == (there.provider.issuer(), API)
    assert there.status(token) == 200
    made = there.ask("POST", "/tenants/aoba/users", token, {**json.loads(PERSON % b"made"), "roles": ["member"]})
    assert made.status == 201
    with there.provider.open() as unit:
        rows = unit.lane.execute("SELECT actor_kind, actor_id FROM audit_entries WHERE event = 'user.created'", {})
        assert ("tenant", there.provider.user("boss")) in [tuple(row) for row in rows.fetchall()]
    assert [item["slug"] for item in there.ask("GET", "/tenants", token).json()["items"]] == ["aoba"]
    assert there.status(token, "/tenants/midori/users") == 404
    assert there.status(token, "/system") == 403


def test_at_every_route_a_token_is_answered_as_a_key_with_the_same_rights(there: There) -> None:
    """Of an administrator of the tenant; whose kind of caller is held against the table of rights."""
    with there.provider.open() as unit:
        draft = KeyDraft("k", EVERYTHING, None)
        key = credentials.create_key(unit, draft, scope=KeyScope.TENANT, grantor=EVERYTHING).secret
    token = there.token("boss", scope="openid *:*")
    unlike = []
    for route in ROUTES if there.provider.units.database.dialect == "sqlite" else ROUTES[::4]:
        if route.path.endswith("/rotate") and route.path.startswith("/tenants/{tenant}/keys"):
            continue  # done once a day
        path = re.sub(r"\{\w+\}", "none", route.path.replace("{tenant}", "aoba"))
        body = {"nothing": 1} if route.takes is not None else None
        by_token, by_key = (there.ask(route.method, path, shown, body) for shown in (token, key))
        if (by_token.status, by_token.status == 401) != (by_key.status, False):
            unlike.append(f"{route.method} {route.path}: {by_token.status}, {by_key.status} with a key")
    assert unlike == []


def test_an_opaque_token_opens_what_is_below_its_own_tenant(there: There) -> None:
    token = there.token("boss", "opaque console")
    assert token.startswith("at_")
    assert there.status(token) == 200
    assert (there.status(token, "/tenants/midori/users"), there.status(token, "/contracts")) == (401, 401)


def test_scopes_are_the_limit_and_the_challenge_names_the_one_that_lacks(there: There) -> None:
    token = there.token("boss", scope="openid users:read")
    assert there.status(token) == 200
    refused = there.ask("POST", "/tenants/aoba/groups", token, {"name": "G"})
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")
    about = f'resource_metadata="{BASE_URL}/.well-known/oauth-protected-resource/api/v1"'
    assert refused.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="groups:write", {about}'


def test_roles_are_the_limit_and_count_at_this_moment(there: There) -> None:
    token = there.token("desk", scope="openid *:*")
    assert there.status(token) == 403  # a member may nothing by the API
    there.give("desk", "auditor")
    assert there.status(token) == 200
    assert there.ask("POST", "/tenants/aoba/groups", token, {"name": "G"}).status == 403
    there.give("desk", "help_desk")
    assert there.ask("POST", "/tenants/aoba/users", token, json.loads(PERSON % b"by-desk")).status == 201
    with there.provider.open() as unit:
        for role in ("auditor", "help_desk"):
            credentials.roles.take(unit, KeyScope.TENANT, role, there.provider.user("desk"))
    assert there.status(token) == 403


def test_a_token_that_is_not_for_the_api_alone_opens_nothing(there: There) -> None:
    tokens = {
        "for the tenant's own endpoints": there.token("boss", resource=None),
        "for another API": there.provider.party("web").tokens(there.provider.browser())["access_token"],
        "no token": there.provider.party("web").tokens(there.provider.browser())["id_token"],
    }
    for why, token in tokens.items():
        refused = there.ask("GET", "/tenants/aoba/users", token)
        assert refused.status == 401, why
        assert 'error="invalid_token"' in refused.headers["www-authenticate"], why


@pytest.mark.attack("M10")
def test_no_token_of_another_tenant_opens_a_door_of_this_one(there: There) -> None:
    """Access, ID and refresh tokens and cookies of midori's at aoba's doors, with everything that could name them."""
    browser = Browser(there.provider.first)
    theirs = there.parties["their console"].tokens(browser, scope=f"{SCOPE} offline_access", resource=API)
    with there.provider.open("midori") as unit:
        user = there.provider.user("midori-taro")
        users.change(unit, user, {"roles": ["admin"]})
    assert there.status(theirs["access_token"], "/tenants/midori/users") == 200
    for path in ("/tenants/aoba/users", "/tenants/aoba", "/tenants/aoba/services", "/tenants/aoba/roles"):
        assert there.status(theirs["access_token"], path) == 404
        assert there.status(theirs["id_token"], path) == 401
    for path in ("userinfo", "access/v1/evaluation", "register"):
        for kind in ("access_token", "id_token"):
            bearer = {"authorization": f"Bearer {theirs[kind]}", "content-type": "application/json"}
            method = "GET" if path == "userinfo" else "POST"
            answer = there.provider.first.call(method, f"/t/aoba/{path}", bearer, b"" if method == "GET" else b"{}")
            assert answer.status in (401, 404), (path, kind)
    web = there.provider.party("web")
    for kind in ("access_token", "refresh_token", "id_token"):
        if kind in theirs:
            assert web.introspect(theirs[kind]) == {"active": False}, kind
    if "refresh_token" in theirs:
        assert web.refresh(theirs["refresh_token"]).json()["error"] == "invalid_grant"
    moved = {name.replace("midori", "aoba"): value for name, value in browser.jar.items()}
    assert moved != browser.jar
    stranger = Browser(there.provider.first)
    for jar in (browser.jar, moved, {**browser.jar, **moved}):
        stranger.jar = dict(jar)
        shown = stranger.get(there.provider.party("web").address(prompt="none"))
        assert "login_required" in shown.location
        assert stranger.get("/t/aoba/").status in (302, 303)


def test_a_token_ends_with_its_session_its_person_and_the_contract(there: There) -> None:
    there.give("leaver", "auditor")
    token = there.token("leaver")
    assert there.status(token) == 200
    with there.provider.open() as unit:
        users.disable(unit, there.provider.user("leaver"))
    assert there.status(token) == 401
    other = there.token("boss")
    assert there.status(other) == 200
    there.provider.suspend()
    assert there.status(other) == 401
    there.provider.resume()
    assert there.status(other) == 401  # what was issued before is dead
    revoked = there.token("boss")
    there.parties["console"].post("revoke", token=revoked)
    assert there.status(revoked) == 401


def test_keys_of_a_person_do_no_more_than_the_person_and_end_with_them(there: There) -> None:
    with there.provider.open() as unit:
        maker = person(unit, there.provider.filled, "maker")
        role = credentials.roles.create(
            unit, {"name": "maker", "permissions": ["users:*", "api_keys:write"]}, granting=EVERYTHING
        ).id
        credentials.roles.give(unit, KeyScope.TENANT, role, maker, granting=EVERYTHING)
    token = there.token("maker", scope="openid *:*")
    where = "/tenants/aoba/api-keys"
    for beyond in ("services:read", "*:read", "*:*"):
        assert there.ask("POST", where, token, {"name": "k", "permissions": [beyond]}).status == 403
    made = there.ask("POST", where, token, {"name": "k", "permissions": ["users:read", "api_keys:write"]}).json()
    assert made["owner"] == maker
    child = there.ask("POST", where, made["secret"], {"name": "k", "permissions": ["users:read"]}).json()
    assert child["owner"] == maker  # it hands on where it came from
    assert there.status(made["secret"]) == there.status(child["secret"]) == 200
    with there.provider.open() as unit:
        credentials.roles.change(
            unit, KeyScope.TENANT, role, {"permissions": ["groups:read", "api_keys:write"]}, granting=EVERYTHING
        )
    assert there.status(made["secret"]) == there.status(child["secret"]) == 403
    with there.provider.open() as unit:
        users.disable(unit, maker)
    assert there.status(made["secret"]) == there.status(child["secret"]) == 401


def test_a_program_of_a_tenant_asks_in_its_own_name_and_makes_no_keys(there: There) -> None:
    answer = there.parties["machine"].credentials(scope="users:read api_keys:write", resource=API)
    token = answer.json()["access_token"]
    assert (there.status(token), there.status(token, "/tenants/aoba/services")) == (200, 403)
    assert there.status(token, "/tenants/midori/users") == 404
    refused = there.ask("POST", "/tenants/aoba/api-keys", token, {"name": "k", "permissions": ["users:read"]})
    assert (refused.status, refused.json()["code"]) == (403, "forbidden")
    assert there.parties["machine"].credentials(scope="services:read", resource=API).status == 400


def test_a_program_loses_what_its_service_has_lost(there: There) -> None:
    document = {"name": "narrowed", "protocol": "oidc", "assignment_required": False, "oidc": MACHINE}
    with there.provider.open() as unit:
        made = federation.to_json(federation.create(unit, federation.read(document, production=False)))
    party = Party(there.provider.first, "aoba", made)
    token = party.credentials(scope="users:read", resource=API).json()["access_token"]
    assert there.status(token) == 200
    for scope, status in (("services:read", 403), ("users:*", 200)):
        with there.provider.open() as unit:
            federation.change(unit, made["id"], {"oidc": {"scope": scope}}, production=False)
        assert there.status(token) == status


@pytest.mark.attack("M3")
def test_nobody_registers_a_program_that_may_more_than_they(there: There) -> None:
    token = there.token("boss", scope="openid users:read services:*")

    def client(scope: str) -> dict[str, Any]:
        return {"name": "C", "protocol": "oidc", "oidc": {**MACHINE, "scope": scope}}

    assert there.ask("POST", "/tenants/aoba/services", token, client("users:read")).status == 201
    for scope in ("users:write", "*:read", "users:read roles:write"):
        assert there.ask("POST", "/tenants/aoba/services", token, client(scope)).status == 403
    stronger = there.parties["machine"].registered["id"]
    assert there.ask("POST", f"/tenants/aoba/services/{stronger}/secret", token).status == 403


def proof(there: There, signer: Signer, path: str, *, token: str | None = None, **changes: Any) -> str:
    now = int(there.provider.clock.now().timestamp())
    made = {"jti": secrets.token_hex(8), "htm": "POST", "htu": f"{BASE_URL}{path}", "iat": now, **changes}
    if token is not None:
        made["ath"] = b64(hashlib.sha256(token.encode()).digest())
    return signer.jwt(made, typ="dpop+jwt", jwk=signer.jwk)


def test_a_token_that_is_bound_to_a_key_is_good_for_its_holder_alone(there: There) -> None:
    """RFC 9449 7."""
    signer, thief, machine = Signer("ES256", None), Signer("ES256", None), there.parties["machine"]
    headers, form = machine.proof({"grant_type": "client_credentials", "scope": "users:read", "resource": API})
    from tests.support.in_process import FORM, encoded

    def fetch(nonce: str | None) -> Answer:
        changes = {} if nonce is None else {"nonce": nonce}
        fields = headers | {"content-type": FORM, "dpop": proof(there, signer, "/t/aoba/token", **changes)}
        return there.provider.first.call("POST", "/t/aoba/token", fields, encoded(form))

    nonce = fetch(None).headers["dpop-nonce"]
    token = fetch(nonce).json()["access_token"]
    path = "/tenants/aoba/users"

    def ask(who: Signer, nonce: str | None = nonce, scheme: str = "DPoP", **changes: Any) -> Answer:
        more = {"htm": "GET", **({} if nonce is None else {"nonce": nonce}), **changes}
        shown = proof(there, who, f"/api/v1{path}", token=token, **more)
        return there.ask("GET", path, token, authorization=f"{scheme} {token}", dpop=shown)

    assert there.status(token) == 401  # merely carried
    used = ask(signer, jti="once")
    assert used.status == 200
    assert ask(signer, jti="once").status == 401
    for refused in (ask(thief), ask(signer, htm="POST"), ask(signer, htu=f"{BASE_URL}/api/v1/contracts")):
        assert refused.status == 401
        assert refused.headers["www-authenticate"].startswith('DPoP error="invalid_')
    fresh = ask(signer, None)
    assert (fresh.status, fresh.headers["dpop-nonce"]) == (401, nonce)
    assert 'error="use_dpop_nonce"' in fresh.headers["www-authenticate"]
    assert there.ask("GET", path, token, authorization="DPoP ak_none").status == 401


def test_a_file_comes_with_one_proof_and_with_one_file(there: There) -> None:
    """Who sends it is asked before it is read and after it: the proof is used up by the latter (RFC 9449 11.1)."""
    from tests.support.in_process import FORM, encoded

    importing = {**MACHINE, "scope": "users:read users:write"}
    document = {"name": "importer", "protocol": "oidc", "assignment_required": False, "oidc": importing}
    with there.provider.open() as unit:
        made = federation.to_json(federation.create(unit, federation.read(document, production=False)))
    signer, party = Signer("ES256", None), Party(there.provider.first, "aoba", made)
    headers, form = party.proof({"grant_type": "client_credentials", "scope": "users:write", "resource": API})

    def fetch(**changes: Any) -> Answer:
        fields = headers | {"content-type": FORM, "dpop": proof(there, signer, "/t/aoba/token", **changes)}
        return there.provider.first.call("POST", "/t/aoba/token", fields, encoded(form))

    nonce = fetch().headers["dpop-nonce"]
    token = fetch(nonce=nonce).json()["access_token"]
    path = "/api/v1/tenants/aoba/users/import"

    def send(**changes: Any) -> Answer:
        shown = proof(there, signer, path, token=token, nonce=nonce, **changes)
        fields = {"authorization": f"DPoP {token}", "dpop": shown, "content-type": "text/csv"}
        return there.provider.first.call(
            "POST", path, fields, b"user_name,affiliation,display_name\nby_proof,employee,P\n"
        )

    sent = send(jti="for-one-file")
    assert (sent.status, sent.json()["created"]) == (200, 1), sent.json()
    again = send(jti="for-one-file")
    assert (again.status, again.headers["www-authenticate"][:27]) == (401, 'DPoP error="invalid_dpop_pr')


def test_a_partners_person_acts_in_the_partners_name(there: There) -> None:
    provider = there.provider
    with provider.platform() as unit:
        partner = partners.create(unit, partners.read({"name": "販売店"})).id
        document = {"email": "rep@aoba.example", "display_name": "R", "affiliation": "employee"}
        draft = users.read(document, users.frame(unit))
        rep = users.create(unit, draft, limit=100).id
        partners.employ(unit, partner, rep)
        credentials.set_password(unit, rep, cheaply_hashed("demo-Passw0rd!"))
    token = there.token("rep", "ours", resource=None, scope="openid *:*")
    assert there.ask("GET", f"/partners/{partner}", token).status == 200
    assert there.ask("GET", "/contracts", token).json()["items"] == []
    assert there.ask("POST", "/notices", token, {"kind": "other"}).status == 403  # a reader of the partner
    assert [there.status(token, path) for path in ("/tenants/aoba", "/system", "/system/users", "/partners")] == [
        404,
        403,
        403,
        403,
    ]
    with provider.platform() as unit:
        users.change(unit, rep, {"roles": ["admin", "member"]})
    assert there.ask("POST", "/notices", token, {"kind": "other"}).status == 422
    assert there.status(token, "/system") == 403
    with provider.platform() as unit:
        partners.change(unit, partner, {"status": "disabled"})
    assert there.ask("GET", f"/partners/{partner}", token).status == 401


def test_the_api_says_where_its_tokens_come_from_and_what_they_may_name(there: There) -> None:
    said = there.provider.get("/.well-known/oauth-protected-resource/api/v1").json()
    assert said["resource"] == API
    assert {"users:read", "roles:write"} <= set(said["scopes_supported"])
    assert "ES256" in said["dpop_signing_alg_values_supported"]
    described = there.provider.get("/api/openapi.json").json()
    schemes = described["components"]["securitySchemes"]
    assert schemes["accessToken"]["flows"]["clientCredentials"]["tokenUrl"] == f"{BASE_URL}/t/-/token"
    for methods in described["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"apiKey": []}, {"accessToken": [operation["x-permission"]]}]
