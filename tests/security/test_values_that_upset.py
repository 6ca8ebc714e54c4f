"""Whatever value stands in whichever parameter, of a client that has proved itself too: never an answer of 5xx.

On both databases: what the one stores the other refuses.
"""

import os
from collections.abc import Iterator
from zlib import crc32

import pytest
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import SAME_ORIGIN, VERIFIER, Browser
from tests.support.provider import Provider, Source

from idp import tenants
from idp.tenants import Switches

LARGE = 7_000  # an address of it is still taken
VALUES = [
    "", " ", "0", "-1", "1e400", "9" * 400, str(2**63), "NaN", "null", "true", "[]", "{}",
    '{"a":' * 50 + "1" + "}" * 50, "eyJhbGciOiJub25lIn0..",
    "'", '"', "\\", "%", "%%s{}", "' OR '1'='1' --", "a\u0000b", "\x01\x1b[31m", "\r\nx: y", "\u202e", "💥", "\ufffe",
    "\ud7ff\ue000", "é" * 600, "x" * LARGE, " ".join(["x"] * 900), "../../etc/passwd", "a.b.c", "a.b.c.d.e", "urn:x",
    f"rt_{'0' * 32}_{'A' * 43}_00000000", "https://[::1", "https://rp.example:99999999/", "//", "?#", "K" * 300, "ﬁ",
    "İ",
]  # fmt: skip
EACH = int(os.environ.get("VALUES", "7"))  # of them in each parameter, others in the next; `make faults` asks for all

AUTHORIZE = [
    "client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "prompt", "max_age",
    "display", "ui_locales", "claims_locales", "acr_values", "login_hint", "id_token_hint", "claims", "request",
    "request_uri", "registration", "code_challenge", "code_challenge_method", "resource", "dpop_jkt",
    "authorization_details", "iss", "target_link_uri", "lang",
]  # fmt: skip
GRANTS = {
    "authorization_code": ["code", "redirect_uri", "code_verifier", "scope", "resource", "client_id"],
    "refresh_token": ["refresh_token", "scope", "resource"],
    "client_credentials": ["scope", "resource", "audience"],
    "urn:ietf:params:oauth:grant-type:device_code": ["device_code", "scope"],
    "urn:ietf:params:oauth:grant-type:token-exchange": [
        "subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type", "audience",
        "resource", "scope",
    ],
    "": ["grant_type", "client_assertion", "client_assertion_type", "client_secret", "client_id"],
}  # fmt: skip
CLIENTS = {
    "par": [*AUTHORIZE, "client_assertion"],
    "introspect": ["token", "token_type_hint", "client_id"],
    "revoke": ["token", "token_type_hint"],
    "device_authorization": ["scope", "client_id", "resource"],
    "userinfo": ["access_token"],
}
PAGES = {
    "signin": ["interaction", "csrf", "username", "password", "lang"],
    "signin/code": ["interaction", "csrf", "code"],
    "consent": ["interaction", "csrf", "decision"],
    "terms": ["interaction", "csrf", "decision"],
    "device": ["user_code", "csrf", "interaction"],
    "device/decision": ["interaction", "csrf", "decision"],
    "end_session": ["id_token_hint", "post_logout_redirect_uri", "state", "client_id", "logout_hint", "ui_locales"],
    "end_session/confirm": ["interaction", "csrf", "decision"],
    "authorize/continue": ["interaction"],
    "invitation": ["token", "csrf", "password"],
    "portal": ["csrf", "act", "id"],
    "check_session": ["client_id", "origin"],
    "check_session/origin": ["client_id", "origin"],
    "service-logo": ["service", "v"],
    "register": ["client_id"],
    "jwks": ["x"],
}
FIELDS = [
    "authorization", "dpop", "cookie", "accept-language", "origin", "accept", "user-agent", "if-none-match", "range",
    "x-forwarded-for", "forwarded", "content-type", "referer", "sec-fetch-site",
]  # fmt: skip
SWITCHES = ("dynamic_registration", "implicit", "hybrid", "token_exchange", "device_grant", "session_management")


@pytest.fixture(scope="module")
def one(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with source.provider(tmp_path_factory.mktemp("upset")) as made:
        with made.open() as unit:
            names = (
                "dynamic_registration",
                "implicit",
                "hybrid",
                "token_exchange",
                "device_grant",
                "session_management",
            )
            tenants.switch(unit, Switches(**dict.fromkeys(names, True)))  # type: ignore[arg-type]
        yield made


@pytest.fixture(scope="module")
def browser(one: Provider) -> Browser:
    """Somebody who is signed in."""
    made = one.browser()
    made.code(one.party("web"))
    return made


def some(*of: str) -> list[str]:
    """Of the values, those whose turn it is."""
    first = crc32("/".join(of).encode())
    return [VALUES[(first + turn) % len(VALUES)] for turn in range(min(EACH, len(VALUES)))]


def in_order(answer: Answer, value: str) -> None:
    assert answer.status < 500, (value[:60], answer)
    assert "Traceback" not in answer.text


@pytest.mark.attack("A20")
@pytest.mark.parametrize("name", AUTHORIZE)
def test_no_value_of_an_authorization_request_upsets_us(one: Provider, browser: Browser, name: str) -> None:
    web = one.party("web")
    for value in some(name):
        fields = {**web.asking(), name: value}
        in_order(browser.get(f"/t/aoba/authorize?{encoded(fields).decode()}"), value)
        in_order(one.first.call("POST", "/t/aoba/authorize", {"content-type": FORM}, encoded(fields)), value)


CASES = [(grant, name) for grant, names in GRANTS.items() for name in names]


@pytest.mark.attack("T27")
@pytest.mark.parametrize(("grant", "name"), CASES)
def test_no_value_of_a_token_request_upsets_us(one: Provider, grant: str, name: str) -> None:
    web = one.party("web")
    right = {"code": "x", "redirect_uri": "https://rp.example/cb", "code_verifier": VERIFIER} if "code" in grant else {}
    for value in some(grant, name):
        in_order(web.post("token", **{"grant_type": grant, **right, name: value}), value)


@pytest.mark.attack("T27")
@pytest.mark.parametrize(("endpoint", "name"), [(each, name) for each, names in CLIENTS.items() for name in names])
def test_no_value_of_a_client_s_request_upsets_us(one: Provider, endpoint: str, name: str) -> None:
    web = one.party("web")
    right = web.asking() if endpoint == "par" else {}
    for value in some(endpoint, name):
        in_order(web.post(endpoint, **{**right, name: value}), value)


@pytest.mark.attack("B14")
@pytest.mark.parametrize(("page", "name"), [(each, name) for each, names in PAGES.items() for name in names])
def test_no_value_of_a_page_upsets_us(one: Provider, browser: Browser, page: str, name: str) -> None:
    for value in some(page, name):
        query = encoded({name: value}).decode()
        in_order(browser.get(f"/t/aoba/{page}?{query}"), value)
        in_order(browser.post(f"/t/aoba/{page}", {name: value}, SAME_ORIGIN), value)


@pytest.mark.attack("B14")
@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("path", ["userinfo", "token", "authorize", "", "jwks"])
def test_no_field_of_a_request_upsets_us(one: Provider, name: str, path: str) -> None:
    for value in some(path, name):
        raw = value.encode().decode("latin-1")
        for method in ("GET", "POST"):
            in_order(one.first.call(method, f"/t/aoba/{path}", {name: raw}), value)


@pytest.mark.honest("A20", "T27", "B14")
def test_afterwards_everything_works(one: Provider) -> None:
    web = one.party("web")
    assert web.userinfo(web.tokens(one.browser())["access_token"]).status == 200
