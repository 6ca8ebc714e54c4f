"""What a browser can be made to send, and what it is given."""

import random
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from tests.support.filling import BASE_URL
from tests.support.in_process import Answer
from tests.support.party import Browser
from tests.support.provider import Provider

SESSION = "__Host-warifu-aoba-session"
DEVICE = "__Host-warifu-aoba-browser"
HOST = "id.example"


@pytest.fixture(scope="module")
def signed_in(shared: Provider) -> Browser:
    browser = shared.browser()
    browser.code(shared.party("web"))
    return browser


def with_cookies(shared: Provider, cookies: str, path: str) -> Answer:
    return shared.first.call("GET", path, {"cookie": cookies})


COOKIES: dict[str, Callable[[str], str]] = {
    "twice the same": lambda v: f"{SESSION}={v}; {SESSION}={v}",
    "one more before it": lambda v: f"{SESSION}=x; {SESSION}={v}",
    "one more behind it": lambda v: f"{SESSION}={v}; {SESSION}=",
    "without the prefix": lambda v: f"warifu-aoba-session={v}",
    "with the other prefix": lambda v: f"__Secure-warifu-aoba-session={v}",
    "of another tenant": lambda v: f"__Host-warifu-midori-session={v}",
    "in other capitals": lambda v: f"{SESSION.upper()}={v}",
    "quoted": lambda v: f'{SESSION}="{v}"',
    "truncated": lambda v: f"{SESSION}={v[:-1]}",
    "extended": lambda v: f"{SESSION}={v}0",
    "with a space inside": lambda v: f"{SESSION}={v[:9]} {v[9:]}",
    "with another name in it": lambda v: f"a={SESSION}={v}",
    "empty": lambda v: f"{SESSION}={v[:0]}",
    "without a value": lambda v: f"{SESSION}{v[:0]}",
    "a device in its place": lambda v: f"{SESSION}={v.replace('ss_', 'br_')}",
    "escaped": lambda v: f"{SESSION}={v.replace('_', '%5F')}",
    "separated by commas": lambda v: f"a=b, {SESSION}={v}",
    "behind eight kilobytes": lambda v: f"a={'x' * 8_192}; {SESSION}={v}",
    "all bytes": lambda v: f"{SESSION}={''.join(map(chr, range(128, 256)))}{v[:0]}",
}


@pytest.mark.parametrize("name", COOKIES)
def test_a_cookie_that_is_not_clearly_ours_is_nobodys(shared: Provider, signed_in: Browser, name: str) -> None:
    """Cookie tossing: of two with one name, one was not set by us."""
    web = shared.party("web")
    value = signed_in.jar[SESSION]
    assert "code" in with_cookies(shared, f"{SESSION}={value}", web.address(prompt="none")).query
    answer = with_cookies(shared, COOKIES[name](value), web.address(prompt="none"))
    assert answer.query["error"] == "login_required"


def mutations(value: str, count: int) -> list[str]:
    chance = random.Random(20260401)
    made = []
    for _ in range(count):
        bytes_ = bytearray(value.encode())
        for _ in range(chance.randint(1, 4)):
            act, place = chance.randrange(3), chance.randrange(len(bytes_))
            if act == 0:
                bytes_[place] = chance.choice(b"!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~\x80\xff")
            elif act == 1:
                del bytes_[place]
            else:
                bytes_.insert(place, chance.randrange(33, 256))
        made.append(bytes_.decode("latin-1"))
    return [text for text in made if text != value]


def test_a_thousand_mutations_of_a_cookie_are_nobody_and_never_an_error(shared: Provider, signed_in: Browser) -> None:
    """Attack B5."""
    address = shared.party("web").address(prompt="none")
    for name in (SESSION, DEVICE):
        for value in mutations(signed_in.jar[name], 500):
            answer = with_cookies(shared, f"{name}={value}", address)
            assert answer.status == 303, value
            assert answer.query["error"] == "login_required", value


def test_cookies_are_for_this_host_and_no_script(shared: Provider) -> None:
    browser = shared.browser()
    first = browser.get(shared.party("web").address())
    second = browser.sign_in(browser.form(browser.get(first.location)))
    cookies = first.cookies + second.cookies
    assert len(cookies) == 2
    for cookie in cookies:
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-warifu-aoba-")
        assert attributes == ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"]


def pages(shared: Provider) -> dict[str, Answer]:
    """Every page that a browser can be shown, reached as a browser reaches it."""
    web, browser = shared.party("web"), shared.browser()
    signin = browser.get(browser.get(web.address()).location)
    wrong = browser.sign_in(browser.form(signin), password="wrong")
    told = web.tokens(browser)
    consent = browser.get(browser.get(web.address(prompt="consent")).location)
    denied = browser.get(shared.party("closed").address())
    error = browser.get(web.address(redirect_uri="https://evil.example/"))
    question = browser.get("/t/aoba/end_session")
    goodbye = browser.get(f"/t/aoba/end_session?id_token_hint={told['id_token']}")
    return {
        "signin": signin,
        "wrong": wrong,
        "consent": consent,
        "denied": denied,
        "error": error,
        "logout": question,
        "goodbye": goodbye,
    }


