"""Where a browser may be sent: to a registered address, compared code point by code point."""

import pytest
from tests.support.filling import CALLBACK
from tests.support.in_process import FORM, Answer, encoded
from tests.support.provider import Provider

TRICKS = {
    "A1": [
        # another host, or one that reads like it
        "https://evil.example/cb",
        "https://rp.example.evil.example/cb",
        "https://rp.exampleevil.example/cb",
        "https://evil.example/https://rp.example/cb",
        "https://evil.example?https://rp.example/cb",
        "https://evil.example#https://rp.example/cb",
        "https://rp.example@evil.example/cb",
        "https://rp.example:443@evil.example/cb",
        "https://evil.example\\@rp.example/cb",
        "https://evil.example\\.rp.example/cb",
        "https:\\\\rp.example\\cb",
        "https:/rp.example/cb",
        "https:rp.example/cb",
        "//rp.example/cb",
        "///rp.example/cb",
        "/cb",
        "cb",
        "rp.example/cb",
    ],
    "A2": [
        # the same host, written in another way
        "https://rp.example",
        "https://rp.example/",
        "https://RP.example/cb",
        "HTTPS://rp.example/cb",
        "https://rp.example./cb",
        "https://rp.example:443/cb",
        "https://rp.example:8443/cb",
        "https://rp.example:/cb",
        "https://user@rp.example/cb",
        "https://user:pass@rp.example/cb",
        "https://sub.rp.example/cb",
        "https://ｒｐ.example/cb",
        "https://rp。example/cb",
        "https://rp.exämple/cb",
        "https://xn--rp-example/cb",
        "https://[::1]/cb",
        # the same path, written in another way
        "https://rp.example/cb/",
        "https://rp.example/CB",
        "https://rp.example/cb/../cb",
        "https://rp.example/./cb",
        "https://rp.example//cb",
        "https://rp.example/x/../cb",
        "https://rp.example/cb%2f..",
        "https://rp.example/%63b",
        "https://rp.example/cb%00",
        "https://rp.example/cb;x",
        "https://rp.example/cb.evil",
        "https://rp.example/cb/x",
        # a query or fragment that is not registered
        "https://rp.example/cb?",
        "https://rp.example/cb?x=1",
        "https://rp.example/cb?a=b%20c&x=1",
        "https://rp.example/cb?x=1&a=b%20c",
        "https://rp.example/cb?a=b+c",
        "https://rp.example/cb?a=b%20C",
        "https://rp.example/cb?a=b c",
        "https://rp.example/cb#",
        "https://rp.example/cb#x",
        # what is around it
        " https://rp.example/cb",
        "https://rp.example/cb ",
        "\thttps://rp.example/cb",
        "https://rp.example/cb\n",
        "https://rp.example/cb\r\nset-cookie: a=b",
        "https://rp.example/cb%0d%0aset-cookie:%20a=b",
        "https%3A%2F%2Frp.example%2Fcb",
        # several in one
        "https://rp.example/cb https://evil.example/",
        "https://rp.example/cb,https://evil.example/",
        '["https://rp.example/cb"]',
        "https://rp.example/" + "c" * 4_000,
    ],
    "A3": [
        # patterns
        "https://rp_example/cb",
        "https://rpxexample/cb",
        "https://*.example/cb",
        "https://rp.example/*",
        "https://rp.example/.b",
        "*",
        "null",
        "undefined",
    ],
    "A5": [
        # another scheme
        "javascript:alert(1)",
        "javascript://rp.example/cb%0aalert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "blob:https://rp.example/cb",
        "about:blank",
        "urn:ietf:wg:oauth:2.0:oob",
        "ftp://rp.example/cb",
        "com.example.app:/cb",
    ],
    "A6": [
        # plain http, and loopback for a service that is no native application
        "http://rp.example/cb",
        "http://localhost/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:8080/cb",
    ],
}
ADDRESSES = [
    pytest.param(address, marks=pytest.mark.attack(row, "A8")) for row, tried in TRICKS.items() for address in tried
]

# What else is wrong with a request must not make its address be believed (A8, A9).
COMPANY: list[dict[str, str | None]] = [
    {},
    {"prompt": "none"},
    {"scope": "nonsense"},
    {"response_type": "token"},
    {"code_challenge": None},
    {"request": "a.b.c"},
]


def nobody_is_sent_anywhere(answer: Answer) -> None:
    assert answer.status == 400, answer
    assert not answer.location
    assert not answer.cookies
    assert "http-equiv" not in answer.text
    assert 'id="error-page"' in answer.text


