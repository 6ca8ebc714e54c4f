"""What a visitor sends comes back as text: no page and no header is made of it that acts."""

from urllib.parse import quote

import pytest
from tests.security.acting import Active, nothing_acts
from tests.support.filling import BASE_URL
from tests.support.provider import Provider

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


def test_what_acts_is_seen() -> None:
    for html in ("<script>", "<img src=x onerror=alert(1)>", '<a href="javascript:x">', "<form action=//evil.example>"):
        assert Active(html).found


@pytest.mark.attack("B7")
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


@pytest.mark.attack("B7")
@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_typed_is_text(shared: Provider, payload: str) -> None:
    browser = shared.browser()
    form = browser.login_page(shared.party("web"))
    nothing_acts(browser.sign_in(form, username=payload, password="wrong"))


@pytest.mark.attack("B7")
@pytest.mark.parametrize("payload", PAYLOADS[:5])
@pytest.mark.parametrize("path", ["signin", "consent", "authorize/continue", "end_session"])
def test_what_stands_in_the_address_of_a_page_is_text(shared: Provider, path: str, payload: str) -> None:
    query = "&".join(f"{name}={quote(payload, safe='')}" for name in ("interaction", "lang", "state", "error"))
    answer = shared.browser().get(f"/t/aoba/{path}?{query}")
    assert answer.status in (200, 400)
    nothing_acts(answer)