def test_no_page_is_framed_kept_or_allowed_a_script(shared: Provider) -> None:
    """Attack A15, B6, B7, B15."""
    found = pages(shared)
    assert [page.status for page in found.values()] == [200, 401, 200, 403, 400, 200, 200]
    for name, page in found.items():
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; "), name
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy
        assert "form-action" not in policy  # Chromium applies it to the service's own redirects
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["cross-origin-opener-policy"] == "same-origin"
        assert page.headers["strict-transport-security"].startswith("max-age=")
        assert page.headers["referrer-policy"] in ("no-referrer", "same-origin")
        nothing_acts(page)


PAYLOADS = [
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</title><script>alert(1)</script>",
    "</form><form action=https://evil.example>",
    "<svg/onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}${7*7}#{7*7}",
    '" autofocus onfocus=alert(1) x="',
    "--><script>alert(1)</script><!--",
    "&lt;script&gt;&#x3c;script>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "＜script＞",
]
REFLECTED = [
    "state",
    "nonce",
    "scope",
    "login_hint",
    "ui_locales",
    "acr_values",
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "prompt",
    "max_age",
    "code_challenge",
    "id_token_hint",
    "lang",
    "x",
]


class Active(HTMLParser):
    """Whatever in a page acts or leads elsewhere, as a browser would read it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "iframe", "object", "embed", "base"):
            self.found.append(tag)
        for name, value in attrs:
            address = (value or "").strip().lower()
            leads = name in ("href", "src", "action", "formaction", "srcset", "xlink:href")
            if (leads and address.startswith("//")) or (
                leads and not address.startswith(("/", "#", "?", f"{BASE_URL}/", "https://rp.example/"))
            ):
                self.found.append(f"{tag} {name}={value}")
            if name.startswith("on") or name in ("style", "http-equiv", "srcdoc"):
                self.found.append(f"{tag} {name}={value}")


def nothing_acts(answer: Answer) -> None:
    assert Active(answer.text).found == []


def test_what_acts_is_seen() -> None:
    for html in ("<script>", "<img src=x onerror=alert(1)>", '<a href="javascript:x">', "<form action=//evil.example>"):
        assert Active(html).found


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("name", REFLECTED)
def test_what_is_reflected_is_text(shared: Provider, name: str, payload: str) -> None:
    browser, web = shared.browser(), shared.party("web")
    address = web.address(**{name: None}) + f"&{name}={quote(payload, safe='')}"
    answer = browser.get(address)
    nothing_acts(answer)
    if answer.location.startswith(f"{BASE_URL}/"):
        page = browser.get(answer.location)
        assert page.status == 200
        nothing_acts(page)
    elif answer.location:
        assert answer.location.startswith("https://rp.example/cb?")
        assert "<" not in answer.location
        assert '"' not in answer.location


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_typed_is_text(shared: Provider, payload: str) -> None:
    browser = shared.browser()
    form = browser.login_page(shared.party("web"))
    nothing_acts(browser.sign_in(form, username=payload, password="wrong"))


@pytest.mark.parametrize("payload", PAYLOADS[:5])
@pytest.mark.parametrize("path", ["signin", "consent", "authorize/continue", "end_session"])
def test_what_stands_in_the_address_of_a_page_is_text(shared: Provider, path: str, payload: str) -> None:
    query = "&".join(f"{name}={quote(payload, safe='')}" for name in ("interaction", "lang", "state", "error"))
    answer = shared.browser().get(f"/t/aoba/{path}?{query}")
    assert answer.status in (200, 400)
    nothing_acts(answer)


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


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", PATHS)
def test_another_host_is_not_answered_for(shared: Provider, host: str, path: str) -> None:
    answer = shared.get(path, {"host": host})
    assert answer.status in (400, 421)
    assert not answer.location
    assert not host or host.strip() == HOST or "evil" not in answer.text


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


def test_two_hosts_are_none(shared: Provider) -> None:
    fields = [(b"host", HOST.encode()), (b"host", b"evil.example")]
    answer = shared.first.run(shared.first.exchange("GET", PATHS[0], fields))
    assert answer.status == 400


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


@pytest.mark.parametrize("path", SPELLINGS)
def test_a_path_has_one_spelling(shared: Provider, path: str) -> None:
    """Attack B13, B14."""
    answer = shared.first.call("GET", path.encode().decode("latin-1"))
    assert answer.status in (400, 404), answer
    assert "keys" not in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "endpoint", ["token", "userinfo", "introspect", "revoke", "authorize", "signin", "end_session"]
)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://rp.example", BASE_URL])
def test_no_other_page_reads_an_answer(shared: Provider, endpoint: str, origin: str) -> None:
    """Attack T28."""
    headers = {"origin": origin, "access-control-request-method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        answer = shared.first.call(method, f"/t/aoba/{endpoint}", headers)
        assert not [name for name, _ in answer.fields if name.startswith("access-control-")]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "value", ["a\r\nset-cookie: x=y", "a%0d%0aset-cookie:%20x=y", "a\u2028b", "a%E5%98%8A%E5%98%8Dset-cookie:x"]
)
@pytest.mark.parametrize("name", ["state", "redirect_uri", "ui_locales", "login_hint", "nonce"])
def test_no_value_becomes_a_header(shared: Provider, name: str, value: str) -> None:
    answer = shared.get(shared.party("web").address(**{name: value, "prompt": "none"}))
    assert answer.status in (303, 400)
    assert not answer.cookies
    assert all("\r" not in field and "\n" not in field for _, field in answer.fields)
