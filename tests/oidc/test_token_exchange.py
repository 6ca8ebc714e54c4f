"""Token exchange (RFC 8693): a service acts for a person, says so, and never has more than it was shown."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.desk import Desk
from tests.support.filling import CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import VERIFIER, Browser, Party, claims
from tests.support.provider import Provider, Source
from tests.support.registered import register, switch
from tests.support.signers import Signer, b64

from idp import federation, sessions, tenants, users
from idp.kit.errors import Invalid
from idp.oidc import delegations, token_exchange
from idp.tenants import Switches

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
GATEWAY, ORDERS, STOCK, MONEY = (f"https://{name}.example/api" for name in ("gateway", "orders", "stock", "money"))
VAULT, TWINS = "https://vault.example/", "https://twins.example/"
OWN = "https://id.example/t/aoba"


def exchanging(resource: str, *targets: str, **more: Any) -> dict[str, Any]:
    return {
        "grant_types": ["client_credentials", EXCHANGE],
        "redirect_uris": [],
        "scope": "openid api offline_access",
        "introspection": True,
        "resources": [resource],
        "token_exchange_targets": list(targets),
        **more,
    }


SERVICES = {
    "gateway": exchanging(GATEWAY, ORDERS, VAULT, TWINS, OWN, GATEWAY, access_token_lifetime=3_600),
    "orders": exchanging(ORDERS, STOCK, GATEWAY),
    "stock": exchanging(STOCK, MONEY, access_token_format="opaque"),
    "money": exchanging(MONEY, VAULT),
    "agent": exchanging(
        "https://agent.example/",
        ORDERS,
        grant_types=["authorization_code", EXCHANGE],
        redirect_uris=[CALLBACK],
    ),
    "stranger": exchanging("https://stranger.example/", ORDERS),
    "twin one": exchanging(TWINS, ORDERS),
    "twin two": exchanging(TWINS, ORDERS),
}


@pytest.fixture(scope="module")
def there(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with source.provider(tmp_path_factory.mktemp("exchange")) as made:
        switch(made, token_exchange=True)
        for name, oidc in SERVICES.items():
            made.filled.services[f"aoba/{name}"] = dict(register(made, name, **oidc).registered)
        document = {"name": "vault", "protocol": "oidc", "assignment_required": True, "oidc": exchanging(VAULT, ORDERS)}
        with made.open() as unit:
            vault = federation.create(unit, federation.read(document, production=False))
        made.filled.services["aoba/vault"] = federation.to_json(vault)
        yield made


@pytest.fixture
def shown(there: Provider) -> str:
    """A token that the web application shows to the gateway."""
    return sign_in(there)


def sign_in(there: Provider, *, browser: Browser | None = None, resource: str | None = GATEWAY, **asked: str) -> str:
    wanted = {"scope": "openid profile api offline_access", "resource": resource, **asked}
    token: str = there.party("web").tokens(browser or there.browser(), **wanted)["access_token"]
    return token


def exchange(party: Party, token: str, *, headers: dict[str, str] | None = None, **more: str | None) -> Answer:
    asked = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN, "resource": ORDERS}
    proof, form = party.proof({**asked, **more})
    fields = {"content-type": FORM, **proof, **(headers or {})}
    sent = encoded({name: value for name, value in form.items() if value is not None})
    return party.worker.call("POST", "/t/aoba/token", fields, sent)


def exchanged(party: Party, token: str, **more: str | None) -> str:
    answer = exchange(party, token, **more)
    assert answer.status == 200, answer
    told: str = answer.json()["access_token"]
    return told


def refused(answer: Answer, error: str, said: str = "") -> None:
    assert (answer.status, answer.json()["error"]) == (400, error), answer
    assert said in answer.json()["error_description"]


def alive(there: Provider, token: str, *, name: str = "gateway") -> bool:
    return bool(there.party(name).introspect(token)["active"])


def test_a_service_calls_another_one_for_the_person_and_says_so(there: Provider, shown: str) -> None:
    gateway = there.party("gateway")
    answer = exchange(gateway, shown)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    told = answer.json()
    assert told == {
        "access_token": told["access_token"],
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,  # it is registered for an hour; what it was shown has five minutes
        "scope": "api openid",
    }
    said, before = claims(told["access_token"]), claims(shown)
    assert said["act"] == {"sub": gateway.client_id}
    assert (said["client_id"], said["aud"], said["sub"]) == (gateway.client_id, ORDERS, there.user())
    kept = ("iss", "auth_time", "acr", "amr", "exp")
    assert [said[name] for name in kept] == [before[name] for name in kept]
    for party in (gateway, there.party("orders")):
        seen = party.introspect(told["access_token"])
        assert (seen["active"], seen["act"], seen["sub"], seen["client_id"], seen["aud"], seen["scope"]) == (
            *(True, said["act"], there.user(), gateway.client_id, ORDERS, "api openid"),
        )
    assert not alive(there, told["access_token"], name="stock")
    assert "act" not in there.party("web").introspect(shown)
    entry = there.events()
    assert "token.issued" in entry


def test_the_service_may_be_named_by_its_client_id(there: Provider, shown: str) -> None:
    gateway, orders = there.party("gateway"), there.party("orders")
    assert claims(exchanged(gateway, shown, resource=None, audience=orders.client_id))["aud"] == ORDERS
    assert claims(exchanged(gateway, shown, audience=orders.client_id))["aud"] == ORDERS
    for name in (there.party("stock").client_id, there.party("web").client_id, "nobody", "\x7f"):
        refused(exchange(gateway, shown, audience=name), "invalid_target")


@pytest.mark.attack("T16")
@pytest.mark.parametrize(
    "resource", [STOCK, GATEWAY, OWN, TWINS, "https://nobody.example/", f"{ORDERS}/", "x", None, f"{ORDERS}#x"]
)
def test_a_client_reaches_only_what_it_is_registered_for(there: Provider, shown: str, resource: str | None) -> None:
    """Not itself, not userinfo, and not what two services stand for."""
    refused(exchange(there.party("gateway"), shown, resource=resource), "invalid_target")


@pytest.mark.attack("T16")
def test_a_service_that_the_person_may_not_use_is_not_called_for_them(there: Provider, shown: str) -> None:
    gateway = there.party("gateway")
    refused(exchange(gateway, shown, resource=VAULT), "invalid_grant", "not_assigned")
    with there.open() as unit:
        given = federation.assign(unit, service_id=there.service_id("vault"), user_id=there.user())
    token = exchanged(gateway, shown, resource=VAULT)
    assert alive(there, token)
    with there.open() as unit:
        federation.unassign(unit, service_id=there.service_id("vault"), assignment_id=given.id)
    assert not alive(there, token)


@pytest.mark.attack("T16")
def test_the_scope_is_never_wider(there: Provider, shown: str) -> None:
    gateway = there.party("gateway")
    assert claims(exchanged(gateway, shown, scope="api"))["scope"] == "api"
    for scope in ("api profile", "api admin", "offline_access", "api offline_access"):
        refused(exchange(gateway, shown, scope=scope), "invalid_scope")
    narrow = exchanged(gateway, shown, scope="openid")
    refused(exchange(there.party("orders"), narrow, resource=STOCK, scope="api"), "invalid_scope")


@pytest.mark.attack("T15", "T16")
def test_only_a_token_that_is_good_now_and_meant_for_the_client_is_exchanged(there: Provider, shown: str) -> None:
    gateway, web = there.party("gateway"), there.party("web")
    told = web.tokens(there.browser(), scope="openid api offline_access", resource=GATEWAY)
    with there.open("midori") as unit:
        tenants.switch(unit, Switches(token_exchange=True))
    theirs = there.party("web", slug="midori").tokens(there.browser())["access_token"]
    head, body, signature = shown.split(".")
    wrong = {
        "found by another": (there.party("stranger"), shown),
        "for userinfo alone": (gateway, sign_in(there, resource=None)),
        "of a machine": (gateway, gateway.credentials().json()["access_token"]),
        "a refresh token": (gateway, told["refresh_token"]),
        "an ID token": (gateway, told["id_token"]),
        "of another tenant": (gateway, theirs),
        "without a signature": (gateway, f"{head}.{body}."),
        "signed by nobody": (gateway, f"{head}.{body}.{signature[:-4]}AAAA"),
        "alg none": (gateway, f"{b64(b'{}')}.{body}.{signature}"),
        "nothing": (gateway, "x"),
    }
    for why, (party, token) in wrong.items():
        answer = exchange(party, token)
        assert (why, answer.status, answer.json()["error"]) == (why, 400, "invalid_request")


@pytest.mark.attack("T15")
@pytest.mark.parametrize(
    "changes",
    [
        {"subject_token": None},
        {"subject_token_type": None},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
        {"requested_token_type": "urn:ietf:params:oauth:token-type:id_token"},
        {"actor_token": "x", "actor_token_type": ACCESS_TOKEN},
        {"actor_token_type": ACCESS_TOKEN},
    ],
)
def test_other_kinds_of_tokens_are_not_taken_and_not_given(
    there: Provider, shown: str, changes: dict[str, str | None]
) -> None:
    refused(exchange(there.party("gateway"), shown, **changes), "invalid_request")


@pytest.mark.attack("T16")
def test_the_chain_names_everybody_and_ends(there: Provider, shown: str) -> None:
    gateway, orders, stock, money = (there.party(name) for name in ("gateway", "orders", "stock", "money"))
    first = exchanged(gateway, shown)
    second = exchanged(orders, first, resource=STOCK)
    assert claims(second)["act"] == {"sub": orders.client_id, "act": {"sub": gateway.client_id}}
    back = exchanged(orders, first, resource=GATEWAY)
    refused(exchange(gateway, back), "invalid_request", "before")  # round and round
    third = exchanged(stock, second, resource=MONEY)
    chain = money.introspect(third)["act"]
    assert chain == {"sub": stock.client_id, "act": claims(second)["act"]}
    refused(exchange(money, third, resource=VAULT), "invalid_request", "too often")
    assert web_revokes(there, shown)
    for token, name in ((first, "orders"), (second, "stock"), (third, "money"), (back, "gateway")):
        assert not alive(there, token, name=name)


def web_revokes(there: Provider, token: str) -> bool:
    return there.party("web").post("revoke", token=token).status == 200


def _signed_out(there: Provider, browser: Browser) -> None:
    page = browser.get("/t/aoba/end_session")
    assert browser.press(browser.form(page, "logout-form"), "logout-confirm").status == 200


@pytest.mark.attack("T16", "R7")
def test_it_dies_with_what_it_came_of(there: Provider) -> None:
    """The token, the grant, the session, the person's generation, and either service's."""
    gateway = there.party("gateway")

    def ends(act: Any) -> None:
        browser = there.browser()
        shown = sign_in(there, browser=browser)
        token = exchanged(gateway, shown)
        assert alive(there, token)
        act(shown, browser)
        assert not alive(there, token)
        refused(exchange(gateway, shown), "invalid_request")

    def end_grant(shown: str, _: Browser) -> None:
        with there.open() as unit:
            sql = f"SELECT grant_id FROM access_tokens WHERE id = '{claims(shown)['jti']}'"
            row = unit.lane.execute(f"{sql} AND tenant_id = '{unit.tenant}'", {}).fetchone()
            assert row is not None
            assert sessions.end_grant(unit, row[0])

    def disable(_: str, __: Browser) -> None:
        with there.open() as unit:
            users.disable(unit, there.user())
            users.enable(unit, there.user())

    ends(lambda shown, _: web_revokes(there, shown))
    ends(end_grant)
    ends(disable)
    ends(lambda _, browser: _signed_out(there, browser))
    browser = there.browser()
    shown = sign_in(there, browser=browser)
    token = exchanged(gateway, shown)
    for name in ("web", "orders", "gateway"):
        with there.open() as unit:
            federation.disable(unit, there.service_id(name))
        asked = there.party("stock" if name != "web" else "gateway")
        assert asked.introspect(token) == {"active": False}
        with there.open() as unit:
            federation.enable(unit, there.service_id(name))
    assert not alive(there, token)  # what was switched off is not what is switched on again


def test_it_is_never_older_than_what_it_came_of(there: Provider, shown: str) -> None:
    there.clock.advance(seconds=290)
    answer = exchange(there.party("gateway"), shown).json()
    assert answer["expires_in"] == 10
    there.clock.advance(seconds=10)
    assert not alive(there, answer["access_token"])
    refused(exchange(there.party("gateway"), shown), "invalid_request")


@pytest.mark.attack("T15")
def test_a_contract_that_is_suspended_refuses_the_exchange(there: Provider, shown: str) -> None:
    gateway = there.party("gateway")
    token = exchanged(gateway, shown)
    there.suspend()
    try:
        refused(exchange(gateway, shown), "invalid_grant", "contract_suspended")
        assert not alive(there, token)
    finally:
        there.resume()


@pytest.mark.attack("U11", "P7")
def test_a_service_that_asks_for_more_than_the_person_has_proved_is_not_called(there: Provider, shown: str) -> None:
    """Nobody is there who could be asked."""
    desk = Desk.of(there)
    orders = there.service_id("orders")
    rule = {"name": "two factors", "effect": "step_up", "services": [orders], "when": {"all": []}, "require": ["mfa"]}
    assert exchange(there.party("gateway"), shown).status == 200
    desk.put_in_force(rule)
    refused(exchange(there.party("gateway"), shown), "invalid_grant", "step_up_required")
    desk.put_in_force()
    assert exchange(there.party("gateway"), shown).status == 200


@pytest.mark.attack("T16")
@pytest.mark.honest("T16")
def test_a_service_calls_nobody_for_a_person_whom_it_would_not_let_in_itself(there: Provider, shown: str) -> None:
    desk = Desk.of(there)
    gateway = there.service_id("gateway")
    rule = {"name": "two factors", "effect": "step_up", "services": [gateway], "when": {"all": []}, "require": ["mfa"]}
    assert exchange(there.party("gateway"), shown).status == 200
    desk.put_in_force(rule)
    refused(exchange(there.party("gateway"), shown), "invalid_grant", "step_up_required")
    desk.put_in_force()
    told = exchanged(there.party("gateway"), shown)
    place = f"services/{gateway}"
    assert desk.ask("PATCH", place, {"assignment_required": True}).status == 200
    try:
        refused(exchange(there.party("gateway"), shown), "invalid_grant", "not_assigned")
        assert not alive(there, told, name="orders")
    finally:
        assert desk.ask("PATCH", place, {"assignment_required": False}).status == 200
    assert alive(there, told, name="orders")


def _proof(there: Provider, signer: Signer, nonce: str | None, **changes: Any) -> dict[str, str]:
    now = int(there.clock.now().timestamp())
    made = {"jti": secrets.token_hex(8), "htm": "POST", "htu": f"{OWN}/token", "iat": now, "nonce": nonce, **changes}
    sent = {name: value for name, value in made.items() if value is not None}
    return {"dpop": signer.jwt(sent, typ="dpop+jwt", jwk=signer.jwk)}


@pytest.mark.attack("T20")
def test_what_belongs_to_a_key_becomes_nobodys_who_merely_carries_it(there: Provider) -> None:
    gateway, agent = there.party("gateway"), there.party("agent")
    theirs, ours = Signer("ES256", None), Signer("ES256", None)
    asked = {"grant_type": "client_credentials", "headers": _proof(there, ours, None)}
    nonce = exchange(gateway, "", **asked).headers["dpop-nonce"]
    code = there.browser().code(agent, scope="openid api", resource=GATEWAY)
    redeem = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    given = exchange(agent, "", headers=_proof(there, theirs, nonce), resource=None, **redeem)
    assert given.status == 200, given
    shown = given.json()["access_token"]
    for party in (gateway, agent):
        refused(exchange(party, shown), "invalid_dpop_proof")
    refused(exchange(agent, shown, headers=_proof(there, ours, nonce)), "invalid_dpop_proof")  # not the same holder
    for party, signer in ((gateway, ours), (agent, theirs)):
        told = exchange(party, shown, headers=_proof(there, signer, nonce)).json()
        assert told["token_type"] == "DPoP"
        assert party.introspect(told["access_token"])["cnf"] == {"jkt": signer.jkt}


def _of_a_stranger(there: Provider, shown: str) -> None:
    assert exchange(there.party("stranger"), shown).status == 400


def _for_another_service(there: Provider, shown: str) -> None:
    assert exchange(there.party("gateway"), shown, resource=STOCK).status == 400


def _round_and_round(there: Provider, shown: str) -> None:
    gateway, orders = there.party("gateway"), there.party("orders")
    assert exchange(gateway, exchanged(orders, exchanged(gateway, shown), resource=GATEWAY)).status == 400


def _in_its_own_name(there: Provider, shown: str) -> None:
    gateway = there.party("gateway")
    assert gateway.introspect(exchanged(gateway, shown))["act"]["sub"] == gateway.client_id


_WEAKNESSES: dict[str, tuple[Any, str, Any, Any]] = {
    "tokens that were found": (token_exchange, "_is_for", lambda *_: True, _of_a_stranger),
    "any target": (delegations, "may_call", lambda *_: True, _for_another_service),
    "no end of the chain": (token_exchange, "_judge_chain", lambda *_: None, _round_and_round),
    "impersonation": (delegations, "chained", lambda *_: {}, _in_its_own_name),
}


@pytest.mark.attack("T16")
@pytest.mark.parametrize("weakness", _WEAKNESSES)
def test_each_defence_is_missed_where_it_is_off(
    there: Provider, shown: str, monkeypatch: pytest.MonkeyPatch, weakness: str
) -> None:
    place, name, instead, case = _WEAKNESSES[weakness]
    case(there, shown)
    monkeypatch.setattr(place, name, instead)
    with pytest.raises((AssertionError, KeyError)):
        case(there, sign_in(there))


def test_off_means_that_there_is_no_such_grant(there: Provider, shown: str) -> None:
    gateway = there.party("gateway")
    token = exchanged(gateway, shown)

    def listed() -> bool:
        return EXCHANGE in there.get("/t/aoba/.well-known/openid-configuration").json()["grant_types_supported"]

    assert listed()
    switch(there)
    try:
        assert not listed()
        refused(exchange(gateway, shown), "unsupported_grant_type")
        assert not alive(there, token)
    finally:
        switch(there, token_exchange=True)
    refused(exchange(there.party("web"), sign_in(there, resource=None)), "unauthorized_client")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"token_endpoint_auth_method": "none", "grant_types": [EXCHANGE]}, "/oidc/token_endpoint_auth_method"),
        ({"token_exchange_targets": []}, "/oidc/token_exchange_targets"),
        ({"token_exchange_targets": ["orders"]}, "/oidc/token_exchange_targets/0"),
        ({"token_exchange_targets": "x"}, "/oidc/token_exchange_targets"),
        ({"grant_types": ["client_credentials"]}, "/oidc/token_exchange_targets"),
    ],
)
def test_a_registration_that_would_not_do_is_refused(changes: dict[str, Any], pointer: str) -> None:
    oidc = exchanging(GATEWAY, ORDERS, introspection=False, **changes)
    with pytest.raises(Invalid) as wrong:
        federation.read({"name": "x", "protocol": "oidc", "oidc": oidc}, production=True)
    assert pointer in [error.pointer for error in wrong.value.errors]


@pytest.mark.attack("D4")
def test_a_client_that_registers_itself_cannot_decide_this() -> None:
    asked = {"redirect_uris": ["https://rp.example/cb"], "grant_types": ["authorization_code", EXCHANGE]}
    with pytest.raises(Invalid):
        federation.read_client({**asked, "token_exchange_targets": [ORDERS]}, production=True)
    taken = federation.read_client({**asked, "grant_types": ["authorization_code"]}, production=True)
    assert taken.oidc is not None
    assert not taken.oidc.exchange.targets
