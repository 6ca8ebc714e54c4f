"""A sign-in waits in one tab of a real browser while a page of another site posts a form to us in the next."""

import html
from urllib.parse import parse_qs, urlencode, urlsplit

from playwright.sync_api import BrowserContext
from tests.support.callback import Callback
from tests.support.installation import Installation
from tests.support.party import CHALLENGE
from tests.support.walk import walk

ELSEWHERE = "http://127.0.0.1:9/page"  # nothing listens there: the browser is given the page


def test_a_form_of_another_site_ends_no_sign_in_of_another_tab(
    installation: Installation, service: Callback, person: BrowserContext
) -> None:
    back = f"{service.url}/callback"
    registered = installation.add_service(
        "two tabs", redirect_uris=[back], response_types=["code"], token_endpoint_auth_method="client_secret_basic"
    )
    asked = {
        "client_id": registered["client_id"],
        "redirect_uri": back,
        "response_type": "code",
        "scope": "openid",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    authorize = f"{installation.issuer}/authorize"
    hidden = "".join(f'<input type="hidden" name="{each}" value="{html.escape(asked[each])}">' for each in asked)
    form = f'<!doctype html><form method="post" action="{authorize}">{hidden}<button id="go">go</button></form>'
    person.route(ELSEWHERE, lambda route: route.fulfill(content_type="text/html", body=form))

    first, second = person.new_page(), person.new_page()
    first.goto(f"{authorize}?{urlencode({**asked, 'state': 'first'})}")
    assert first.locator("#login-form").count() == 1
    before = {each["name"]: each["value"] for each in person.cookies() if each["name"].endswith("-browser")}
    assert len(before) == 1

    second.goto(ELSEWHERE)
    second.click("#go")
    second.wait_for_selector("#login-form")
    assert {each["name"]: each["value"] for each in person.cookies() if each["name"].endswith("-browser")} == before
    for tab in (first, second):
        arrived, _ = walk(tab, tab.url, until=back)
        assert "code" in parse_qs(urlsplit(arrived).query)
