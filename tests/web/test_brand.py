"""A tenant's colour can be read wherever it is put, and nothing but a colour gets into the stylesheet."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.tree import ROOT

from idp.web.brand import PLATFORM, Brand, brand_css, letter
from idp.web.palette import BLACK, READABLE, WHITE, contrast, letters_on, vivid

APP_CSS = ROOT / "web" / "app.css"
PAGE = {"day": ("#ffffff", "#f7f8fa"), "night": ("#0f1218", "#171b22")}

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def tenant(colour: str = "#3b4cca", **given: str) -> Brand:
    return Brand(slug="aoba", name="Aoba", colour=colour, **given)


def variables(css: str) -> dict[str, dict[str, str]]:
    day, night = re.findall(r":root(?:\))?\s*\{([^}]*)\}", css)
    return {
        time: dict(re.findall(r"(--brand[a-z-]*):\s*(#[0-9a-f]{6})", block))
        for time, block in (("day", day), ("night", night))
    }


@given(colour=colours)
@example(colour="#ffffff")
@example(colour="#000000")
@example(colour="#767676")
@example(colour="#ffff00")
@example(colour="#0000ff")
def test_every_colour_can_be_read_by_day_and_by_night(colour: str) -> None:
    for time, found in variables(brand_css(tenant(colour)).decode()).items():
        assert contrast(found["--brand"], found["--brand-content"]) >= READABLE
        assert contrast(found["--brand-hover"], found["--brand-content"]) >= READABLE
        assert contrast(found["--brand-panel"], found["--brand-panel-content"]) >= READABLE
        for ground in PAGE[time]:
            assert contrast(found["--brand-text"], ground) >= READABLE
    assert found["--brand-panel-content"] == WHITE


def test_by_day_the_colour_itself_is_used() -> None:
    assert variables(brand_css(tenant("#FFD84D")).decode())["day"]["--brand"] == "#ffd84d"


def test_a_button_that_can_hardly_be_told_from_the_page_gets_an_edge() -> None:
    assert variables(brand_css(tenant("#fefefe")).decode())["day"]["--brand-edge"] != "#fefefe"
    assert variables(brand_css(tenant("#3b4cca")).decode())["day"]["--brand-edge"] == "#3b4cca"


def test_the_stylesheet_of_the_pages_starts_from_the_colours_of_the_platform() -> None:
    source = APP_CSS.read_text("utf-8")
    base = source[source.index("@layer base") :]
    assert variables(re.sub(r":where\(:root\)", ":root", base[: base.index("html {")])) == variables(
        brand_css(PLATFORM).decode()
    )


def test_contrast_is_that_of_wcag() -> None:
    assert contrast(BLACK, WHITE) == contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast("#767676", WHITE) == pytest.approx(4.54, abs=0.01)
    assert contrast("#3b4cca", "#3b4cca") == 1


def test_letters_are_white_wherever_white_can_be_read() -> None:
    assert letters_on("#767676") == WHITE
    assert letters_on("#777777") == BLACK


def test_grey_stays_grey_at_night() -> None:
    assert vivid("#808080") == "#808080"


@pytest.mark.parametrize(
    "colour", ["red", "#fff", "#3b4cca;", "#3b4cca\n", "#3b4cc", "#3b4cca00", "}body{", "＃3b4cca", "#３b4cca", ""]
)
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="colour"):
        tenant(colour)


@pytest.mark.parametrize(
    "logo_url", ["https://evil.example/x.png", "//evil.example/x", "/\\evil", "javascript:x", "data:x", ""]
)
def test_a_logo_from_elsewhere_is_refused(logo_url: str) -> None:
    with pytest.raises(ValueError, match="logo_url"):
        tenant(logo_url=logo_url)


@pytest.mark.parametrize("slug", ["", "a/b", "..", "Aoba", "-a", "a-", "a" * 64, "a?x", "a\n"])
def test_a_slug_that_is_none_is_refused(slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        Brand(slug=slug, name="x", colour="#000000")


def test_the_address_of_the_stylesheet_changes_with_the_colour_only() -> None:
    here = tenant().stylesheet
    assert here
    assert here.startswith("/t/aoba/brand.css?v=")
    assert tenant("#3B4CCA", help_text="x").stylesheet == here
    assert tenant("#3b4ccb").stylesheet != here
    assert PLATFORM.stylesheet is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("株式会社あおば", "あ"),
        ("(株)みどり", "み"),
        ("一般社団法人 日本割符協会", "日"),
        ("acme株式会社", "A"),
        ("  «Études»", "É"),
        ("ßoft", "S"),
        ("3番館", "3"),
        ("🙂", "#"),
        ("株式会社", "#"),
        ("", "#"),
    ],
)
def test_a_letter_stands_in_for_a_logo(name: str, expected: str) -> None:
    assert letter(name) == expected
