"""Every page in Chromium, under its own headers: axe finds nothing, nothing overflows, no script is needed."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from playwright.sync_api import Browser, Page, Route
from tests.support.tree import ROOT
from tests.web.samples import AOBA, BACK, FORM, SAMPLES, Sample, serving
from tests.web.screenshots import SIZES

from idp.web.languages import Language
from idp.web.pages import Brand, Pages, ShownPerson, ShownService

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
LONG = Brand(slug="aoba", name="あ" * 3_400, colour="#3b4cca", help_text="w" * 10_000)
LONG_SERVICE = ShownService(
    "w" * 10_000,
    host="h" * 10_000,
    policy_url="https://a.example/",
    tos_url="https://a.example/",
    home_url="https://a.example/",
)
LONG_PERSON = ShownPerson("長" * 3_400, "u" * 10_000)


@pytest.fixture(scope="module")
def axe() -> str:
    assert AXE.is_file(), "run `npm --prefix web ci` first: accessibility is checked with axe-core"
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with serving(Pages()) as origin:
        yield origin


def opened(browser: Browser, *, width: int = 1280, scheme: Any = "light", scripts: bool = True) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme, java_script_enabled=scripts
    )
    # A page that goes on by itself would be gone before it could be looked at; what it frames is somebody else's.
    for name in ("submit.js", "onward.js", "walk.js", "sink?*"):
        context.route(f"**/{name}", lambda route: route.abort())
    return context.new_page()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", Language)
def test_axe_finds_nothing_on_any_page(
    browser: Browser, origin: str, axe: str, language: Language, scheme: str
) -> None:
    page = opened(browser, scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    for name in SAMPLES:
        page.goto(f"{origin}/{name}/{language.value}")
        page.evaluate(axe)
        for width, height in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            found = page.evaluate("axe.run({resultTypes: ['violations', 'incomplete']})")
            assert not told(found["violations"]), f"{name} at {width}: {told(found['violations'])}"
            unread = [one for one in found["incomplete"] if one["id"] == "color-contrast"]
            assert not told(unread), f"{name} at {width}: {told(unread)}"
            assert overflow(page) == 0, f"{name} at {width} is wider than the screen"
    refused = [text for text in said if "ERR_FAILED" not in text and "is sandboxed" not in text]
    assert refused == []  # the browser says so when the policy refuses something the page wanted
    page.context.close()


def told(violations: list[dict[str, Any]]) -> list[str]:
    return [
        json.dumps([one["id"], node["html"][:120], node["failureSummary"]], ensure_ascii=False)
        for one in violations
        for node in one["nodes"]
    ]


def overflow(page: Page) -> int:
    return page.evaluate("Math.max(0, document.scrollingElement.scrollWidth - window.innerWidth)")


@pytest.mark.parametrize("width", SIZES)
def test_names_of_ten_kilobytes_stay_inside_the_page(
    browser: Browser, origin: str, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    page = opened(browser, width=width)
    for name, sample in SAMPLES.items():
        context = dict(sample.context)
        long = {"service": LONG_SERVICE, "person": LONG_PERSON, "reference": "R" * 10_000, "detail": "d" * 10_000}
        context |= {key: value for key, value in long.items() if key in context}
        monkeypatch.setitem(SAMPLES, name, Sample(sample.page, LONG, context))  # type: ignore[arg-type]
        page.goto(f"{origin}/{name}/en")
        assert overflow(page) == 0, name
        tallest = 5_000 if name.startswith("apply") else 2_500  # a form of many fields is long by itself
        assert page.evaluate("document.scrollingElement.scrollHeight") < tallest, name
        hidden = "(heading => heading.scrollHeight - heading.clientHeight)(document.querySelector('h1'))"
        assert page.evaluate(hidden) < 8, f"{name}: the name has pushed the question out of sight"
    page.context.close()


def test_signing_in_needs_no_script(browser: Browser, origin: str) -> None:
    page = opened(browser, scripts=False)
    page.route("**/t/aoba/signin", lambda route: route.fulfill(body=route.request.post_data or ""))
    page.goto(f"{origin}/signin/en")
    page.wait_for_selector("#login-username:focus")
    page.keyboard.type("taro@aoba.example")
    page.keyboard.press("Tab")
    page.keyboard.type("demo-Passw0rd!")
    page.keyboard.press("Enter")
    page.wait_for_url("**/t/aoba/signin")
    assert dict(parse_qsl(page.inner_text("body"))) == {
        "csrf": FORM["csrf"],
        "interaction": FORM["interaction"],
        "username": "taro@aoba.example",
        "password": "demo-Passw0rd!",
    }
    page.context.close()


@pytest.mark.parametrize("decision", ["allow", "deny"])
def test_consent_sends_the_decision_of_the_button_that_was_pressed(
    browser: Browser, origin: str, decision: str
) -> None:
    page = opened(browser, scripts=False)
    page.route("**/t/aoba/signin", lambda route: route.fulfill(body=route.request.post_data or ""))
    page.goto(f"{origin}/consent/ja")
    page.click(f"#consent-{decision}")
    assert dict(parse_qsl(page.inner_text("body")))["decision"] == decision
    page.context.close()


def test_the_language_is_switched_by_a_link(browser: Browser, origin: str) -> None:
    page = opened(browser, scripts=False)
    page.goto(f"{origin}/signin/ja?interaction=int_1")
    assert page.get_attribute("html", "lang") == "ja"
    page.click("nav a[hreflang=en]")
    assert page.url == f"{origin}/signin/ja?interaction=int_1&lang=en"
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_an_auto_post_page_posts_itself_or_waits_for_its_button(browser: Browser, origin: str, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{origin}/form_post/en")
    if not scripts:
        page.click("button")
    page.wait_for_url("**/sink")
    assert dict(parse_qsl(page.inner_text("body"))) == {"code": "abc", "state": "x y"}
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["alone", "by hand"])
def test_the_browser_is_taken_to_a_service_that_is_told(browser: Browser, origin: str, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    context.route("**/sink?*", lambda route: route.fulfill(body=route.request.url.partition("?")[2]))
    page = context.new_page()
    for name, sent in (("signing_out", "x"), ("signing_out-form", "x y")):
        page.goto(f"{origin}/{name}/ja")
        if not scripts:
            page.click("#signing-out-go")
        page.wait_for_url("**/sink*")
        assert dict(parse_qsl(page.inner_text("body"))) == {"SAMLRequest": "abc", "RelayState": sent}
    context.close()


def test_a_service_that_says_nothing_is_passed_and_one_that_was_asked_before_waits(
    browser: Browser, origin: str
) -> None:
    script = Pages().static_files()["walk.js"].content.decode()
    assert "10000" in script
    sooner = script.replace("10000", "300")
    context, asked = browser.new_context(), []

    def leave_unanswered(route: Route) -> None:
        asked.append(route.request.url)

    context.route("**/walk.js", lambda route: route.fulfill(body=sooner, content_type="text/javascript"))
    context.route("**/sink?*", leave_unanswered)
    context.route("**/saml/logout?*", lambda route: route.fulfill(body="next"))
    page = context.new_page()
    with page.expect_request("**/t/aoba/saml/logout?interaction=int_01J&at=1"):
        page.goto(f"{origin}/signing_out/en")
    assert len(asked) == 1
    page = context.new_page()
    page.goto(f"{origin}/signing_out-again/en")
    page.wait_for_timeout(500)
    assert (len(asked), page.url) == (1, f"{origin}/signing_out-again/en")
    context.close()


def test_a_refused_person_is_led_back_to_the_service(browser: Browser, origin: str) -> None:
    page = opened(browser, scripts=False)
    page.goto(f"{origin}/denied/ja")
    assert page.inner_text("#error-code") == "contract_suspended"
    assert page.inner_text("#denied-reference") == "K7QM-3XWT"
    assert page.get_attribute("#denied-page a.btn", "href") == BACK
    page.context.close()


def test_the_colour_of_the_tenant_is_on_the_page(browser: Browser, origin: str) -> None:
    page = opened(browser)
    page.goto(f"{origin}/signin/ja")
    assert AOBA.colour == "#3b4cca"
    colour = "getComputedStyle(document.querySelector('#login-submit')).backgroundColor"
    assert page.evaluate(colour) == "rgb(59, 76, 202)"
    # Ask for it: a browser fetches a font only when it first lays text out, which may be after the page is "loaded".
    load = "document.fonts.load('16px \"Inter Variable\"').then(faces => faces.map(face => face.status))"
    assert set(page.evaluate(load)) == {"loaded"}
    page.context.close()
