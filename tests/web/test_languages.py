"""Which language a page speaks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.web.languages import Language, choose, switch_links


def chosen(ui_locales: str | None = None, cookie: str | None = None, header: str | None = None) -> Language:
    return choose(ui_locales=ui_locales, chosen=cookie, accept_language=header)


def test_the_service_comes_before_the_person_and_the_person_before_the_browser() -> None:
    assert chosen("en", "ja", "ja") is Language.EN
    assert chosen(None, "en", "ja") is Language.EN
    assert chosen(None, None, "en") is Language.EN
    assert chosen() is Language.JA
    assert choose(ui_locales=None, chosen=None, accept_language=None, fallback=Language.EN) is Language.EN


@pytest.mark.parametrize(
    ("ui_locales", "expected"),
    [
        ("en", Language.EN),
        ("en-GB", Language.EN),
        ("EN-us", Language.EN),
        ("fr-CA fr en", Language.EN),
        ("ja-Hira-JP en", Language.JA),
        ("eng", Language.JA),  # another subtag, not a prefix of ours
        ("jam en", Language.EN),
        ("fr", Language.JA),
        ("", Language.JA),
        ("fr " * 40 + "en", Language.JA),  # beyond what is read
    ],
)
def test_ui_locales_are_matched_by_their_language(ui_locales: str, expected: Language) -> None:
    assert chosen(ui_locales) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("en", Language.EN),
        ("en-GB,en;q=0.9", Language.EN),
        ("ja;q=0.3, en;q=0.4", Language.EN),
        ("ja;q=0.4, en;q=0.4", Language.JA),
        ("en;q=0.4, ja;q=0.4", Language.EN),
        ("fr, en;q=0.1", Language.EN),
        ("fr", Language.JA),
        ("*", Language.JA),
        ("ja;q=0, *;q=0.5", Language.EN),
        ("en;q=0", Language.JA),
        ("en ; q=1.000 , ja;q=0.999", Language.EN),
        ("en;q=1.001, ja;q=0.1", Language.JA),
        ("en;q=2, ja;q=0.1", Language.JA),
        ("en;q=0.1234, ja;q=0.1", Language.JA),
        ("en;q=-1", Language.JA),
        ("en;q=NaN", Language.JA),
        ("en;q=", Language.JA),
        ("en;level=1", Language.JA),
        (";q=1,,", Language.JA),
        ("en" + " " * 1_000, Language.JA),  # longer than any honest header
        ("fr," * 40 + "en", Language.JA),
    ],
)
def test_accept_language_is_read_strictly(header: str, expected: Language) -> None:
    assert chosen(header=header) is expected


@given(text=st.text(max_size=300))
def test_no_text_is_an_error(text: str) -> None:
    assert chosen(text, text, text) in Language


def test_the_switch_leads_to_the_same_page_in_each_language() -> None:
    assert switch_links("interaction=int_1&lang=en&x=%26a") == {
        Language.JA: "?interaction=int_1&x=%26a&lang=ja",
        Language.EN: "?interaction=int_1&x=%26a&lang=en",
    }
    assert switch_links("", path="/t/aoba/signin")[Language.EN] == "/t/aoba/signin?lang=en"


def test_a_language_is_called_by_its_own_name() -> None:
    assert [language.label for language in Language] == ["日本語", "English"]
