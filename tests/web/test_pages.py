"""What every page holds, and that nothing handed to a page can become part of it."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import NamedTuple, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web.samples import AOBA, FORM, PAYROLL, SAMPLES, Sample

from idp.web.languages import Language
from idp.web.pages import (
    SLOTS,
    Brand,
    PageName,
    Pages,
    ShownPerson,
    ShownService,
    page_headers,
    return_link,
    web_link,
)

HOSTILE = [
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "</title></head><body onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}{service}{0.__class__}",
    "\u202egnp.exe\u2066\x00\x1b[31m",
    "\ud800 lone surrogate",
    "人" * 10_000,
]
HOSTILE_ADDRESSES = [
    "javascript:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "//evil.example/",
    "/\\evil.example/",
    "https:evil.example",
    "https://evil.example/ x",
    "",
]


class Element(NamedTuple):
    tag: str
    attributes: Mapping[str, str | None]


class Reader(HTMLParser):
    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def by_id(self) -> dict[str, Element]:
        return {id_: element for element in self.elements if (id_ := element.attributes.get("id"))}


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages()


def rendered(pages: Pages, sample: Sample, language: Language = Language.EN) -> bytes:
    return pages.render(sample.page, language=language, brand=sample.brand, **sample.context)


def poisoned(value: object, poison: str) -> object:
    """The same value with every text in it replaced; an address keeps its shape, for another would be left out."""
    match value:
        case ShownService():
            return value._replace(name=poison, host=poison)
        case ShownPerson():
            return ShownPerson(poison, poison)
        case str():
            return value if web_link(value) else poison
        case list():
            return [poisoned(item, poison) for item in value]
        case tuple():
            return tuple(poison for _ in value)
    return value


def poison_sample(sample: Sample, poison: str) -> Sample:
    brand = Brand(slug=sample.brand.slug, name=poison, colour=sample.brand.colour, help_text=poison)
    return Sample(sample.page, brand, {name: poisoned(value, poison) for name, value in sample.context.items()})


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("signin", "login-form login-username login-password login-submit client-policy client-tos client-home"),
        ("consent", "consent-form consent-allow consent-deny client-policy client-tos client-home"),
        ("denied", "denied-page denied-reference error-code"),
        ("error", "error-page error-code"),
        ("logout_confirm", "logout-confirm"),
        ("logged_out", "logged-out"),
        ("unavailable", "error-page"),
        ("too_many", "error-page"),
    ],
)
def test_a_page_carries_the_ids_that_other_people_rely_on(pages: Pages, name: str, ids: str) -> None:
    assert set(ids.split()) <= Reader(rendered(pages, SAMPLES[name])).by_id().keys()


def test_forms_are_forms_and_verbs_are_buttons(pages: Pages) -> None:
    for name in ("signin", "consent", "logout_confirm"):
        for id_, element in Reader(rendered(pages, SAMPLES[name])).by_id().items():
            if id_.endswith("-form"):
                assert element.tag == "form"
            if id_ in {"login-submit", "consent-allow", "consent-deny", "logout-confirm"}:
                assert element.tag == "button"


def test_password_managers_find_user_name_and_password_in_one_form(pages: Pages) -> None:
    found = Reader(rendered(pages, SAMPLES["signin"])).by_id()
    assert found["login-username"].attributes["autocomplete"] == "username"
    assert found["login-password"].attributes["autocomplete"] == "current-password"
    assert found["login-password"].attributes["type"] == "password"
    assert found["login-form"].attributes["method"] == "post"


def test_a_form_carries_the_token_and_the_interaction(pages: Pages) -> None:
    for name in ("signin", "consent", "logout_confirm"):
        elements = Reader(rendered(pages, SAMPLES[name])).elements
        hidden = {e.attributes["name"]: e.attributes["value"] for e in elements if e.attributes.get("type") == "hidden"}
        assert hidden == {"csrf": FORM["csrf"], "interaction": FORM["interaction"]}


def test_the_logo_of_a_service_is_shown_when_it_has_one(pages: Pages) -> None:
    with_logo = {**FORM, "service": PAYROLL._replace(logo_url="/t/aoba/logos/svc_1")}
    page = pages.render("signin", language=Language.JA, brand=AOBA, **with_logo)
    assert Reader(page).by_id()["client-logo"].attributes["src"] == "/t/aoba/logos/svc_1"
    assert "client-logo" not in Reader(rendered(pages, SAMPLES["signin"])).by_id()


def test_a_failed_sign_in_is_announced_and_keeps_the_user_name_but_never_the_password(pages: Pages) -> None:
    reader = Reader(rendered(pages, SAMPLES["signin-error"]))
    found = reader.by_id()
    assert [e for e in reader.elements if e.attributes.get("role") == "alert"]
    assert found["login-username"].attributes["value"] == "taro@aoba.example"
    assert "value" not in found["login-password"].attributes


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("language", Language)
def test_no_page_has_inline_style_script_or_handler(pages: Pages, name: str, language: Language) -> None:
    for tag, attributes in Reader(rendered(pages, SAMPLES[name], language)).elements:
        assert tag != "style"
        assert "style" not in attributes
        assert not [attribute for attribute in attributes if attribute.startswith("on")]
        if tag == "script":
            assert name in {"form_post", "form_post-onward", "logged_out-onward", "signing_out", "signing_out-form"}
            assert attributes["src"]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("poison", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_change_no_element_of_a_page(pages: Pages, name: str, poison: str) -> None:
    honest, hostile = poison_sample(SAMPLES[name], "honest"), poison_sample(SAMPLES[name], poison)
    assert Reader(rendered(pages, hostile)).shape() == Reader(rendered(pages, honest)).shape()


@settings(deadline=None, max_examples=30)
@given(poison=st.text(min_size=1, max_size=40))
def test_no_text_at_all_changes_an_element_of_a_page(pages: Pages, poison: str) -> None:
    for sample in SAMPLES.values():
        honest, hostile = poison_sample(sample, "honest"), poison_sample(sample, poison)
        assert Reader(rendered(pages, hostile)).shape() == Reader(rendered(pages, honest)).shape()


def test_names_lose_what_would_reorder_or_hide_their_neighbours(pages: Pages) -> None:
    context = {**FORM, "service": ShownService("Pay\u202ellor\u200b\u2066")}
    page = pages.render("signin", language=Language.EN, brand=AOBA, **context).decode()
    assert "Payllor" in page
    assert not set("\u202e\u200b\u2066") & set(page)


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_an_address_that_is_no_web_address_is_never_a_link(pages: Pages, address: str) -> None:
    assert web_link(address) is None
    assert return_link(address) is None
    service = ShownService("Payroll", logo_url=address, policy_url=address, tos_url=address, home_url=address)
    denied = {"code": "not_assigned", "reference": "R", "service": service, "return_url": address}
    for page in (
        pages.render("signin", language=Language.EN, brand=AOBA, **FORM, service=service),
        pages.render("denied", language=Language.EN, brand=AOBA, **denied),
    ):
        assert not {"client-logo", "client-policy", "client-tos", "client-home"} & Reader(page).by_id().keys()
        assert not [e for e in Reader(page).elements if e.tag == "a"]


@pytest.mark.parametrize(
    "address", ["https://a.example/cb?x=1&y=%20", "http://127.0.0.1:8400/cb", "/t/aoba/", "https://例え.jp/"]
)
def test_a_web_address_is_a_link(address: str) -> None:
    assert web_link(address) == return_link(address) == address


def test_an_application_is_returned_to_by_its_own_scheme() -> None:
    assert return_link("jp.example.app:/cb?error=access_denied") == "jp.example.app:/cb?error=access_denied"
    assert web_link("jp.example.app:/cb") is None


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_a_form_is_posted_to_no_other_address_either(pages: Pages, address: str) -> None:
    with pytest.raises(ValueError, match="http or https"):
        pages.render("form_post", language=Language.EN, brand=AOBA, action=address, fields=[])


def test_an_auto_post_page_carries_every_field_byte_for_byte(pages: Pages) -> None:
    fields = [("state", "a\"&<>' z"), ("code", "x"), ("code", "y")]
    page = pages.render("form_post", language=Language.EN, brand=AOBA, action="https://a.example/cb", fields=fields)
    hidden = [e.attributes for e in Reader(page).elements if e.attributes.get("type") == "hidden"]
    assert [(a["name"], a["value"]) for a in hidden] == fields


@pytest.mark.parametrize("page", get_args(PageName))
def test_a_page_refuses_a_context_that_lacks_a_name_or_has_one_too_many(pages: Pages, page: PageName) -> None:
    sample = next(sample for sample in SAMPLES.values() if sample.page == page)
    with pytest.raises(TypeError, match="unknown \\['colour'\\]"):
        pages.render(page, language=Language.EN, brand=AOBA, **sample.context, colour="red")
    for name in SLOTS[page].required:
        with pytest.raises(TypeError, match=f"missing \\['{name}'\\]"):
            pages.render(
                page, language=Language.EN, brand=AOBA, **{k: v for k, v in sample.context.items() if k != name}
            )


@pytest.mark.parametrize("page", get_args(PageName))
def test_a_page_needs_nothing_but_what_it_requires(pages: Pages, page: PageName) -> None:
    sample = next(sample for sample in SAMPLES.values() if sample.page == page)
    needed = {name: value for name, value in sample.context.items() if name in SLOTS[page].required}
    assert pages.render(page, language=Language.JA, brand=AOBA, **needed).startswith(b"<!doctype html>")


@pytest.mark.parametrize("page", get_args(PageName))
def test_the_headers_of_a_page_shut_out_everything_it_does_not_use(page: PageName) -> None:
    headers = page_headers(page)
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "form-action" not in policy  # Chromium applies it to the redirects of the service, too
    assert ("script-src" in policy) == (page in {"form_post", "signing_out"})
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_with_a_form_lets_the_browser_name_its_origin_and_no_other_page_does(pages: Pages, name: str) -> None:
    forms = [e for e in Reader(rendered(pages, SAMPLES[name])).elements if e.tag == "form"]
    has_form = any(
        e.attributes.get("id") != "denied-back" for e in forms
    )  # that one is a service's, which need not know
    assert page_headers(SAMPLES[name].page)["Referrer-Policy"] == ("same-origin" if has_form else "no-referrer")


def test_every_file_a_page_asks_for_is_served_under_its_digest(pages: Pages) -> None:
    files = pages.static_files()
    served = {f"/static/{file.digest}/{name}" for name, file in files.items()}
    asked = {
        address
        for sample in SAMPLES.values()
        for e in Reader(rendered(pages, sample)).elements
        if (address := e.attributes.get("href") or e.attributes.get("src") or "").startswith("/static/")
    }
    assert len(asked) == 6  # stylesheet, font, favicon, submit.js, onward.js, walk.js
    assert asked <= served


def test_every_reason_of_the_gate_has_a_sentence_of_its_own(pages: Pages) -> None:
    known = "contract_not_established contract_not_started contract_suspended contract_ended id_unknown id_disabled "
    known += "service_unknown outside_japan country_unknown policy_denied policy_error no_rule_permits not_assigned "
    known += "device_entitlement_ended step_up_required"  # all but `permitted`
    codes = [*known.split(), "something_new"]
    for language in Language:
        told = {
            pages.render("denied", language=language, brand=AOBA, code=code, reference="R").replace(code.encode(), b"")
            for code in codes
        }
        assert len(told) == len(codes)


def test_the_wait_is_told_in_whole_minutes_rounded_up(pages: Pages) -> None:
    def told(seconds: int | None) -> str:
        return pages.render("too_many", language=Language.EN, brand=AOBA, retry_after_seconds=seconds).decode()

    assert "about a minute" in told(None)
    assert "about a minute" in told(60)
    assert "about 2 minutes" in told(61)
    assert "about 10 minutes" in told(600)
