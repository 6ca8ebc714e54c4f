"""Whose host, which path and which field: of two ways to read a request there is one, and it is ours."""

import pytest
from tests.support.filling import BASE_URL
from tests.support.provider import Provider

HOST = "id.example"


HOSTS = [
    "evil.example",
    "id.example.evil.example",
    "evil.example:443",
    "id.example:444",
    "id.example:80@evil.example",
    "id.example@evil.example",
    "id.example.",
    "id.example/",
    "id.example, evil.example",
    "[::1]",
    "127.0.0.1",
    "localhost",
    "",
    " id.example",
]
PATHS = ["/t/aoba/.well-known/openid-configuration", "/t/aoba/jwks", "/t/aoba/signin", "/"]


@pytest.mark.attack("B12")
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", PATHS)
def test_another_host_is_not_answered_for(shared: Provider, host: str, path: str) -> None:
    answer = shared.get(path, {"host": host})
    assert answer.status in (400, 421)
    assert not answer.location
    assert not host or host.strip() == HOST or "evil" not in answer.text


@pytest.mark.honest("B12")
@pytest.mark.attack("B12")
@pytest.mark.parametrize(
    "name",
    ["x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-for", "forwarded",
     "x-real-ip", "x-original-url", "x-rewrite-url", "x-host", "x-http-method-override", "x_forwarded_host",
     "x-forwarded-server"],
)  # fmt: skip
def test_nobody_but_a_proxy_of_ours_says_where_we_are(shared: Provider, name: str) -> None:
    honest = shared.get(PATHS[0])
    poisoned = shared.get(PATHS[0], {name: "evil.example"})
    assert (poisoned.status, poisoned.body) == (honest.status, honest.body)
    answer = shared.get(shared.party("web").address(), {name: "evil.example"})
    assert answer.location.startswith(f"{BASE_URL}/t/aoba/signin?")


@pytest.mark.attack("B12")
def test_two_hosts_are_none(shared: Provider) -> None:
    fields = [(b"host", HOST.encode()), (b"host", b"evil.example")]
    answer = shared.first.run(shared.first.exchange("GET", PATHS[0], fields))
    assert answer.status == 400


@pytest.mark.attack("B14")
@pytest.mark.parametrize("name", [b"host", b"content-length", b"content-type", b"authorization", b"origin"])
def test_a_field_that_two_readers_could_read_differently_comes_once(shared: Provider, name: bytes) -> None:
    fields = [(b"host", HOST.encode()), (name, b"a"), (name, b"b")]
    assert shared.first.run(shared.first.exchange("GET", PATHS[1], fields)).status == 400


SPELLINGS = [
    "/t/aoba/./jwks",
    "/t/aoba//jwks",
    "//t/aoba/jwks",
    "/t/aoba/jwks/.",
    "/t/x/../aoba/jwks",
    "/t/aoba/x/..;/jwks",
    "/t/aoba;x/jwks",
    "/t/aoba/jwks;x",
    "/t/aoba/%6awks",
    "/t/aoba%2fjwks",
    "/t/aoba%5cjwks",
    "/t/aoba\\jwks",
    "/t/%61oba/jwks",
    "/t/aoba/jwks%00",
    "/t/aoba/jwks%20",
    "/t/aoba/jwks%0d%0ax:y",
    "/t/aoba/%2e%2e/midori/jwks",
    "/t/AOBA/jwks",
    "/T/aoba/jwks",
    "/t/aoba/JWKS",
    "/t/aoba./jwks",
    "/t/aoba/jwks.",
    "/t/aoba/jwks/",
    "/t/aoba/userinfo/x.css",
    "/t/aoba/userinfo.css",
    "/t/aoba/jwks/x.js",
    "/t//jwks",
    "/t/../jwks",
    "/t/a_b/jwks",
    "/t/ａoba/jwks",
    "https://evil.example/t/aoba/jwks",
    "*",
    "",
]


@pytest.mark.attack("B13", "B14")
@pytest.mark.parametrize("path", SPELLINGS)
def test_a_path_has_one_spelling(shared: Provider, path: str) -> None:
    """Attack B13, B14."""
    answer = shared.first.call("GET", path.encode().decode("latin-1"))
    assert answer.status in (400, 404), answer
    assert "keys" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


OPEN_TO_CLIENTS = ["token", "userinfo", "revoke", "par", "device_authorization"]
STRANGERS = ["https://evil.example", "null", BASE_URL, "https://rp.example.evil.example", "https://rp.example:444"]


@pytest.mark.attack("T28")
@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [
        *((endpoint, origin) for endpoint in OPEN_TO_CLIENTS for origin in STRANGERS),
        *(
            (endpoint, origin)
            for endpoint in ("introspect", "authorize", "signin", "end_session", "register")
            for origin in ("https://evil.example", "https://rp.example")
        ),
    ],
)
def test_no_other_page_reads_an_answer(shared: Provider, endpoint: str, origin: str) -> None:
    """Attack T28."""
    headers = {"origin": origin, "access-control-request-method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        answer = shared.first.call(method, f"/t/aoba/{endpoint}", headers)
        assert not [name for name, _ in answer.fields if name.startswith("access-control-")]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.attack("B14")
@pytest.mark.parametrize(
    "value", ["a\r\nset-cookie: x=y", "a%0d%0aset-cookie:%20x=y", "a\u2028b", "a%E5%98%8A%E5%98%8Dset-cookie:x"]
)
@pytest.mark.parametrize("name", ["state", "redirect_uri", "ui_locales", "login_hint", "nonce"])
def test_no_value_becomes_a_header(shared: Provider, name: str, value: str) -> None:
    answer = shared.get(shared.party("web").address(**{name: value, "prompt": "none"}))
    assert answer.status in (303, 400)
    assert not answer.cookies
    assert all("\r" not in field and "\n" not in field for _, field in answer.fields)
