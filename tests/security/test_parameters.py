"""Parameters that two readers could read differently, or that are too much."""

import time
from urllib.parse import urlencode

import pytest
from tests.support.in_process import FORM, Answer, encoded
from tests.support.party import Browser, Party
from tests.support.provider import Provider

DOORS = ["token", "introspect", "revoke", "userinfo"]
PAGES = ["authorize", "signin", "consent", "end_session", "end_session/confirm"]


def quiet(answer: Answer, *statuses: int) -> None:
    """Refused in order: no redirect, no cookie, no token, nothing of ours told."""
    assert answer.status in statuses, answer
    assert not answer.location
    assert not answer.cookies
    assert "access_token" not in answer.text
    assert "Traceback" not in answer.text


def fields_of(party: Party, **more: str) -> list[tuple[str, str]]:
    return list({"grant_type": "client_credentials", "scope": "api", **more}.items())


def send(party: Party, endpoint: str, body: bytes, content_type: str | None = FORM, query: str = "") -> Answer:
    headers, _ = party.proof({})
    if content_type is not None:
        headers["content-type"] = content_type
    return party.worker.call("POST", f"/t/aoba/{endpoint}{query}", headers, body)


@pytest.mark.honest("T27")
@pytest.mark.attack("T27")
@pytest.mark.parametrize("name", ["grant_type", "scope", "client_id", "code", "refresh_token", "token", "x"])
@pytest.mark.parametrize("endpoint", DOORS)
@pytest.mark.parametrize("same", [True, False])
def test_a_field_is_given_once(shared: Provider, endpoint: str, name: str, same: bool) -> None:
    web = shared.party("web")
    pairs = [*fields_of(web), (name, "a"), (name, "a" if same else "b")]
    quiet(send(web, endpoint, encoded(pairs)), 400)
    assert send(web, "token", encoded(fields_of(web))).status == 200


@pytest.mark.attack("T27")
@pytest.mark.parametrize("name", ["grant_type[]", "grant_type[0]", "Grant_Type", " grant_type", "grant.type"])
def test_a_name_that_looks_like_another_is_another(shared: Provider, name: str) -> None:
    web = shared.party("web")
    pairs = [(name, "client_credentials"), ("scope", "api")]
    quiet(send(web, "token", encoded(pairs)), 400)


@pytest.mark.attack("T10")
@pytest.mark.parametrize("endpoint", DOORS)
@pytest.mark.parametrize(
    "query",
    ["?client_secret=x", "?token=x", "?grant_type=client_credentials", "?x=1", "?access_token=x", "?%zz", "?=", "?a"],
)
def test_nothing_stands_in_the_address(shared: Provider, endpoint: str, query: str) -> None:
    """Attack T10: it would end up in logs."""
    fields = encoded({"grant_type": "client_credentials", "token": "x"})
    quiet(send(shared.party("web"), endpoint, fields, query=query), 400)


CONTENT_TYPES = [
    None,
    "",
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded; charset=utf-7",
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=iso-2022-jp",
    "application/x-www-form-urlencoded; charset=utf-8; charset=utf-7",
    "application/x-www-form-urlencoded, text/plain",
    "application/x-www-form-urlencodedx",
    "application/xml",
]


@pytest.mark.attack("T27")
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("endpoint", ["token", "introspect", "revoke"])
def test_a_form_is_urlencoded_in_utf_8(shared: Provider, endpoint: str, content_type: str | None) -> None:
    fields = encoded({"grant_type": "client_credentials", "token": "x"})
    quiet(send(shared.party("web"), endpoint, fields, content_type), 400)


@pytest.mark.attack("T27")
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
@pytest.mark.parametrize("page", PAGES)
def test_and_so_is_that_of_a_page(shared: Provider, page: str, content_type: str | None) -> None:
    quiet(send(shared.party("web"), page, b"x=1", content_type), 415)


@pytest.mark.honest("T27", "T10")
@pytest.mark.parametrize("content_type", [FORM, f"{FORM};charset=UTF-8", f'{FORM}; charset="utf-8"', FORM.upper()])
def test_one_that_says_so_is_read(shared: Provider, content_type: str) -> None:
    assert send(shared.party("web"), "token", encoded(fields_of(shared.party("web"))), content_type).status == 200


MALFORMED = [
    b"grant_type=client_credentials&x=%",
    b"grant_type=client_credentials&x=%4",
    b"grant_type=client_credentials&x=%zz",
    b"grant_type=client_credentials&x=%u0041",
    b"grant_type=client_credentials&x=%00",
    b"grant_type=client_credentials&x=\x00",
    b"grant_type=client_credentials&x=%ff",
    b"grant_type=client_credentials&x=\xff\xfe",
    b"grant_type=client_credentials&x=%c0%80",  # NUL in an overlong form
    b"grant_type=client_credentials&x=%ed%a0%80",  # half a surrogate pair
    b"grant_type=client_credentials&x=%f4%90%80%80",  # beyond Unicode
    b"grant_type=client_credentials" + b"&x=1" * 100,
    b"\x00",
    b"g\x00rant_type=client_credentials",
    b"%00=1",
]


