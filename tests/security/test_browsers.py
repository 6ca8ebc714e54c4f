"""What a browser can be made to send, and what it is given."""

import random
from collections.abc import Callable

import pytest
from tests.security.acting import nothing_acts
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


@pytest.mark.honest("B4", "B5")
@pytest.mark.attack("B4", "B5")
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


@pytest.mark.attack("B5")
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
