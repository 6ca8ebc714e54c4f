"""Front-Channel Logout 1.0: the signed-out page loads a page of each service, and goes on only then."""

import html
import json
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.support.filling import GOODBYE
from tests.support.in_process import Answer
from tests.support.party import Party, claims
from tests.support.provider import Provider
from tests.support.registered import register
from tests.support.sign_in import Page

FRONT = "https://rp.example/front?a=b"
OTHER = "https://other.example/front"
ISSUER = "https://id.example/t/aoba"
END = "/t/aoba/end_session"


@pytest.fixture(scope="module")
def first(shared: Provider) -> Party:
    return register(shared, "front-1", frontchannel_logout_uri=FRONT, frontchannel_logout_session_required=True)


@pytest.fixture(scope="module")
def second(shared: Provider) -> Party:
    return register(shared, "front-2", redirect_uris=["https://other.example/cb"], frontchannel_logout_uri=OTHER)


def frames(answer: Answer) -> list[str]:
    return [html.unescape(found) for found in re.findall(r'<iframe src="([^"]*)"', answer.text)]


def policy(answer: Answer) -> dict[str, str]:
    return dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))


@pytest.mark.meets("L6", "L2")
def test_each_service_that_was_used_is_told_in_a_frame_and_only_then_the_page_goes_on(
    shared: Provider, first: Party, second: Party
) -> None:
    browser = shared.browser()
    hint = first.tokens(browser)["id_token"]
    second.tokens(browser)
    second.tokens(browser)
    asked = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE, "state": "a b"})
    page = browser.get(f"{END}?{asked}")
    assert (page.status, page.location) == (200, "")
    sid = claims(hint)["sid"]
    told = {address.partition("?")[0]: parse_qs(urlsplit(address).query) for address in frames(page)}
    assert told == {
        "https://rp.example/front": {"a": ["b"], "iss": [ISSUER], "sid": [sid]},
        OTHER: {"iss": [ISSUER], "sid": [sid]},
    }
    assert set(policy(page)["frame-src"].split()) == {"https://rp.example", "https://other.example"}
    assert policy(page)["default-src"] == policy(page)["frame-ancestors"] == "'none'"
    assert f'href="{GOODBYE}?state=a+b"' in page.text
    assert "onward.js" in page.text
    assert "code" not in browser.get(first.address(prompt="none")).query


@pytest.mark.meets("L4", "L6")
def test_without_an_address_to_go_to_the_page_stays(shared: Provider, first: Party) -> None:
    browser = shared.browser()
    hint = first.tokens(browser)["id_token"]
    page = browser.get(f"{END}?{urlencode({'id_token_hint': hint})}")
    assert len(frames(page)) == 1
    assert 'id="logged-out"' in page.text
    assert "onward.js" not in page.text
    assert "http-equiv" not in page.text


def test_the_frames_follow_the_persons_own_yes_too(shared: Provider, first: Party) -> None:
    browser = shared.browser()
    first.tokens(browser)
    form = Page(browser.get(END).text).forms["logout-form"]
    assert len(frames(browser.press(form, "logout-confirm"))) == 1


def test_who_was_not_used_in_this_session_or_wants_no_frame_is_not_told(
    shared: Provider, first: Party, second: Party
) -> None:
    elsewhere, browser = shared.browser(), shared.browser()
    second.tokens(elsewhere)
    hint = shared.party("web").tokens(browser)["id_token"]
    browser.code(first)  # nobody has redeemed it: the service has seen nothing of the session
    answer = browser.get(f"{END}?{urlencode({'id_token_hint': hint, 'post_logout_redirect_uri': GOODBYE})}")
    assert (answer.status, answer.location) == (303, GOODBYE)


def test_a_page_that_is_asked_for_twice_tells_nobody_again(shared: Provider, first: Party) -> None:
    browser = shared.browser()
    hint = first.tokens(browser)["id_token"]
    address = f"{END}?{urlencode({'id_token_hint': hint, 'post_logout_redirect_uri': GOODBYE})}"
    assert len(frames(browser.get(address))) == 1
    assert browser.get(address).location == GOODBYE


@pytest.mark.meets("L6")
def test_the_channel_is_in_the_discovery_document_and_sid_in_the_id_token(shared: Provider, first: Party) -> None:
    told = json.loads(shared.first.call("GET", "/t/aoba/.well-known/openid-configuration").body)
    assert told["frontchannel_logout_supported"] is True
    assert told["frontchannel_logout_session_supported"] is True
    assert claims(first.tokens(shared.browser())["id_token"])["sid"]