@pytest.mark.attack("T27")
@pytest.mark.parametrize("body", MALFORMED)
@pytest.mark.parametrize("endpoint", [*DOORS, *PAGES])
def test_what_cannot_be_read_in_one_way_is_not_read(shared: Provider, endpoint: str, body: bytes) -> None:
    quiet(send(shared.party("web"), endpoint, body), 400)


@pytest.mark.attack("A20")
@pytest.mark.parametrize("body", MALFORMED)
@pytest.mark.parametrize("page", ["authorize", "signin", "consent", "end_session", "authorize/continue"])
def test_nor_in_an_address(shared: Provider, page: str, body: bytes) -> None:
    quiet(shared.get(f"/t/aoba/{page}?{body.decode('latin-1')}"), 400)


_FORM = 64 * 1024
LIMITS = {
    "token": _FORM,
    "introspect": _FORM,
    "revoke": _FORM,
    "end_session": _FORM,
    "consent": _FORM,
    "signin": 16_384,
}


@pytest.mark.parametrize(("endpoint", "limit"), LIMITS.items())
def test_a_form_has_a_limit_to_the_byte(shared: Provider, endpoint: str, limit: int) -> None:
    web = shared.party("web")
    start = encoded({"grant_type": "client_credentials", "token": "x", "pad": ""})
    within = send(web, endpoint, start + b"x" * (limit - len(start)))
    assert within.status != 413
    quiet(send(web, endpoint, start + b"x" * (limit + 1 - len(start))), 413)


@pytest.mark.parametrize("endpoint", [*DOORS, *PAGES])
@pytest.mark.parametrize("size", [300_000, 2_000_000])
def test_a_flood_is_cut_off(shared: Provider, endpoint: str, size: int) -> None:
    quiet(send(shared.party("web"), endpoint, b"x=" + b"y" * size), 413)


BOMBS = {
    "a million characters of scope": {"scope": "openid " + "s" * 60_000},
    "thirty thousand scopes": {"scope": "s " * 30_000},
    "a deep claims parameter": {"claims": "[" * 10_000},
    "claims with NaN": {"claims": '{"userinfo": NaN}'},
    "claims that repeat": {"claims": '{"userinfo":{},"userinfo":{}}'},
    "a long nonce": {"nonce": "n" * 60_000},
    "a long login hint": {"login_hint": "h" * 60_000},
    "many languages": {"ui_locales": "ja " * 20_000},
    "a language that is none": {"ui_locales": "../../etc/passwd"},
    "many contexts": {"acr_values": "a " * 20_000},
    "a long prompt": {"prompt": "login " * 10_000},
    "a long age": {"max_age": "1" * 60_000},
    "a long challenge": {"code_challenge": "c" * 60_000},
    "a long state": {"state": "s" * 60_000},
    "a long address": {"redirect_uri": "https://rp.example/" + "c" * 60_000},
    "a long client": {"client_id": "c" * 60_000},
    "a client of controls": {"client_id": "\x01\x02\x1b[31m"},
    "a long unknown one": {"x": "x" * 60_000},
}


@pytest.mark.attack("A20")
@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_too_much_is_answered_quickly_and_in_order(shared: Provider, name: str, method: str) -> None:
    fields = {**shared.party("web").asking(), **BOMBS[name]}
    shared.get("/health/live")
    began = time.perf_counter()
    if method == "GET":
        answer = shared.get(f"/t/aoba/authorize?{urlencode(fields)}")
    else:
        answer = shared.first.call("POST", "/t/aoba/authorize", {"content-type": FORM}, encoded(fields))
    assert time.perf_counter() - began < 1  # on a busy machine; milliseconds otherwise
    assert answer.status in (303, 400)
    if answer.status == 303:
        assert answer.location.startswith(("https://rp.example/cb?error=", "https://id.example/t/aoba/"))


@pytest.mark.attack("A11", "A24")
@pytest.mark.parametrize("name", ["request", "request_uri", "resume", "session", "sub", "iss", "user", "interaction"])
def test_nothing_in_the_address_stands_for_a_session(shared: Provider, name: str) -> None:
    """Attack A11, A24: what a request needs is kept here, not in the browser."""
    browser: Browser = shared.browser()
    answer = browser.get(f"{shared.party('web').address(prompt='none')}&{name}={shared.user()}")
    assert "code" not in answer.query
