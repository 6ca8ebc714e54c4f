"""What a stranger may make of a registration that is open to strangers: a client of its own, and nothing else."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from tests.federation.test_client_keys import EC, WRONG
from tests.kit.test_egress import ATTACKS
from tests.oidc.test_registration import METADATA, Registrar, error
from tests.security.acting import nothing_acts
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import CHALLENGE, Party
from tests.support.provider import Source
from tests.support.signers import JWT_BEARER, Signer

from idp import tenants
from idp.tenants import Switches

EACH = 4  # of every family of addresses, at each place that we might call


@pytest.fixture(scope="module")
def strangers(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrar]:
    with embedded.provider(tmp_path_factory.mktemp("strangers")) as provider:
        for slug in ("aoba", "midori"):
            with provider.open(slug) as unit:
                on = Switches(dynamic_registration=True, request_uri_by_reference=True)
                tenants.switch(unit, on)
        yield Registrar(provider)


@pytest.fixture
def lookups() -> Iterator[list[Any]]:
    """Whom anything in this process has asked for, or tried to reach: names and addresses."""
    seen: list[Any] = []

    def refuse(*asked: Any, **_: Any) -> Any:
        seen.append(asked)
        raise OSError("nothing is reached from here")

    with patch.object(socket, "getaddrinfo", refuse), patch.object(socket.socket, "connect", refuse):
        yield seen


def party(strangers: Registrar, told: dict[str, Any]) -> Party:
    return replace(strangers.provider.party("web"), registered={"oidc": told})


def _by_assertion(strangers: Registrar, told: dict[str, Any]) -> Answer:
    now = int(strangers.provider.clock.now().timestamp())
    who = {"iss": told["client_id"], "sub": told["client_id"], "aud": strangers.provider.issuer()}
    assertion = Signer().jwt({**who, "exp": now + 60, "iat": now, "jti": "x"})
    form = {"grant_type": "refresh_token", "refresh_token": "x", "client_assertion": assertion}
    body = encoded({**form, "client_assertion_type": JWT_BEARER})
    return strangers.provider.first.call("POST", "/t/aoba/token", {"content-type": FORM}, body)


def _by_request(strangers: Registrar, told: dict[str, Any]) -> Answer:
    return strangers.provider.get(party(strangers, told).address(request_uri=told["request_uris"][0]))


def _by_logo(strangers: Registrar, told: dict[str, Any]) -> Answer:
    with strangers.provider.open() as unit:
        chosen = f"tenant_id = '{unit.tenant}' AND client_id = '{told['client_id']}'"
        row = unit.lane.execute(f"SELECT id FROM services WHERE {chosen}", {}).fetchone()
    return strangers.provider.get(f"/t/aoba/service-logo?service={row[0]}")


Called = Callable[[Registrar, dict[str, Any]], Answer]
PLACES: dict[str, tuple[dict[str, Any], Called | None]] = {
    "jwks_uri": ({"token_endpoint_auth_method": "private_key_jwt"}, _by_assertion),
    "sector_identifier_uri": ({"subject_type": "pairwise"}, None),  # it is called at registration
    "request_uris": ({}, _by_request),
    "logo_uri": ({}, _by_logo),
}
INSIDE = [url for family in ATTACKS.values() for url in family[:: max(1, len(family) // EACH)][:EACH]]


@pytest.mark.attack("D2")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("url", INSIDE)
def test_an_address_inside_is_registered_in_vain_or_not_at_all(
    strangers: Registrar, lookups: list[Any], place: str, url: str
) -> None:
    beside, call = PLACES[place]
    answer = strangers.register({**METADATA, **beside, place: [url] if place == "request_uris" else url})
    if call is None:
        assert error(answer) == (400, "invalid_client_metadata")
    else:
        assert answer.status in (201, 400)
        if answer.status == 201:
            assert call(strangers, answer.json()).status in (303, 401, 404)
    assert lookups == []


FIELDS = ["redirect_uris", "post_logout_redirect_uris", "initiate_login_uri", "policy_uri", "tos_uri", "logo_uri",
          "client_uri", "backchannel_logout_uri", "frontchannel_logout_uri", "jwks_uri"]  # fmt: skip
ACTIVE = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "\tjavascript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)", "file:///etc/passwd", "blob:https://rp.example/x", "about:blank",
    "https://rp.example/\r\nset-cookie:a=b", "https://rp.example@evil.example/", "https://rp.example\\@evil.example/",
]  # fmt: skip


@pytest.mark.attack("A5", "D4")
@pytest.mark.parametrize("url", ACTIVE)
@pytest.mark.parametrize("field", FIELDS)
def test_an_address_that_acts_or_lies_is_not_registered(strangers: Registrar, field: str, url: str) -> None:
    answer = strangers.register({**METADATA, field: [url] if field.endswith("_uris") else url})
    name = "invalid_redirect_uri" if field == "redirect_uris" else "invalid_client_metadata"
    assert error(answer) == (400, name)
    assert answer.json()["error_description"].startswith(field)


@pytest.mark.attack("A6")
@pytest.mark.parametrize("application", ["web", "native"])
@pytest.mark.parametrize(
    "url",
    ["http://rp.example/cb", "http://127.0.0.1.evil.example/cb", "http://0.0.0.0/cb", "http://127.1/cb",
     "http://2130706433/cb", "http://localhost.evil.example/cb", "http://[::ffff:127.0.0.1]/cb",
     "http://169.254.169.254/cb", "http://user@127.0.0.1/cb"],
)  # fmt: skip
def test_plain_http_is_for_loopback_alone(strangers: Registrar, application: str, url: str) -> None:
    answer = strangers.register({**METADATA, "application_type": application, "redirect_uris": [url]})
    assert error(answer) == (400, "invalid_redirect_uri")


@pytest.mark.attack("A3", "A4")
@pytest.mark.parametrize(
    "uris",
    [[], None, "", "*", ["*"], ["https://*/cb"], ["https://*.rp.example/cb"], ["https://rp.example*/cb"], [""], [None],
     [[]], {}, ["//rp.example/cb"], ["https:///cb"], ["rp.example"], ["^https://.*$"]],
)  # fmt: skip
def test_without_an_address_there_is_no_client_and_no_pattern_is_one(strangers: Registrar, uris: object) -> None:
    assert error(strangers.register({**METADATA, "redirect_uris": uris})) == (400, "invalid_redirect_uri")


KEYS = [(code, number) for code in WRONG for number in range(0, len(WRONG[code]), max(1, len(WRONG[code]) // 12))]


@pytest.mark.attack("J12", "D7")
@pytest.mark.parametrize(("code", "number"), KEYS)
def test_a_key_that_protects_nothing_is_not_registered(strangers: Registrar, code: str, number: int) -> None:
    jwks = {"keys": [EC, WRONG[code][number]]}
    answer = strangers.register({**METADATA, "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks})
    assert error(answer) == (400, "invalid_client_metadata")
    assert answer.json()["error_description"].startswith("jwks/keys/1")


@pytest.mark.attack("D7")
@pytest.mark.parametrize(
    "jwks",
    [{}, [], "x", 1, {"keys": {}}, {"keys": [EC, EC]}, {"keys": [{**EC, "kid": f"k{n}"} for n in range(21)]},
     {"keys": [EC] * 100}, {"keys": "https://rp.example/jwks"}],
    ids=lambda jwks: str(jwks)[:40],
)  # fmt: skip
def test_a_set_of_keys_that_is_none_is_not_registered(strangers: Registrar, jwks: object) -> None:
    answer = strangers.register({**METADATA, "token_endpoint_auth_method": "private_key_jwt", "jwks": jwks})
    assert error(answer) == (400, "invalid_client_metadata")


NAMES = [
    "Warifu\u202egnipyt", "Aoba\u200bNotes", "Aoba\u2066Notes", "Aoba\nNotes", "Aoba\0Notes", "Aoba\u0085Notes",
    "n" * 10_000, "\ufeffAoba", "", " ", "\u3000", "Aoba\ud800",
]  # fmt: skip
SHOWN = [
    "<script>alert(1)</script>",
    "Aoba</title><h1>",
    "Аоba Notes",
    "管理者（株式会社あおば）",
    '"><img src=x onerror=alert(1)>',
]


@pytest.mark.attack("D5")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_hides_something_is_none(strangers: Registrar, name: str) -> None:
    answer = strangers.send("POST", "/t/aoba/register", None, json.dumps({**METADATA, "client_name": name}).encode())
    assert answer.status in (201, 400)
    if answer.status == 201:  # a name without anything to see is left out
        assert not name.strip("\ufeff \u3000")
        assert answer.json().get("client_name", "") != name or not name


@pytest.mark.attack("D5", "B7")
@pytest.mark.parametrize("name", SHOWN)
def test_beside_a_name_stands_whose_it_is(strangers: Registrar, name: str) -> None:
    """Anybody may call themselves anything: the page says where the answer goes."""
    told = strangers.registered(client_name=name)
    browser = strangers.provider.browser()
    page = browser.get(browser.get(party(strangers, told).address(scope="openid")).location)
    assert page.status == 200
    nothing_acts(page)
    consent = browser.get(browser.get(browser.sign_in(browser.form(page)).location).location)
    assert 'id="consent-form"' in consent.text
    assert "rp.example" in consent.text
    nothing_acts(consent)


FORGED: dict[str, Callable[[dict[str, Any], dict[str, Any]], str | None]] = {
    "none": lambda *_: None,
    "nothing": lambda *_: "",
    "another client's": lambda _, other: other["registration_access_token"],
    "its secret": lambda mine, _: mine["client_secret"],
    "its id": lambda mine, _: mine["client_id"],
    "truncated": lambda mine, _: mine["registration_access_token"][:-1],
    "extended": lambda mine, _: mine["registration_access_token"] + "0",
    "in capitals": lambda mine, _: mine["registration_access_token"].upper(),
    "twice": lambda mine, _: mine["registration_access_token"] * 2,
    "of another kind": lambda mine, _: mine["registration_access_token"].replace("rat_", "rt_"),
    "a query": lambda *_: "' OR '1'='1",
    "very long": lambda *_: "rat_" + "0" * 6_000,
}


@pytest.mark.attack("D3")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("name", FORGED)
def test_a_registration_is_opened_by_its_own_token(
    strangers: Registrar, two: tuple[dict[str, Any], dict[str, Any]], name: str, method: str
) -> None:
    mine, other = two
    document = {**METADATA, "client_id": mine["client_id"]} if method == "PUT" else None
    answer = strangers.manage(method, mine, document, token=FORGED[name](mine, other))
    assert error(answer) == (401, "invalid_token")
    assert set(answer.json()) == {"error", "error_description"}


NOT_ITS_ADDRESS = [
    "", "?client_id=", "?client_id=cli_x", "?x={}", "/{}", "?client_id={}&client_id={}", "?client_id={}&client_id=x",
]  # fmt: skip


@pytest.mark.attack("D3")
@pytest.mark.honest("D3")
@pytest.mark.parametrize(
    "query",
    ["", "?client_id=", "?client_id=cli_x", "?x={}", "?client_id={}&client_id={}", "?client_id={}&client_id=x", "/{}"],
)
def test_and_at_its_own_address(strangers: Registrar, two: tuple[dict[str, Any], dict[str, Any]], query: str) -> None:
    mine, _ = two
    own = str(mine["registration_client_uri"])
    answer = strangers.manage("GET", mine, target=own.partition("?")[0] + query.replace("{}", mine["client_id"]))
    assert answer.status in (400, 401, 404)
    assert "client_id" not in answer.text
    assert strangers.manage("GET", mine).json()["client_id"] == mine["client_id"]


@pytest.fixture(scope="module")
def two(strangers: Registrar) -> tuple[dict[str, Any], dict[str, Any]]:
    return strangers.registered(), strangers.registered(client_name="Other")


GROWN = [
    {"trusted": True}, {"skip_consent": True}, {"tenant_id": "platform"}, {"tenant": "midori"},
    {"scope": "openid admin"},
    {"introspection": True}, {"resources": ["https://id.example/t/aoba"]}, {"client_secret_expires_at": -1},
    {"software_statement": "a.b.c"}, {"consent": "never"}, {"assignment_required": False}, {"status": "enabled"},
    {"access_token_lifetime": 10**9}, {"client_id": "cli_mine"}, {"client_secret": "s" * 40}, {"id": "svc_1"},
    {"permissions": ["*"]}, {"claims": {"roles": "roles"}}, {"generation": 9}, {"__proto__": {"admin": True}},
]  # fmt: skip


@pytest.mark.attack("D4")
@pytest.mark.parametrize("more", GROWN, ids=str)
def test_what_a_stranger_may_not_decide_is_not_decided(strangers: Registrar, more: dict[str, Any]) -> None:
    answer = strangers.register({**METADATA, "scope": "openid", **more})
    assert answer.status == 201
    told = answer.json()
    (name, value), *_ = more.items()
    assert told.get(name) != value
    asked = strangers.provider.browser().get(party(strangers, told).address(prompt="none", scope="openid admin api"))
    assert asked.query["error"] == "login_required"
    silent = {
        "grant_type": "client_credentials",
        "client_id": told["client_id"],
        "client_secret": told["client_secret"],
    }
    form = {"content-type": FORM}
    refused = strangers.provider.first.call("POST", "/t/aoba/token", form, encoded({**silent, "scope": "api"}))
    assert (refused.status, refused.json()["error"]) == (400, "unauthorized_client")


@pytest.mark.attack("D6")
@pytest.mark.parametrize(
    "more",
    [{"redirect_uris": ["https://a.example/cb", "https://b.example/cb"]},
     {"redirect_uris": ["https://a.example/cb", "https://a.example.evil.example/cb"]},
     {"redirect_uris": ["https://a.example/cb", "https://A.example:444/cb", "https://c.example/cb"]},
     {"sector_identifier_uri": "ftp://rp.example/sector.json"},
     {"sector_identifier_uri": "https://127.0.0.1/sector.json"},
     {"sector_identifier_uri": "javascript:alert(1)"},
     {"sector_identifier_uri": ""},
     {"sector_identifier_uri": ["https://rp.example/sector.json"]}],
    ids=str,
)  # fmt: skip
def test_nobody_joins_a_sector_by_saying_so(strangers: Registrar, lookups: list[Any], more: dict[str, Any]) -> None:
    answer = strangers.register({**METADATA, "subject_type": "pairwise", **more})
    assert error(answer) in {(400, "invalid_client_metadata"), (400, "invalid_redirect_uri")}
    assert lookups == []


@pytest.mark.attack("A7")
@pytest.mark.parametrize("uri", ["com.example.app:/cb", "com.example.app:/other/cb", "http://127.0.0.1/cb"])
@pytest.mark.parametrize(
    "challenge",
    [{"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"},
     {"code_challenge_method": None}, {"code_challenge": ""}],
    ids=str,
)  # fmt: skip
def test_an_app_that_registers_itself_needs_its_challenge(
    strangers: Registrar, uri: str, challenge: dict[str, str | None]
) -> None:
    told = _app(strangers, uri)
    answer = strangers.provider.get(party(strangers, told).address(prompt="none", **challenge))
    assert answer.query["error"] == "invalid_request"
    assert strangers.provider.get(party(strangers, told).address(code_challenge=CHALLENGE)).status == 303


def _app(strangers: Registrar, uri: str) -> dict[str, Any]:
    own = {"application_type": "native", "redirect_uris": [uri], "token_endpoint_auth_method": "none"}
    return strangers.registered(**own, initiate_login_uri=None)


@pytest.mark.honest("A4", "A5", "A6", "A7", "D2", "D4", "D5", "D6", "D7", "J12")
@pytest.mark.parametrize("uri", ["https://rp.example/cb", "http://127.0.0.1/cb", "com.example.app:/cb"])
def test_an_honest_stranger_registers(strangers: Registrar, uri: str) -> None:
    more = {} if uri.startswith("https") else {"application_type": "native", "redirect_uris": [uri]}
    told = strangers.registered(**more, jwks={"keys": [EC]})
    assert "/signin?" in strangers.provider.get(party(strangers, told).address(scope="openid")).location
