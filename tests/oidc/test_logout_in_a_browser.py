"""What a person's browser does with our pages at a sign-out, and with the frame that knows of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page
from tests.support.provider import Provider, Source
from tests.support.registered import register, switch
from tests.support.routed import bring, route

T = TypeVar("T")

FRAME = "/t/aoba/check_session"
COOKIE = "__Secure-warifu-aoba-state"
ORIGIN = "https://rp.id.example"  # of our own site: from others browsers keep cookies away, unless told otherwise


@pytest.fixture(scope="module")
def switched(embedded: Source, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with embedded.provider(tmp_path_factory.mktemp("switched")) as made:
        switch(made, session_management=True)
        assert aside(lambda: made.get("/t/aoba/jwks").status) == 200
        yield made


def aside(work: Callable[[], T]) -> T:
    """Playwright's own loop runs in this thread: the provider's needs another."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


PAGE = f"""<!doctype html><iframe src="https://id.example{FRAME}"></iframe><script>
const heard = []
addEventListener('message', ({{ data, origin }}) => heard.push([origin, data]))
const ask = (message) => frames[0].postMessage(message, '*')
</script>"""


def said(page: Page, message: Any) -> str:
    """What the frame answers."""
    before = page.evaluate("heard.length")
    page.evaluate("message => ask(message)", message)
    page.wait_for_function("before => heard.length > before", arg=before)
    origin, answer = page.evaluate("heard.at(-1)")
    assert origin == "https://id.example"
    return str(answer)


@pytest.mark.meets("L8")
@pytest.mark.attack("B11")
def test_the_frame_answers_the_client_in_a_real_browser_and_nobody_else(switched: Provider, page: Page) -> None:
    web = aside(lambda: register(switched, "near", redirect_uris=[f"{ORIGIN}/cb"]))
    person = switched.browser()
    state = aside(lambda: person.authorize(web).query["session_state"])
    bring(page, person, path=FRAME)
    asked = route(page, switched, lambda _: PAGE)
    page.goto(f"{ORIGIN}/page")
    assert said(page, f"{web.client_id} {state}") == "unchanged"
    assert said(page, f"{web.client_id} {'0' * 64}.{state.partition('.')[2]}") == "changed"
    for malformed in (web.client_id, f"{web.client_id} x", f"{web.client_id} {state} x", f"{web.client_id} a.b.c"):
        assert said(page, malformed) == "error"

    heard = page.evaluate("heard.length")
    for nobody in ("", "x", {"client_id": web.client_id}, None, "x" * 10_000):
        page.evaluate("message => ask(message)", nobody)
    page.evaluate("for (let n = 0; n < 200; n++) ask(`client-${n} a.b`)")
    assert said(page, f"{web.client_id} {state}") == "unchanged"
    assert page.evaluate("heard.length") == heard + 1
    assert len([address for address in asked if "/check_session/origin" in address]) <= 10

    page.context.clear_cookies(name=COOKIE)
    assert said(page, f"{web.client_id} {state}") == "changed"

    page.goto("https://evil.example/page")
    page.evaluate("message => ask(message)", f"{web.client_id} {state}")
    page.wait_for_timeout(300)
    assert page.evaluate("heard") == []


@pytest.mark.meets("L6")
def test_the_signed_out_page_goes_on_when_the_frames_have_loaded(switched: Provider, page: Page) -> None:
    there = register(switched, "framed", frontchannel_logout_uri="https://rp.example/front")
    person = switched.browser()
    hint = aside(lambda: there.tokens(person)["id_token"])
    bring(page, person)
    asked = route(page, switched, lambda address: f"<!doctype html><title>{address}</title>")
    query = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": "https://rp.example/bye", "state": "s"})
    page.goto(f"https://id.example/t/aoba/end_session?{query}")
    page.wait_for_url("https://rp.example/bye?state=s")
    fronts = [place for place, address in enumerate(asked) if address.startswith("https://rp.example/front?iss=")]
    byes = [place for place, address in enumerate(asked) if address.startswith("https://rp.example/bye")]
    assert len(fronts) == len(byes) == 1
    assert fronts < byes
