"""Where an answer goes and what goes along with it: to the registered address, with our name, past no cache."""

from collections.abc import Callable, Mapping

import pytest
from tests.oidc.test_front_channel import posted
from tests.support.filling import BASE_URL, CALLBACK
from tests.support.in_process import Answer
from tests.support.party import Browser, Party, claims
from tests.support.provider import Provider

ISSUER = f"{BASE_URL}/t/aoba"
MIDORI = f"{BASE_URL}/t/midori"


@pytest.fixture(scope="module")
def web(shared: Provider) -> Party:
    return shared.party("web")


@pytest.fixture
def browser(shared: Provider, web: Party) -> Browser:
    browser = shared.browser()
    browser.code(web)
    return browser


UNHEARD = ["web_message", "web_message.jwt", "cookie", "none", "QUERY", "query fragment", "postMessage", "javascript"]


@pytest.mark.attack("A13")
@pytest.mark.parametrize("mode", UNHEARD)
@pytest.mark.parametrize("prompt", [None, "none"])
def test_no_answer_is_posted_to_a_window(browser: Browser, web: Party, mode: str, prompt: str | None) -> None:
    answer = browser.get(web.address(response_mode=mode, prompt=prompt, web_message_uri="https://evil.example/"))
    assert answer.location.startswith(f"{CALLBACK}?")
    said = claims(answer.query["response"]) if mode.endswith(".jwt") else answer.query
    assert said["error"] == "invalid_request"
    assert "code" not in said


@pytest.mark.honest("A13")
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
def test_the_modes_that_there_are_lead_to_the_registered_address(browser: Browser, web: Party, mode: str) -> None:
    supported = web.worker.call("GET", "/t/aoba/.well-known/openid-configuration").json()["response_modes_supported"]
    assert not [name for name in supported if "message" in name]
    answer = browser.get(web.address(response_mode=mode))
    if mode == "form_post":
        assert posted(answer)["code"]
    else:
        assert answer.location.startswith(f"{CALLBACK}{'?' if mode == 'query' else '#'}")


# A redirect that keeps the method would carry the password, the code of a telephone or the consent on to the service.
POSTED: dict[str, Callable[[Provider, Browser, Party], Answer]] = {}


def whatever(work: Callable[[Provider, Browser, Party], Answer]) -> Callable[[Provider, Browser, Party], Answer]:
    POSTED[work.__name__] = work
    return work


@whatever
def a_password(provider: Provider, _: Browser, web: Party) -> Answer:
    browser = provider.browser()
    return browser.sign_in(browser.login_page(web))


@whatever
def a_request(provider: Provider, browser: Browser, web: Party) -> Answer:
    return browser.post("/t/aoba/authorize", web.asking(), {})


@whatever
def a_request_of_nobody(provider: Provider, _: Browser, web: Party) -> Answer:
    return provider.browser().post("/t/aoba/authorize", web.asking(), {})


@whatever
def a_request_that_fails(provider: Provider, browser: Browser, web: Party) -> Answer:
    return browser.post("/t/aoba/authorize", web.asking(scope="nonsense"), {})


@whatever
def a_yes(provider: Provider, browser: Browser, web: Party) -> Answer:
    page = browser.get(browser.get(web.address(prompt="consent")).location)
    return browser.press(browser.form(page, "consent-form"), "consent-allow")


@whatever
def a_no(provider: Provider, browser: Browser, web: Party) -> Answer:
    page = browser.get(browser.get(web.address(prompt="consent")).location)
    return browser.press(browser.form(page, "consent-form"), "consent-deny")


@whatever
def a_sign_out(provider: Provider, browser: Browser, web: Party) -> Answer:
    hint = browser.get(web.address()).query["code"]
    told = web.redeem(hint).json()["id_token"]
    fields = {"id_token_hint": told, "post_logout_redirect_uri": "https://rp.example/bye"}
    return browser.post("/t/aoba/end_session", fields, {})


@pytest.mark.attack("A14")
@pytest.mark.honest("A14")
@pytest.mark.parametrize("name", POSTED)
def test_whatever_is_posted_the_browser_goes_on_by_get(
    shared: Provider, browser: Browser, web: Party, name: str
) -> None:
    answer = POSTED[name](shared, browser, web)
    assert answer.status == 303  # RFC 9700 4.12: 307 and 308 repeat the form
    assert answer.location
    assert browser.password not in answer.location


def parameters(answer: Answer, mode: str) -> Mapping[str, str]:
    if mode == "form_post":
        return posted(answer)
    return answer.query if answer.location.startswith(f"{CALLBACK}?") else answer.fragment


FAILING: list[dict[str, str | None]] = [
    {},
    {"prompt": "none", "id_token_hint": "x", "scope": "admin"},
    {"scope": "nonsense"},
    {"code_challenge": None},
    {"resource": "https://api.example/"},
    {"claims": "x"},
    {"prompt": "none login"},
    {"iss": MIDORI},
]


@pytest.mark.attack("A19")
@pytest.mark.honest("A19")
@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
@pytest.mark.parametrize("changes", FAILING)
def test_every_answer_says_whose_it_is(
    shared: Provider, browser: Browser, web: Party, mode: str, changes: dict[str, str | None]
) -> None:
    """RFC 9207 2: without it a client that talks to two servers sends the code of one to the other."""
    answer = browser.get(web.address(response_mode=mode, **changes))
    said = parameters(answer, mode)
    assert said["iss"] == ISSUER == web.worker.call("GET", "/t/aoba/.well-known/openid-configuration").json()["issuer"]
    assert ("code" in said) is (changes.keys() <= {"iss"})
    assert MIDORI not in said.values()


CACHED = {
    "a code": lambda browser, web: browser.get(web.address()),
    "an error": lambda browser, web: browser.get(web.address(scope="nonsense")),
    "a code in a form": lambda browser, web: browser.get(web.address(response_mode="form_post")),
    "a code behind #": lambda browser, web: browser.get(web.address(response_mode="fragment")),
    "a page of sign-in": lambda browser, web: browser.get(browser.get(web.address(prompt="login")).location),
    "a page of consent": lambda browser, web: browser.get(browser.get(web.address(prompt="consent")).location),
    "a page of sign-out": lambda browser, _: browser.get("/t/aoba/end_session"),
    "a page of an error": lambda browser, web: browser.get(web.address(redirect_uri="https://evil.example/")),
    "the page of one's own account": lambda browser, _: browser.get("/t/aoba/"),
}


@pytest.mark.attack("A15", "B6", "B15", "B14")
@pytest.mark.honest("A15", "B6", "B15", "B14")
@pytest.mark.parametrize("name", CACHED)
def test_no_answer_is_kept_framed_or_told_to_the_next_site(browser: Browser, web: Party, name: str) -> None:
    answer = CACHED[name](browser, web)
    assert answer.status in (200, 303, 400)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] in ("no-referrer", "same-origin")
    if answer.status != 303:
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "DENY"
        assert "http://" not in answer.headers["content-security-policy"]