def asked(provider: Provider, **changes: str | None) -> Answer:
    return provider.get(provider.party("web").address(**changes))


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_not_the_registered_one(shared: Provider, address: str) -> None:
    for company in COMPANY:
        nobody_is_sent_anywhere(asked(shared, redirect_uri=address, **company))
    fields = encoded(shared.party("web").asking(redirect_uri=address))
    nobody_is_sent_anywhere(shared.first.call("POST", "/t/aoba/authorize", {"content-type": FORM}, fields))


@pytest.mark.honest("A1", "A2")
@pytest.mark.parametrize("address", ADDRESSES)
def test_nor_for_somebody_who_is_signed_in(shared: Provider, address: str) -> None:
    browser, web = shared.browser(), shared.party("web")
    browser.code(web)
    nobody_is_sent_anywhere(browser.get(web.address(redirect_uri=address)))
    nobody_is_sent_anywhere(browser.get(web.address(redirect_uri=address, prompt="none")))
    assert browser.get(web.address()).location.startswith(f"{CALLBACK}?")


@pytest.mark.honest("A1", "A2", "A3", "A5", "A8", "A9")
@pytest.mark.parametrize("company", COMPANY)
def test_the_registered_address_is_gone_to(shared: Provider, company: dict[str, str | None]) -> None:
    for address in (CALLBACK, f"{CALLBACK}?a=b%20c"):
        location = asked(shared, redirect_uri=address, **company).location
        assert location.startswith((address, "https://id.example/t/aoba/signin?"))


NATIVE = [
    ("http://127.0.0.1/cb", True),
    ("http://127.0.0.1:1/cb", True),
    ("http://127.0.0.1:51004/cb", True),
    ("http://127.0.0.1:65535/cb", True),
    ("http://[::1]:51004/cb", True),
    ("com.example.app:/cb", True),
    ("http://127.0.0.1:0/cb", False),
    ("http://127.0.0.1:65536/cb", False),
    ("http://127.0.0.1:51004/cb/", False),
    ("http://127.0.0.1:51004/other", False),
    ("http://127.0.0.1:51004/cb?x=1", False),
    ("http://127.0.0.1:51004/cb#x", False),
    ("https://127.0.0.1:51004/cb", False),
    ("http://localhost:51004/cb", False),
    ("http://localhost/cb", False),
    ("http://127.0.0.2:51004/cb", False),
    ("http://127.1:51004/cb", False),
    ("http://2130706433/cb", False),
    ("http://0x7f.1/cb", False),
    ("http://0.0.0.0:51004/cb", False),
    ("http://127.0.0.1.evil.example/cb", False),
    ("http://127.0.0.1@evil.example/cb", False),
    ("http://127.0.0.1:80@evil.example/cb", False),
    ("http://127.0.0.1:51004@evil.example/cb", False),
    ("http://evil.example#@127.0.0.1:51004/cb", False),
    ("http://evil.example?@127.0.0.1:51004/cb", False),
    ("http://127.0.0.1:51004\\@evil.example/cb", False),
    ("http://127.0.0.1:５１/cb", False),
    ("http://[::ffff:127.0.0.1]/cb", False),
    ("http://[0:0:0:0:0:0:0:1]/cb", False),
    ("com.example.app://cb", False),
    ("com.example.app:/cb/", False),
    ("com.example.app:cb", False),
    ("COM.example.app:/cb", False),
    ("com.evil.app:/cb", False),
]


@pytest.mark.parametrize(
    ("address", "known"),
    [pytest.param(*each, marks=pytest.mark.honest("A6") if each[1] else pytest.mark.attack("A6")) for each in NATIVE],
)
def test_a_native_application_listens_on_any_port_of_a_loopback_address(
    shared: Provider, address: str, known: bool
) -> None:
    """RFC 8252 7.1, 7.3; attack A6."""
    phone = shared.party("phone")
    answer = shared.get(phone.address(redirect_uri=address))
    if known:
        assert "/signin?" in answer.location
        assert shared.get(phone.address(redirect_uri=address, prompt="none")).location.startswith(f"{address}?error=")
    else:
        nobody_is_sent_anywhere(answer)


@pytest.mark.honest("A7", "T5", "T7")
@pytest.mark.attack("A7", "T5", "T7")
@pytest.mark.parametrize("name", ["phone", "app", "web"])
def test_without_a_challenge_nobody_gets_a_code(shared: Provider, name: str) -> None:
    """Attack A7, T5: another application may claim the same scheme."""
    party = shared.party(name)
    for changes in ({"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"}):
        assert shared.get(party.address(**changes)).query["error"] == "invalid_request"
    assert "/signin?" in shared.get(party.address()).location
