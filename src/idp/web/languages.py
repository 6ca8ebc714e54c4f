"""Which language a page speaks: what the service asked for, then what the person chose, then what the browser says."""

import re
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

_LONGEST_HEADER = 1_000
_MOST_RANGES = 32
_RANGE = re.compile(
    r"[ \t]*(?P<tag>\*|[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)"
    r"(?:[ \t]*;[ \t]*[qQ]=(?P<quality>0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t]*"
)  # RFC 9110 12.5.4 and 12.4.2


class Language(StrEnum):
    JA = "ja"
    EN = "en"

    @property
    def label(self) -> str:
        """Its own name for itself, the same on every page."""
        return {Language.JA: "日本語", Language.EN: "English"}[self]


class _Range(NamedTuple):
    tag: str
    quality: float
    position: int


def choose(
    *,
    ui_locales: str | None,
    chosen: str | None,
    accept_language: str | None,
    fallback: Language = Language.JA,
) -> Language:
    """The first of the three that names a language we speak; what is unknown or malformed is passed over.

    `ui_locales` is a list separated by spaces, most wanted first (OpenID Connect Core 3.1.2.1); `chosen` is what the
    person's cookie holds. A press on the page's own language switch is the latest word: hand it in as `ui_locales`.
    """
    for tag in (ui_locales or "")[:_LONGEST_HEADER].split(" ")[:_MOST_RANGES]:
        if language := _spoken(tag):
            return language
    return _spoken(chosen or "") or _preferred(accept_language or "") or fallback


def switch_links(query: str, *, path: str = "") -> dict[Language, str]:
    """Where the same page is in each language: `query` with its `lang` replaced, relative to the page or to `path`."""
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "lang"]
    return {language: f"{path}?{urlencode([*kept, ('lang', language.value)])}" for language in Language}


def _spoken(tag: str) -> Language | None:
    # BCP 47: the first subtag is the language; `ja-JP` is ours, `jam` is another language.
    primary = tag.partition("-")[0].lower()
    return next((language for language in Language if language == primary), None)


def _preferred(header: str) -> Language | None:
    if len(header) > _LONGEST_HEADER:
        return None
    ranges = [found for part, text in enumerate(header.split(",")[:_MOST_RANGES]) if (found := _parsed(text, part))]
    wanted = [best for language in Language if (best := _best(language, ranges))]
    wanted.sort(key=lambda pair: (-pair[1].quality, pair[1].position))
    return wanted[0][0] if wanted else None


def _parsed(text: str, position: int) -> _Range | None:
    match = _RANGE.fullmatch(text)
    return _Range(match["tag"], float(match["quality"] or 1), position) if match else None


def _best(language: Language, ranges: list[_Range]) -> tuple[Language, _Range] | None:
    named = [one for one in ranges if _spoken(one.tag) is language] or [one for one in ranges if one.tag == "*"]
    best = max(named, key=lambda one: one.quality, default=None)
    return (language, best) if best and best.quality > 0 else None
