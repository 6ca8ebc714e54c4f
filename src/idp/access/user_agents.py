"""Which browser asks, as it says itself: a fact for rules about designated environments, and no proof of anything."""

import re
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

_LONGEST: Final = 1024  # characters of a field that are looked at


class Family(StrEnum):
    CHROME = "chrome"
    EDGE = "edge"
    FIREFOX = "firefox"
    OPERA = "opera"
    SAFARI = "safari"
    SAMSUNG = "samsung"
    OTHER = "other"


class UserAgent(NamedTuple):
    """`version` is the major one; None where it is not said."""

    family: Family
    version: int | None


_OTHER: Final = UserAgent(Family.OTHER, None)
# Sec-CH-UA (User-Agent Client Hints 3.1): a list of names with versions, invented ones among them.
_BRAND: Final = re.compile(r'"((?:[^"\\]|\\.){0,100})";v="([0-9]{1,6})[^"]{0,20}"')
_CHROMIUM: Final = "Chromium"
_BRANDS: Final = {
    "Google Chrome": Family.CHROME,
    "Microsoft Edge": Family.EDGE,
    "Opera": Family.OPERA,
    "Opera GX": Family.OPERA,
    "Samsung Internet": Family.SAMSUNG,
}
# In this order: nearly all of them call themselves Chrome and Safari too.
_PRODUCTS: Final = (
    (Family.EDGE, re.compile(r"\b(?:Edg|EdgA|EdgiOS|Edge)/([0-9]{1,6})")),
    (Family.OPERA, re.compile(r"\b(?:OPR|OPT|OPiOS|Opera)/([0-9]{1,6})")),
    (Family.SAMSUNG, re.compile(r"\bSamsungBrowser/([0-9]{1,6})")),
    (Family.FIREFOX, re.compile(r"\b(?:Firefox|FxiOS)/([0-9]{1,6})")),
    (Family.CHROME, re.compile(r"\b(?:Chrome|CriOS)/([0-9]{1,6})")),
    (Family.SAFARI, re.compile(r"\bVersion/([0-9]{1,6})[0-9.]{0,20} (?:Mobile/\w{1,20} )?Safari/")),
)
# They name one of the browsers above whose engine they use, and are another: other, without a version.
_DISGUISED: Final = re.compile(
    r"\b(?:Vivaldi|YaBrowser|Whale|UCBrowser|DuckDuckGo|Ddg|Brave|Line|FBA[NV]|GSA|Instagram|MicroMessenger|Electron"
    r"|HeadlessChrome|SeaMonkey|PaleMoon|Focus|Klar|Silk|MiuiBrowser|HuaweiBrowser|QQBrowser|Puffin|Sleipnir|Iron)\b"
    r"|\bwv\)|[Bb]ot\b|[Cc]rawler|[Ss]pider",
)


def read(user_agent: str, brands: str = "") -> UserAgent:
    """`brands` is Sec-CH-UA, which says it better where a browser sends it. Total: whatever is not known is `other`."""
    return _recognized(user_agent[:_LONGEST], brands[:_LONGEST])


@lru_cache(1024)  # many people use the same browser
def _recognized(text: str, brands: str) -> UserAgent:
    named = _of_brands(brands)
    if named is not None:
        return named
    if _DISGUISED.search(text):
        return _OTHER
    for family, product in _PRODUCTS:
        if found := product.search(text):
            return UserAgent(family, int(found[1]))
    return _OTHER


def _of_brands(text: str) -> UserAgent | None:
    """None where nothing is said; a Chromium that is none of ours is another browser, whatever else it calls itself."""
    brands = dict(_BRAND.findall(text))
    for name, family in _BRANDS.items():
        if name in brands:
            return UserAgent(family, int(brands[name]))
    return _OTHER if _CHROMIUM in brands else None
