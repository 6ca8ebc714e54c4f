"""The sentences of the pages, in every language, by key. Values put into a sentence are escaped on the way in."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources

from markupsafe import Markup, escape

from idp.web.languages import Language


class Wording:
    """One language's sentences: `wording("signin.title")`, `wording("signin.to_continue", service=name)`."""

    def __init__(self, language: Language, *packages: str) -> None:
        """From these packages' `messages`, or the pages' own; of two sentences for one key the later package's."""
        self._sentences: dict[str, Markup] = {}
        for package in packages or ("idp.web",):
            text = resources.files(package).joinpath(f"messages/{language.value}.toml").read_text("utf-8")
            self._sentences |= {key: escape(sentence) for key, sentence in flatten(tomllib.loads(text))}

    def __call__(self, key: str, /, **values: object) -> Markup:
        """Raises KeyError for a key, and for a placeholder, that does not exist."""
        return self._sentences[key].format(**values)

    def known(self, family: str, name: str, /) -> str:
        """The key `family.name` where there is such a sentence, else `family.other`."""
        key = f"{family}.{name}"
        return key if key in self._sentences else f"{family}.other"


def flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested TOML tables as (dotted key, sentence)."""
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        elif isinstance(value, str):
            yield f"{prefix}{name}", value
        else:
            raise TypeError(f"{prefix}{name} is not a sentence")
