from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.access.user_agents import Family, UserAgent, read

_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko)"
_OTHER = (Family.OTHER, None)


@pytest.mark.parametrize(
    ("text", "family", "version"),
    [
        (f"{_MAC} Chrome/120.0.0.0 Safari/537.36", "chrome", 120),
        (f"{_IPHONE} CriOS/119.0.6045.109 Mobile/15E148 Safari/604.1", "chrome", 119),
        (f"{_WINDOWS} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.2210.61", "edge", 120),
        (f"{_WINDOWS} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", "edge", 18),
        (f"{_IPHONE} Version/17.0 EdgiOS/119.0.2151.96 Mobile/15E148 Safari/605.1.15", "edge", 119),
        (f"{_ANDROID} Chrome/119.0.0.0 Mobile Safari/537.36 EdgA/119.0.2151.78", "edge", 119),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "firefox", 133),
        (f"{_IPHONE} FxiOS/120.0 Mobile/15E148 Safari/605.1.15", "firefox", 120),
        ("Mozilla/5.0 (Android 14; Mobile; rv:120.0) Gecko/120.0 Firefox/120.0", "firefox", 120),
        (
            f"{_MAC} Version/17.1 Safari/605.1.15",
            "safari",
            17,
        ),
        (f"{_IPHONE} Version/17.1 Mobile/15E148 Safari/604.1", "safari", 17),
        (f"{_WINDOWS} Chrome/119.0.0.0 Safari/537.36 OPR/105.0.0.0", "opera", 105),
        (f"{_IPHONE} OPT/4.3.2 Mobile/15E148", "opera", 4),
        ("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.16", "opera", 9),
        (f"{_ANDROID} SamsungBrowser/23.0 Chrome/115.0.0.0 Mobile Safari/537.36", "samsung", 23),
    ],
)
def test_a_browser_is_known_by_its_family_and_major_version(text: str, family: str, version: int) -> None:
    assert read(text) == (Family(family), version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "curl/8.4.0",
        "Mozilla/5.0",
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)",
        "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
        f"{_WINDOWS} Chrome/120.0.0.0 Safari/537.36 Vivaldi/6.5",
        f"{_WINDOWS} Chrome/118.0.0.0 YaBrowser/23.11.0 Safari/537.36",
        "Mozilla/5.0 (Linux; Android 14; wv) AppleWebKit/537.36 Version/4.0 Chrome/119.0.0.0 Mobile Safari/537.36",
        f"{_IPHONE} Mobile/15E148 [FBAN/FBIOS;FBDV/iPhone14,5]",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html) Chrome/120.0.0.0 Safari/537.36",
        f"{_WINDOWS} HeadlessChrome/120.0.0.0 Safari/537.36",
        "Chrome",
        "Chrome/",
        "Chrome/x",
        "NotChrome/120",
        "Firefox/-1",
    ],
)
def test_what_is_none_of_them_is_other_without_a_version(text: str) -> None:
    assert read(text) == _OTHER


@pytest.mark.parametrize(
    ("brands", "found"),
    [
        ('"Google Chrome";v="119", "Chromium";v="119", "Not?A_Brand";v="24"', (Family.CHROME, 119)),
        ('"Not_A Brand";v="8", "Chromium";v="120", "Microsoft Edge";v="120"', (Family.EDGE, 120)),
        ('"Opera";v="105", "Chromium";v="119", "Not?A_Brand";v="24"', (Family.OPERA, 105)),
        ('"Chromium";v="115", "Samsung Internet";v="23.0", "Not)A;Brand";v="99"', (Family.SAMSUNG, 23)),
        ('"Brave";v="119", "Chromium";v="119", "Not?A_Brand";v="24"', _OTHER),
        ('"Android WebView";v="119", "Chromium";v="119"', _OTHER),
        ('"\\"Google Chrome";v="1", "Chromium";v="119"', _OTHER),
    ],
)
def test_client_hints_say_it_better_than_the_user_agent(brands: str, found: UserAgent) -> None:
    assert read(f"{_WINDOWS} Chrome/120.0.0.0 Safari/537.36", brands) == found


@pytest.mark.parametrize("brands", ["", "garbage", '"Google Chrome"', '"Google Chrome";v=120', '"Google Chrome";v="x"'])
def test_hints_that_say_nothing_leave_it_to_the_user_agent(brands: str) -> None:
    assert read("Mozilla/5.0 (X11; rv:133.0) Gecko/20100101 Firefox/133.0", brands) == (Family.FIREFOX, 133)


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_sent_is_some_family(user_agent: str, brands: str) -> None:
    found = read(user_agent, brands)
    assert found.family in Family
    assert found.version is None or 0 <= found.version <= 999_999


@pytest.mark.parametrize(
    "piece", ["Version/1 ", '"a";v="', "\\" * 7 + '"', "Chrome/", "Mobile/a ", '"', "wv", "Version/1." * 3]
)
def test_no_input_takes_long(piece: str) -> None:
    began = perf_counter()
    read(piece * 20_000, piece * 20_000)
    assert perf_counter() - began < 0.2
